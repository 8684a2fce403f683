"""Connections that read a SQLite file, kept between transactions: to take one out of SQLAlchemy's pool and put it back
costs ten times what a small transaction does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa


class Readers:
    """Transactions that only read. Thread-safe; who asks sees to it that only so many run at a time.

    Args:
        engine: whose pool gives the connections.
        most: connections that are kept; others go back to the pool.
    """

    def __init__(self, engine: sa.Engine, most: int) -> None:
        self._engine = engine
        self._most = most
        self._free: list[sa.Connection] = []
        self._closed = False
        self._lock = threading.Lock()

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction, over with the block. A connection on which something failed is not used again."""
        with self._lock:
            connection = self._free.pop() if self._free else None
        if connection is None:
            connection = self._engine.connect()
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        self._keep(connection)

    def _keep(self, connection: sa.Connection) -> None:
        with self._lock:
            kept = not self._closed and len(self._free) < self._most
            if kept:
                self._free.append(connection)
        if not kept:
            connection.close()

    def close(self) -> None:
        """Close what is kept, and what is in use once it is given back."""
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    def leave(self) -> None:
        """In a forked child: the connections are the parent's, and are neither closed nor given back."""
        _left.append(self._free)
        self._free = []


_left: list[list[sa.Connection]] = []
