"""What adding one message costs, beside the limit: tokenise it, and write it in one durable transaction.

    python -m benchmarks.adding [--sizes 1000,10000,100000] [--adds 2000] [--corpus FILE] [--markdown]

CPU time of the process (`process_time`) for each add, so also of what its background does meanwhile; both take turns,
message by message, so that a busy machine slows both alike. The last columns are the wall clock. A corpus is JSON,
{"m": [[role, speaker, time, text], …]}; without one the prose of the cost benchmark is said.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.cost.prose import said
from benchmarks.cost.turns import Limit
from tiermem import Memory, Message

BATCH = 500
WARM = 50  # adds before the measured ones
HEAD = ("stored", "what", "CPU ms: median", "mean", "p99", "max", "wall ms: median", "p99", "max")


class One(Limit):
    """The limit, one message at a time."""

    name = "limit"

    def add(self, text: str) -> None:
        """One row."""
        self.write([text])


def texts(corpus: Path | None, count: int) -> list[str]:
    """*count* texts to add."""
    if corpus is None:
        return [said(place) for place in range(count)]
    lines = [line[3] or "." for line in json.loads(corpus.read_text("utf-8"))["m"]]
    return [lines[place % len(lines)] for place in range(count)]


def fill(file: Path, lines: Sequence[str]) -> None:
    """A database with *lines*, managed and indexed."""
    with Memory.open(file) as memory:
        session = memory.session("s")
        for first in range(0, len(lines), BATCH):
            batch = enumerate(lines[first : first + BATCH], start=first)
            session.add([Message(role=("user", "assistant")[place % 2], content=line) for place, line in batch])
        session.index()


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of CPU and of the clock that *act* takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    return (time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000


def measure(folder: Path, stored: int, lines: Sequence[str], adds: int) -> list[tuple[str, list[tuple[float, float]]]]:
    """The costs of the limit's adds, and of ours in a session of *stored* messages."""
    file = folder / "memory.db"
    fill(file, lines[:stored])
    limit = One()
    limit.open(folder, stored)
    ours: list[tuple[float, float]] = []
    least: list[tuple[float, float]] = []
    began = time.process_time()
    with Memory.open(file) as memory:
        session = memory.session("s")
        for place, line in enumerate(lines[stored:]):
            message = {"role": ("user", "assistant")[place % 2], "content": line}
            costs = timed(lambda: limit.add(line)), timed(lambda: session.add(message))  # noqa: B023  # called here
            if place == WARM:
                began = time.process_time()
            if place >= WARM:
                least.append(costs[0])
                ours.append(costs[1])
        memory.settle()
        everything = (time.process_time() - began) * 1000 - sum(cpu for cpu, _ in least)
    limit.close()
    print(f"{stored:,} stored: {everything / adds:.3f} ms CPU an add with all that the background did for it")
    return [("limit", least), ("tiermem: add", ours)]


def row(stored: int, what: str, costs: Sequence[tuple[float, float]]) -> tuple[str, ...]:
    """One line of the table."""
    cpu, wall = (sorted(column) for column in zip(*costs, strict=True))
    late = int(len(cpu) * 0.99)
    numbers = (statistics.median(cpu), statistics.mean(cpu), cpu[late], cpu[-1])
    clock = (statistics.median(wall), wall[late], wall[-1])
    return (f"{stored:,}", what, *(f"{number:.3f}" for number in (*numbers, *clock)))


def ratio(stored: int, least: Sequence[tuple[float, float]], ours: Sequence[tuple[float, float]]) -> tuple[str, ...]:
    """How many times the limit each number is."""
    lines = [[float(number) for number in row(stored, "", costs)[2:]] for costs in (least, ours)]
    return (f"{stored:,}", "times the limit", *(f"{own / best:.2f}" for best, own in zip(*lines, strict=True)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adding", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000", help="messages stored (default: %(default)s)")
    parser.add_argument("--adds", type=int, default=2_000, help="adds measured (default: %(default)s)")
    parser.add_argument("--corpus", type=Path, help="texts to say")
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    lines = [HEAD, *([("---",) * len(HEAD)] if given.markdown else [])]
    for stored in map(int, given.sizes.split(",")):
        folder = Path(tempfile.mkdtemp(prefix="tm-adding-"))
        try:
            measured = measure(folder, stored, texts(given.corpus, stored + WARM + given.adds), given.adds)
        finally:
            shutil.rmtree(folder)
        lines += [row(stored, what, costs) for what, costs in measured]
        lines.append(ratio(stored, measured[0][1], measured[1][1]))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("| " + " | ".join(line) + " |" if given.markdown else "  ".join(map(str.ljust, line, widths)).rstrip())


if __name__ == "__main__":
    main()
