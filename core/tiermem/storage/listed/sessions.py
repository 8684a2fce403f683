"""The sessions of a user a page at a time, the newest first, with what each begins and ends with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.messages import Message
from tiermem.storage import messages as log
from tiermem.storage import sessions
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.schema import session
from tiermem.storage.sessions import SessionRow, decoded, encoded, moment
from tiermem.storage.shards.whose import somebodys

LOOKED_AT = 3  # messages in which the first words of a user are looked for


class StoredSession(NamedTuple):
    """A session as it is listed: its name, when it was made, its row, its first messages and its last one."""

    name: str
    created_at: datetime | None
    row: SessionRow
    first: Sequence[Message]
    last: Message | None


_OWN = sa.and_(
    session.c.tenant == sa.bindparam("tenant"),
    session.c.owner == sa.bindparam("owner"),
    session.c.name >= sa.bindparam("low"),
    session.c.name < sa.bindparam("high"),
)
_NEWEST = Prepared(
    sa.select(session.c.pk)
    .where(_OWN, session.c.pk < sa.bindparam("before"))
    .order_by(session.c.pk.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
LAST_KEY = (1 << 63) - 1


def newest(connection: sa.Connection, names: tuple[str, str], begins: str, before: int, most: int) -> list[int]:
    """The keys of at most *most* conversations of the user *names* (tenant, user) whose id begins with *begins*, made
    before the one with the key *before* (0: of all), newest first."""
    prefix = encoded(begins)
    somebodys(connection, encoded(names[0]), encoded(names[1]))
    asked = {
        "tenant": encoded(names[0]),
        "owner": encoded(names[1]),
        "low": prefix,
        "high": prefix + b"\xff",
        "before": before or LAST_KEY,
        "most": most,
    }
    return [int(pk) for (pk,) in _NEWEST.rows(connection, asked)]


def told(connection: sa.Connection, keys: Sequence[int]) -> list[StoredSession]:
    """The sessions with these keys, in this order; what is damaged in their messages is told in its place."""
    query = sa.select(session.c.pk, session.c.name, session.c.created_at).where(session.c.pk.in_(list(keys)))
    named = {int(pk): (decoded(name), moment(made)) for pk, name, made in connection.execute(query)}
    return [_told(connection, key, *named[key]) for key in keys if key in named]


def _told(connection: sa.Connection, key: int, name: str, made: datetime | None) -> StoredSession:
    row = sessions.by_key(connection, key)
    first = log.read(connection, row.pk, 1, min(LOOKED_AT, row.messages))
    last = log.read(connection, row.pk, row.messages, row.messages) if row.messages else []
    return StoredSession(name, made, row, first, last[0] if last else None)
