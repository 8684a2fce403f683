"""Ranking: which messages answer a question, from the terms and vectors they are kept by. Pure numbers.

BM25 with k1 = 0.9, b = 0.4 (Trotman et al. 2014 tuned these for short documents), divided by the question's own idf
mass so that scores of different questions compare. An answer stands next to the words of its question, so a message
shares the scores of its neighbours. The weights were chosen on development conversations and sit on a wide plateau.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

K1, B = 0.9, 0.4
RAREST = 8  # terms of a question that make up its idf mass
NEAR = {1: 0.2, 2: 0.1}  # a neighbour's share at distance 1 and 2, added
REACH, FADE, BEST = 8, 0.95, 0.8  # the best score within 8 messages, fading 0.95 a step, counts 0.8
CANDIDATES = 2_000  # messages that keyword search nominates; beyond, frequent terms only repeat themselves
PRUNE_AT = 20_000  # summed document frequency above which a question's most frequent terms are left out
WORDS = 0.9
VECTORS = {True: 0.15, False: 0.8}  # by whether the embedder is lexical: hashed words repeat what BM25 says
LEAST = 0.08  # below this share of a perfect match nothing is worth a page of context


@dataclass(frozen=True, slots=True)
class Terms:
    """One message as ranking sees it: its number and its index terms."""

    sequence: int
    terms: Sequence[str]


def prune(frequencies: Mapping[str, int]) -> list[str]:
    """The terms to look up, rarest first, as many as `PRUNE_AT` allows (always at least one)."""
    chosen: list[str] = []
    total = 0
    for term, count in sorted(frequencies.items(), key=lambda pair: (pair[1], pair[0])):
        total += count
        if chosen and total > PRUNE_AT:
            break
        chosen.append(term)
    return chosen


def idf(count: int, documents: int) -> float:
    """Robertson's idf, never negative."""
    return math.log(1.0 + (documents - count + 0.5) / (count + 0.5))


def bm25(
    question: Sequence[str], candidates: Iterable[Terms], frequencies: Mapping[str, int], documents: int, mean: float
) -> dict[int, float]:
    """Scores in about [0, 1.9], by sequence number; messages without any term of the question are left out."""
    weights = {term: idf(frequencies.get(term, 0), max(documents, frequencies.get(term, 0))) for term in set(question)}
    mass = sum(sorted(weights.values(), reverse=True)[:RAREST])
    if mass <= 0:
        return {}
    scores = {one.sequence: _score(one.terms, weights, mean) / mass for one in candidates}
    return {sequence: score for sequence, score in scores.items() if score > 0}


def _score(terms: Sequence[str], weights: Mapping[str, float], mean: float) -> float:
    counts = Counter(term for term in terms if term in weights)
    norm = K1 * (1 - B + B * len(terms) / max(mean, 1.0))
    return sum(weights[term] * count * (K1 + 1) / (count + norm) for term, count in counts.items())


def fuse(words: Mapping[int, float], vectors: Mapping[int, float], *, lexical: bool) -> dict[int, dict[str, float]]:
    """The parts of each message's own score, weighted: {"words": …, "vector": …}."""
    weight = VECTORS[lexical]
    return {
        sequence: {"words": WORDS * words.get(sequence, 0.0), "vector": weight * max(0.0, vectors.get(sequence, 0.0))}
        for sequence in words.keys() | vectors.keys()
    }


def with_neighbours(own: Mapping[int, float], last: int) -> dict[int, dict[str, float]]:
    """What each message gets from those around it: {"near": …, "reach": …}. `last` bounds the numbers."""
    near: dict[int, float] = {}
    for sequence, score in own.items():
        for distance, share in NEAR.items():
            for place in (sequence - distance, sequence + distance):
                near[place] = near.get(place, 0.0) + share * score
    mixed = {s: own.get(s, 0.0) + near.get(s, 0.0) for s in own.keys() | near.keys() if 1 <= s <= last}
    reach: dict[int, float] = {}
    for sequence, score in mixed.items():
        for distance in range(-REACH, REACH + 1):
            place = sequence + distance
            if distance and 1 <= place <= last:
                reach[place] = max(reach.get(place, 0.0), score * FADE ** abs(distance))
    return {s: {"near": near.get(s, 0.0), "reach": BEST * reach.get(s, 0.0)} for s in mixed.keys() | reach.keys()}


def rank(
    words: Mapping[int, float], vectors: Mapping[int, float], last: int, *, lexical: bool
) -> list[tuple[int, float, dict[str, float]]]:
    """(sequence, score, parts), best first; ties go to the newer message."""
    parts = fuse(words, vectors, lexical=lexical)
    shared = with_neighbours({s: sum(part.values()) for s, part in parts.items()}, last)
    combined = {
        s: {**parts.get(s, {"words": 0.0, "vector": 0.0}), **shared.get(s, {"near": 0.0, "reach": 0.0})}
        for s in parts.keys() | shared.keys()
    }
    scored = [(s, sum(part.values()), part) for s, part in combined.items()]
    return sorted(scored, key=lambda one: (-one[1], -one[0]))


def by_value(scores: Mapping[int, float], costs: Mapping[int, int], budget: int) -> list[int]:
    """The messages to show within *budget* tokens, in reading order: best score per token first.

    A message above 110 tokens pays for its length with (110 / tokens)^0.7; what does not fit is passed over.
    """
    order = sorted(scores, key=lambda s: (-scores[s] * _discount(costs[s]), -s))
    chosen: list[int] = []
    left = budget
    for sequence in order:
        if costs[sequence] <= left:
            chosen.append(sequence)
            left -= costs[sequence]
    return sorted(chosen)


def _discount(tokens: int) -> float:
    return float(min(1.0, (110 / max(tokens, 1)) ** 0.7))
