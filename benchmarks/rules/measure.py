"""`python -m benchmarks.rules --data FOLDER`: how much of what was laid down stands in every later context.

A planted sentence stands in a context when it is there word for word, white space folded, or when a line of the context
has 80 % of its words: so a summary that puts it otherwise is not held against its maker.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.recall.conversations import read
from benchmarks.rules.contestants import MAKERS, Contestant
from benchmarks.rules.planting import Chat, chats
from tiermem.evaluation.counting import Look

SETS = (
    ("beam-100K.jsonl.gz", "en", 8_000, 0),
    ("memorybank-cn.jsonl", "zh", 4_000, 400),
    ("madial-zh.jsonl", "zh", 4_000, 400),
)
PARTS = (
    "built",
    "held back",
    "built later",
    "held back later",
    "fresh built",
    "fresh held back",
    "everyday built",
    "everyday held back",
)  # "later": harder ones, of another day
LOOKED_AT = 25  # contexts of a chat, evenly behind its last planted sentence


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=__doc__)
    made.add_argument("--data", type=Path, required=True, help="folder with the conversations")
    made.add_argument("--part", default="held back", choices=PARTS, help="which sentences are planted")
    made.add_argument("--only", default="", help="only sets and memories whose names contain this")
    made.add_argument("--chats", type=int, default=10, help="of each set, at most")
    given = made.parse_args(arguments)
    print("| set | limit | memory | in every later context | of all contexts | runs a chat | CPU s |")
    print("|---|---|---|---|---|---|---|")
    for name, language, limit, turns in SETS:
        talked = [*chats(read(given.data / name)[: given.chats], language, given.part, turns)]
        for make in MAKERS:
            row = _row(name, limit, make, talked, given.only)
            if row:
                print(row, flush=True)


def _row(name: str, limit: int, make: Any, talked: Sequence[Chat], only: str) -> str:
    began, always, shares, runs, title = time.process_time(), list[bool](), list[float](), list[int](), ""
    for chat in talked:
        contestant: Contestant = make(limit)
        title = contestant.name
        if only not in f"{name} {title}":
            return ""
        found = _talked(contestant, chat)
        always += [all(one) for one in found.values()]
        shares += [sum(one) / len(one) for one in found.values()]
        runs.append(contestant.runs())
    spent = time.process_time() - began
    of_all = sum(shares) / len(shares)
    counted = f"{min(runs)} to {max(runs)}" if any(runs) else "–"
    return (
        f"| {name} | {limit:,} | {title} | {sum(always) / len(always):.1%} | {of_all:.1%} | {counted} | {spent:.0f} |"
    )


def _talked(contestant: Contestant, chat: Chat) -> dict[str, list[bool]]:
    """For each planted sentence, whether it stands in each of the contexts that were looked at."""
    last = max(chat.planted.values())
    step = max(1, (len(chat.turns) - last - 1) // LOOKED_AT)
    found: dict[str, list[bool]] = {sentence: [] for sentence in chat.planted}
    for number, (asked, answered) in enumerate(chat.turns):
        prompt = contestant.turn(asked, answered)
        if number > last and (number - last) % step == 0:
            look = Look(prompt)
            for sentence, seen in found.items():
                seen.append(look.has(sentence))
    return found
