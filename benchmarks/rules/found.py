"""`python -m benchmarks.rules.found [--show] [--data FOLDER FILE …]`: which sentences that lay something down are read.

Of each hand-written part how many are found, by kind of sentence where kinds are written down, and how many are of what
only looks so ("alike"); with `--show` those of "built" that are found wrongly or not (of what is held back only
numbers are printed). With `--data` also what is found in talk in which nothing was planted, so that two commits can be
compared: `--lines FILE` writes it down, a line each.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.recall.conversations import read
from benchmarks.rules.planting import MESSAGES, fresh, sentences
from tiermem.facts.rules import laid_down

TALK = (
    *("beam-100K.jsonl.gz", "realmem.jsonl.gz", "locomo.jsonl", "memorybank-cn.jsonl", "memorybank-en.jsonl"),
    *("madial-zh.jsonl", "madial-en.jsonl", "vehicle.jsonl.gz"),
)
ALIKE = "alike"
PLAIN = ("built", "held back", "built later", "held back later")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the counts."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.rules.found", description=__doc__)
    made.add_argument("--show", action="store_true", help="what of the built halves is not found")
    made.add_argument("--data", type=Path, help="folder with the conversations")
    made.add_argument("--lines", type=Path, help="file for what is found in them")
    given = made.parse_args(arguments)
    for language in ("en", "zh"):
        for part in PLAIN:
            pool = sentences(language, part)
            print(f"{language} {part}: {sum(map(_found, pool))} of {len(pool)}")
        for part in ("built", "held back"):
            for file in (*MESSAGES, ALIKE):
                _by_kind(language, part, file, show=given.show and part == "built")
    if given.data:
        _talk(given.data, given.lines)


def _found(sentence: str, message: str = "") -> bool:
    """Whether *sentence*, said as a part of *message*, is among what is laid down there."""
    return any(sentence in rule.text or rule.text in sentence for rule in laid_down(message or sentence))


def _by_kind(language: str, part: str, file: str, *, show: bool) -> None:
    all_of, found_of = Counter[str](), Counter[str]()
    for said in fresh(language, part, file):
        seen = bool(laid_down(said.message)) if file == ALIKE else _found(said.sentence, said.message)
        all_of[said.kind] += 1
        found_of[said.kind] += seen
        if show and seen == (file == ALIKE):
            print(f"    {said.kind}: {said.message}")
    kinds = ", ".join(f"{kind} {found_of[kind]}/{count}" for kind, count in all_of.items())
    word = "wrongly found" if file == ALIKE else "found"
    print(f"{language} {file} {part}: {word} {found_of.total()} of {all_of.total()} ({kinds})")


def _talk(folder: Path, lines: Path | None) -> None:
    listed = list[str]()
    for name in TALK:
        found, messages = list[str](), 0
        for message in _said(folder / name):
            messages += 1
            found += [f"{name}\t{rule.kind}\t{rule.text}" for rule in laid_down(message)]
        print(f"{name}: {len(found)} found in {messages} messages of users")
        listed += found
    if lines:
        lines.write_text("\n".join(listed) + "\n", "utf-8")


def _said(path: Path) -> Iterator[str]:
    for conversation in read(path):
        yield from (one.text for one in conversation.messages if one.acts_as == "user")


if __name__ == "__main__":
    main()
