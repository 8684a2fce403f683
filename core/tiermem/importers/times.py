"""When somebody's message was said, by whatever name their program gave it. Pure.

Rule 1: the names that say when a message was made come before those that say when it was changed.
Rule 2: a field that turns out to be no time (a duration, a word) is left alone and named to whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.times.instants import Order, instant, is_clock

OWN = "created_at"  # our own name for it: what stands there must be a time
MADE = (
    *("created_at", "createdAt", "created", "create_time", "createTime", "creation_time", "creationTime"),
    *("sent_at", "sentAt", "send_date", "timestamp", "Timestamp", "timeStamp", "time_stamp", "timestamp_ms"),
    *("ts", "datetime", "dateTime", "date_time", "date", "time", "posted_at", "inserted_at", "insertedAt"),
)
CHANGED = ("updated_at", "updatedAt", "updated", "update_time", "updateTime", "modified_at", "edited_at")
_FORMS = ("data", "kwargs")  # LangChain's dumps have the message itself in there
INSIDE = ("additional_kwargs", "response_metadata", "metadata", "extra_info")  # where frameworks put what is beside

_LEAST = 1e8  # seconds: March 1973. A smaller number under any name but ours is a duration, a counter, a position


@dataclass(frozen=True, slots=True)
class TimeSaid:
    """When a message was said, under which *name*; *unread* are the names whose values are no time that is understood.

    *whole*: the value says no more than `when`: it is ISO 8601 with its zone.
    """

    when: datetime | None = None
    name: str | None = None
    whole: bool = False
    unread: tuple[str, ...] = ()


UNSAID = TimeSaid()


def said(record: Mapping[str, Any], order: Order | None = None) -> TimeSaid:
    """When the message that *record* describes was said.

    Raises:
        InvalidMessage: `created_at` is no time; a date may be read in two ways, and *order* does not say in which.
    """
    unread: list[str] = []
    unclear: InvalidMessage | None = None
    for name, value, beside in _candidates(record):
        if unclear is not None and name in CHANGED:
            break
        try:
            when = (
                _paired(value, beside, order) if name in {"date", "time"} else instant(value, order, least=_least(name))
            )
        except InvalidMessage as error:  # another field may say clearly when it was made
            unclear = unclear or error
            continue
        if when is not None:
            return TimeSaid(when, name, _is_whole(value), tuple(unread))
        if name == OWN:
            raise InvalidMessage(f"{OWN} is neither ISO 8601 nor a Unix time")
        unread.append(name)
    if unclear is not None:
        raise unclear
    return TimeSaid(unread=tuple(unread))


def _is_whole(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _least(name: str) -> float:
    return 0.0 if name == OWN else _LEAST


def _candidates(record: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Name and value of each field that may say it, the best first, with what stands in its other half (date, time)."""
    held = list(_fields(record))
    for names in (MADE, CHANGED):
        for fields in held:
            for name in names:
                if fields.get(name) not in (None, ""):
                    yield name, fields[name], fields.get({"date": "time", "time": "date"}.get(name, ""))


def _fields(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The record, and the objects in it that may hold what is said of the message."""
    for outer in (record, *(record[name] for name in _FORMS if isinstance(record.get(name), Mapping))):
        yield outer
        yield from (outer[name] for name in INSIDE if isinstance(outer.get(name), Mapping))


def _paired(value: Any, beside: Any, order: Order | None) -> datetime | None:
    """A date whose time of day stands in a field of its own, or either alone."""
    if isinstance(value, str) and isinstance(beside, str) and is_clock(beside):
        return instant(f"{value} {beside.strip()}", order, least=_LEAST)
    return instant(value, order, least=_LEAST)
