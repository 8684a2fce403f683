"""Which hits are out of date: the best ones compared with each other.

Rule: no text of a message is changed by it, and documents are not compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tiermem.facts.superseding import UNKEPT, FactReaders, Statement, UpdateMark, marks
from tiermem.records import Hit
from tiermem.search.passages import Told
from tiermem.search.quoting.places import APART, places
from tiermem.search.quoting.wording import plain
from tiermem.text.analyzer import query_terms
from tiermem.text.readable import speaker
from tiermem.times.nearness import wall_clock
from tiermem.window.voices import own_text

# The best hits are compared, not all: the rest is there for what stands around, and reading a long statement takes
# 2 ms the first time. In BEAM-100K the best 12 hold each pair of an old and a new value that is found at all for its
# 20 questions about updates; the best 32 hold one more pair, about something else.
COMPARED = 12


def marked(
    hits: Sequence[Hit], query: str, reading: FactReaders = UNKEPT, texts: Sequence[Told] | None = None
) -> list[Hit]:
    """*hits*, best first, with what newer ones among the best `COMPARED` say of older ones. Documents are not compared.

    *texts*, one a hit, are what is shown of long ones: what is not shown is not compared.
    """
    said = [number for number, hit in enumerate(hits) if not hit.source][:COMPARED]
    if len(said) < 2:
        return [*hits]
    at = places([hits[number] for number in said])
    statements = [
        _statement(hits[number], place, None if texts is None else texts[number])
        for number, place in zip(said, at, strict=True)
    ]
    marks_of: dict[int, UpdateMark] = {}
    for compared in _comparable(statements):
        marks_of |= marks(compared, lambda: query_terms(query), reading)
    if not marks_of:
        return [*hits]
    refs = {place: hits[number].ref for number, place in zip(said, at, strict=True)}
    places_of = dict(zip(said, at, strict=True))
    return [_with(hit, marks_of.get(places_of.get(number, 0)), refs) for number, hit in enumerate(hits)]


def _statement(hit: Hit, place: int, told: Told | None) -> Statement:
    text = own_text(hit.message) if told is None else plain(told)
    return Statement(place, speaker(hit.message), text, wall_clock(hit.message.when))


def _comparable(statements: Sequence[Statement]) -> list[list[Statement]]:
    """All together; by session where one has no time, for then nobody knows which of two sessions is the newer one."""
    if all(math.isfinite(statement.said) for statement in statements):
        return [[*statements]]
    sessions: dict[int, list[Statement]] = {}
    for statement in statements:
        sessions.setdefault(statement.sequence // APART, []).append(statement)
    return [several for several in sessions.values() if len(several) > 1]


def _with(hit: Hit, mark: UpdateMark | None, refs: dict[int, str]) -> Hit:
    if mark is None:
        return hit
    if mark.superseded_by is None:
        return replace(hit, current=mark.current)
    newer = refs[mark.superseded_by]
    return replace(hit, conflicts_with=newer) if mark.conflict else replace(hit, superseded_by=newer)
