"""BM25 and idf: how much of a question each message says itself, and how much is said around it. Pure numbers.

Own words: BM25 with k1 = 0.9, b = 0.4 (Trotman et al. 2014 tuned these for short documents), divided by the question's
own idf mass so that scores of different questions compare. A related word counts like the word itself, less by how
far apart the two are; of several words for one term the best one counts.
Stretch: an answer stands next to the words of its question, and seldom has all of them itself. So a message is also
scored by the talk around it: each term of the question counts once, from where it stands nearest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from tiermem.search.proximity import lent
from tiermem.search.query import Question
from tiermem.text.dialogue import Posting, Talk

if TYPE_CHECKING:
    from tiermem.text.dialogue import Numbers, Places

K1, B = 0.9, 0.4
RAREST = 8  # terms of a question that make up its idf mass
FEWEST = 40  # messages that a conversation is taken to have at least: in one of two, no word could be called rare

N = TypeVar("N", float, "Numbers")


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


def words(
    talk: Talk, postings: Mapping[str, Posting], question: Question, shares: Sequence[Numbers], related: float = 1.0
) -> tuple[Numbers, Numbers]:
    """(own, stretch) of each message, both as shares of the question's idf mass. *related* weighs related words."""
    import numpy as np

    count = len(talk)
    own, stretch = np.zeros(count), np.zeros(count)
    rarities = {term: rarity(postings[term].frequency if term in postings else 0, count) for term in question.terms}
    weights = {term: weight * rarities[term] for term, weight in question.terms.items()}
    whole = mass(weights.values())
    if whole <= 0 or not count:
        return own, stretch
    longer = norms(talk.sizes, float(talk.sizes.mean()))
    for term, weight in weights.items():
        places, values = _values(term, weight, postings, question, related, longer)
        if len(places):
            own[places] += values / whole
            stretch += lent(places, values / whole, count, shares)
    return own, stretch


def _values(
    term: str, weight: float, postings: Mapping[str, Posting], question: Question, related: float, longer: Numbers
) -> tuple[Places, Numbers]:
    """Where *term* or a word related to it stands, and what it is worth there. Places are distinct, in order."""
    import numpy as np

    known = [(term, 1.0)] if term in postings else []
    others = question.related.get(term, {}).items()
    known += [(other, related * share) for other, share in others if related and other in postings]
    if not known:
        return np.zeros(0, np.int64), np.zeros(0)
    rows = []
    for word, share in known:
        posting = postings[word]
        worth = weight if word == term else lesser(weight, share, posting.frequency, len(longer))
        rows.append((posting.places, value(worth, posting.counts, longer[posting.places])))
    if len(rows) == 1:
        return rows[0]
    places, values = np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows])
    order = np.lexsort((-values, places))
    first = np.r_[True, np.diff(places[order]) > 0]
    return places[order][first], values[order][first]
