"""The schema's version: made at once, raised one step at a time, refused when it is newer than this package.

`STEPS[n]` raises version n to n + 1 inside the same transaction that records it. There is none yet: the first
released schema is version 1. Alembic is not used while a step is a function of a dozen lines.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

import sqlalchemy as sa

from tiermem.storage import search
from tiermem.storage.schema import VERSION, meta, metadata, refuse_newer

STEPS: dict[int, Callable[[sa.Connection], None]] = {}
LOCK = 0x7469_6572  # "tier"; any constant will do


def migrate(connection: sa.Connection) -> None:
    """Bring the schema to `VERSION`.

    Raises:
        SchemaTooNew: the database was written by a newer version; nothing was changed.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    version = _version(connection)
    refuse_newer(version)
    if version == 0:
        metadata.create_all(connection)
        search.create(connection)
        connection.execute(meta.insert().values(key="database", value=uuid.uuid4().hex))
        connection.execute(meta.insert().values(key="version", value=str(VERSION)))
        return
    for step in range(version, VERSION):
        STEPS[step](connection)
        connection.execute(meta.update().where(meta.c.key == "version").values(value=str(step + 1)))


def _version(connection: sa.Connection) -> int:
    if not sa.inspect(connection).has_table(meta.name):
        return 0
    value = connection.execute(sa.select(meta.c.value).where(meta.c.key == "version")).scalar()
    return int(value or 0)
