"""What a stretch of indexed messages says of its user: which words name what they talk about, in how many turns, and
how they feel. Pure.

Rule 1: only what a user says counts, one message a turn, and of it no word of its speaker's own name.
Rule 2: sums over stretches are the same however messages are cut into them, so what is counted can be taken back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from tiermem.index.segment import Segment
from tiermem.text.analyzer import query_terms
from tiermem.text.dialogue import UNTOLD, USER
from tiermem.text.subjects.worth import names_topic

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WordSaid:
    """In how many turns something was said, and when and where last: seconds since 1970 in UTC (NaN: unknown), the key
    of a session, and the number of a message in it."""

    count: int
    last: float = math.nan
    session: int = 0
    sequence: int = 0

    def plus(self, other: WordSaid) -> WordSaid:
        """Both together."""
        newest = max(self, other, key=WordSaid.order)
        return WordSaid(self.count + other.count, newest.last, newest.session, newest.sequence)

    def order(self) -> tuple[float, int, int]:
        """What is older is less."""
        return (-math.inf if math.isnan(self.last) else self.last, self.session, self.sequence)


@dataclass(frozen=True, slots=True)
class Talked:
    """What some turns of one session say of their user.

    Args:
        turns: how many they are.
        first, last: seconds since 1970 in UTC between which they were said; NaN where unknown.
        words: by term.
        moods: by month of UTC ("2024-05") the number of turns that tell a mood, and its sum in hundredths.
    """

    turns: int = 0
    first: float = math.nan
    last: float = math.nan
    words: Mapping[str, WordSaid] = field(default_factory=dict)
    moods: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def mood(self) -> tuple[int, int]:
        """How many of the turns tell a mood, and its sum in hundredths."""
        return sum(number for number, _ in self.moods.values()), sum(total for _, total in self.moods.values())


def user_turns(part: Segment, hidden: Sequence[tuple[int, int]] = ()) -> Rows:
    """Which messages of *part* a user said, without those in the ranges *hidden*."""
    rows: Rows = part.roles == USER
    return rows & ~inside(part, hidden) if hidden else rows


def inside(part: Segment, ranges: Sequence[tuple[int, int]]) -> Rows:
    """Which messages of *part* have a number in one of *ranges*."""
    rows: Rows = np.zeros(len(part), dtype=bool)
    for first, last in ranges:
        rows |= (part.numbers >= first) & (part.numbers <= last)
    return rows


def instants(part: Segment) -> NDArray[np.float64]:
    """When each message was said, in seconds since 1970 in UTC; NaN where unknown."""
    return part.said - part.zones


def talked(session: int, part: Segment, rows: Rows) -> Talked:
    """What the messages *rows* of *part*, of the *session* with that key, say."""
    if not rows.any():
        return Talked()
    when = instants(part)
    known = when[rows & ~np.isnan(when)]
    first, last = (float(known.min()), float(known.max())) if len(known) else (math.nan, math.nan)
    return Talked(int(rows.sum()), first, last, _words(session, part, rows, when), _moods(part, rows, when))


def _words(session: int, part: Segment, rows: Rows, when: NDArray[np.float64]) -> dict[str, WordSaid]:
    of = np.repeat(np.arange(len(part)), part.lengths)
    there = np.flatnonzero(rows[of])
    order = np.lexsort((part.numbers, np.where(np.isnan(when), -np.inf, when)))
    rank = np.empty(len(part), np.int64)
    rank[order] = np.arange(len(part))
    there = there[np.argsort(rank[of[there]], kind="stable")]
    codes = part.codes[there]
    counts = np.bincount(codes, minlength=len(part.words))
    newest = np.zeros(len(part.words), np.int64)
    newest[codes] = of[there]  # of several the last is kept, which is the newest
    counted: dict[str, WordSaid] = {}
    own = _own_names(part, rows)
    for code in np.flatnonzero(counts).tolist():
        term = part.words[code]
        if names_topic(term):
            at, count = int(newest[code]), int(counts[code])
            if term in own:
                at, count = _of_others(part, code, own[term], there, of)
            if count:
                counted[term] = WordSaid(count, float(when[at]), session, int(part.numbers[at]))
    return counted


def _own_names(part: Segment, rows: Rows) -> dict[str, set[int]]:
    """By term of a speaker's name the codes of those who are called so."""
    own: dict[str, set[int]] = {}
    for speaker in np.unique(part.speakers[rows]).tolist():
        for term in query_terms(part.names[speaker]):
            own.setdefault(term, set()).add(speaker)
    return own


def _of_others(
    part: Segment, code: int, called: set[int], there: NDArray[np.int64], of: NDArray[np.int64]
) -> tuple[int, int]:
    """The newest message of those who are not *called* by a term, and how many of theirs have it."""
    at = of[there[part.codes[there] == code]]
    others = at[~np.isin(part.speakers[at], sorted(called))]
    return (int(others[-1]), len(others)) if len(others) else (0, 0)


def _moods(part: Segment, rows: Rows, when: NDArray[np.float64]) -> dict[str, tuple[int, int]]:
    moods: dict[str, tuple[int, int]] = {}
    telling = rows & (part.moods != UNTOLD) & ~np.isnan(when)
    for seconds, mood in zip(when[telling].tolist(), part.moods[telling].tolist(), strict=True):
        month = month_of(seconds)
        number, total = moods.get(month, (0, 0))
        moods[month] = number + 1, total + mood
    return moods


def month_of(seconds: float) -> str:
    """The month of UTC in which *seconds* since 1970 are."""
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m}"


def together(parts: Iterable[Talked]) -> Talked:
    """All of *parts* as one."""
    turns, first, last = 0, math.nan, math.nan
    words: dict[str, WordSaid] = {}
    moods: dict[str, tuple[int, int]] = {}
    for part in parts:
        turns += part.turns
        first, last = _least(first, part.first), -_least(-last, -part.last)
        for term, said in part.words.items():
            words[term] = said.plus(words[term]) if term in words else said
        for month, (number, total) in part.moods.items():
            known = moods.get(month, (0, 0))
            moods[month] = known[0] + number, known[1] + total
    return Talked(turns, first, last, words, moods)


def _least(one: float, other: float) -> float:
    return other if math.isnan(one) else one if math.isnan(other) else min(one, other)
