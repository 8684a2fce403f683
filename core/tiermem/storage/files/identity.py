"""Whose a SQLite file is, and whether it is still the one that was opened: looked at without touching it.

Rule: nothing is locked, recovered, made or closed that SQLite does not know of. A file that Python itself opens and
closes would drop the locks that this process has on it.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from tiermem.errors import StorageCorrupt, StorageForeign, StorageMoved, StorageReadOnly
from tiermem.storage.files.access import size

NOT_A_DATABASE = 26  # SQLITE_NOTADB
OURS = "tiermem_meta"
ALONE = "ro&immutable=1"


class Identity(NamedTuple):
    """What a file says of itself: whether anything is in it, whether that is ours, and which database it is."""

    used: bool
    ours: bool
    database: str


def identity(module: ModuleType, file: Path, mode: str = ALONE) -> Identity | None:
    """What *file* says, or None where that cannot be read, as in the middle of somebody's transaction.

    *mode* is how SQLite opens it: `ALONE` sees what stands in the file itself, "ro" also what only the log beside it
    has (and may leave an index of the log there), "rw" what is left after an unfinished transaction was rolled back.

    Raises:
        StorageCorrupt: the file is no SQLite database.
    """
    try:
        connection = module.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True)
    except module.Error:
        return None
    try:
        return _identity(connection)
    except module.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == NOT_A_DATABASE:
            raise StorageCorrupt(f"{file} is not a SQLite database; it was left untouched") from error
        return None
    finally:
        connection.close()


def _identity(connection: Any) -> Identity:
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master") if not _internal(name)}
    marked = connection.execute("PRAGMA application_id").fetchone()[0] != 0
    if OURS not in names:
        return Identity(bool(names) or marked, ours=False, database="")
    row = connection.execute(f"SELECT value FROM {OURS} WHERE key = 'database'").fetchone()  # noqa: S608
    return Identity(used=True, ours=True, database=str(row[0]) if row else "")


def _internal(name: object) -> bool:
    return isinstance(name, str) and name.startswith("sqlite_")


def refuse_foreign(module: ModuleType, file: Path) -> None:
    """Raise where *file* is no SQLite database (StorageCorrupt), or another program's (StorageForeign).

    A file that a loss of power left half written says nothing by itself: its journal or its log is asked too.
    """
    mode = _mode(file)
    try:
        told = identity(module, file)
    except StorageCorrupt:
        if not mode:
            raise
        told = None
    if mode and (told is None or not told.used):
        told = identity(module, file, mode)
    if told is not None and told.used and not told.ours:
        raise StorageForeign(f"{file} is the database of another program; it was left untouched")


def _mode(file: Path) -> str:
    """How SQLite sees all of an unfinished *file*; "" where it is finished. A journal is rolled back by any reader."""
    if size(Path(f"{file}-journal")):
        return "rw"
    return "ro" if size(Path(f"{file}-wal")) else ""


class Watch:
    """Notices that an open file was deleted, replaced, emptied, or written over by another database.

    A file is looked into only where its size or its time is another than last time: after a checkpoint of the log.
    """

    def __init__(self, module: ModuleType, file: Path, database: str) -> None:
        self._module = module
        self._file = file
        self._database = database
        self._inode, self._seen = self._look()

    def check(self) -> None:
        """Raise StorageMoved where the file is not the one that was opened."""
        inode, seen = self._look()
        if inode != self._inode:
            raise StorageMoved(f"{self._file} was deleted or replaced while it was open")
        if seen == self._seen:
            return
        if not seen[0] or self._another():
            raise StorageMoved(f"{self._file} was emptied or written over while it was open")
        self._seen = seen

    def _another(self) -> bool:
        try:
            told = identity(self._module, self._file)
        except StorageCorrupt:
            return True
        return told is not None and told.used and told.database != self._database

    def _look(self) -> tuple[tuple[int, int], tuple[int, int]]:
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return (0, 0), (0, 0)
        except PermissionError as error:
            raise StorageReadOnly(f"{self._file} cannot be read: {error.strerror}") from error
        return (status.st_dev, status.st_ino), (status.st_size, status.st_mtime_ns)
