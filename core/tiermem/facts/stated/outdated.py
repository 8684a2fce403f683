"""Which statements are out of date, and what was said in their place: for what is quoted, and never wrong.

Rule 1: better no mark than a wrong one: "superseded" hides a fact from a model, a missing mark leaves it both.
Rule 2: what says which value it replaces replaces no other one: "from 70 to 88" is not about the score of 65.
Rule 3: two of one kind that bear different names are two: the age of Rex is not that of Max. Somebody may have two
sisters, so another name alone is no news.
Rule 4: what came to be so again is not out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tiermem.facts.stated.chains import Holding, current_at
from tiermem.facts.stated.record import ONCE, RETRACTS, STATES, USER, Stated, subject_key, value_key
from tiermem.facts.stated.resolving import differ

T = TypeVar("T")
NAME = "name"  # the attribute


@dataclass(frozen=True, slots=True)
class Replaced(Generic[T]):
    """What stands in the place of what is out of date.

    Args:
        by: what holds now, or what ended it last.
        holds: whether what it says holds now, as far as is known.
        corrected: what ended it says that it never was so.
    """

    by: Holding[T]
    holds: bool
    corrected: bool


def replaced(
    held: Sequence[Holding[T]], now: float, called: Callable[[Holding[T]], frozenset[str]]
) -> dict[int, Replaced[T]]:
    """What replaced each that is out of date *now* (seconds since 1970 in UTC), by its place in *held*.

    Args:
        held: of one chain, with their intervals.
        called: the names that the statement's message gives to whom it is about.
    """
    found: dict[int, Replaced[T]] = {}
    known: dict[int, int] = {}
    for place in range(len(held)):
        first = _first_said(held, place)
        last = _last(held, first, now, called, known)
        if last != first and (held[last].fact.manner in (ONCE, RETRACTS) or _tell_apart(held[first], held[last])):
            holds = held[last].fact.manner not in (ONCE, RETRACTS) and not held[last].corrected
            found[place] = Replaced(held[last], holds, held[first].corrected)
    return found


def _first_said(held: Sequence[Holding[T]], place: int) -> int:
    """The statement that the one at *place* only says again; itself where it says something new."""
    while not held[place].confirmed:
        place = held[place].ended_by
    return place


def _last(
    held: Sequence[Holding[T]],
    place: int,
    now: float,
    called: Callable[[Holding[T]], frozenset[str]],
    known: dict[int, int],
) -> int:
    """What the statement at *place* leads to, from what ended it to what ended that; *known* are those found before."""
    path = list[int]()
    while place not in known:
        newer = held[place].ended_by
        over = newer not in (-1, place) and not current_at(held, place, now)
        if not over or not _about_the_same(held[place], held[newer], called):
            known[place] = place
            break
        path.append(place)
        place = newer
    known.update(dict.fromkeys(path, known[place]))
    return known[place]


def _about_the_same(older: Holding[T], newer: Holding[T], called: Callable[[Holding[T]], frozenset[str]]) -> bool:
    if newer.fact.old and differ(newer.fact.old, older.fact.value):
        return False
    if newer.fact.attribute == NAME:
        return newer.fact.manner != STATES
    before, after = called(older), called(newer)
    return not before or not after or not before.isdisjoint(after)


def _tell_apart(older: Holding[T], newer: Holding[T]) -> bool:
    return value_key(older.fact.value) != value_key(newer.fact.value)


def names(beside: Iterable[Stated], subject: str) -> frozenset[str]:
    """The names that one message, which states what is *beside*, gives to *subject*."""
    whose = subject_key(subject)
    return frozenset(
        fact.value.casefold() for fact in beside if fact.attribute == NAME and subject_key(fact.subject) == whose
    )


def told(fact: Stated) -> str:
    """*fact* in a few words, as it stands behind what is out of date: "home: Berlin", "sister's home: Rome"."""
    whose = fact.subject.rpartition("'s ")[2]
    if not whose or subject_key(whose) == USER:
        return f"{fact.attribute}: {fact.value}"
    return f"{whose}'s {fact.attribute}: {fact.value}"
