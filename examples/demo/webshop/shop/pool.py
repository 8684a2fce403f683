"""A bounded pool of database connections. Who waits too long gets a PoolTimeout."""

from __future__ import annotations

import logging
import queue
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger("shop.pool")


class PoolTimeout(TimeoutError):
    """No connection became free in time."""


class ConnectionPool:
    def __init__(self, database: Path, size: int, timeout_s: float) -> None:
        self.size = size
        self.timeout_s = timeout_s
        self._free: queue.Queue[sqlite3.Connection] = queue.Queue()
        for _ in range(size):
            self._free.put(sqlite3.connect(f"file:{database}?mode=ro", uri=True, check_same_thread=False))

    @property
    def in_use(self) -> int:
        return self.size - self._free.qsize()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        started = time.perf_counter()
        try:
            connection = self._free.get(timeout=self.timeout_s)
        except queue.Empty:
            log.warning("timeout after %.1f ms, in use %d of %d", 1000 * self.timeout_s, self.in_use, self.size)
            raise PoolTimeout(f"no database connection became free within {self.timeout_s} s") from None
        log.debug("acquired after %.1f ms, in use %d of %d", _ms(started), self.in_use, self.size)
        try:
            yield connection
        finally:
            self._free.put(connection)
            log.debug("released after %.1f ms, in use %d of %d", _ms(started), self.in_use, self.size)

    def close(self) -> None:
        while not self._free.empty():
            self._free.get_nowait().close()


def _ms(started: float) -> float:
    return 1000 * (time.perf_counter() - started)
