"""Taking the lock of a SQLite file so that every process gets its turn.

SQLite's own busy handler sleeps up to 100 ms between two attempts, and a process with threads takes the lock again
within microseconds of its commit: of eight such processes the last one waited until the others had nothing left to
write. So those who wait ask often, the longer the oftener, and who has just written while others want to pauses.
"""

from __future__ import annotations

import random
from time import monotonic, sleep
from types import ModuleType
from typing import Any

import sqlalchemy as sa

BUSY = 5  # SQLITE_BUSY; what is above the low byte says more about it
SHORTEST, LONGEST = 0.0005, 0.004  # seconds between two attempts: of the one that waits longest, of a newcomer
IMPATIENT = 0.5  # seconds after which a waiter asks as often as it may
PAUSE = 0.005  # seconds that a writer leaves to others: longer than any of them sleeps
LONGEST_TIMEOUT = 2**31 - 1  # milliseconds
RECENT = 0.1  # seconds after a commit in which somebody may still be waiting for it


def busy(error: Exception) -> bool:
    """True where SQLite says that another connection is in the way."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == BUSY


def milliseconds(seconds: float) -> int:
    """*seconds* as SQLite takes them; for ever is as long as it can say."""
    return int(min(seconds * 1000, LONGEST_TIMEOUT))


def pause(waited: float) -> float:
    """Seconds until the next attempt of one who has waited *waited* seconds."""
    share = min(1.0, waited / IMPATIENT)
    return (LONGEST - share * (LONGEST - SHORTEST)) * random.uniform(0.5, 1.0)  # noqa: S311  # not in step with others


PROMPT = "nothing but a beginning waits"  # said of a connection in its `info`
AT_ONCE = "begin at once or not at all"


class NotNow(Exception):
    """Another connection holds the lock, and who asks waits for nobody."""


class FileLock:
    """Begins the transactions of the one connection that writes.

    Args:
        module: the driver.
        patience: seconds to wait for the lock; what SQLite calls busy_timeout.
    """

    def __init__(self, module: ModuleType, patience: float) -> None:
        self._error: type[Exception] = module.Error
        self._patience = patience
        self._version: int | None = None  # of the data when we held the lock last: another one means that others write
        self.only_begins_wait = False
        self._wanted = False
        self._ended = -RECENT

    def opened(self, cursor: Any, mode: str) -> None:
        """The connection was made, on a file whose journal has that *mode*.

        With a log nothing but the beginning of a transaction waits for others, and that waits here. With a rollback
        journal a commit waits for readers too, which is left to SQLite.
        """
        self.only_begins_wait = mode == "wal"
        if self.only_begins_wait:
            cursor.execute("PRAGMA busy_timeout=0")

    def begin(self, connection: sa.Connection) -> None:
        """BEGIN IMMEDIATE; raises as SQLite does where the lock is not to be had in time."""
        if self._wanted and monotonic() - self._ended < RECENT:
            sleep(PAUSE)
        raw: Any = connection.connection.driver_connection
        if self.only_begins_wait:
            waited = self._begun(connection, raw)
        else:
            raw.execute("PRAGMA busy_timeout=0")
            try:
                waited = self._begun(connection, raw)
            finally:
                raw.execute(f"PRAGMA busy_timeout={milliseconds(self._patience)}")
        version = raw.execute("PRAGMA data_version").fetchone()[0]
        self._wanted = waited or self._version not in (None, version)
        self._version = version

    def _begun(self, connection: sa.Connection, raw: Any) -> bool:
        waited = self._attempt(raw, at_once=AT_ONCE in connection.info)
        if waited is None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        return bool(waited)

    def ended(self, _: sa.Connection) -> None:
        """The transaction is about to end."""
        self._ended = monotonic()

    def _attempt(self, raw: Any, *, at_once: bool) -> bool | None:
        """Whether there was somebody to wait for; None where the lock was not to be had."""
        start, waited = monotonic(), False
        while True:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except self._error as error:
                gone = monotonic() - start
                if not busy(error) or gone >= self._patience:
                    return None
                if at_once:
                    raise NotNow from None
                sleep(min(pause(gone), self._patience - gone))
                waited = True
            else:
                return waited
