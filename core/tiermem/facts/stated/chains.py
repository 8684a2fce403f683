"""What held when: the facts that several messages state of one attribute, in order, as intervals of validity.

Rule 1: of one attribute the newest value is current; it closes the interval of the one before. What corrects takes the
one before back: it never held.
Rule 2: what was only once so ("used to live in") is current at no time, and ends that value where it was current.
Rule 3: what several can be at once (names of dogs, languages) ends by its own denial alone.
Rule 4: what a model read neither ends nor stands beside what an application states.
Rule 5: who asks what was known by a time is told as if nothing had been said later.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from tiermem.facts.stated.record import (
    APPLICATION,
    APPOINTMENT,
    CHANGES,
    CORRECTS,
    MODEL,
    NO,
    ONCE,
    RETRACTS,
    YES,
    Stated,
    StatedAt,
    attribute_key,
    subject_key,
    value_key,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Holding(Generic[T]):
    """A fact and when it holds.

    Args:
        fact: as it was stated.
        source: where, given by the caller.
        said: seconds since 1970, NaN where unknown; of all the same clock.
        order: by which statements follow each other.
        start, end: seconds between which it is true as far as is known; NaN where nobody said. An end that
            is infinite: until further notice.
        ended_by: the place in the list of what closed it; -1 where nothing did.
        corrected: what closed it says that it never was so.
        confirmed: how often the same was said; 0 of what only says again what held.
    """

    fact: Stated
    source: T
    said: float
    order: tuple[float, int]
    start: float = math.nan
    end: float = math.inf
    ended_by: int = -1
    corrected: bool = False
    confirmed: int = 1

    def lasting(self, start: float, end: float) -> Holding[T]:
        """The same from *start* to *end*."""
        return Holding(self.fact, self.source, self.said, self.order, start, end, -1, False, self.confirmed)

    def ended(self, end: float, by: int, *, corrected: bool = False) -> Holding[T]:
        """The same until *end*, *by* what is at that place."""
        return Holding(self.fact, self.source, self.said, self.order, self.start, end, by, corrected, self.confirmed)

    def holds(self, when: float) -> bool:
        """Whether it was true at *when*, as far as is known."""
        begins = self.said if math.isnan(self.start) else self.start
        if self.corrected or (self.fact.manner == ONCE and math.isnan(self.start)):
            return False
        return (math.isnan(begins) or begins <= when) and (math.isnan(self.end) or when < self.end)


def current_at(found: Sequence[Holding[T]], place: int, now: float) -> bool:
    """Whether the fact at *place* holds *now*: it has begun, and nothing ended it yet."""
    one = found[place]
    if one.corrected or not one.confirmed or _to_come(one, now):
        return False
    if one.end == math.inf:
        return True
    if one.ended_by in (-1, place):  # nothing but a time that was told with it
        return one.fact.manner != ONCE and one.end > now
    return _to_come(found[one.ended_by], now)


def _to_come(one: Holding[T], now: float) -> bool:
    """Whether it begins later than *now*, and was said to: what was said by a clock that is ahead has begun."""
    return one.start > now and one.start > one.said


def as_said(stated: Iterable[StatedAt]) -> list[Holding[StatedAt]]:
    """*stated* as `holdings` takes them, in the order in which they were said: what has no time first."""
    ordered = sorted(stated, key=lambda at: (at.session, at.sequence, at.place))
    return [
        Holding(at.fact, at, at.said, (-math.inf if math.isnan(at.said) else at.said, rank))
        for rank, at in enumerate(ordered)
    ]


def key_of(fact: Stated, home: object) -> tuple[object, ...]:
    """What must be the same for two facts to be about one thing: the subject and the attribute; of a thing that is
    nobody's the conversation *home* too, for another one's deadline is another deadline."""
    subject = subject_key(fact.subject)
    return (subject, attribute_key(fact.attribute), "" if subject else home)


def holdings(stated: Iterable[Holding[T]], home: dict[int, object]) -> list[Holding[T]]:
    """*stated*, with their intervals, in order.

    Args:
        stated: as they were said, with `fact`, `source`, `said`, `order`.
        home: the conversation of each, by the id of its holding.
    """
    ordered = sorted(stated, key=lambda one: one.order)
    chains: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for place, one in enumerate(ordered):
        chains[key_of(one.fact, home.get(id(one)))].append(place)
    made = list(ordered)
    for places in chains.values():
        _chained(made, places)
    return made


def _chained(made: list[Holding[T]], places: Sequence[int]) -> None:
    """Fills in the intervals of the chain at *places*."""
    running: list[int] = []  # what holds until further notice
    floor = math.nan  # when the last of what held ended
    for place in _standing(made, places):
        one = made[place]
        if one.fact.manner == ONCE:
            before, running = running, _once(made, running, place)
            floor = _later(floor, *(made[other].end for other in before if other not in running))
        elif again := [other for other in running if _same(made[other].fact, one.fact)]:
            earlier = made[again[0]]
            made[again[0]] = replace(earlier, confirmed=earlier.confirmed + 1)
            made[place] = replace(one, start=earlier.start, end=earlier.start, ended_by=again[0], confirmed=0)
        else:
            before, running = running, _begun(made, running, place, floor)
            gone = [made[other].end for other in (*before, place) if other not in running and not made[other].corrected]
            floor = _later(floor, *gone)


def _begun(made: list[Holding[T]], running: list[int], place: int, floor: float) -> list[int]:
    """What runs once the fact at *place*, which nothing running says, has begun; it begins before nothing that ended at
    *floor*, and not after it was told."""
    one = made[place]
    if stated := _overruled(made, running, one.fact):
        made[place] = replace(one, start=one.said, end=one.said, ended_by=stated[0])
        return running
    corrects = one.fact.manner == CORRECTS
    begins = one.said if one.fact.since is None else min(one.said, one.fact.since)
    if one.fact.how == APPLICATION and one.fact.since is not None:
        begins = one.fact.since  # it knows what will be; a rule reads plans as nothing, so a later time is a slip
    ended = [other for other in running if _ends(one.fact, made[other].fact)] or _moved(made, running, one.fact)
    if not one.fact.several:
        begins = _later(begins, floor, *(made[other].start for other in ended))
    for other in ended:
        if made[other].end > begins or corrects:
            made[other] = made[other].ended(begins, place, corrected=corrects)
    until = math.inf if one.fact.until is None else max(begins, one.fact.until)
    made[place] = one.lasting(made[ended[0]].start if ended and corrects else begins, until)
    return [*(other for other in running if other not in ended), *([place] if until > one.said else [])]


def _moved(made: list[Holding[T]], running: Sequence[int], fact: Stated) -> list[int]:
    """The appointment that *fact* moves to another time: the only one of that name, for of two nobody knows which."""
    known = [other for other in running if made[other].fact.kind == APPOINTMENT]
    moves = fact.manner in (CHANGES, CORRECTS) and fact.value not in (YES, NO) and not fact.old
    return known if moves and len(known) == 1 and not fact.several else []


def _overruled(made: list[Holding[T]], running: Sequence[int], fact: Stated) -> list[int]:
    """What of that which is *running* is an application's word against *fact*, of a model."""
    if fact.how != MODEL or fact.several:
        return []
    return [other for other in running if made[other].fact.how == APPLICATION and not made[other].fact.several]


def _later(*times: float) -> float:
    """The latest of *times*; NaN, which is none, where all are."""
    latest = math.nan
    for at in times:
        if at == at and not latest >= at:  # noqa: PLR0124  # NaN is the one that is not itself
            latest = at
    return latest


def _standing(made: list[Holding[T]], places: Sequence[int]) -> list[int]:
    """The *places* of what nobody retracted later; the others never held."""
    standing: list[int] = []
    for place in places:
        fact = made[place].fact
        if fact.manner != RETRACTS:
            standing.append(place)
            continue
        gone = [other for other in standing if not fact.value or _same(made[other].fact, fact)]
        for other in (*gone, place):
            made[other] = replace(made[other], ended_by=place, corrected=True)
        standing = [other for other in standing if other not in gone]
    return standing


def _once(made: list[Holding[T]], running: list[int], place: int) -> list[int]:
    one = made[place]
    end = one.said if one.fact.until is None else one.fact.until
    told = one.fact.since if one.fact.how == APPLICATION and one.fact.until is not None else None
    made[place] = replace(one, start=math.nan if told is None else told, end=end, ended_by=place)
    ended = [other for other in running if _same(made[other].fact, one.fact)]
    for other in ended:
        end = end if math.isnan(made[other].start) else max(end, made[other].start)
        made[other] = replace(made[other], end=end, ended_by=place)
    return [other for other in running if other not in ended]


def _same(first: Stated, second: Stated) -> bool:
    return value_key(first.value) == value_key(second.value)


def _ends(newer: Stated, older: Stated) -> bool:
    """Whether *newer*, of the same attribute and another value, ends *older*."""
    if newer.several or older.several:
        return newer.value == NO or (bool(newer.old) and value_key(newer.old) == value_key(older.value))
    return True
