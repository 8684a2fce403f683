"""Ranking: which messages answer a question, from the terms and vectors they are kept by. Pure numbers.

Own words: BM25 with k1 = 0.9, b = 0.4 (Trotman et al. 2014 tuned these for short documents), divided by the question's
own idf mass so that scores of different questions compare.
Stretch: an answer stands next to the words of its question, and seldom has all of them itself. So a message is also
scored by the stretch of talk around it: each term of the question counts once, from where it stands nearest, fading
with the *words* between (80: some eight short messages, or not even one long answer), never across a long silence.
Reach: of what is around a good stretch, a little more.

The weights were chosen on development conversations (chat, advice, radio; English, Chinese) and sit on wide plateaus.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tiermem.recall.words import words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]
    Places: TypeAlias = NDArray[np.int64]

K1, B = 0.9, 0.4
RAREST = 8  # terms of a question that make up its idf mass
STRETCH = 5  # messages to either side that can lend their words
WORDS_APART = 80.0  # words between two messages at which a word lent counts 1/e
REACH, FADE, BEST = 4, 0.95, 0.4  # the best score within 4 messages, fading 0.95 a step, counts 0.4
SILENCE = 6 * 3600.0  # seconds without a message that part two conversations
VECTORS = {True: 0.3, False: 0.9}  # by whether the embedder is lexical: hashed words repeat what BM25 says
NEAR = (0.2, 0.1)  # a neighbour's share of a vector's score at distance 1 and 2
SPEAKER = 0.07  # for messages of a speaker whom the question names; a hint, never a filter
DATE = 0.6  # for messages of the time that the question names
LEAST = 0.1  # below this share of a perfect match nothing is worth a page of context
WHOLE = 300_000  # messages up to which all of a session is ranked; of longer ones, what the index nominates
CANDIDATES = 20_000  # messages that the index nominates, by the question's rarest terms
# Words about asking, which stand in a question and not in its answer.
ASKING = words_of(
    "say said told tell ask call mention announc accord quot describ explain kind mani much thing way time"
)


class Spoken(NamedTuple):
    """One message as it is indexed: number, wall-clock second (NaN: unknown), speaker ("": nobody), terms in order."""

    sequence: int
    said: float
    speaker: str
    terms: Sequence[str]


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as ranking sees it, one entry a message, in order: number of terms, wall-clock second (NaN:
    unknown), speaker as an index into *names* (terms of each name; 0 is nobody)."""

    sizes: Numbers
    said: Numbers
    speakers: Places
    names: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a term stands: places (0 is the first message), how often there, and in how many messages in all."""

    places: Places
    counts: Numbers
    frequency: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its terms, its vector's scores by sequence number, and how near each message is to its dates."""

    terms: Sequence[str]
    vectors: Mapping[int, float]
    lexical: bool = True
    nearness: Numbers | None = None


def telling(terms: Sequence[str]) -> list[str]:
    """The terms of a question without those about asking; all of them where little else is left."""
    kept = [term for term in terms if term not in ASKING]
    return kept if len(kept) > 1 else list(terms)


def rarest(frequencies: Mapping[str, int]) -> list[str]:
    """The terms to look up in a long session, rarest first, as many as `CANDIDATES` allows (always at least one)."""
    chosen: list[str] = []
    total = 0
    for term, count in sorted(frequencies.items(), key=lambda pair: (pair[1], pair[0])):
        total += count
        if chosen and total > CANDIDATES:
            break
        chosen.append(term)
    return chosen


def idf(count: int, documents: int) -> float:
    """Robertson's idf, never negative."""
    return math.log(1.0 + (max(0, documents - count) + 0.5) / (count + 0.5))


def rank(
    talk: Talk, postings: Mapping[str, Posting], asked: Asked, limit: int, without: frozenset[int] = frozenset()
) -> list[tuple[int, float, dict[str, float]]]:
    """(sequence, score, parts) of the *limit* best messages, best first; ties go to the newer one.

    Those *without* and those below `LEAST` are left out. The parts add up to the score: {"words": own words,
    "stretch": words around, "vector", "reach": good neighbours, "speaker", "date"}.
    """
    import numpy as np

    parts = _parts(talk, postings, asked)
    score = np.sum(list(parts.values()), axis=0)  # in a fixed order, so equal everywhere
    keep = score >= LEAST
    keep[[s - 1 for s in without if 0 < s <= len(keep)]] = False
    places = np.flatnonzero(keep)
    order = places[np.lexsort((-places, -score[places]))][:limit]
    return [(int(p) + 1, float(score[p]), {k: float(v[p]) for k, v in parts.items() if v[p]}) for p in order]


def _parts(talk: Talk, postings: Mapping[str, Posting], asked: Asked) -> dict[str, Numbers]:
    import numpy as np

    lent = lending(talk)
    own, stretch = words(talk, postings, asked.terms, lent)
    vector = np.zeros(len(talk.sizes))
    for sequence, value in asked.vectors.items():
        if 0 < sequence <= len(vector):
            vector[sequence - 1] = VECTORS[asked.lexical] * max(0.0, value)
    shared = vector + _neighbours(vector, lent)
    mixed = own + stretch + shared
    found = {"words": own, "stretch": stretch, "vector": shared, "reach": BEST * _reach(mixed, lent)}
    base = mixed + found["reach"]
    spoken = _named(talk, asked.terms)
    if spoken is not None:
        found["speaker"] = np.where(spoken & (base > 0), SPEAKER, 0.0)
    if asked.nearness is not None:
        found["date"] = DATE * asked.nearness
    return found


def lending(talk: Talk) -> list[Numbers]:
    """For each distance 1…`STRETCH`: how much message i may lend to message i + distance, and take from it (0 to 1)."""
    import numpy as np

    count = len(talk.sizes)
    with np.errstate(invalid="ignore"):
        silent = np.abs(np.diff(talk.said)) > SILENCE  # False where a time is unknown
    talks = np.concatenate([[0], np.cumsum(silent)])[:count]
    sizes = talk.sizes + 2  # a message of one word is still a step
    middles = np.cumsum(sizes) - sizes / 2
    found = []
    for distance in range(1, min(STRETCH, count - 1) + 1):
        near = np.exp((middles[:-distance] - middles[distance:]) / WORDS_APART)
        found.append(near * (talks[:-distance] == talks[distance:]))
    return found


def words(
    talk: Talk, postings: Mapping[str, Posting], terms: Sequence[str], lent: Sequence[Numbers]
) -> tuple[Numbers, Numbers]:
    """BM25 of each message's own terms, and of the stretch around it: both as shares of the question's idf mass."""
    import numpy as np

    count = len(talk.sizes)
    own, stretch = np.zeros(count), np.zeros(count)
    weights = {t: idf(postings[t].frequency if t in postings else 0, count) for t in terms}
    mass = sum(sorted(weights.values(), reverse=True)[:RAREST])
    norm = K1 * (1 - B + B * talk.sizes / max(float(talk.sizes.mean()) if count else 1.0, 1.0))
    for term, weight in weights.items():
        if term not in postings or mass <= 0:
            continue
        places, counts = postings[term].places, postings[term].counts
        values = weight / mass * counts * (K1 + 1) / (counts + norm[places])
        own[places] += values
        stretch += _lend(places, values, count, lent)
    return own, stretch


def _lend(places: Places, values: Numbers, count: int, lent: Sequence[Numbers]) -> Numbers:
    """One term's value at each message: its own, or the most that a neighbour lends. Places are distinct."""
    import numpy as np

    found = np.zeros(count)
    found[places] = values
    for distance, share in enumerate(lent, 1):
        older = places >= distance
        there = places[older] - distance
        found[there] = np.maximum(found[there], values[older] * share[there])
        newer = places < count - distance
        here = places[newer]
        found[here + distance] = np.maximum(found[here + distance], values[newer] * share[here])
    return found


def _neighbours(vector: Numbers, lent: Sequence[Numbers]) -> Numbers:
    import numpy as np

    found = np.zeros(len(vector))
    if vector.any():
        for distance, (share, near) in enumerate(zip(NEAR, lent, strict=False), 1):
            joined = share * (near > 0)
            found[distance:] += joined * vector[:-distance]
            found[:-distance] += joined * vector[distance:]
    return found


def _reach(score: Numbers, lent: Sequence[Numbers]) -> Numbers:
    import numpy as np

    found = np.zeros(len(score))
    for distance, near in enumerate(lent[:REACH], 1):
        fade = FADE**distance * (near > 0)
        found[distance:] = np.maximum(found[distance:], fade * score[:-distance])
        found[:-distance] = np.maximum(found[:-distance], fade * score[distance:])
    return found


def _named(talk: Talk, terms: Sequence[str]) -> NDArray[np.bool_] | None:
    """Which messages are by a speaker whom the question names; None when it names nobody, or everybody."""
    import numpy as np

    asked = set(terms)
    codes = [code for code, name in enumerate(talk.names) if asked.intersection(name)]
    if not codes or len(codes) == sum(1 for name in talk.names if name):
        return None
    return np.isin(talk.speakers, codes)


def by_value(scores: Mapping[int, float], costs: Mapping[int, int], budget: int, header: int = 0) -> list[int]:
    """The messages to show within *budget* tokens, in reading order: best score per token first.

    A message above 110 tokens pays for its length with (110 / tokens)^0.7; what does not fit is passed over. A message
    next to none that is shown costs *header* more, because it is a passage of its own.
    """
    order = sorted(scores, key=lambda s: (-scores[s] * _discount(costs[s]), -s))
    chosen: set[int] = set()
    left = budget
    for sequence in order:
        beside = (sequence - 1 in chosen) + (sequence + 1 in chosen)
        cost = costs[sequence] + header * (1 - beside)  # one between two passages makes them one
        if cost <= left:
            chosen.add(sequence)
            left -= cost
    return sorted(chosen)


def _discount(tokens: int) -> float:
    return float(min(1.0, (110 / max(tokens, 1)) ** 0.7))
