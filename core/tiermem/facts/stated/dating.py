"""Since when, and until when, something held: the one time that its clause names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tiermem.facts.stated.record import CHANGES, CORRECTS, ONCE, Stated
from tiermem.facts.stated.told import Told
from tiermem.text import late
from tiermem.times.calendar import DAY
from tiermem.times.nearness import Interval, mentioned

# What happens once and then lasts; of an amount ("the deadline moved to 10 May") a time is its value.
_LASTING = frozenset(
    {"home", "work", "job", "bond", "habit", "own", "diet", "trait", "use", "employment", "role", "count"}
)
_OPEN = late.compile(r"\bsince\b", re.IGNORECASE)  # a time that has no end is no time that is mentioned
_SPAN = late.compile(r"\bfrom\b.*\bto\b|\bbetween\b.*\band\b|从.*[到至]|\d\s?[-–—]\s?\d", re.IGNORECASE)
_SINCE = late.compile(r"\bsince\b|自从|以来|起|开始", re.IGNORECASE)


def dated(facts: Sequence[Stated], told: Told, said: float | None) -> list[Stated]:
    """*facts* of one clause with `since`, or `until` where they are over, where it names one time not to come."""
    wanted = [fact for fact in facts if fact.kind in _LASTING]
    if said is None or not wanted:
        return [*facts]
    news = any(fact.manner in (CHANGES, CORRECTS, ONCE) for fact in wanted) or _SINCE.search(told.text)
    named = _named(told.plain(told.text), said) if news else None
    return [_at(fact, *named) if named and fact.kind in _LASTING else fact for fact in facts]


def moments(clause: str, value: str, manner: str, said: float) -> tuple[float | None, float | None]:
    """(since, until) of a *value* that somebody tells in the *manner* of `Stated` in *clause*; None where no time is
    told, or the value is a time itself."""
    if not (manner in (CHANGES, CORRECTS, ONCE) or _SINCE.search(clause)) or mentioned(value, said):
        return None, None
    named = _named(clause, said)
    if named is None:
        return None, None
    start, span = named
    if manner != ONCE:
        return start, None
    return (span.start, span.end) if span else (None, start)


def _named(text: str, said: float) -> tuple[float, Interval | None] | None:
    """The one time not to come that *text* names, and the span where it names one."""
    text = _OPEN.sub("in", text)
    times = [time for time in mentioned(text, said) if time.start <= said + DAY]
    if len({time.start for time in times}) != 1:
        return None
    return times[0].start, times[0] if _SPAN.search(text) else None


def _at(fact: Stated, start: float, span: Interval | None) -> Stated:
    """*fact* since *start*, or until then where it is over; over the whole *span* where it names one."""
    if fact.manner != ONCE:
        return replace(fact, since=start)
    return replace(fact, since=span.start, until=span.end) if span else replace(fact, until=start)
