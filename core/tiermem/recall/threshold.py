"""The threshold: from which score on the best message is worth a page. A wrong page is worse than none. Pure.

`Settings.relevance_threshold` is meant for a short question and words; it is moved to where it says the same of other
questions. On development conversations (chat, companion, advice, records) the default loses under 1 % of the questions
that have an answer, and keeps half of another conversation's questions from recalling anything.
"""

from __future__ import annotations

from tiermem.recall.ranking import ALONE, SPREAD
from tiermem.weights import Weights

LEAST = 0.25  # of what the best message must reach: what every other one must
TERMS = 12  # of a question; a longer text is talk, of which an answer shares a smaller part
CHANCE = 3.0  # standard deviations above the mean at which the best of some thousand cosines stands by chance


def threshold(theta: float, terms: int, weights: Weights, trust: float = 0.0, alone: float = 0.0) -> float:
    """The score that the best message must reach.

    Args:
        theta: the setting.
        terms: how many the question has.
        weights: as for ranking.
        trust: 0 to 1, how far vectors are trusted; 0 without any.
        alone: share of messages without neighbours, for which vectors count more.
    """
    chance = CHANCE * SPREAD * weights.semantic * trust * (1 + ALONE * alone)
    short = min(1.0, TERMS / max(terms, 1)) ** 2
    return (theta + (chance if theta else 0.0)) * short
