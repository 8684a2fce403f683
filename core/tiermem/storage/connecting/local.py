"""Transactions on a SQLite file, or on a database in RAM: one connection writes, and of a file some others read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from tiermem.settings import Settings
from tiermem.storage.connecting.readers import Readers
from tiermem.storage.connecting.turns import LATER, Turns
from tiermem.storage.connecting.writer import Writer

T = TypeVar("T")


def _mode(connection: sa.Connection) -> Any:
    raw: Any = connection.connection.driver_connection
    return raw.execute("PRAGMA journal_mode").fetchone()[0]


def _scrubbed(connection: sa.Connection, *, vacuum: bool) -> bool:
    raw: Any = connection.connection.driver_connection
    try:
        if vacuum:
            raw.execute("VACUUM")
        for _ in range(TRIES):
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # waits as long as for a lock
            if not busy:
                break
    except connection.dialect.loaded_dbapi.Error as error:
        base = connection.dialect.loaded_dbapi.Error
        raise sa.exc.DBAPIError.instance("VACUUM", None, error, base, dialect=connection.dialect) from error
    return not busy


TRIES = 3  # at the log, while others read and write


class Local:
    """The transactions of one process. Thread-safe.

    Args:
        engine: whose transactions take the lock for writing when they begin.
        readers: whose transactions take none; None in RAM, where there is one connection.
        settings: how many readers there are, and how long one waits.
    """

    def __init__(self, engine: sa.Engine, readers: sa.Engine | None, settings: Settings) -> None:
        self.engine = engine
        self.readers = readers or engine
        self._alone = readers is None
        self._writer = Writer(engine.connect)
        self._reading = Readers(self.readers, settings.pool_size)
        self._turns = Turns(settings.pool_size + settings.max_overflow)
        self._patience = settings.busy_timeout
        self._waitless = False  # whether readers are known to wait for nobody

    def write(self, body: Callable[[sa.Connection], T]) -> T:
        """What *body* returns, once it is committed."""
        return self._writer.run(body)

    def write_at_once(self, body: Callable[[sa.Connection], T]) -> tuple[bool, T | None]:
        """Whether that could be done with nobody waited for, and what *body* returned."""
        return self._writer.run_at_once(body)

    def read(self, body: Callable[[sa.Connection], T]) -> T:
        """What *body* returns, of one snapshot."""
        if self._alone:
            return self._writer.run(body)
        with self._turns.one(self._patience), self._reading.begin() as connection:
            result = body(connection)
            if not self._waitless:  # asked while nobody is in the way, as somebody may be in a rollback journal's
                self._waitless = _mode(connection) == "wal"
            return result

    def read_at_once(self, body: Callable[[sa.Connection], T]) -> T:
        """The same with nobody waited for; `LATER` where that is not sure. In a log readers wait for nobody."""
        if self._alone:
            done, result = self._writer.run_at_once(body)
            return result if done else LATER  # type: ignore[return-value]
        if not self._waitless or not self._turns.take_at_once():
            return LATER  # type: ignore[no-any-return]
        try:
            with self._reading.begin() as connection:
                return body(connection)
        finally:
            self._turns.give()

    def scrub(self, *, vacuum: bool) -> bool:
        """Empty the log of the file, and with *vacuum* write the file anew; False, where somebody reads the log."""
        return self._alone or self._writer.aside(lambda connection: _scrubbed(connection, vacuum=vacuum))

    def close(self) -> None:
        """Close every connection."""
        self._writer.close()
        self._reading.close()
        self.readers.dispose()
        self.engine.dispose()

    def leave(self) -> None:
        """Forget the connections, which are a parent process's: to close them would drop its locks."""
        self._reading.leave()
        self.engine.dispose(close=False)
        self.readers.dispose(close=False)
