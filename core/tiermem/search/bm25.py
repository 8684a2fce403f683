"""Words: how much of a question each message says itself, and how much is said around it. Pure numbers.

Own words: BM25 with k1 = 0.9, b = 0.4 (Trotman et al. 2014 tuned these for short documents), divided by the question's
own idf mass so that scores of different questions compare. A related word counts like the word itself, less by how
far apart the two are; of several words for one term the best one counts.
Stretch: an answer stands next to the words of its question, and seldom has all of them itself. So a message is also
scored by the talk around it: each term of the question counts once, from where it stands nearest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tiermem.search.proximity import lent
from tiermem.search.query import Question
from tiermem.text.dialogue import Posting, Talk, idf

if TYPE_CHECKING:
    from tiermem.text.dialogue import Numbers, Places

K1, B = 0.9, 0.4
RAREST = 8  # terms of a question that make up its idf mass
FEWEST = 40  # messages that a conversation is taken to have at least: in one of two, no word could be called rare


def words(
    talk: Talk, postings: Mapping[str, Posting], question: Question, shares: Sequence[Numbers], related: float = 1.0
) -> tuple[Numbers, Numbers]:
    """(own, stretch) of each message, both as shares of the question's idf mass. *related* weighs related words."""
    import numpy as np

    count = len(talk)
    own, stretch = np.zeros(count), np.zeros(count)
    weights = {t: w * _idf(t, postings, count) for t, w in question.terms.items()}
    mass = sum(sorted(weights.values(), reverse=True)[:RAREST])
    if mass <= 0 or not count:
        return own, stretch
    norm = K1 * (1 - B + B * talk.sizes / max(float(talk.sizes.mean()), 1.0))
    for term, weight in weights.items():
        places, values = _values(term, weight, postings, question, related, norm)
        if len(places):
            own[places] += values / mass
            stretch += lent(places, values / mass, count, shares)
    return own, stretch


def _idf(term: str, postings: Mapping[str, Posting], count: int) -> float:
    return idf(postings[term].frequency if term in postings else 0, max(count, FEWEST))


def _values(
    term: str, weight: float, postings: Mapping[str, Posting], question: Question, related: float, norm: Numbers
) -> tuple[Places, Numbers]:
    """Where *term* or a word related to it stands, and what it is worth there. Places are distinct, in order."""
    import numpy as np

    known = [(term, 1.0)] if term in postings else []
    known += [(o, related * w) for o, w in question.related.get(term, {}).items() if related and o in postings]
    if not known:
        return np.zeros(0, np.int64), np.zeros(0)
    rows = []
    for one, share in known:
        found = postings[one]
        # A frequent word that is related to a rare one does not become rare by that.
        worth = share * min(weight, idf(found.frequency, max(len(norm), FEWEST))) if one != term else weight
        rows.append((found.places, worth * found.counts * (K1 + 1) / (found.counts + norm[found.places])))
    if len(rows) == 1:
        return rows[0]
    places, values = np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])
    order = np.lexsort((-values, places))
    first = np.r_[True, np.diff(places[order]) > 0]
    return places[order][first], values[order][first]
