"""What a fork costs: of a conversation's newest message, and of one in its middle, at several lengths.

    python -m benchmarks.forks [--sizes 100,10000,1000000] [--forks 20] [--markdown]

CPU time of the process for each fork, and what the file has grown by (rows of messages, bytes); beside it one `add` and
one `context` of the conversation that was forked, and of the fork. Nothing is searched for vectors.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.cost.prose import said
from tiermem import Memory, Message, Session

BATCH = 2_000
WARM = 3
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


def measured(count: int, forks: int) -> tuple[float, ...]:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as folder, Memory.open(Path(folder) / "m.db") as memory:
        session = fill(memory, count)
        before = rows(Path(folder) / "m.db")
        end = median(lambda number: session.fork(session_id=f"end{number}"), forks)
        middle = median(lambda number: session.fork(f"m{count // 2}", f"middle{number}"), forks)
        more = rows(Path(folder) / "m.db") - before
        fork = memory.session("end0", "ann")
        asked = "What was said of the harbour?"
        columns = [end, middle, float(more)]
        columns += [median(lambda number, one=one: one.add(f"And {number} more."), forks) for one in (session, fork)]
        columns += [median(lambda _, one=one: one.context(asked, 4_000), forks) for one in (session, fork)]
        return tuple(columns)


def rows(file: Path) -> int:
    """Rows of messages."""
    with sqlite3.connect(file) as connection:
        return int(connection.execute("SELECT count(*) FROM tiermem_message").fetchone()[0])


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.forks", description=__doc__.split("\n")[0])
    made.add_argument("--sizes", default="100,10000,1000000", help="messages, with commas")
    made.add_argument("--forks", type=int, default=20, help="forks at each (default: %(default)s)")
    made.add_argument("--markdown", action="store_true", help="a table in Markdown")
    given = made.parse_args(arguments)
    between = " | " if given.markdown else "  "
    print(between.join(HEAD))
    if given.markdown:
        print(between.join("---" for _ in HEAD))
    for count in (int(part) for part in given.sizes.split(",")):
        columns = [f"{one:.2f}" for one in measured(count, given.forks)]
        columns[2] = columns[2].removesuffix(".00")
        print(between.join([f"{count:,}", *columns]), flush=True)


if __name__ == "__main__":
    main()
