"""What it costs to look around in a graph of names, by the number of messages."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.cost.prose import said
from benchmarks.report import show
from tiermem import Memory, Message

AGAIN = 20


def cost(sizes: Sequence[int], *, markdown: bool) -> None:
    """Prints a line for each number of messages."""
    rows = []
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            rows.append([f"{count:,}", *_cost(Path(folder) / "m.db", count)])
    head = ["messages", "first look", "next process", "after an add", "near, 1 hop", "near, 3 hops", "mentions"]
    show("Cost, ms of CPU", head, rows, markdown=markdown)


def _cost(file: Path, count: int) -> list[str]:
    pick = Random(1)
    people = [f"{first}{second}" for first in "Ka Lo Mi Nu Pe Ra So Ti Vu We".split() for second in _ENDS]  # noqa: SIM905
    with Memory.open(file, durability="relaxed") as memory:
        session = memory.session("s", "anna")
        for start in range(0, count, 2_000):
            texts = [
                f"I met {' and '.join(pick.sample(people, 2))}. {said(n)}"
                for n in range(start, min(start + 2_000, count))
            ]
            session.add([Message(role="user", content=text) for text in texts])
        session.index()
        graph = memory.graph("anna")
        first = _ms(lambda: graph.entities(1))
    with Memory.open(file) as memory:
        graph, session = memory.graph("anna"), memory.session("s", "anna")
        again = _ms(lambda: graph.entities(1))
        added: list[float] = []
        for number in range(AGAIN):
            session.add(f"I met {people[number]}.")
            added.append(_ms(lambda: graph.entities(1)))
        near = [
            statistics.median(_ms(lambda d=depth, n=name: graph.near(n, d)) for name in people[:AGAIN])
            for depth in (1, 3)
        ]
        mentions = sum(one.mentions for one in graph.entities(10_000))
    times = [first, again, statistics.median(added), *near]
    return [*(f"{one:,.1f}" for one in times), f"{mentions:,}"]


_ENDS = [f"{a}{b}" for a in "bdfgklmn" for b in "aeiou"]


def _ms(step: Callable[[], Any]) -> float:
    began = time.process_time()
    step()
    return 1_000 * (time.process_time() - began)
