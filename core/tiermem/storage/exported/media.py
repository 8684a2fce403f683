"""The media of a user as lines of an export have them, and as an import puts them aside."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from tiermem.blocks.payloads import Medium, text_of
from tiermem.errors import StorageCorrupt
from tiermem.messages import Message, from_canonical
from tiermem.storage.blobs import storing
from tiermem.storage.blobs.bodies import digests, pointers_in, whole
from tiermem.storage.schema import broken
from tiermem.storage.tables.media import blob, media, media_use


def of_session(connection: sa.Connection, pk: int, last: int) -> list[int]:
    """The keys of the media that the messages of a session up to number *last* refer to, in their order."""
    mine = sa.and_(media_use.c.session == pk, media_use.c.sequence <= last)
    query = sa.select(media_use.c.media, media.c.sha256).join(media, media.c.pk == media_use.c.media).where(mine)
    rows = connection.execute(query.order_by(media_use.c.sequence, media.c.sha256))
    return list(dict.fromkeys(int(key) for key, _ in rows))


def medium(connection: sa.Connection, key: int) -> dict[str, Any] | None:
    """A medium as a line has it, its bytes in base64; None where it is gone.

    Raises:
        StorageCorrupt: it is not as it was written.
    """
    row = connection.execute(sa.select(media).where(media.c.pk == key)).mappings().first()
    if row is None:
        return None
    body = connection.execute(sa.select(blob.c.body).where(blob.c.media == key)).scalar()
    digest = bytes(row["sha256"])
    if broken(media, row) or body is None or sha256(body).digest() != digest:
        raise StorageCorrupt(
            f"tiermem_blob, the bytes {digest.hex()[:16]}: not as they were written, so nothing was exported; "
            "`verify` says more"
        )
    return {"sha256": digest, "type": row["type"], "body": base64.b64encode(bytes(body)).decode("ascii")}


def read(fields: Mapping[str, Any]) -> Medium:
    """The medium of a line.

    Raises:
        KeyError, TypeError, ValueError: the line is damaged.
    """
    try:
        body = base64.b64decode(fields["body"], validate=True)
    except binascii.Error as error:
        raise ValueError("its bytes are no base64") from error
    if sha256(body).digest() != fields["sha256"]:
        raise ValueError("its bytes do not match their hash")
    if not isinstance(fields["type"], str):
        raise TypeError("its type is no text")
    return Medium(fields["sha256"], body, fields["type"])


def put_aside(connection: sa.Connection, owner: bytes, fields: Mapping[str, Any]) -> None:
    """Put the medium of a line aside for *owner*, who is nobody yet."""
    storing.put(connection, owner, read(fields))


def stored(connection: sa.Connection, owner: bytes, wanted: Iterable[bytes]) -> dict[bytes, bytes]:
    """The bytes that were put aside, by their hashes."""
    there = media.join(blob, blob.c.media == media.c.pk)
    mine = sa.and_(media.c.owner == owner, media.c.sha256.in_(list(wanted)))
    rows = connection.execute(sa.select(media.c.sha256, blob.c.body).select_from(there).where(mine))
    return {bytes(digest): bytes(body) for digest, body in rows}


def refer(connection: sa.Connection, owner: bytes, pk: int, number: int, message: Message) -> None:
    """Say that *message*, number *number* of the session *pk*, refers to the media that its pointers name."""
    wanted = set(digests(pointers_in(message.content, message.raw)).values())
    storing.refer_to(connection, pk, number, storing.held(connection, owner, wanted).values())


def original(reduced: bytes, digest: bytes, bytes_of: Callable[[Iterable[bytes]], Mapping[bytes, bytes]]) -> Message:
    """The message whose media stand apart, without them, when it is proved that with them it has this *digest*.

    Raises:
        ValueError: it has another one, or one of its media is missing.
        InvalidMessage: it is no message.
    """
    message = from_canonical(reduced)
    pointers = pointers_in(message.content, message.raw)
    named = digests(pointers)
    held = bytes_of(set(named.values()))
    if missing := [one for one in named.values() if one not in held]:
        raise ValueError(f"its medium {missing[0].hex()[:16]} is missing")
    told = whole(message, {one: text_of(one, held[named[one]]) for one in pointers})
    if sha256(told.canonical).digest() != digest:
        raise ValueError("it does not match its hash")
    return message
