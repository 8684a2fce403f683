"""How well store items answer a question by their words, as shares (0 to 1) of what the question weighs. Pure.

BM25 (`search/ranking/bm25.py`) over the items under one path; a related word (of the built-in table, or of the
synonyms) counts less than the question's own, and of several for one term the best one counts.
"""

from __future__ import annotations

from collections.abc import Mapping

from tiermem.search.query import Question
from tiermem.search.ranking import bm25


def word_scores(
    question: Question, postings: Mapping[str, Mapping[int, int]], sizes: Mapping[int, int]
) -> dict[int, float]:
    """Score by item, for those that share a word with *question*.

    Args:
        postings: for each index term, how often it stands in which item.
        sizes: index terms of each item.
    """
    count = len(sizes)
    weights = {term: own * bm25.rarity(len(postings.get(term, ())), count) for term, own in question.terms.items()}
    whole = bm25.mass(weights.values())
    if whole <= 0:
        return {}
    mean = sum(sizes.values()) / max(count, 1)
    scores: dict[int, float] = {}
    for term, weight in weights.items():
        for key, worth in _best(term, weight, question, postings, count).items():
            often, share = worth
            value = bm25.value(share, float(often), bm25.norms(float(sizes[key]), mean), most=1.0) / whole
            scores[key] = min(1.0, scores.get(key, 0.0) + value)
    return scores


def _best(
    term: str, weight: float, question: Question, postings: Mapping[str, Mapping[int, int]], count: int
) -> dict[int, tuple[int, float]]:
    """For each item that has *term* or a word related to it: how often, and what it is worth there."""
    best = {key: (often, weight) for key, often in postings.get(term, {}).items()}
    for other, share in question.related.get(term, {}).items():
        places = postings.get(other, {})
        worth = bm25.lesser(weight, share, len(places), count)
        for key, often in places.items():
            if worth > best.get(key, (0, 0.0))[1]:
                best[key] = (often, worth)
    return best
