"""How well items answer a question by their words, as shares (0 to 1) of what the question weighs. Pure.

BM25 with the numbers of `keywords.py`, over the items under one path; a related word (of the built-in table, or of the
synonyms) counts less than the question's own, and of several for one term the best one counts.
"""

from __future__ import annotations

from collections.abc import Mapping

from tiermem.search.bm25 import FEWEST, K1, RAREST, B
from tiermem.search.query import Question
from tiermem.text.dialogue import idf


def word_scores(
    question: Question, postings: Mapping[str, Mapping[int, int]], sizes: Mapping[int, int]
) -> dict[int, float]:
    """Score by item, for those that share a word with *question*.

    Args:
        postings: for each index term, how often it stands in which item.
        sizes: index terms of each item.
    """
    count = max(len(sizes), FEWEST)
    weights = {term: own * idf(len(postings.get(term, ())), count) for term, own in question.terms.items()}
    mass = sum(sorted(weights.values(), reverse=True)[:RAREST])
    if mass <= 0:
        return {}
    mean = max(sum(sizes.values()) / max(len(sizes), 1), 1.0)
    scores: dict[int, float] = {}
    for term, weight in weights.items():
        for key, worth in _best(term, weight, question, postings, count).items():
            often, share = worth
            value = share * often / (often + K1 * (1 - B + B * sizes[key] / mean)) / mass
            scores[key] = min(1.0, scores.get(key, 0.0) + value)
    return scores


def _best(
    term: str, weight: float, question: Question, postings: Mapping[str, Mapping[int, int]], count: int
) -> dict[int, tuple[int, float]]:
    """For each item that has *term* or a word related to it: how often, and what it is worth there."""
    found = {key: (often, weight) for key, often in postings.get(term, {}).items()}
    for other, share in question.related.get(term, {}).items():
        places = postings.get(other, {})
        worth = share * min(weight, idf(len(places), count))  # a frequent word becomes no rare one by being related
        for key, often in places.items():
            if worth > found.get(key, (0, 0.0))[1]:
                found[key] = (often, worth)
    return found
