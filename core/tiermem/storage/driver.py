"""Which SQLite: the standard library's, or pysqlite3's where that one is safer.

WAL before 3.51.3 (3.50.7 and 3.44.6 in their series) can drop committed rows when two connections write and
checkpoint at once. A safe version gives WAL with synchronous=FULL: one fsync a commit. Any other gives a rollback
journal with synchronous=EXTRA: slower, as durable.
"""

from __future__ import annotations

import sqlite3
from types import ModuleType

FIXED = (3, 51, 3)
BACKPORTED = {(3, 50): 7, (3, 44): 6}


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """True when that version of SQLite is free of the WAL-reset bug, or older than it (before 3.7.0 had no WAL)."""
    series = (version[0], version[1])
    return version >= FIXED or (series in BACKPORTED and version[2] >= BACKPORTED[series])


def driver() -> ModuleType:
    """The DB-API module to use: the first one whose SQLite is safe in WAL mode, else the standard library's."""
    if wal_is_safe(sqlite3.sqlite_version_info):
        return sqlite3
    try:
        import pysqlite3
    except ImportError:
        return sqlite3
    module: ModuleType = pysqlite3
    return module if wal_is_safe(module.sqlite_version_info) else sqlite3


def journal_mode(version: tuple[int, ...], durability: str) -> tuple[str, str]:
    """journal_mode and synchronous for a new file, by version and the `durability` setting."""
    if not wal_is_safe(version):
        return "DELETE", "EXTRA" if durability == "full" else "NORMAL"
    return "WAL", "FULL" if durability == "full" else "NORMAL"
