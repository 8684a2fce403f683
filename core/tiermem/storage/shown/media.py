"""Which media a user has, and where they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.errors import StorageCorrupt
from tiermem.settings import Scope
from tiermem.shared_history import parts
from tiermem.storage.schema import session
from tiermem.storage.sessions import encoded
from tiermem.storage.shards.whose import of_scope
from tiermem.storage.tables.media import blob, media, media_use

CHUNK = 500  # bound values a statement


class MediumRow(NamedTuple):
    """A message, by number, and a medium that it refers to."""

    sequence: int
    key: int
    sha256: bytes
    type: str
    size: int


def _whose(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.and_(session.c.tenant == encoded(scope.tenant), session.c.owner == encoded(scope.user))


def sessions_of(connection: sa.Connection, scope: Scope) -> list[int]:
    """The keys of the sessions of the user of *scope* whose own messages refer to media, the oldest first."""
    of_scope(connection, scope)
    there = sa.exists().where(media_use.c.session == session.c.pk)
    query = sa.select(session.c.pk).where(_whose(scope), there).order_by(session.c.pk)
    return list(connection.execute(query).scalars())


def uses(connection: sa.Connection, pk: int, first: int, last: int) -> Iterator[MediumRow]:
    """The media that the messages `first`..`last` of a session refer to, in their order."""
    columns = (media_use.c.sequence, media.c.pk, media.c.sha256, media.c.type, media.c.size)
    there = media_use.join(media, media.c.pk == media_use.c.media)
    for owner, low, high in parts(pk, first, last):
        mine = sa.and_(media_use.c.session == owner, media_use.c.sequence.between(low, high))
        query = sa.select(*columns).select_from(there).where(mine).order_by(media_use.c.sequence, media.c.pk)
        for sequence, key, digest, kind, size in connection.execute(query):
            yield MediumRow(sequence, key, bytes(digest), kind, size)


def body(connection: sa.Connection, scope: Scope, digest: bytes) -> bytes | None:
    """The bytes of the medium with that SHA-256 to which a message of the user of *scope* refers; None where none does.

    Raises:
        StorageCorrupt: they are lost, or not as they were written.
    """
    of_scope(connection, scope)
    there = media_use.join(media, media.c.pk == media_use.c.media).join(session, session.c.pk == media_use.c.session)
    query = sa.select(media.c.pk).select_from(there).where(_whose(scope), media.c.sha256 == digest).limit(1)
    key = connection.execute(query).scalar()
    if key is None:
        return None
    stored = connection.execute(sa.select(blob.c.body).where(blob.c.media == key)).scalar()
    if stored is None or sha256(bytes(stored)).digest() != digest:
        raise StorageCorrupt(f"tiermem_blob, the bytes {digest.hex()[:16]}: they are lost, or do not match their hash")
    return bytes(stored)


def present(connection: sa.Connection, owner: bytes, digests: Collection[bytes]) -> set[bytes]:
    """Those of these media that *owner* has."""
    found: set[bytes] = set()
    ordered = sorted(digests)
    for start in range(0, len(ordered), CHUNK):
        mine = sa.and_(media.c.owner == owner, media.c.sha256.in_(ordered[start : start + CHUNK]))
        found |= {bytes(one) for one in connection.execute(sa.select(media.c.sha256).where(mine)).scalars()}
    return found


def of(connection: sa.Connection, pk: int, numbers: Collection[int]) -> set[bytes]:
    """The hashes of the media that these messages of a session, which stores them, refer to."""
    wanted = set(numbers)
    return {use.sha256 for use in uses(connection, int(pk), min(wanted), max(wanted)) if use.sequence in wanted}


def alone(connection: sa.Connection, pk: int) -> set[bytes]:
    """The hashes of the media to which the messages of this session alone refer."""
    other = media_use.alias()
    elsewhere = sa.exists().where(other.c.media == media.c.pk, other.c.session != pk)
    there = media_use.join(media, media.c.pk == media_use.c.media)
    query = sa.select(media.c.sha256).select_from(there).where(media_use.c.session == pk, ~elsewhere).distinct()
    return {bytes(one) for one in connection.execute(query).scalars()}
