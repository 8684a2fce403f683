"""Our own export: a message a line, in its stored form, and beside it what the archive knows of it. Pure.

Whatever is read from such a line is written again byte for byte, so exports of two databases can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeGuard

from tiermem.errors import InvalidMessage
from tiermem.importers import fields
from tiermem.messages import Message, moment, to_json
from tiermem.plain_json import dumps

KEY = "tiermem"  # the field of a line that holds what is no part of the message
_NAMES = frozenset({"stored_at", "hidden"})


class Archived(NamedTuple):
    """What an archive knows of a message: when it was stored, and whether it is hidden."""

    stored_at: datetime | None = None
    hidden: bool = False


def line(message: Message, *, hidden: bool) -> bytes:
    """One line of JSON; a lone surrogate has no UTF-8, so a line with one is written in ASCII escapes."""
    known: dict[str, Any] = {"hidden": True} if hidden else {}
    if message.stored_at is not None:
        known["stored_at"] = message.stored_at.isoformat()
    values = to_json(message) | ({KEY: known} if known else {})
    body = dumps(values)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return json.dumps(values, sort_keys=True).encode("ascii") + b"\n"
    return body + b"\n"


def is_ours(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether *value* is what we put beside a message; another program may have a field of our name."""
    return isinstance(value, Mapping) and bool(value) and value.keys() <= _NAMES


def archived(record: Any) -> Archived:
    """What the line *record* says of its message; nothing where it is none of ours.

    Raises:
        InvalidMessage: it was changed into no time, or no yes or no.
    """
    known = record.get(KEY) if isinstance(record, Mapping) else None
    if not is_ours(known):
        return Archived()
    try:
        said = known.get("stored_at")
        stored_at = None if said is None else moment(datetime.fromisoformat(said))
    except (ValueError, TypeError) as error:
        raise InvalidMessage(f"{KEY}.stored_at is no ISO 8601 time with a zone") from error
    return Archived(stored_at, fields.switch(known.get("hidden"), f"{KEY}.hidden"))
