"""`python -m benchmarks.sufficiency DATA...`: how likely what is recalled answers, and how well that holds.

Each set is asked its own questions and as many of its other conversations; one that is a single conversation is asked
those of the next set of its language. The chance is fitted to all sets but one and judged on that one, set by set; at
the end to all, which gives the numbers of `tiermem/search/ranking/sufficiency.py`. Brier's score stands beside that of
a forecast which says what is so on average there. What `until="sufficient"` saves is measured on blocks as they are.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from benchmarks.recall import conversations
from benchmarks.recall.__main__ import quiet
from benchmarks.report import number, table, versions
from benchmarks.sufficiency import fitting
from benchmarks.sufficiency.collecting import Block, Sample, samples
from tiermem.search.ranking.sufficiency import FITTED

HELD_OUT = ("set", "questions", "Brier", "of the mean", "own: said", "was", "others': said", "Brier as shipped")
SAVED = ("set", "own: tokens", "sufficient", "evidence %", "sufficient", "others': tokens", "sufficient")


def read(paths: Sequence[Path], count: int) -> dict[str, list[Sample]]:
    """The samples of each set, by its name."""
    data = {conversations.label(path): conversations.read(path) for path in paths}
    sets = {}
    for name, asked in data.items():
        others = asked if len(asked) > 1 else [one for other in data.values() for one in other if other is not asked]
        if len(asked) == 1:
            others = [one for one in others if _chinese(one) == _chinese(asked[0])]
        sets[name] = list(samples(asked, others, max(count // len(asked), 4)))
        print(f"{name}: {len(sets[name])} questions", flush=True)
    return sets


def _chinese(conversation: conversations.Conversation) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in conversation.messages[0].text)


def held_out(sets: dict[str, list[Sample]]) -> tuple[list[list[str]], tuple[np.ndarray, ...]]:
    """A row a set, judged by what the others fit; and all cases with the chances they got so."""
    rows, every = [], []
    for name, own in sets.items():
        numbers = fitting.fitted(*fitting.arrays([some for other, some in sets.items() if other != name]))
        features, answered, weights = fitting.arrays([own])
        chances = fitting.chance(features, numbers)
        mean = np.full(len(answered), float(np.average(answered, weights=weights)))
        theirs = np.repeat([one.own for one in _ordered(own)], [len(one.cases) for one in _ordered(own)])
        shipped = fitting.chance(features, np.array(FITTED))
        cells = [
            fitting.brier(chances, answered, weights),
            fitting.brier(mean, answered, weights),
            np.average(chances[theirs], weights=weights[theirs]),
            np.average(answered[theirs], weights=weights[theirs]),
            np.average(chances[~theirs], weights=weights[~theirs]) if (~theirs).any() else 0.0,
            fitting.brier(shipped, answered, weights),
        ]
        rows.append([name, str(len(own)), *(f"{cell:.3f}" for cell in cells)])
        every.append((chances, answered, weights))
    return rows, tuple(np.concatenate(part) for part in zip(*every, strict=True))


def _ordered(some: Sequence[Sample]) -> list[Sample]:
    return [one for own in (True, False) for one in some if one.own is own]


def saved(name: str, some: Sequence[Sample]) -> list[str]:
    """Tokens and evidence of blocks, as many as fit beside as many as suffice."""
    own = [one.blocks for one in some if one.own]
    others = [one.blocks for one in some if not one.own]
    costs = [number(_mean(blocks, at)) for blocks in (own, others) for at in (0, 1)]
    kept = [f"{100 * fmean(blocks[at].answered for blocks in own):.1f}" for at in (0, 1)]
    return [name, *costs[:2], *kept, *costs[2:]]


def _mean(several: Sequence[tuple[Block, ...]], at: int) -> float:
    return fmean(blocks[at].tokens for blocks in several) if several else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, and the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sufficiency", description=__doc__)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=240, help="questions a set of each kind (default: %(default)s)")
    given = parser.parse_args(arguments)
    quiet()
    sets = read(given.data, given.count)
    print(versions())
    rows, (chances, answered, weights) = held_out(sets)
    print(table(HELD_OUT, rows, markdown=True), "\n")
    curve = fitting.reliability(chances, answered, weights)
    lines = [[f"{said:.2f}", f"{was:.2f}", f"{100 * part:.0f}", "#" * round(40 * was)] for said, was, part in curve]
    print(table(("said", "was", "% of cases", ""), lines, markdown=True), "\n")
    print(table(SAVED, [saved(name, some) for name, some in sets.items()], markdown=True), "\n")
    numbers = fitting.fitted(*fitting.arrays(list(sets.values())))
    print("fitted to all:", ", ".join(f"{value:.2f}" for value in numbers), "; shipped:", *FITTED)


if __name__ == "__main__":
    main()
