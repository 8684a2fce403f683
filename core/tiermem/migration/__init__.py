"""A whole database moved into another one, of the same kind or not, and proved: `migrate`."""

from tiermem.migration.migrating import migrate as migrate
from tiermem.migration.report import Migrated as Migrated
