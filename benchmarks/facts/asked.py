"""`python -m benchmarks.facts.asked FOLDER`: whether what somebody said of himself is recalled when it is asked for.

Statements and questions (`asked_en.txt`, `asked_zh.txt`) were written by hand, each half below "held back" before the
rules were looked at with it. FOLDER holds MemoryBank's development halves, whose chats the statements are put into,
eight in each, spread evenly; then each question is asked unasked for (`Session.recall`), without a model. Told is how
often the statement stands in the block, with the weight `stated` and without it, and how often something is recalled
in chats in which nobody said it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from benchmarks import report
from benchmarks.recall.conversations import read
from tiermem import Memory, Message, Session
from tiermem.settings import Weights

HERE = Path(__file__).parent
CHATS = {"en": "memorybank-en.jsonl", "zh": "memorybank-cn.jsonl"}
TOGETHER = 8  # statements in a chat
MOST = 300  # messages of a chat
BUDGETS = (128, 256, 512)
HEAD = ("language, half", "weight", *(f"recalled @{budget}" for budget in BUDGETS), "asked where nobody said it @256")


class Pair(NamedTuple):
    """What was said, and how it is asked for."""

    said: str
    asked: str


def pairs(language: str) -> dict[str, list[Pair]]:
    """Those of a language, by half."""
    lines = (HERE / f"asked_{language}.txt").read_text("utf-8").splitlines()
    border = lines.index("# held back")
    halves = {"built": lines[:border], "held back": lines[border:]}
    return {
        name: [Pair(*(part.strip() for part in one.split("|"))) for one in own if one and one[0] != "#"]
        for name, own in halves.items()
    }


def told(memory: Memory, name: str, chat: Sequence[Message], said: Sequence[str]) -> Session:
    """A session of *chat* with what was *said* in it."""
    session = memory.session("s", name)
    step = max(1, len(chat) // (len(said) + 1))
    messages = [Message(role=one.role, content=one.content) for one in chat]
    for number, one in reversed(list(enumerate(said, 1))):
        messages.insert(number * step, Message(role="user", content=one))
    session.add(messages)
    return session


def measured(chats: Sequence[Sequence[Message]], half: Sequence[Pair], weight: float) -> list[str]:
    """Shares of a half, in %."""
    found: dict[int, list[bool]] = {budget: [] for budget in BUDGETS}
    strange: list[bool] = []
    with Memory.open(":memory:", weights=Weights(stated=weight)) as memory:
        groups = [half[first : first + TOGETHER] for first in range(0, len(half), TOGETHER)]
        sessions = [
            told(memory, f"u{number}", chats[number % len(chats)], [one.said for one in group])
            for number, group in enumerate(groups)
        ]
        plain = told(memory, "plain", chats[-1], ())
        memory.settle()
        for session, group in zip(sessions, groups, strict=True):
            for one in group:
                for budget in BUDGETS:
                    found[budget].append(one.said in session.recall(one.asked, budget).text)
                strange.append(bool(plain.recall(one.asked, 256).text))
    return [f"{100 * fmean(row):.0f}" for row in (*found.values(), strange)]


def rows(folder: Path) -> Iterator[tuple[object, ...]]:
    """The table."""
    for language, file in CHATS.items():
        chats = [list(one.messages)[:MOST] for one in read(folder / file)]
        for name, half in pairs(language).items():
            for weight in (0.0, 1.0):
                yield f"{language}, {name} ({len(half)})", weight, *measured(chats, half, weight)


def main() -> None:
    """Print it."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.facts.asked", description=__doc__)
    made.add_argument("folder", type=Path)
    print(report.table(HEAD, list(rows(made.parse_args().folder)), markdown=True))
    print(report.versions())


if __name__ == "__main__":
    main()
