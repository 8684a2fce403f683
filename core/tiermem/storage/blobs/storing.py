"""Media as they are written, in the transaction of their messages; and removed with the last that refers to them.

Rule 1: who refers to a medium holds its row until the commit, and who removes one looks again once nobody does, so that
no message is left without its bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa

from tiermem.blocks.payloads import Medium
from tiermem.errors import StorageBusy
from tiermem.storage.tables.media import blob, media, media_use, sealed_medium, sealed_use

CHUNK = 500  # bound values a statement
USES = 500  # that are removed at once, each with bytes that may be the last of theirs
_RACES = 8  # times that a medium may be removed between two statements


def refer(connection: sa.Connection, owner: bytes, pk: int, messages: Mapping[int, Sequence[Medium]]) -> None:
    """Store the media of *messages*, by number, unless *owner* has the same bytes already, and that these messages
    refer to them; none of a message twice."""
    wanted = {medium.sha256: medium for own in messages.values() for medium in own}
    keys = _obtained(connection, owner, wanted)
    for number, own in messages.items():
        refer_to(connection, pk, number, [keys[medium.sha256] for medium in own])


def refer_to(connection: sa.Connection, pk: int, number: int, keys: Iterable[int]) -> None:
    """Say that message *number* of the session *pk* refers to the media with these *keys*."""
    rows = [{"session": int(pk), "sequence": number, "media": key} for key in keys]
    if rows:
        connection.execute(media_use.insert(), [sealed_use(row) for row in rows])


def held(connection: sa.Connection, owner: bytes, digests: Collection[bytes]) -> dict[bytes, int]:
    """The keys of those of these media that *owner* has, which nobody removes before the commit."""
    keys: dict[bytes, int] = {}
    ordered = sorted(digests)
    for start in range(0, len(ordered), CHUNK):
        mine = sa.and_(media.c.owner == owner, media.c.sha256.in_(ordered[start : start + CHUNK]))
        query = sa.select(media.c.pk, media.c.sha256).where(mine).order_by(media.c.pk).with_for_update(read=True)
        keys |= {bytes(digest): int(pk) for pk, digest in connection.execute(query)}
    return keys


def _obtained(connection: sa.Connection, owner: bytes, wanted: Mapping[bytes, Medium]) -> dict[bytes, int]:
    for _ in range(_RACES):
        keys = held(connection, owner, wanted.keys())
        missing = sorted(wanted.keys() - keys.keys())
        if not missing:
            return keys
        for digest in missing:
            put(connection, owner, wanted[digest])
    raise StorageBusy("media of this user are erased and added again at once; try it again")


def put(connection: sa.Connection, owner: bytes, medium: Medium) -> None:
    """Store *medium*, unless another one does at the same time."""
    row = {"owner": owner, "sha256": medium.sha256, "type": medium.type, "size": len(medium.data)}
    made = connection.execute(_inserting(connection).returning(media.c.pk), sealed_medium(row)).scalar()
    if made is not None:
        connection.execute(blob.insert().values(media=made, body=medium.data))


def _inserting(connection: sa.Connection) -> sa.Insert:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(media).on_conflict_do_nothing()
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(media).on_conflict_do_nothing()


def of_messages(connection: sa.Connection, pk: int, numbers: Sequence[int]) -> int:
    """Remove what these messages of a session refer to, at most `CHUNK` of them; how many rows of `media_use`."""
    return _released(connection, sa.and_(media_use.c.session == int(pk), media_use.c.sequence.in_(numbers)))


def of_sessions(connection: sa.Connection, keys: Sequence[int]) -> int:
    """Remove some of what the messages of these sessions refer to; how many rows of `media_use`, 0 at last."""
    return _released(connection, media_use.c.session.in_(keys), USES)


def _released(connection: sa.Connection, mine: sa.ColumnElement[bool], most: int | None = None) -> int:
    query = sa.select(media_use.c.pk, media_use.c.media).where(mine).order_by(media_use.c.pk)
    rows = connection.execute(query if most is None else query.limit(most)).all()
    for start in range(0, len(rows), CHUNK):
        connection.execute(media_use.delete().where(media_use.c.pk.in_([pk for pk, _ in rows[start : start + CHUNK]])))
    remove_unused(connection, {of for _, of in rows})
    return len(rows)


def remove_unused(connection: sa.Connection, keys: Iterable[int]) -> None:
    """Remove those of these media to which nothing refers."""
    ordered = sorted(keys)
    unused = ~sa.exists().where(media_use.c.media == media.c.pk)
    for start in range(0, len(ordered), CHUNK):
        some = media.c.pk.in_(ordered[start : start + CHUNK])
        held = sa.select(media.c.pk).where(some).order_by(media.c.pk).with_for_update()
        there = list(connection.execute(held).scalars())  # whoever refers to one of them now waits, or has committed
        gone = list(connection.execute(sa.select(media.c.pk).where(media.c.pk.in_(there), unused)).scalars())
        connection.execute(blob.delete().where(blob.c.media.in_(gone)))
        connection.execute(media.delete().where(media.c.pk.in_(gone)))


def disown(connection: sa.Connection, owner: bytes, to: bytes) -> None:
    """Make *to* the owner of all media of *owner*: of nobody's, while they come or go."""
    connection.execute(media.update().where(media.c.owner == owner).values(owner=to))


def purge_owner(connection: sa.Connection, owner: bytes) -> None:
    """Remove the media of *owner* to which nothing refers."""
    remove_unused(connection, connection.execute(sa.select(media.c.pk).where(media.c.owner == owner)).scalars().all())
