"""A row of the log as a message, or as what says that it is damaged, or was erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from hashlib import sha256
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.messages import Message, ToolCall, from_canonical
from tiermem.plain_json import loads
from tiermem.storage.blobs import bodies
from tiermem.storage.tables.erasures import TOMBSTONE
from tiermem.storage.tables.names import decoded, moment

DAMAGED = "damaged"  # the origin of what stands in place of a damaged message
ERASED = "erased"  # and of one that was erased
UNREADABLE = frozenset({DAMAGED, ERASED})
_FIELDS = frozenset(one.name for one in fields(Message) if one.compare)
_ABSENT = {one.name: one.default for one in fields(Message) if one.default is not MISSING}


def _unchanged(body: bytes, digest: bytes, **kept: Any) -> Message:
    """The message whose canonical form is *body*, with the fields that a store has *kept*. It was checked when it was
    written: what still has its *digest* is not checked again, which takes more than half of the time.

    Raises:
        InvalidMessage, ValueError: it has another digest, or fields that no message has.
    """
    if sha256(body).digest() != digest:
        return _without_media(body, digest, kept)
    return _made(body, kept)


def _without_media(body: bytes, digest: bytes, kept: Mapping[str, Any]) -> Message:
    """The message whose media stand in tables of their own, with pointers in their places."""
    reduced = bodies.opened(body, digest)
    if reduced is None:
        raise InvalidMessage("the stored form of a message is not as it was written")
    made = _made(reduced, kept)
    made.__dict__.update(sha256=digest, pointers=bodies.pointers_in(made.content, made.raw))
    return made


def _made(body: bytes, kept: Mapping[str, Any]) -> Message:
    values = loads(body)
    if not isinstance(values, dict) or not _FIELDS.issuperset(values):
        return from_canonical(body)  # says what is wrong
    if "tool_calls" in values:
        values["tool_calls"] = tuple(ToolCall(**call) for call in values["tool_calls"])
    if "created_at" in values:
        values["created_at"] = datetime.fromisoformat(values["created_at"])
    made = object.__new__(Message)
    made.__dict__.update(_ABSENT, state={}, **kept)
    made.__dict__.update(values)
    return made


def legible(
    sequence: int, tokens: int, stored_at: str, digest: bytes, body: bytes, identifier: bytes, role: bytes
) -> Message:
    """A stored message, or what stands in its place."""
    if not (isinstance(identifier, bytes) and isinstance(role, bytes)):  # in a damaged file they may be anything
        return in_place_of(sequence, "does not match its hash")
    if identifier.startswith(TOMBSTONE):
        name = f"erased-{identifier.removeprefix(TOMBSTONE).hex()}".encode()
        erased = in_place_of(sequence, "was erased", tokens, name, role, ERASED)
        return erased.as_stored(sequence, tokens, moment(stored_at))
    try:
        when = moment(stored_at)
        return _unchanged(bytes(body), bytes(digest), sequence=sequence, tokens=tokens, stored_at=when)
    except (InvalidMessage, TypeError, ValueError, RecursionError):
        return in_place_of(sequence, "does not match its hash", tokens, identifier, role)


def in_place_of(
    sequence: int,
    reason: str,
    tokens: int = 0,
    identifier: bytes = b"",
    role: bytes = b"user",
    origin: str = DAMAGED,
) -> Message:
    """What stands in place of message *sequence*, for that *reason*."""
    return Message(
        role=decoded(role) or "user",
        content=f"[message m{sequence} {reason}]",
        id=decoded(identifier) or f"m{sequence}",
        origin=origin,
        state={origin: reason},
        sequence=sequence,
        tokens=tokens,
    )
