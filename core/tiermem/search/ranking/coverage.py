"""Which of the words of a question messages have, and how much of the question that is. Pure.

A word counts by its idf, and a related word like the word itself; only the heaviest few weigh, as for `bm25.mass`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tiermem.search.query import Question
from tiermem.search.ranking.bm25 import RAREST, rarity
from tiermem.search.ranking.field import Standing
from tiermem.search.ranking.matching import Plan


@dataclass(frozen=True, slots=True)
class Coverage:
    """What each term of a question weighs, by its position: idf by weight in the question, and 0 but for the heaviest;
    those that are part of a name, as bits."""

    weights: tuple[float, ...] = ()
    names: int = 0

    def share(self, held: int) -> float:
        """How much of the question the terms *held* (as bits) are, 0 to 1; 0 where it has no terms."""
        whole = sum(self.weights)
        return sum(weight for at, weight in enumerate(self.weights) if held >> at & 1) / whole if whole else 0.0

    def unnamed(self, held: int) -> float:
        """The share (0 to 1) of the question's names that is not *held*; 0 where it names nobody."""
        return (self.names & ~held).bit_count() / self.names.bit_count() if self.names else 0.0


def coverage(question: Question, plan: Plan, standing: Standing, count: int) -> Coverage:
    """What of *question* can be covered, among *count* messages in which the words of its *plan* are *standing*."""
    frequencies = standing.frequencies[plan.starts[:-1]].tolist()
    worths = [
        weight * rarity(frequency, count) for weight, frequency in zip(plan.weights.tolist(), frequencies, strict=True)
    ]
    heaviest = set(sorted(range(len(worths)), key=lambda at: -worths[at])[:RAREST])
    names = sum(1 << at for at, term in enumerate(question.terms) if term in question.names)
    return Coverage(tuple(worth if at in heaviest else 0.0 for at, worth in enumerate(worths)), names)


def held(plan: Plan, standing: Standing, places: Sequence[int], count: int) -> list[int]:
    """The terms that the messages at *places* have, or a word that is related to them, as bits, in their order."""
    at: NDArray[np.int32] = np.full(count, -1, np.int32)
    at[places] = np.arange(len(places), dtype=np.int32)
    found = [0] * len(places)
    borders = standing.starts[plan.starts].tolist()
    for term, (start, end) in enumerate(pairwise(borders)):
        here = at[standing.places[start:end]]
        for position in np.unique(here[here >= 0]).tolist():
            found[position] |= 1 << term
    return found
