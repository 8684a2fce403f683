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
    StorageReadOnly,
)
from tiermem.settings import Settings
from tiermem.storage import interrupts, migrations, sqlite
from tiermem.storage.files.access import writable
from tiermem.storage.files.identity import Watch
from tiermem.storage.writer import Writer

T = TypeVar("T")
MEMORY = ":memory:"


class Database:
    """The store behind a memory; every method may be called from any thread, and after a fork.

    Args:
        target: a file, ":memory:", or a URL.
        read_only: write nothing, and make nothing; so it is, too, where a file may not be written.
    """

    def __init__(self, target: str, settings: Settings, *, read_only: bool = False) -> None:
        self.target = target
        self._settings = settings
        self._asked_read_only = read_only
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
    def read_only(self) -> bool:
        """True where nothing can be written."""
        return self._read_only

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
        if self._read_only:
            raise StorageReadOnly(f"{self.name} can only be read here")
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
        self._watch: Watch | None = None
        self._read_only = self._asked_read_only
        if self._file is not None:
            self._open_file(self._file)
        elif self.target == MEMORY:
            self._engine = self._readers = sqlite.engine(None, self._settings, immediate=True)
        else:
            self._engine = _server(self.target, self._settings, read_only=self._read_only)
            # By default every statement of PostgreSQL has a snapshot of its own, and a window is read by several.
            self._readers = self._engine.execution_options(isolation_level="REPEATABLE READ")
        if not self._read_only and self._engine.dialect.name == "sqlite":
            self._writer = Writer(self._engine.connect)
        try:
            database = self._shielded(self._migrated)
        except BaseException:
            self._dispose()
            raise
        if self._file is not None:
            self._watch = Watch(sqlite.driver(), self._file, database)

    def _open_file(self, file: Path) -> None:
        if self._read_only and not file.exists():
            raise StorageReadOnly(f"{file} is not there, and what only reads makes none")
        sqlite.prepare(file)
        self._read_only = self._read_only or not writable(file)
        self._readers = sqlite.engine(file, self._settings, immediate=False, read_only=self._read_only)
        self._engine = self._readers if self._read_only else sqlite.engine(file, self._settings, immediate=True)

    def _migrated(self) -> str:
        """The id of the database, once its schema is current."""

        def body(connection: sa.Connection) -> str:
            return migrations.current(connection, read_only=self._read_only)

        database = self._read(body)
        if not database and not self._read_only:
            self._write(migrations.migrate)
            database = self._read(body)
        return database

    def _check(self) -> None:
        if self._closed:
            raise Closed(f"the memory on {self.name} was closed")
        if self._pid != os.getpid():
            with self._lock:
                self._after_fork()
        if self._watch is not None:
            self._watch.check()

    def _after_fork(self) -> None:
        """Leave the parent's connections alone (closing them would drop its locks) and open our own."""
        if self._pid == os.getpid():
            return
        if self._transactions.unsound:
            raise StorageError(f"the process forked in the middle of a transaction on {self.name}; open it anew")
        self._engine.dispose(close=False)
        self._readers.dispose(close=False)
        self._open()


def _server(url: str, settings: Settings, *, read_only: bool) -> sa.Engine:
    parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    if parsed.get_backend_name() != "postgresql":
        raise InvalidSettings(f"a database URL begins with postgresql:// or sqlite://, not {parsed.drivername}://")
    if "+" not in parsed.drivername:
        parsed = parsed.set(drivername="postgresql+psycopg")
    timeout = f"-c lock_timeout={max(1, int(settings.busy_timeout * 1000))}"  # 0 would mean for ever
    if read_only:
        timeout += " -c default_transaction_read_only=on"
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
