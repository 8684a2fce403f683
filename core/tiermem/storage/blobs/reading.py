"""The bytes of media put back into messages, and what there is of a user's media."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.blocks.payloads import text_of
from tiermem.errors import StorageCorrupt
from tiermem.messages import Message
from tiermem.shared_history import owner_of
from tiermem.storage.blobs.bodies import digests, whole
from tiermem.storage.tables.media import blob, media, media_use

CHUNK = 500  # bound values a statement
_AT_ONCE = 16  # bodies that one statement brings


class Missing(NamedTuple):
    """A medium that a message refers to and that is not there, or not as it was written."""

    message: int
    digest: bytes
    reason: str

    def __str__(self) -> str:
        return f"tiermem_blob, the bytes {self.digest.hex()[:16]} of message {self.message}: {self.reason}"


def restored(connection: sa.Connection, pk: int, messages: Sequence[Message]) -> list[Message]:
    """*messages* of the session *pk* as they were added, with the bytes of their media.

    Raises:
        StorageCorrupt: some of these are lost or damaged; it names table and message.
    """
    if not any(message.pointers for message in messages):
        return list(messages)
    made, missing = filled_in(connection, pk, messages)
    if missing:
        more = f"; and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise StorageCorrupt("; ".join(map(str, missing[:5])) + more)
    return made


def filled_in(connection: sa.Connection, pk: int, messages: Sequence[Message]) -> tuple[list[Message], list[Missing]]:
    """`restored`, with what is missing: where a medium is, its message keeps the pointer."""
    if not any(message.pointers for message in messages):
        return list(messages), []
    texts, missing = texts_of(connection, pk, messages)
    return [whole(message, texts) if message.pointers else message for message in messages], missing


def texts_of(connection: sa.Connection, pk: int, messages: Iterable[Message]) -> tuple[dict[str, str], list[Missing]]:
    """What the pointers of *messages* of the session *pk* stand for, and what is missing."""
    wanted = {message.sequence: digests(message.pointers) for message in messages if message.pointers}
    keys = _keys(connection, pk, list(wanted))
    sound, reasons = _bodies(connection, {keys[at] for at in keys})
    texts: dict[str, str] = {}
    missing: list[Missing] = []
    for number, own in wanted.items():
        for pointer, digest in own.items():
            key = keys.get((number, digest))
            if key is None or key not in sound:
                reason = "the message does not refer to it" if key is None else reasons.get(key, "it is missing")
                missing.append(Missing(number, digest, reason))
            elif pointer not in texts:
                texts[pointer] = text_of(pointer, sound[key])
    return texts, missing


def _keys(connection: sa.Connection, pk: int, numbers: Sequence[int]) -> dict[tuple[int, bytes], int]:
    """The keys of the media of these messages, by number and hash."""
    by_owner: dict[int, list[int]] = {}
    for number in numbers:
        by_owner.setdefault(owner_of(pk, number), []).append(number)
    keys: dict[tuple[int, bytes], int] = {}
    for owner, own in by_owner.items():
        for start in range(0, len(own), CHUNK):
            mine = sa.and_(media_use.c.session == owner, media_use.c.sequence.in_(own[start : start + CHUNK]))
            there = media_use.join(media, media.c.pk == media_use.c.media)
            query = sa.select(media_use.c.sequence, media.c.sha256, media.c.pk).select_from(there).where(mine)
            keys |= {(number, bytes(digest)): key for number, digest, key in connection.execute(query)}
    return keys


def _bodies(connection: sa.Connection, keys: Iterable[int]) -> tuple[dict[int, bytes], dict[int, str]]:
    """The bytes of these media that are as they were written, by key; and what is wrong with the others."""
    sound: dict[int, bytes] = {}
    wrong: dict[int, str] = {}
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), _AT_ONCE):
        for key, digest, body in _stored(connection, ordered[start : start + _AT_ONCE]):
            if sha256(body).digest() == digest:
                sound[key] = body
            else:
                wrong[key] = "they do not match their hash"
    return sound, wrong


def _stored(connection: sa.Connection, keys: Sequence[int]) -> Iterator[tuple[int, bytes, bytes]]:
    there = media.join(blob, blob.c.media == media.c.pk)
    query = sa.select(media.c.pk, media.c.sha256, blob.c.body).select_from(there).where(media.c.pk.in_(keys))
    return ((key, bytes(digest), bytes(body)) for key, digest, body in connection.execute(query))
