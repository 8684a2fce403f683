"""One fact as a message states it, before anybody knows what others say of the same thing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from tiermem.facts.quantities import MARK, quantities
from tiermem.text import late
from tiermem.text.analyzer import terms

USER = "user"  # the subject of what a speaker without a name says of himself
YES, NO = "yes", "no"  # the values of what is so or not: "allergic to nuts", "drink coffee"
KEPT = 16_384  # keys of attributes, and of values, that are remembered: people say the same again
APPOINTMENT = "appointment"  # the kind of a thing that somebody goes to at a time; there may be several of a name
EVENT = "event"  # the kind of what somebody did or never did: compared with each other, and asked for by nobody
MOST_VALUE = 120  # characters of a value, and of an attribute
# How a fact is known.
RULE, MODEL, APPLICATION = "rule", "model", "application"
# How a fact stands to what was said before of the same thing.
STATES, CHANGES, CORRECTS, ONCE, RETRACTS = "states", "changes", "corrects", "once", "retracts"
MANNERS = (STATES, CHANGES, CORRECTS, ONCE, RETRACTS)
_SPACE = late.compile(r"\s+")
_EMPTY = frozenset({"a", "an", "the", "my", "our", "of", "for", "'s"})  # words that tell no two attributes apart
_AROUND = ".,;:!?\"'“”‘’()[]"
_SIGNS = late.compile(r"[^\w'’-]")
_TITLE = late.compile(r"\b(dr|mr|mrs|ms|prof)\. ?")
_ONE_VALUE = late.compile(MARK)


@dataclass(frozen=True, slots=True)
class Stated:
    """One fact.

    Args:
        subject: whose it is: "user", "user's sister", a name, or "" for a thing of the conversation ("the deadline").
        attribute: of what: "home", "favourite color", "study English"; lower-case words, but for names.
        value: as it was said; `YES` or `NO` of what is so or not.
        kind: the rule's: "home", "work", "figure" …
        manner: `STATES`, `CHANGES` (told as news), `CORRECTS` (the one before was never right), `ONCE`: it was so
            ("used to live"), and is not current; or `RETRACTS`: nothing said before that has this value, or any where
            it is "", ever was so.
        several: one of several that hold beside each other ("speaks Spanish"), which no other value ends.
        old: the value that it replaces, where that is told; "" else.
        certainty: in [0, 1].
        how: `RULE`, `MODEL` or `APPLICATION`: who read it, or says it.
        since, until: wall-clock seconds between which it holds, where that is told; None else.
    """

    subject: str
    attribute: str
    value: str
    kind: str
    manner: str = STATES
    several: bool = False
    old: str = ""
    certainty: float = 0.95
    how: str = RULE
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class StatedAt:
    """A fact and where it was stated: the key of the session, the message's number, and which of its facts it is;
    `said` in seconds since 1970 in UTC, NaN where unknown; of what a model read the `extractor`, where it was looked
    up."""

    fact: Stated
    session: int
    sequence: int
    place: int
    said: float = math.nan
    extractor: str = ""


def is_event(fact: Stated) -> bool:
    """Whether *fact* only says that somebody did, or never did, something."""
    return fact.how == RULE and fact.kind == EVENT


def tidy(text: str) -> str:
    """*text* on one line, at most `MOST_VALUE` characters."""
    return _SPACE.sub(" ", text).strip(" \t\n.,;:!?\"'`*“”")[:MOST_VALUE].strip()


@lru_cache(maxsize=KEPT)
def attribute_key(attribute: str) -> str:
    """By what two spellings of an attribute are the same: its stems, sorted, without `_EMPTY` words. A word that has no
    stem, or signs in it, is kept whole: "flight from" is not "flight to", and "C++" is not "C#"."""
    parts: set[str] = set()
    for word in (one.strip(_AROUND) for one in attribute.casefold().split()):
        if word and word not in _EMPTY:
            parts.update([word] if _SIGNS.search(word) else terms(word) or [word])
    return " ".join(sorted(parts)) or attribute.strip().casefold()


@lru_cache(maxsize=KEPT)
def value_key(value: str) -> str:
    """By what two spellings of a value are the same: an amount or a time by what it measures, other text by its lower
    case."""
    marked, found = quantities(value)
    if len(found) == 1 and _ONE_VALUE.fullmatch(marked.strip()):
        one = found[0]
        return "\0".join((one.kind, one.unit, *one.value))
    return _TITLE.sub(r"\1 ", value.casefold().strip())


@lru_cache(maxsize=KEPT)
def subject_key(subject: str) -> str:
    """By what two spellings of a subject are the same."""
    return _SPACE.sub(" ", subject).strip().casefold().replace("’", "'")


def to_json(fact: Stated) -> dict[str, str | float | bool | None]:
    """*fact* as plain JSON, for the message that keeps it."""
    return {name: getattr(fact, name) for name in Stated.__dataclass_fields__}


def from_json(kept: dict[str, object]) -> Stated:
    """The inverse of `to_json`."""
    return Stated(**{name: kept[name] for name in Stated.__dataclass_fields__})  # type: ignore[arg-type]
