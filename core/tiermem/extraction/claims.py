"""What an extractor returned, read as claims or refused. Nothing in it is believed: `grounding.py` compares it with
what was said.

A function may return what suits it: dictionaries, pydantic models or dataclasses, in a list or under "facts"; other
words for the fields are understood, because models use them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from tiermem.errors import FactsRejected
from tiermem.facts.stated.record import CHANGES, CORRECTS, MOST_VALUE, NO, ONCE, RETRACTS, STATES, USER, YES
from tiermem.text import late
from tiermem.text.sanitizing import one_line

MOST = 200  # claims of one answer that are looked at
LONGEST = 8 * MOST_VALUE  # characters of what a field is given; a longer one is refused unread, for it may be megabytes
MOST_NUMBERS = 32  # messages that one claim may name
_LARGEST = 10**15  # of whole numbers; Python refuses to write very long ones
CERTAINTY = 0.8  # of what a model read and the message bears out, where it says nothing else …
MOST_CERTAIN = 0.95  # … and at most that of a rule, since nobody has measured a caller's model
_FIELDS = {
    "subject": ("subject", "who", "whose", "entity"),
    "attribute": ("attribute", "predicate", "relation", "key", "property"),
    "value": ("value", "object", "answer"),
    "status": ("status", "manner"),
    "message": ("message", "messages", "source", "sources", "ref", "message_number"),
}
_STATUSES = {
    STATES: ("", "current", "now", "states", "true", "active", "现在", "当前"),
    CHANGES: ("new", "changed", "changes", "update", "updated", "变化", "新"),
    CORRECTS: ("correction", "corrected", "corrects", "更正"),
    ONCE: ("past", "once", "former", "ended", "no longer", "过去"),
    RETRACTS: ("never", "denied", "retracts", "false", "否认"),
}
_MANNER = {word: manner for manner, words in _STATUSES.items() for word in words}
_WORDS = {True: frozenset({"yes", "true", "是", "对"}), False: frozenset({"no", "false", "否", "不是"})}
_NUMBER = late.compile(r"\d{1,15}")


@dataclass(frozen=True, slots=True)
class Claim:
    """A fact as an extractor claims it.

    Args:
        subject, attribute, value: as in `Stated`, on one line each.
        manner: as in `Stated`.
        numbers: the messages that are said to say it.
        several: one of several that hold beside each other.
        certainty: in [0, 1].
    """

    subject: str
    attribute: str
    value: str
    manner: str
    numbers: tuple[int, ...]
    several: bool = False
    certainty: float = CERTAINTY


def claims(returned: Any) -> tuple[list[Claim], int]:
    """The claims in what an extractor *returned*, and how many of its entries are none.

    Raises:
        FactsRejected: it is no list of facts.
    """
    entries = _listed(returned)
    read = [_claim(entry) for entry in entries[:MOST]]
    made = [claim for claim in read if claim is not None]
    return made, len(entries) - len(made)


def _listed(returned: Any) -> list[Any]:
    if isinstance(returned, BaseModel):
        returned = returned.model_dump()
    if isinstance(returned, Mapping):
        returned = returned.get("facts")
    if not isinstance(returned, Sequence) or isinstance(returned, (str, bytes)):
        raise FactsRejected(f"no list of facts: {type(returned).__name__}; an empty list says that there are none")
    return list(returned)


def _claim(entry: Any) -> Claim | None:
    """The claim of one entry; None where it is none."""
    fields = _mapping(entry)
    given = {name: _first(fields, words) for name, words in _FIELDS.items()}
    manner = _MANNER.get((_plain(given["status"] or "") or "?").strip().casefold() if given["status"] else "")
    numbers = _numbers(given["message"])
    subject = USER if given["subject"] is None else _text(given["subject"])
    attribute, value = _text(given["attribute"]), _value(given["value"])
    if manner is None or not numbers or not attribute or not value or subject is None:
        return None
    several = fields.get("several") is True
    return Claim(subject, attribute, value, manner, numbers, several, _certainty(fields.get("certainty")))


def _mapping(entry: Any) -> Mapping[str, Any]:
    if isinstance(entry, BaseModel):
        return entry.model_dump()
    if dataclasses.is_dataclass(entry) and not isinstance(entry, type):
        return dataclasses.asdict(entry)
    return entry if isinstance(entry, Mapping) else {}


def _first(fields: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _text(given: Any) -> str | None:
    """*given* on one line; None where it is no text, or too long for one."""
    plain = _plain(given)
    text = one_line(plain) if plain is not None else None
    return text if text is not None and len(text) <= MOST_VALUE else None


def _plain(given: Any) -> str | None:
    """*given* as text; None where it is none, or longer than any field may be."""
    if isinstance(given, str):
        return given if len(given) <= LONGEST else None
    if isinstance(given, bool) or not isinstance(given, (int, float)) or abs(given) > _LARGEST:
        return None
    return str(given)


def _value(given: Any) -> str | None:
    if isinstance(given, bool):
        return YES if given else NO
    text = _text(given)
    plain = (text or "").casefold().rstrip(".。")
    return YES if plain in _WORDS[True] else NO if plain in _WORDS[False] else text


def _numbers(given: Any) -> tuple[int, ...]:
    """Message numbers as numbers: 12, "12", "m12", ["m3", 4]; at most `MOST_NUMBERS`, none where more are named."""
    listed = given if isinstance(given, (list, tuple)) else (given,)
    if len(listed) > MOST_NUMBERS:
        return ()
    found = [int(number) for one in listed for number in _NUMBER.findall(_plain(one) or "")]
    return tuple(found) if len(found) <= MOST_NUMBERS else ()


def _certainty(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or abs(given) > _LARGEST or math.isnan(given):
        return CERTAINTY
    return min(max(float(given), 0.0), MOST_CERTAIN)
