"""What only SQLite needs: its file, its pragmas, its way of starting a transaction."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool, StaticPool

from tiermem.errors import StorageReadOnly
from tiermem.settings import Settings
from tiermem.storage.connecting.lock import PROMPT, FileLock, busy
from tiermem.storage.connecting.statements import COMPILED
from tiermem.storage.files import access, identity, ownership
from tiermem.storage.schema import meta, refuse_newer, version_of

PAUSE = (0.005, 0.025)  # seconds between two attempts; making a file takes some 5 ms


def file_of(target: str) -> Path | None:
    """The file that *target* names, or None for ":memory:" and for servers."""
    if target == ":memory:":
        return None
    if "://" in target:
        url = sa.make_url(target)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    return Path(target)


def prepare(file: Path) -> None:
    """Make the file (0600) and its folders (0700), durably, unless they are there; refuse a file of another kind.

    Raises:
        StorageReadOnly: it cannot be made.
        StorageCorrupt, StorageForeign: the file is no SQLite database, or another program's; it is left untouched.
        StorageError: it is a link that another user put where everybody may write.
    """
    ownership.refuse_planted(file)
    try:
        if file.exists():
            identity.refuse_foreign(driver(), file)
            ownership.warn_of_others(file)
            return
        _make_folders(file.parent)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        _sync_folder(file.parent)
    except OSError as error:
        raise StorageReadOnly(f"{file} cannot be created or opened: {error.strerror}") from error


def _make_folders(folder: Path) -> None:
    if folder.exists():
        return
    _make_folders(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Without this, a power loss may forget the name of what was just made in it, and the commits behind that name."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def engine(file: Path | None, settings: Settings, *, immediate: bool, read_only: bool = False) -> sa.Engine:
    """An engine on *file* (None: in memory); *immediate* takes the write lock at the start of a transaction."""
    module = driver()
    options: dict[str, Any] = {
        "timeout": settings.busy_timeout,
        "isolation_level": None,  # a BEGIN by the driver is deferred: reading, then writing, gets SQLITE_BUSY
        "check_same_thread": False,
    }

    def connect() -> Any:
        if file is not None and read_only:
            return access.connect(module, file, **options)
        return module.connect(":memory:" if file is None else str(file), **options)

    pool: dict[str, Any] = {"poolclass": StaticPool}
    if file is not None:
        pool = {"poolclass": QueuePool, "pool_size": settings.pool_size, "max_overflow": settings.max_overflow}
    kept = {"compiled_cache": COMPILED}
    made = sa.create_engine(
        "sqlite://", creator=connect, module=module, hide_parameters=True, execution_options=kept, **pool
    )
    mode, synchronous = journal_mode(module.sqlite_version_info, settings.durability)

    lock = FileLock(module, settings.busy_timeout) if file is not None and immediate else None

    def pragmas(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        if lock is not None:
            _patiently(partial(_set_journal, cursor, mode), settings.busy_timeout)
            lock.opened(cursor, cursor.execute("PRAGMA journal_mode").fetchone()[0])
        if file is None or (lock is not None and lock.only_begins_wait):
            record.info[PROMPT] = True
        writing = ("query_only=ON",) if read_only else (f"synchronous={synchronous}", "secure_delete=ON")
        for pragma in (*writing, "trusted_schema=OFF", "cell_size_check=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    sa.event.listen(made, "connect", pragmas)
    _listen(made, lock)
    return made


def _listen(made: sa.Engine, lock: FileLock | None) -> None:
    """Have transactions begin as they should: the driver would begin one only before the first thing that writes."""

    def begin(connection: sa.Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.execute("BEGIN")

    sa.event.listen(made, "begin", lock.begin if lock else begin)
    if lock:
        sa.event.listen(made, "commit", lock.ended)
        sa.event.listen(made, "rollback", lock.ended)


def _patiently(body: Callable[[], None], seconds: float) -> None:
    """Run *body* again while another connection is in its way, for *seconds*.

    SQLite does that itself for nearly everything, but leaving the rollback journal is refused at once while somebody
    writes: two processes that make the same file would be enough.
    """
    end = monotonic() + seconds
    while True:
        try:
            return body()
        except driver().OperationalError as error:
            left = end - monotonic()
            if not busy(error) or left <= 0:
                raise
        sleep(min(left, random.uniform(*PAUSE)))  # noqa: S311  # so that two do not meet again


def _set_journal(cursor: Any, mode: str) -> None:
    """Set the mode, but leave a file in WAL that is in WAL already: flipping a live one can lose its log."""
    current = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    if current not in {mode.lower(), "wal"}:
        _refuse_newer(cursor)
        cursor.execute(f"PRAGMA journal_mode={mode}")


def _refuse_newer(cursor: Any) -> None:
    """`migrate` says the same, but only after the journal mode was written into the file."""
    if cursor.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (meta.name,)).fetchone()[0]:
        row = cursor.execute(f"SELECT value FROM {meta.name} WHERE key = 'version'").fetchone()  # noqa: S608
        refuse_newer(version_of(row[0] if row else None))


FIXED = (3, 51, 3)
BACKPORTED = {(3, 50): 7, (3, 44): 6}


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """True when that version of SQLite is free of the WAL-reset bug."""
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
