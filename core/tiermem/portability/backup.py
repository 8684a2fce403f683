"""A whole database copied into one file while others go on writing: as it is at one moment, or not at all.

SQLite's online backup (https://sqlite.org/backup.html) in one step, inside a transaction that reads: one snapshot, that
waits for nobody and holds nobody up. `VACUUM INTO` would write less where much was removed, and cannot run there.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiermem.errors import InvalidSettings, StorageCorrupt
from tiermem.flows.effects import Flow, Read
from tiermem.storage.schema import message, session

_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Backup:
    """What was copied: the new file, its bytes, and how many conversations and collections with how many messages."""

    file: Path
    size: int
    sessions: int
    messages: int


def backup(file: Path) -> Flow[Backup]:
    """See `Memory.backup`."""
    with _whole(file) as there:
        sessions, messages = yield Read(partial(_copied, there=there))
        size = there.stat().st_size
    return Backup(file, size, sessions, messages)


def _copied(connection: sa.Connection, there: Path) -> tuple[int, int]:
    if connection.dialect.name != "sqlite":
        raise InvalidSettings("backup copies a SQLite file; of a server use its own tools, such as pg_dump")
    sessions, messages = (
        connection.execute(sa.select(sa.func.count()).select_from(one)).scalar() for one in (session, message)
    )
    raw: Any = connection.connection.driver_connection
    module: Any = connection.dialect.loaded_dbapi
    try:
        target = module.connect(str(there))
        try:
            raw.backup(target)
            found = target.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            target.close()
    except module.Error as error:
        raise sa.exc.DBAPIError.instance("BACKUP", None, error, module.Error, dialect=connection.dialect) from error
    if found != "ok":
        raise StorageCorrupt(f"the database is damaged, and so is its copy, which was removed: {found}")
    return int(sessions or 0), int(messages or 0)


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """A path whose file becomes *file* at the end, on disk; nothing is left where something fails.

    Raises:
        FileExistsError: *file* is there already; it was not touched.
        OSError: it cannot be written.
    """
    if file.exists() or file.is_symlink():
        raise FileExistsError(f"{file} is there already")
    there = file.with_name(f".{file.name}.{secrets.token_hex(4)}.partial")
    try:
        os.close(os.open(there, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600))
    except OSError as error:  # under the name that the caller gave
        raise OSError(error.errno, error.strerror, str(file)) from None
    try:
        yield there
        _synced(there)
        _named(there, file)
        with suppress(OSError):  # Windows opens no folder, and needs it not
            _synced(file.parent)
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            Path(f"{there}{end}").unlink(missing_ok=True)


def _named(there: Path, file: Path) -> None:
    """A link fails where the name is taken, and a rename would write over it; not every file system has links."""
    try:
        os.link(there, file)
    except FileExistsError:
        raise
    except OSError:
        if file.exists():
            raise FileExistsError(f"{file} is there already") from None
        there.rename(file)


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | _BINARY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
