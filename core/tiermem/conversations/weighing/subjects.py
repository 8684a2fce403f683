"""What a conversation is about: its words weighed against all talk of its user, and the pair that names it. Pure.

A keyword is a word that the user says, and its weight tf·idf: in how many messages of the conversation it stands
(`log(1 + n)`, half of that for one) times how rare it is in all turns of the user (`log(1 + turns / n)`). A topic is
the heaviest pair of keywords that stand together in at least `TOGETHER` messages of either side: one word is often too
wide ("support"), and what stands together once is chance. A pair weighs log(1 + messages) times the weights of both,
times the root of the share in which they stand together: "mental health" is one thing, "health" and "photo" are two.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from tiermem.index.segment import Segment
from tiermem.index.talk import Rows
from tiermem.text.analyzer import query_terms

TOGETHER = 2  # messages
_SHORT = 2  # letters of a name that is called for short
ONCE = 0.5  # what is said once is mostly by the way
WEIGHED = 40  # keywords of a conversation among which a topic is looked for


@dataclass(frozen=True, slots=True)
class Topic:
    """A pair of terms, heaviest first, in how many messages both stand, and its weight."""

    terms: tuple[str, ...]
    messages: int
    weight: float


def keywords(here: Mapping[str, int], often: Mapping[str, int], turns: int) -> dict[str, float]:
    """The weights of terms, heaviest first.

    Args:
        here: messages of this conversation that have a term.
        often: turns of all conversations that have it.
        turns: how many they are.
    """
    weights = {term: _times(count) * _rarity(often.get(term, 0), turns) for term, count in here.items()}
    ranked = sorted(weights, key=lambda term: (-weights[term], -here[term], term))
    whole = without_parts(here)
    return {term: weights[term] for term in ranked if term in whole}


def _times(count: int) -> float:
    return math.log1p(count) * (1.0 if count > 1 else ONCE)


def _rarity(often: int, turns: int) -> float:
    return math.log1p(max(turns, 1) / max(often, 1))


def without_parts(here: Mapping[str, int]) -> dict[str, int]:
    """*here* without Chinese words that are said only as a part of a longer one."""
    return {term: count for term, count in here.items() if not _within_a_longer(term, here)}


def _within_a_longer(term: str, here: Mapping[str, int]) -> bool:
    """Whether a longer Chinese word has *term* in it, and is said as often: search finds both, a person reads one."""
    if term.isascii():
        return False
    return any(term in other and here[other] >= here[term] for other in here if len(other) > len(term))


def topics(part: Segment, seen: Rows, weights: Mapping[str, float], most: int = 8) -> list[Topic]:
    """The heaviest pairs of the heaviest of *weights*, in the messages *seen* of *part*; at most *most*."""
    chosen = list(weights)[:WEIGHED]
    places = {term: place for place, term in enumerate(chosen)}
    columns = np.full(len(part.words), -1, np.int64)
    for code, word in enumerate(part.words):
        columns[code] = places.get(word, -1)
    of = np.repeat(np.arange(len(part)), part.lengths)
    column = columns[part.codes]
    there = (column >= 0) & seen[of]
    stands = np.zeros((len(part), len(chosen)), np.float32)
    stands[of[there], column[there]] = 1
    together = stands.T @ stands
    alone = np.diag(together)
    found = []
    for one, other in np.argwhere(np.triu(together >= TOGETHER, 1)).tolist():
        count, terms = int(together[one, other]), (chosen[one], chosen[other])
        bound = math.sqrt(count / max(alone[one], alone[other]))
        weight = bound * math.log1p(count) * (weights[terms[0]] + weights[terms[1]])
        found.append(Topic(terms, count, weight))
    found.sort(key=lambda topic: (-topic.weight, topic.terms))
    return found[:most]


def standing(part: Segment, seen: Rows, terms: Collection[str]) -> dict[str, int]:
    """In how many of the messages *seen* of *part* each of *terms* stands."""
    of = np.repeat(np.arange(len(part)), part.lengths)
    counts = np.bincount(part.codes[seen[of]], minlength=len(part.words))
    return {word: int(counts[code]) for code, word in enumerate(part.words) if word in terms and counts[code]}


def called(names: Iterable[str]) -> frozenset[str]:
    """The terms of speakers' names: whom somebody talks to is not what they talk about."""
    return frozenset(term for name in names for term in query_terms(name))


def without_names(counts: Mapping[str, int], names: frozenset[str]) -> dict[str, int]:
    """*counts* without names of speakers, and without what these are called for short ("Mel" of Melanie)."""
    return {
        term: count
        for term, count in counts.items()
        if not any(name.startswith(term) and len(term) >= _SHORT for name in names)
    }
