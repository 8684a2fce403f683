"""A question as a plan of look-ups: every word that can match, in groups that each stand for one of its terms. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tiermem.facts.preferences import TERM as STANDING
from tiermem.search.query import Question


@dataclass(frozen=True, slots=True)
class Plan:
    """The words of a question, term by term: first the term itself, then what is related to it.

    Args:
        words: each word; one that is related to two terms stands there twice. The last is that of standing wishes.
        starts: int64: the words of the i-th term are `starts[i]` to `starts[i + 1]`.
        weights: float64, by term: what it weighs in the question (0 to 1).
        shares: float64, by word of a group: how near it is to its term (1: the term itself).
        positions: where each term itself stands in `words`, and `STANDING`.
    """

    words: Sequence[str]
    starts: NDArray[np.int64]
    weights: NDArray[np.float64]
    shares: NDArray[np.float64]
    positions: dict[str, int] = field(default_factory=dict)


def planned(question: Question, related: float = 1.0) -> Plan:
    """The plan of *question*; *related* weighs related words, and 0 leaves them out."""
    words: list[str] = []
    shares: list[float] = []
    positions: dict[str, int] = {}
    starts = [0]
    for term in question.terms:
        others = question.related.get(term, {}) if related else {}
        positions[term] = len(words)
        words += [term, *others]
        shares += [1.0, *(related * share for share in others.values())]
        starts.append(len(words))
    positions[STANDING] = len(words)  # a look-up beside the groups, which are for words that were asked for
    words.append(STANDING)
    weights = np.array(list(question.terms.values()), np.float64)
    return Plan(words, np.array(starts, np.int64), weights, np.array(shares, np.float64), positions)
