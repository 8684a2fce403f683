"""What a fork costs: of a conversation's newest message, and of one in its middle, at several lengths.

    python -m benchmarks.forks [--sizes 100,10000,100000] [--stretched 1000000] [--forks 20] [--markdown]

CPU time of the process for each fork, and what the file has grown by (rows of messages, bytes); beside it one `add` and
one `context` of the conversation that was forked, and of the fork. Nothing is searched for vectors. Of the conversation
that is `--stretched` to so many messages (see `benchmarks/cost/stretching.py`) forks at the end alone are measured.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.cost.prose import said
from benchmarks.cost.stretching import stretched
from tiermem import Memory, Message, Session
from tiermem.flows.effects import Flow, Read
from tiermem.storage.schema import message

BATCH = 2_000
WARM = 3
_MESSAGES = sa.select(sa.func.count()).select_from(message)
HEAD = (
    "messages",
    "fork at the end",
    "in the middle",
    "message rows more",
    "add",
    "add in a fork",
    "context",
    "in a fork",
)


def fill(memory: Memory, count: int) -> Session:
    """A conversation of *count* messages, managed and indexed."""
    session = memory.session("long", "ann")
    for start in range(0, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        session.add([Message(role=("user", "assistant")[n % 2], content=said(n)) for n in numbers])
    session.settle()
    session.manage_context()
    session.index()
    return session


def median(step: Callable[[int], Any], times: int) -> float:
    """Milliseconds of CPU that *step* takes, by its number."""
    taken: list[float] = []
    for number in range(times + WARM):
        began = time.process_time()
        step(number)
        taken.append(1_000 * (time.process_time() - began))
    return statistics.median(taken[WARM:])


def forked(memory: Memory, count: int, forks: int) -> list[float]:
    """The first columns of a line: forks of a conversation of *count* messages."""
    before, session = rows(memory), memory.session("long", "ann")
    end = median(lambda number: session.fork(session_id=f"end{number}"), forks)
    middle = median(lambda number: session.fork(f"m{count // 2}", f"middle{number}"), forks)
    return [end, middle, float(rows(memory) - before)]


def long(count: int, of: int, forks: int) -> list[float]:
    """The first column, of one of *of* messages that is stretched to *count*: in its middle no view is like those that
    managing makes."""
    with tempfile.TemporaryDirectory() as folder:
        with Memory.open(Path(folder) / "m.db") as memory:
            fill(memory, of)
        stretched(Path(folder) / "m.db", file := Path(folder) / "long.db", count - of)
        with Memory.open(file) as memory:
            session = memory.session("long", "ann")
            return [median(lambda number: session.fork(session_id=f"end{number}"), forks)]


def measured(count: int, forks: int) -> list[float]:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as folder, Memory.open(Path(folder) / "m.db") as memory:
        session = fill(memory, count)
        columns = forked(memory, count, forks)
        fork = memory.session("end0", "ann")
        asked = "What was said of the harbour?"
        columns += [median(lambda number, one=one: one.add(f"And {number} more."), forks) for one in (session, fork)]
        columns += [median(lambda _, one=one: one.context(asked, 4_000), forks) for one in (session, fork)]
        return columns


def rows(memory: Memory) -> int:
    """Rows of messages. Asked of the memory: another SQLite in one process does not see its locks."""
    return int(memory.drive(_counted()))


def _counted() -> Flow[int]:
    return (yield Read(lambda connection: connection.execute(_MESSAGES).scalar_one()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.forks", description=__doc__.split("\n")[0])
    made.add_argument("--sizes", default="100,10000,100000", help="messages, with commas")
    made.add_argument("--stretched", type=int, default=0, help="messages of one that is made longer than the last size")
    made.add_argument("--forks", type=int, default=20, help="forks at each (default: %(default)s)")
    made.add_argument("--markdown", action="store_true", help="a table in Markdown")
    given = made.parse_args(arguments)
    between = " | " if given.markdown else "  "
    print(between.join(HEAD))
    if given.markdown:
        print(between.join("---" for _ in HEAD))
    sizes = [int(part) for part in given.sizes.split(",")]
    for count in [*sizes, *([given.stretched] if given.stretched else [])]:
        found = measured(count, given.forks) if count in sizes else long(count, sizes[-1], given.forks)
        columns = [f"{one:.2f}" for one in found]
        columns[2:3] = [one.removesuffix(".00") for one in columns[2:3]]
        print(between.join([f"{count:,}", *columns]), flush=True)


if __name__ == "__main__":
    main()
