"""The stored form of a message whose media stand in tables of their own. Pure.

Such a body is a byte that no JSON begins with, a hash of what follows and of the message's own SHA-256, and the
message's canonical JSON with pointers in place of the bytes. The row's SHA-256 stays that of the message as it was
handed over, so that ids, chains, receipts and "added twice" mean what they mean of any message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from tiermem.blocks.payloads import LEAST, PREFIX, Medium, filled, taken
from tiermem.messages import Message, to_json
from tiermem.plain_json import dumps
from tiermem.window.media.refilling import refilled

MARK = b"\x00"
_HEAD = len(MARK) + sha256().digest_size


def parted(original: Message) -> tuple[bytes, list[Medium]] | None:
    """The body that is stored of *original*, and its media; None where it has none, as nearly all."""
    if (original.raw is None and type(original.content) is not list) or len(original.canonical) < LEAST:
        return None
    values = to_json(original)
    left = taken({key: values[key] for key in ("content", "raw") if key in values})
    if not left.media:
        return None
    reduced = dumps({**values, **left.value})
    return packed(reduced, original.sha256), list({one.sha256: one for one in left.media.values()}.values())


def packed(reduced: bytes, digest: bytes) -> bytes:
    """The body of a message with this SHA-256 and this JSON with pointers."""
    return MARK + sha256(digest + reduced).digest() + reduced


def opened(body: bytes, digest: bytes) -> bytes | None:
    """The JSON in a *body* of that form; None where it is none, or not as it was written."""
    reduced = body[_HEAD:]
    return reduced if body[: len(MARK)] == MARK and packed(reduced, digest) == body else None


def matches(body: bytes, digest: bytes) -> bool:
    """Whether *body* is the stored form of a message with this SHA-256, with or without its media."""
    return sha256(body).digest() == digest or opened(body, digest) is not None


def pointers_in(*values: Any) -> tuple[str, ...]:
    """The pointers in *values*, each once: in such a message, every text that looks like one is one."""
    found: dict[str, None] = {}
    pending: list[Any] = [*reversed(values)]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            if one.startswith(PREFIX):
                found[one] = None
        elif isinstance(one, dict):
            pending += reversed(one.values())
        elif isinstance(one, list):
            pending += reversed(one)
    return tuple(found)


def whole(message: Message, texts: Mapping[str, str]) -> Message:
    """*message* with *texts* in place of its pointers; where one has none, it keeps that pointer."""
    return refilled(
        message,
        content=filled(message.content, texts),
        raw=filled(message.raw, texts),
        state=filled(message.state, texts),
        pointers=tuple(one for one in message.pointers if one not in texts),
    )


def digests(pointers: Iterable[str]) -> dict[str, bytes]:
    """The SHA-256 that each of *pointers* names."""
    start = len(PREFIX)
    return {one: bytes.fromhex(one[start : start + 64]) for one in pointers}
