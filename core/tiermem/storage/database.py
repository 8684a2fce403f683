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

from tiermem.errors import Closed, InvalidSettings, StorageCorrupt, StorageError, StorageReadOnly
from tiermem.settings import Settings
from tiermem.storage import migrations, sqlite
from tiermem.storage.connecting import interrupts, server
from tiermem.storage.connecting.failures import legible, translate
from tiermem.storage.connecting.local import Local
from tiermem.storage.connecting.server import Server
from tiermem.storage.connecting.snapshot import Snapshot
from tiermem.storage.connecting.turns import LATER
from tiermem.storage.files.access import writable
from tiermem.storage.files.identity import Watch
from tiermem.storage.shards.whose import carried

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
        self._running = interrupts.Transactions()
        self._closed = False
        self._open()

    @property
    def name(self) -> str:
        """The file, ":memory:", or the URL without its password."""
        if self.target == MEMORY:
            return MEMORY
        return str(self._file or self._transactions.engine.url.render_as_string(hide_password=True))

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
        return self._transactions.engine.dialect.name

    def write(self, body: Callable[[sa.Connection], T], *, brief: bool = False) -> T:
        """Run *body* in one transaction and return its value after the commit.

        *body* does nothing but ask its connection: on a server it may be run again. One that is *brief*, some
        milliseconds, is run at once where nobody else writes; who interrupts it waits for its end.

        Raises:
            OutcomeUnknown: nobody can say whether *body* was kept.
            Closed, StorageError: nothing of *body* was kept.
        """
        self._check()
        if self._read_only:
            raise StorageReadOnly(f"{self.name} can only be read here")
        if brief and isinstance(self._transactions, Local) and self._running.open:
            done, value = interrupts.brief(lambda: self._at_once(self._transactions, body))  # type: ignore[arg-type]
            if done:
                return value  # type: ignore[return-value]
        there = body if isinstance(self._transactions, Local) else carried(body)
        return self._shielded(lambda: self._write(there))

    def _at_once(self, transactions: Local, body: Callable[[sa.Connection], T]) -> tuple[bool, T | None]:
        with self._running.one():
            if self._watch is not None:
                self._watch.check()
            try:
                return transactions.write_at_once(body)
            except exc.SQLAlchemyError as error:
                raise translate(error, self.name) from error

    def _write(self, body: Callable[[sa.Connection], T]) -> T:
        try:
            return self._transactions.write(body)
        except exc.SQLAlchemyError as error:
            raise translate(error, self.name) from error

    def read(self, body: Callable[[sa.Connection], T], brief: Callable[[sa.Connection], T] | None = None) -> T:
        """Run *body* on one consistent snapshot; it must not write.

        *brief* reads the same where that takes some milliseconds, and is run at once where nobody is waited for; where
        it answers `LATER`, *body* is run.

        Raises:
            Closed, StorageError: also where what is stored is of a kind that *body* stumbles over.
        """
        self._check()
        if brief is not None and isinstance(self._transactions, Local) and self._running.open:
            value = interrupts.brief(lambda: self._read_at_once(self._transactions, brief))  # type: ignore[arg-type]
            if value is not LATER:
                return value
        there = body if isinstance(self._transactions, Local) else carried(body)
        return self._shielded(lambda: self._read(there))

    def _read_at_once(self, transactions: Local, body: Callable[[sa.Connection], T]) -> T:
        with self._running.one():
            if self._watch is not None:
                self._watch.check()
            try:
                return transactions.read_at_once(legible(body, self.name))
            except exc.SQLAlchemyError as error:
                raise translate(error, self.name) from error

    def _read(self, body: Callable[[sa.Connection], T]) -> T:
        try:
            return self._transactions.read(legible(body, self.name))
        except exc.SQLAlchemyError as error:
            raise translate(error, self.name) from error

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The database as it is now, for as long as the block takes, on a connection of its own: for what reads longer
        than others wait for one. In a SQLite file without WAL nobody can write meanwhile.

        Raises:
            InvalidSettings: it is in RAM, where there is one connection.
        """
        self._check()
        engine = self._apart()
        try:
            with engine.connect() as connection, connection.begin():
                yield Snapshot(connection, self.target, self.name)
        except exc.SQLAlchemyError as error:
            raise translate(error, self.name) from error
        finally:
            engine.dispose()

    def _apart(self) -> sa.Engine:
        if self._file is not None:
            return sqlite.engine(self._file, self._settings, immediate=False, read_only=True)
        if self.target == MEMORY:
            raise InvalidSettings("a database in RAM has one connection: `backup` copies it into a file")
        return server.reading(server.engine(self.target, self._settings))

    def scrub(self, *, vacuum: bool) -> bool:
        """Rid the files of the bytes of removed rows, as far as can be; *vacuum* writes them anew.

        SQLite overwrites with zeros what is removed, so only its log is left, which is emptied; False, where somebody
        reads it all the time. A server keeps dead rows until it is vacuumed.

        Raises:
            StorageBusy: to write the files anew, nobody may be at work on them.
        """
        self._check()

        def scrubbed() -> bool:
            try:
                return self._transactions.scrub(vacuum=vacuum)
            except exc.SQLAlchemyError as error:
                raise translate(error, self.name) from error

        return self._shielded(scrubbed)

    def alter(self, statement: str) -> None:
        """Run a *statement* that no transaction of a server may hold, as one that builds an index while others write.

        Raises:
            InvalidSettings: it is no server.
        """
        self._check()
        transactions = self._transactions
        if not isinstance(transactions, Server):
            raise InvalidSettings(f"{self.name} is no PostgreSQL server")

        def altered() -> None:
            try:
                transactions.alter(statement)
            except exc.SQLAlchemyError as error:
                raise translate(error, self.name) from error

        self._shielded(altered)

    def _shielded(self, work: Callable[[], T]) -> T:
        """*work*, in which no signal raises and during which nobody forks.

        So is a look at the file: whoever forks while a thread allocates for SQLite leaves its lock to the child.
        """

        def counted() -> T:
            with self._running.one():
                try:
                    if self._watch is not None:
                        self._watch.check()
                    return work()
                except UnicodeDecodeError as error:  # a driver could not even say what is wrong: a name is no text
                    raise StorageCorrupt(f"the file is not a sound database: {self.name} ({error.reason})") from error

        return interrupts.uninterrupted(counted)

    def close(self) -> None:
        """Close every connection; writes that were acknowledged are safe already."""
        with self._lock:
            self._closed = True
            with self._running.one():
                self._transactions.close()

    def _open(self) -> None:
        self._pid = os.getpid()
        self._watch: Watch | None = None
        self._read_only = self._asked_read_only
        self._transactions = self._shielded(self._connected)
        try:
            database = self._shielded(self._migrated)
        except BaseException:
            self._transactions.close()
            raise
        if self._file is not None:
            self._watch = Watch(sqlite.driver(), self._file, database)

    def _connected(self) -> Local | Server:
        if self._file is not None:
            return self._on_file(self._file)
        if self.target != MEMORY:
            return Server(self.target, self._settings)
        return Local(sqlite.engine(None, self._settings, immediate=True), None, self._settings)

    def _on_file(self, file: Path) -> Local:
        if self._read_only and not file.exists():
            raise StorageReadOnly(f"{file} is not there, and what only reads makes none")
        sqlite.prepare(file)
        self._read_only = self._read_only or not writable(file)
        readers = sqlite.engine(file, self._settings, immediate=False, read_only=self._read_only)
        engine = readers if self._read_only else sqlite.engine(file, self._settings, immediate=True)
        return Local(engine, readers, self._settings)

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

    def _after_fork(self) -> None:
        """Leave the parent's connections alone and open our own."""
        if self._pid == os.getpid():
            return
        if self._running.unsound:
            raise StorageError(f"the process forked in the middle of a transaction on {self.name}; open it anew")
        self._transactions.leave()
        self._open()
