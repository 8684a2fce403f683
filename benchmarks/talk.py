"""What it costs to ask what a user talked about, by the number of their conversations; and what counting costs.

    python -m benchmarks.talk [--sessions 10,1000,10000] [--messages 20] [--markdown]

CPU time of the process (`process_time`): the first time in a process, which opens the file anew, and the median of ten
more. Everything is indexed. Counting is told by indexing the same messages with and without it, in turns.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from benchmarks.cost.prose import said
from benchmarks.report import show
from tiermem import Memory, Message
from tiermem.flows.indexing import words
from tiermem.storage.talk import counting
from tiermem.text.analyzer import words_of

START = datetime(2025, 1, 1, tzinfo=UTC)
AGAIN = 10
SUBJECTS = words_of("guitar piano bergen kimchi telescope garden marathon pottery chess 钢琴 公园 博物馆 电影 摄影")
WISHES: dict[str, Callable[[Memory], object]] = {
    "turns(limit=10)": lambda memory: memory.turns("anna"),
    "turns(topic=)": lambda memory: memory.turns("anna", "guitar"),
    "conversations(limit=20)": lambda memory: memory.conversations("anna"),
    "interests": lambda memory: memory.interests("anna"),
}


def conversation(place: int, messages: int) -> list[Message]:
    """Conversation number *place*: a few subjects of the user's, and prose."""
    pick = Random(place)
    subjects = pick.sample(sorted(SUBJECTS), 3)
    when = START + place * timedelta(hours=1)
    return [
        Message(
            role=("user", "assistant")[number % 2],
            content=f"{' '.join(pick.sample(subjects, 2))} {said(place * messages + number)}",
            created_at=when + number * timedelta(minutes=1),
        )
        for number in range(messages)
    ]


def fill(file: Path, sessions: int, messages: int) -> None:
    """A file with that many conversations of one user, indexed."""
    with Memory.open(file, index_batch=10_000, durability="relaxed") as memory:
        for place in range(sessions):
            session = memory.session(f"s{place}", "anna")
            session.add(conversation(place, messages))
            session.index()


def milliseconds(act: Callable[[], object]) -> float:
    """CPU time of *act*."""
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1_000


def asking(folder: Path, sessions: Sequence[int], messages: int) -> list[tuple[str, ...]]:
    """A row a question and number of conversations: the first time, and the median of more."""
    rows = []
    for number in sessions:
        file = folder / f"{number}.db"
        fill(file, number, messages)
        for name, wish in WISHES.items():
            with Memory.open(file) as memory:
                first = milliseconds(lambda: wish(memory))  # noqa: B023  # asked at once
                more = [milliseconds(lambda: wish(memory)) for _ in range(AGAIN)]  # noqa: B023
            rows.append((name, f"{number:,}", f"{first:.1f}", f"{statistics.median(more):.1f}"))
    return rows


def _uncounted() -> AbstractContextManager[Any]:
    """Indexing without moods and counts."""
    return mock.patch.multiple(words, mood=lambda _: None, counting=mock.Mock(add=lambda *_: None))


def counting_costs(folder: Path, count: int, batch: int) -> list[tuple[str, ...]]:
    """CPU of indexing *count* messages of 56 tokens in batches, with and without what is counted."""
    spent: dict[str, list[float]] = {"with": [], "without": []}
    for turn in range(3):
        for name, times in spent.items():
            file = folder / f"{batch}-{turn}-{name}.db"
            with (
                _uncounted() if name == "without" else nullcontext(),
                Memory.open(file, index_batch=10**9, enable_context_management=False, durability="relaxed") as memory,
            ):
                session = memory.session("s", "anna")
                total = 0.0
                for first in range(0, count, batch):
                    session.add([
                        Message(role=("user", "assistant")[place % 2], content=said(place))
                        for place in range(first, min(first + batch, count))
                    ])  # fmt: skip
                    total += milliseconds(session.index)
            times.append(total * 1_000 / count)
    lowest = {name: min(times) for name, times in spent.items()}
    share = lowest["with"] / lowest["without"] - 1
    return [(f"{batch}", f"{lowest['without']:.0f}", f"{lowest['with']:.0f}", f"{share:+.1%}")]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", default="10,1000,10000")
    parser.add_argument("--messages", type=int, default=20)
    parser.add_argument("--indexed", type=int, default=8_000)
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    sessions = [int(part) for part in asked.sessions.split(",")]
    assert counting.ALL  # what is patched above is this module
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        rows = [row for batch in (64, 1_000) for row in counting_costs(Path(folder), asked.indexed, batch)]
        head = ("messages a batch", "µs a message without counts", "with", "dearer")
        show("Indexing", head, rows, markdown=asked.markdown)
        rows = asking(Path(folder), sessions, asked.messages)
        show("Asking", ("question", "conversations", "first ms", "ms"), rows, markdown=asked.markdown)


if __name__ == "__main__":
    main()
