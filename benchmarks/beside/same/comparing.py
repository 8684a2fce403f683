"""Whether both trees answer alike: the same pieces, references, scores and words, to the last digit."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.beside.bench import Bench
from benchmarks.beside.rows import Row, limited
from benchmarks.beside.trees import Child

SETS = ("locomo", "memorybank-cn", "beam-100K")
TALKS, QUESTIONS = 2, 24  # of each set: conversations, each a session of one user, and questions
BUDGETS = (4_000, 700)  # tokens of contexts; of a block a half of them
HIDDEN = slice(40, 48)  # messages that are forgotten before a third of the questions is asked again


def comparing(bench: Bench) -> Iterator[Row]:
    """A row a set: how many answers differ."""
    files = [file for name in SETS for file in sorted(bench.data.glob(f"{name}.jsonl*"))] if bench.data else []
    for file in files:
        with bench.folder() as folder, bench.children(*bench.both) as asked:
            for child in asked:
                child.do("talk", file=str(folder / f"{child.tree.key}.db"), talks=str(file), number=TALKS)
            found = [_differing(asked, question) for question in asked[0].do("questions")[:QUESTIONS]]
            for child in asked:
                child.do("hide", first=HIDDEN.start, last=HIDDEN.stop)
            found += [_differing(asked, question) for question in asked[0].do("questions")[: QUESTIONS // 3]]
        total = sum(count for count, _ in found)
        yield limited(f"{file.name.split('.')[0]}: of {total:,} answers those that differ", sum(n for _, n in found), 0)


def _differing(asked: Sequence[Child], question: str) -> tuple[int, int]:
    """How many answers *question* has, and how many of them differ."""
    old, new = (child.do("answers", question=question, budgets=BUDGETS) for child in asked)
    wrong = [verb for verb in old if old[verb] != new[verb]]
    for verb in wrong:
        print(f"{verb} of {question!r}: {_first_difference(old[verb], new[verb])}", file=sys.stderr, flush=True)
    return len(old), len(wrong)


def _first_difference(old: Sequence[Any], new: Sequence[Any]) -> str:
    pairs = ((one, other) for one, other in zip(old, new, strict=False) if one != other)
    one, other = next(pairs, (len(old), len(new)))
    return f"{one!s:.300}\n    -> {other!s:.300}"
