"""From which score on the best message is worth a page, by question and vectors. A wrong page is worse than none. Pure.

`Settings.relevance_threshold` is meant for a short question and words; it is moved to where it says the same of other
questions. The default silences no question of the chats it was chosen on, and one of 24 about a radio log.
`python -m benchmarks.recall.wrong_pages` shows what it keeps out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tiermem.search.ranking.scoring import ALONE, SPREAD
from tiermem.settings import Weights

LEAST = 0.25  # of what the best message must reach: what every other one must
ALONE_LEAST = 0.75  # the same of messages that stand alone, for a short question: nothing beside them speaks for them
TERMS, FALL = 8, 1.5  # of a question, and how fast it falls beyond: an answer shares a smaller part of a longer one
CHANCE = 3.0  # standard deviations above the mean at which the best of thousands of cosines stands by chance, at most


@dataclass(frozen=True, slots=True)
class Vectors:
    """How many vectors were compared, how far they are trusted (0 to 1), and the share of messages that stand alone."""

    count: int = 0
    trust: float = 0.0
    alone: float = 0.0


def threshold(theta: float, terms: int, weights: Weights, vectors: Vectors = Vectors()) -> float:
    """The score that the best message must reach, for a question of *terms* terms; 0 where *theta*, the setting, is."""
    return (theta + _by_chance(weights, vectors)) * _short(terms) if theta else 0.0


def each(least: float, terms: int, alone: float) -> float:
    """The score that every message must reach, for a question of *terms* terms where the best one must reach *least*
    and the share *alone* (0 to 1) of messages stand alone. A long question is answered by several, a part by each."""
    return least * (LEAST + alone * max(0.0, ALONE_LEAST * _short(terms) - LEAST))


def _short(terms: int) -> float:
    return float(min(1.0, TERMS / max(terms, 1)) ** FALL)


def _by_chance(weights: Weights, vectors: Vectors) -> float:
    """What vectors add to the best of as many messages that have nothing to do with the question.

    The largest of n normal values stands about √(2 ln n) standard deviations above their mean.
    """
    deviations = min(CHANCE, math.sqrt(2 * math.log(max(vectors.count, 1))))
    return deviations * SPREAD * weights.semantic * vectors.trust * (1 + ALONE * vectors.alone)
