"""The threshold: from which score on the best message is worth a page. A wrong page is worse than none. Pure.

`Settings.relevance_threshold` is meant for a short question and words; it is moved to where it says the same of other
questions. On development conversations the default silences one question of 24 about a radio log, and none of some
400 about chats; it keeps a quarter to a half of other conversations' questions from recalling anything. Twice as much
would keep nine of ten of these, and cost chats 8 % of their answers.
"""

from __future__ import annotations

from tiermem.recall.ranking import ALONE, SPREAD
from tiermem.weights import Weights

LEAST = 0.25  # of what the best message must reach: what every other one must
TERMS, FALL = 8, 1.5  # of a question, and how fast it falls beyond: an answer shares a smaller part of a longer one
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
    short = min(1.0, TERMS / max(terms, 1)) ** FALL
    return (theta + (chance if theta else 0.0)) * short
