"""A database: transactions that write, reads that do not, and the care that the file needs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from tiermem.errors import (
    Closed,
    InvalidSettings,
    MissingExtra,
    StorageBusy,
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageMoved,
    StorageReadOnly,
)
from tiermem.settings import Settings
from tiermem.storage import interrupts, migrations, sqlite
from tiermem.storage.writer import Writer

T = TypeVar("T")
MEMORY = ":memory:"


class Database:
    """The store behind a memory; every method may be called from any thread, and after a fork."""

    def __init__(self, target: str, settings: Settings) -> None:
        self.target = target
        self._settings = settings
        self._file = sqlite.file_of(target)
        self._lock = threading.Lock()
        self._transactions = interrupts.Transactions()
        self._closed = False
        self._open()

    @property
    def name(self) -> str:
        """The file, ":memory:", or the URL without its password."""
        return str(self._file or self._engine.url.render_as_string(hide_password=True))

    @property
    def closed(self) -> bool:
        """True after `close`."""
        return self._closed

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    def write(self, body: Callable[[sa.Connection], T]) -> T:
        """Run *body* in one transaction and return its value after the commit.

        Raises:
            Closed, StorageError: nothing of *body* was kept.
        """
        self._check()
        return self._shielded(lambda: self._write(body))

    def _write(self, body: Callable[[sa.Connection], T]) -> T:
        with translated(self.name):
            if self._writer is not None:
                return self._writer.run(body)
            with self._engine.begin() as connection:
                return body(connection)

    def read(self, body: Callable[[sa.Connection], T]) -> T:
        """Run *body* on one consistent snapshot; it must not write."""
        self._check()
        return self._shielded(lambda: self._read(body))

    def _read(self, body: Callable[[sa.Connection], T]) -> T:
        if self.target == MEMORY and self._writer is not None:
            return self._writer.run(body)  # there is one connection, and one thread at a time on it
        with translated(self.name), self._readers.connect() as connection, connection.begin():
            return body(connection)

    def _shielded(self, work: Callable[[], T]) -> T:
        """*work*, in which no signal raises and during which nobody forks."""

        def counted() -> T:
            with self._transactions.one():
                return work()

        return interrupts.uninterrupted(counted)

    def close(self) -> None:
        """Close every connection; writes that were acknowledged are safe already."""
        with self._lock:
            self._closed = True
            self._dispose()

    def _dispose(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._readers.dispose()
        self._engine.dispose()

    def _open(self) -> None:
        self._pid = os.getpid()
        self._writer: Writer | None = None
        if self.target == MEMORY or self._file is not None:
            if self._file is not None:
                sqlite.prepare(self._file)
            self._engine = sqlite.engine(self._file, self._settings, immediate=True)
            self._readers = sqlite.engine(self._file, self._settings, immediate=False) if self._file else self._engine
            self._writer = Writer(self._engine.connect)
        else:
            self._engine = _server(self.target, self._settings)
            # By default every statement of PostgreSQL has a snapshot of its own, and a window is read by several.
            self._readers = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._shielded(self._migrate)
        self._inode = _inode(self._file)

    def _migrate(self) -> None:
        self._write(migrations.migrate)

    def _check(self) -> None:
        if self._closed:
            raise Closed(f"the memory on {self.name} was closed")
        if self._pid != os.getpid():
            with self._lock:
                self._after_fork()
        if self._file is not None and _inode(self._file) != self._inode:
            raise StorageMoved(f"{self._file} was deleted or replaced while it was open")

    def _after_fork(self) -> None:
        """Leave the parent's connections alone (closing them would drop its locks) and open our own."""
        if self._pid == os.getpid():
            return
        if self._transactions.unsound:
            raise StorageError(f"the process forked in the middle of a transaction on {self.name}; open it anew")
        self._engine.dispose(close=False)
        self._readers.dispose(close=False)
        self._open()


def _server(url: str, settings: Settings) -> sa.Engine:
    parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    if parsed.get_backend_name() != "postgresql":
        raise InvalidSettings(f"a database URL begins with postgresql:// or sqlite://, not {parsed.drivername}://")
    if "+" not in parsed.drivername:
        parsed = parsed.set(drivername="postgresql+psycopg")
    timeout = f"-c lock_timeout={max(1, int(settings.busy_timeout * 1000))}"  # 0 would mean for ever
    try:
        return _engine(parsed, timeout)
    except ModuleNotFoundError as error:
        raise MissingExtra(f'PostgreSQL needs {error.name}: pip install "tiermem[postgres]"') from error


def _engine(url: sa.URL, timeout: str) -> sa.Engine:
    return sa.create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        # Said, because a server may default to another: who waited for a lock must see what its holder committed.
        isolation_level="READ COMMITTED",
        connect_args={"options": timeout},
    )


def _inode(file: Path | None) -> tuple[int, int] | None:
    if file is None:
        return None
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise StorageReadOnly(f"{file} cannot be read: {error.strerror}") from error
    return status.st_dev, status.st_ino


_BY_TEXT: tuple[tuple[tuple[str, ...], type[StorageError], str], ...] = (
    (("database is locked", "database table is locked", "lock timeout"), StorageBusy, "the database is in use"),
    (("disk is full", "no space left", "disk full"), StorageFull, "the disk is full"),
    (("readonly", "read-only"), StorageReadOnly, "the database cannot be written"),
    (("unable to open",), StorageReadOnly, "the database cannot be opened"),
    (("malformed", "not a database", "file is encrypted"), StorageCorrupt, "the file is not a sound database"),
)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise the typed error for a database error; *where* names the database without its password."""
    try:
        yield
    except exc.DBAPIError as error:
        raise translate(error, where) from error


def translate(error: exc.DBAPIError, where: str) -> StorageError:
    """The typed error that stands for *error*."""
    cause = str(error.orig).lower()
    for marks, kind, text in _BY_TEXT:
        if any(mark in cause for mark in marks):
            return kind(f"{text}: {where} ({error.orig})")
    return StorageError(f"the database refused: {where} ({type(error.orig).__name__}: {error.orig})")
