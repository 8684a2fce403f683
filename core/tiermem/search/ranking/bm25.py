"""BM25 and idf: how much of a question each message says itself, and how much is said around it. Pure numbers.

Own words: BM25 with k1 = 0.9, b = 0.4 (Trotman et al. 2014 tuned these for short documents), divided by the question's
own idf mass so that scores of different questions compare. A related word counts like the word itself, less by how
far apart the two are; of several words for one term the best one counts.
Stretch: an answer stands next to the words of its question, and seldom has all of them itself. So a message is also
scored by the talk around it: each term of the question counts once, from where it stands nearest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tiermem.search.ranking.field import Standing
from tiermem.search.ranking.matching import Plan
from tiermem.search.ranking.proximity import Chain, Numbers, lent

K1, B = 0.9, 0.4
RAREST = 8  # terms of a question that make up its idf mass
CELLS = 200_000  # values of terms by messages that are worked on at once: they stay in the processor's cache
FEWEST = 40  # messages that a conversation is taken to have at least: in one of two, no word could be called rare

N = TypeVar("N", float, Numbers)


def idf(count: int, documents: int) -> float:
    """Robertson's idf of a term that stands in *count* of so many *documents*, never negative."""
    return math.log(1.0 + (max(0, documents - count) + 0.5) / (count + 0.5))


def rarity(count: int, documents: int) -> float:
    """`idf` among at least `FEWEST` documents."""
    return idf(count, max(documents, FEWEST))


def mass(weights: Iterable[float]) -> float:
    """What a question weighs: its `RAREST` heaviest terms."""
    return sum(sorted(weights, reverse=True)[:RAREST])


def norms(sizes: N, mean: float) -> N:
    """How much slower each document of *sizes* terms is filled by repeats, beside one of the *mean* size."""
    return K1 * (1 - B + B * sizes / max(mean, 1.0))


def value(worth: float, counts: N, norms: N, most: float = K1 + 1) -> N:
    """What a term of this *worth* brings to documents in which it stands *counts* times: at most *most* times that."""
    return worth * counts * most / (counts + norms)


def lesser(weight: float, share: float, count: int, documents: int) -> float:
    """What a word is worth that is related (*share*, 0 to 1) to a term of this *weight*.

    A frequent word that is related to a rare one does not become rare by that.
    """
    return share * min(weight, rarity(count, documents))


def words(sizes: Numbers, mean: float, standing: Standing, plan: Plan, along: Chain) -> tuple[Numbers, Numbers]:
    """(own, stretch) of each message, float32, both as shares of the question's idf mass.

    Args:
        sizes: float32, terms of each message; *mean* is their mean.
        standing: where the words of *plan* stand.
        along: how the messages hang together.
    """
    count = len(sizes)
    own, stretch = np.zeros(count, np.float32), np.zeros(count, np.float32)
    asked = int(plan.starts[-1])
    frequencies = standing.frequencies[:asked]
    worths, whole = _worths(frequencies, plan, count)
    if whole <= 0 or not count:
        return own, stretch
    places, counts = standing.places[: standing.starts[asked]], standing.counts[: standing.starts[asked]]
    values = np.repeat((worths * ((K1 + 1) / whole)).astype(np.float32), frequencies)
    values *= counts / (counts + norms(sizes[places], mean))
    borders = standing.starts[plan.starts]
    present = np.flatnonzero(np.diff(borders)).tolist()
    rows = max(1, CELLS // count)
    for first in range(0, len(present), rows):
        best = _best(present[first : first + rows], borders, places, values, count)
        own += best.sum(axis=0)
        stretch += lent(best, along).sum(axis=0)
    return own, stretch


def _worths(frequencies: NDArray[np.int64], plan: Plan, count: int) -> tuple[NDArray[np.float64], float]:
    """What each word of *plan* is worth, as `lesser` says of related ones, and what the question weighs."""
    among = max(count, FEWEST)
    rarities = np.log(1.0 + (np.maximum(0, among - frequencies) + 0.5) / (frequencies + 0.5))
    weights = plan.weights * rarities[plan.starts[:-1]]
    worths = plan.shares * np.minimum(np.repeat(weights, np.diff(plan.starts)), rarities)
    worths[plan.starts[:-1]] = weights
    return worths, mass(weights.tolist())


def _best(
    group: Sequence[int], borders: NDArray[np.int64], places: NDArray[np.int32], values: Numbers, count: int
) -> Numbers:
    """By term of *group* and message, the most that one of the term's words is worth there; shape (terms, count)."""
    best = np.zeros((len(group), count), np.float32)
    for row, term in enumerate(group):
        here = slice(borders[term], borders[term + 1])
        np.maximum.at(best[row], places[here], values[here])
    return best
