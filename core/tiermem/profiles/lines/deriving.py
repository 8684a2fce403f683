"""The lines of a profile, of facts and when they hold. Pure.

Rule 1: only what holds now is a line, and only of the user and who belongs to them: things of one conversation, and
people of whom nobody says whose they are, are none.
Rule 2: what is said again is one line, with all its sources.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from tiermem.facts.rules.record import is_laid_down
from tiermem.facts.stated.chains import Holding, current_at
from tiermem.facts.stated.record import APPLICATION, RETRACTS, USER, Stated, StatedAt, is_event
from tiermem.profiles.lines.line import ProfileLine, Section
from tiermem.profiles.lines.standing import STANDING
from tiermem.profiles.lines.telling import tells
from tiermem.profiles.lines.wording import dated, worded
from tiermem.validity.known import moment

MOST_SOURCES = 5
OWNED = f"{USER}'s "
_IDENTITY = ("name", "age", "birthday", "origin", "home", "job", "work", "relationship")
_CONSTRAINTS = frozenset({"allergy", "diet", "trait"})
# The kinds of other facts, those that tell most of somebody first; what is none of them comes last.
_KINDS = ("stated", "count", "own", "role", "favorite", "habit", "taste", "language", "is", "use")
# Of these the reader needs to know how old they are.
_AGEING = frozenset({"age", "home", "job", "work", "relationship"})


def lines_of(
    found: Sequence[Holding[StatedAt]], refs: Mapping[int, tuple[str, str]], zone: tzinfo, now: float
) -> list[ProfileLine]:
    """The lines of facts that were chained together.

    Args:
        found: what is stated of some attributes, with its intervals.
        refs: by the place in *found* the session, and the reference that opens it from anywhere.
        zone: of the times.
        now: seconds since 1970 in UTC.
    """
    again: dict[int, list[int]] = {}
    for place, one in enumerate(found):
        if not one.confirmed and one.ended_by >= 0:
            again.setdefault(one.ended_by, []).append(place)
    return [
        _line(one, [refs[other][1] for other in [place, *reversed(again.get(place, []))]], zone)
        for place, one in enumerate(found)
        if tells(one.fact) and one.fact.manner != RETRACTS and current_at(found, place, now)
    ]


def belongs(fact: Stated) -> bool:
    """Whether *fact* is about the user, or somebody of theirs; of what was laid down only what holds everywhere."""
    if is_event(fact) or (is_laid_down(fact) and fact.kind not in STANDING):
        return False
    return bool(fact.attribute) and (fact.subject == USER or fact.subject.startswith(OWNED))


def next_change(found: Sequence[Holding[StatedAt]], now: float) -> float:
    """When the first of *found* begins or ends after *now*; infinite where none does."""
    return min((at for one in found for at in (one.start, one.end) if at > now), default=math.inf)


def _line(one: Holding[StatedAt], sources: Sequence[str], zone: tzinfo) -> ProfileLine:
    fact = one.fact
    since = None if fact.since is None else moment(one.start, zone)
    said = moment(one.said, zone)
    section = _section(fact)
    return ProfileLine(
        key=_key(fact),
        section=section,
        text=_dated(fact, section, since, said),
        value=fact.value,
        subject=fact.subject,
        attribute=fact.attribute,
        since=since,
        said_at=said,
        sources=tuple(dict.fromkeys(sources))[:MOST_SOURCES],
        how=fact.how,
        certainty=fact.certainty,
        confirmed=one.confirmed,
        kind=fact.kind,
        several=fact.several,
        rank=_rank(fact, section),
    )


def _key(fact: Stated) -> str:
    whose = "" if fact.subject == USER else f"{fact.subject}/"
    return f"{whose}{fact.attribute}{f'={fact.value}' if fact.several else ''}"


def _section(fact: Stated) -> Section:
    if fact.subject != USER:
        return "person"
    if fact.attribute in _IDENTITY:
        return "identity"
    return "constraint" if fact.kind in _CONSTRAINTS or fact.attribute == "diet" else "fact"


def _rank(fact: Stated, section: Section) -> int:
    if section == "identity":
        return _IDENTITY.index(fact.attribute)
    if section == "person":
        return 0 if fact.attribute == "name" else 1
    kind = "stated" if fact.how == APPLICATION else fact.kind
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


def _dated(fact: Stated, section: Section, since: datetime | None, said: datetime | None) -> str:
    text = worded(fact.subject, fact.attribute, fact.value, fact.kind)
    if since is not None:
        return dated(text, f"{since:%Y-%m}", since=True) if since.year > 1 else text
    ages = section == "identity" and fact.attribute in _AGEING
    return dated(text, f"{said:%Y-%m}", since=False) if ages and said is not None else text
