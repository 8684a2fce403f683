"""`python -m benchmarks.rules.strangers --prefeval FOLDER --multichallenge FILE`: what of others' sentences is read.

PrefEval (github.com/amazon-science/PrefEval, `benchmark_dataset/explicit_preference/*.json`): 1,000 sentences in which
somebody says what he prefers, avoids or cannot have. MultiChallenge (github.com/ekwinox117/multi-challenge,
`data/benchmark_questions.jsonl`), questions of instruction retention: messages that lay down how all answers of a
conversation shall be. Neither is part of this repository. Counted is in how many of them anything at all is found,
laid down or a current fact; of each second topic and conversation ("held back") only the number is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tiermem.facts.rules import laid_down
from tiermem.facts.stated.reading.statements import stated

HALVES = ("built", "held back")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the counts."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.rules.strangers", description=__doc__)
    made.add_argument("--prefeval", type=Path)
    made.add_argument("--multichallenge", type=Path)
    made.add_argument("--show", action="store_true", help="what of the built halves is not found")
    given = made.parse_args(arguments)
    if given.prefeval:
        _count("PrefEval", _preferences(given.prefeval), show=given.show)
    if given.multichallenge:
        _count("MultiChallenge", _instructions(given.multichallenge), show=given.show)


def _preferences(folder: Path) -> Iterator[tuple[int, str]]:
    for number, path in enumerate(sorted(folder.glob("*.json"))):
        for entry in json.loads(path.read_text("utf-8")):
            yield number % 2, entry["preference"]


def _instructions(path: Path) -> Iterator[tuple[int, str]]:
    entries = map(json.loads, path.read_text("utf-8").splitlines())
    kept = [entry for entry in entries if entry["AXIS"] == "INSTRUCTION_RETENTION"]
    for number, entry in enumerate(kept):
        yield number % 2, next(turn["content"] for turn in entry["CONVERSATION"] if turn["role"] == "user")


def _count(name: str, messages: Iterator[tuple[int, str]], *, show: bool) -> None:
    laid, either, count = [0, 0], [0, 0], [0, 0]
    for half, text in messages:
        rules = bool(laid_down(text))
        count[half] += 1
        laid[half] += rules
        either[half] += rules or bool(stated(text, "user"))
        if show and not rules and not half:
            print(f"    {' / '.join(text.split(chr(10)))[:400]}")
    for half, word in enumerate(HALVES):
        print(f"{name} {word}: laid down {laid[half]} of {count[half]}, that or a fact {either[half]}")


if __name__ == "__main__":
    main()
