"""`python -m benchmarks.sets.frame FOLDER [--kept FOLDER] [--sample 15]`: what a recalled block says itself, by kind.

Its ends, its days and its references, in tokens a block, and what share of the block they are. What is left of them
where only the ends, or no reference, or no day stood there, says what could be saved and what would be lost by that.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

from benchmarks import report
from benchmarks.recall import conversations
from benchmarks.recall.measure import tokens
from benchmarks.sets import asking
from benchmarks.sets.__main__ import files

BUDGETS: Final = (64, 128, 256)
KINDS: Final = {
    "ends": re.compile(r"^</?[a-z-]+(?: [^<>\n]*)?>(?:\n|\Z)", re.MULTILINE),
    "days": re.compile(r"^(?:(?:\d{4}-)?\d\d-\d\d(?: UTC)?:|\(no date\))\n", re.MULTILINE),
    "references": re.compile(r"^\[[^\[\]\n]*[md]\d+(?:-m?\d+)?\] ", re.MULTILINE),
}


def counted(text: str) -> dict[str, float]:
    """Tokens of each kind in a block, and how many of it there are of each; of all, and of the block."""
    found = {kind: float(tokens(text) - tokens(pattern.sub("", text))) for kind, pattern in KINDS.items()}
    many = {f"{kind} in number": float(len(pattern.findall(text))) for kind, pattern in KINDS.items()}
    return found | many | {"own": float(asking.own_words(text)), "all": float(tokens(text))}


def rows(name: str, blocks: dict[int, list[str]]) -> list[list[str]]:
    """A row a budget, of the blocks that are not empty."""
    made = []
    for budget, texts in blocks.items():
        every = [counted(text) for text in texts if text]
        if not every:
            continue
        mean = {key: fmean(one[key] for one in every) for key in every[0]}
        cells = [f"{mean[kind]:.0f} ({mean[f'{kind} in number']:.1f})" for kind in KINDS]
        made.append([name, str(budget), *cells, f"{100 * mean['own'] / mean['all']:.0f}"])
    return made


def main(given: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sets.frame", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", type=lambda text: text.split(","), help="sets, with commas; all by default")
    parser.add_argument("--kept", type=Path, help="folder of databases that are told once and then kept")
    parser.add_argument("--sample", type=int, default=15, help="questions of a set, about (default: %(default)s)")
    wanted = parser.parse_args(given)
    memory, made = asking.InTime(None, wanted.kept), []
    for name, file in files(wanted.folder, wanted.only).items():
        blocks: dict[int, list[str]] = {budget: [] for budget in BUDGETS}
        for conversation in asking.some(conversations.read(file), 3, wanted.sample):
            memory.feed(conversation)
            for question in conversation.questions:
                session = memory.conversation(question)
                for budget in BUDGETS:
                    blocks[budget].append(session.recall(question.text, budget, as_of=memory.as_of).text)
        made += rows(name, blocks)
    memory.close()
    heads = ["set", "budget", *(f"{kind}: tokens (number)" for kind in KINDS), "% of the block"]
    print(report.table(heads, made, markdown=True))


if __name__ == "__main__":
    main()
