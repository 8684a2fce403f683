"""Transactions on a PostgreSQL server: who waits, how long, and what became of a commit whose answer was lost.

Rule 1: what was not kept and passes by itself (too many clients, a deadlock, a connection cut) is done again within
`busy_timeout`; so a body may run twice, and must do nothing but ask its connection.
Rule 2: nobody is told "nothing was kept" of what may have been kept: the server is asked for the transaction's own
number, and where it cannot tell the error says so.
Rule 3: nothing outlives a transaction, in a session or in a startup packet, so that poolers may hand each transaction
to another server process.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic, sleep
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from tiermem.errors import InvalidSettings, MissingExtra, OutcomeUnknown, StorageReadOnly
from tiermem.settings import Settings
from tiermem.storage.connecting import failures
from tiermem.storage.connecting.statements import COMPILED
from tiermem.storage.connecting.turns import Turns
from tiermem.storage.shards.statements import keyed
from tiermem.storage.tables.columns import metadata, unsampled

T = TypeVar("T")
OPTIONAL = ("tiermem_pgvector",)  # tables that are made where a setting asks for them
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.5  # seconds between two attempts
MOST_LOST = 5  # connections that one call may lose before it is the call that breaks them
FINDING_OUT = 5.0  # seconds that the outcome of a commit is asked for, at least: not to know is worse than to wait
LONGEST_LOCK = 2**31 - 1  # milliseconds

_LIMIT = "SELECT set_config('lock_timeout', %s, true)"  # in this transaction alone
_LIMIT_AND_MARK = f"{_LIMIT}, txid_current(), pg_postmaster_start_time()"
_NO_SUCH_TRANSACTION = "0A000"  # of this statement it means a server in recovery, whatever the language of its words
_OUTCOME = "SELECT txid_status(%s), pg_postmaster_start_time()"


@dataclass(frozen=True, slots=True)
class Mark:
    """A transaction by its number, which means something to the server that was started then."""

    number: int
    started: datetime


class Server:
    """The transactions of one process on one server. Thread-safe.

    Raises:
        InvalidSettings: *url* is not that of a PostgreSQL server.
        MissingExtra: its driver is not installed.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        self.engine = engine(url, settings)
        self.readers = reading(self.engine)
        self._turns = Turns(settings.pool_size + settings.max_overflow)
        self._patience = settings.busy_timeout
        self._lock_timeout = str(max(1, int(min(settings.busy_timeout * 1000, LONGEST_LOCK))))  # 0 would mean for ever

    def write(self, body: Callable[[sa.Connection], T]) -> T:
        """What *body* returns, once it is committed.

        Raises:
            OutcomeUnknown: the answer to the commit was lost, and the server cannot say what became of it.
        """
        return self._patiently(partial(self._written, body))

    def read(self, body: Callable[[sa.Connection], T]) -> T:
        """What *body* returns, of one snapshot."""
        return self._patiently(partial(self._seen, body))

    def scrub(self, *, vacuum: bool) -> bool:
        """With *vacuum* the tables are written anew, and what the planner keeps of their values; nobody can use them
        meanwhile. Without, the server does it in its own time."""
        if vacuum:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for statement in unsampled():
                    connection.exec_driver_sql(statement)
                names = ", ".join([*(table.name for table in metadata.sorted_tables), *_beside(connection)])
                # ANALYZE too, for samples from before `unsampled`; it leaves the old ones as dead rows, which only a
                # superuser may vacuum: others are told so by a warning of the server.
                connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {names}")
                connection.exec_driver_sql("VACUUM (FULL) pg_statistic")
        return True

    def alter(self, statement: str) -> None:
        """Run a *statement* that no transaction may hold, for as long as it takes."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(statement)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def leave(self) -> None:
        """Forget the connections, which are a parent process's."""
        self.engine.dispose(close=False)

    def _patiently(self, attempt: Callable[[float], T]) -> T:
        end = monotonic() + self._patience
        cuts, pause = 0, FIRST_PAUSE
        while True:
            try:
                return attempt(end)
            except exc.DBAPIError as error:
                cuts += failures.lost(error)
                again = cuts <= MOST_LOST if failures.lost(error) else monotonic() + pause < end
                if not (failures.passing(error) and again):
                    raise
                stale = failures.lost(error) and cuts == 1  # a connection that was idle too long
            if not stale:
                sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # so that two do not meet again
                pause = min(2 * pause, LONGEST_PAUSE)

    def _seen(self, body: Callable[[sa.Connection], T], end: float) -> T:
        with self._turns.one(end - monotonic()), self.readers.connect() as connection:
            connection.exec_driver_sql(_LIMIT, (self._lock_timeout,))
            return body(connection)

    def _written(self, body: Callable[[sa.Connection], T], end: float) -> T:
        with self._turns.one(end - monotonic()):
            with self.engine.connect() as connection:
                mark = self._marked(connection)
                value = body(connection)
                cut = _committed(connection)
            if cut is not None and not self._arrived(mark, max(end, monotonic() + FINDING_OUT)):
                raise cut
            return value

    def _marked(self, connection: sa.Connection) -> Mark:
        """Begin to write.

        Raises:
            StorageReadOnly: the server follows another.
        """
        try:
            row = connection.exec_driver_sql(_LIMIT_AND_MARK, (self._lock_timeout,)).one()
        except exc.DBAPIError as error:
            if failures.state(error) != _NO_SUCH_TRANSACTION:
                raise
            where = self.engine.url.render_as_string(hide_password=True)
            raise StorageReadOnly(f"{where} is a replica, which can only be read ({error.orig})") from error
        return Mark(row[1], row[2])

    def _arrived(self, mark: Mark, end: float) -> bool:
        """Whether the transaction *mark* was committed, as the server says on another connection."""
        status = ""
        while status != "unknown" and monotonic() < end:
            try:
                status = self._status(mark)
            except exc.DBAPIError:  # it may be about to start again
                status = ""
            if status in {"committed", "aborted"}:
                return status == "committed"
            sleep(FIRST_PAUSE)
        raise OutcomeUnknown("the connection was lost during a commit, and the server cannot say whether it arrived")

    def _status(self, mark: Mark) -> str:
        """ "committed", "aborted", "in progress", or "unknown".

        A server that was started since may be a replica in the place of the one that was asked, with numbers that went
        another way.
        """
        with self.engine.connect() as connection:
            status, started = connection.exec_driver_sql(_OUTCOME, (mark.number,)).one()
        return status if status and started == mark.started else "unknown"


def _committed(connection: sa.Connection) -> exc.DBAPIError | None:
    """Commit; the error, where the connection was lost before an answer came."""
    try:
        connection.commit()
    except exc.DBAPIError as error:
        if not failures.lost(error):
            raise
        return error
    return None


def reading(made: sa.Engine) -> sa.Engine:
    """*made*, for transactions that read one snapshot: by default every statement of PostgreSQL has one of its own, and
    a window is read by several."""
    return made.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _beside(connection: sa.Connection) -> list[str]:
    """Tables of ours that only some databases have."""
    named = [connection.execute(sa.select(sa.func.to_regclass(name))).scalar() for name in OPTIONAL]
    return [str(name) for name in named if name]


def engine(url: str, settings: Settings) -> sa.Engine:
    """SQLAlchemy's engine for *url*."""
    parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    if parsed.get_backend_name() != "postgresql":
        raise InvalidSettings(f"a database URL begins with postgresql:// or sqlite://, not {parsed.drivername}://")
    if "+" not in parsed.drivername:
        parsed = parsed.set(drivername="postgresql+psycopg")
    try:
        return _engine(parsed, settings)
    except ModuleNotFoundError as error:
        raise MissingExtra(f'PostgreSQL needs {error.name}: pip install "tiermem[postgres]"') from error


def _engine(url: sa.URL, settings: Settings) -> sa.Engine:
    arguments: dict[str, object] = {}
    if url.drivername == "postgresql+psycopg":
        arguments["prepare_threshold"] = None  # a pooler hands the next transaction to a process that prepared nothing
    if "connect_timeout" not in url.query and math.isfinite(settings.busy_timeout):
        arguments["connect_timeout"] = max(2, math.ceil(settings.busy_timeout))  # libpq takes 1 for 2
    made = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        # Said, because a server may default to another: who waited for a lock must see what its holder committed.
        isolation_level="READ COMMITTED",
        connect_args=arguments,
        execution_options={"compiled_cache": COMPILED},
    )
    return keyed(made)
