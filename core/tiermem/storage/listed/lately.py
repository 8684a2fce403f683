"""What came in lately: sizes and times of messages without their bodies, decisions, totals of the whole database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.records import Decision
from tiermem.shared_history import parts
from tiermem.storage import decisions
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.schema import decision, message, session
from tiermem.storage.sessions import ERASED, decoded, moment
from tiermem.storage.shards.whose import everybodys


class StoredSize(NamedTuple):
    """One message: its number, who spoke, its tokens, when it was stored (None: damaged)."""

    sequence: int
    role: str
    tokens: int
    stored_at: datetime | None


class StoredTurn(NamedTuple):
    """One message of any session: the session's key, its number, who spoke, when it was stored (None: damaged)."""

    session: int
    sequence: int
    role: str
    stored_at: datetime | None


class Saving(NamedTuple):
    """One decision of any session: its kind, the tokens before and after, when it was taken."""

    kind: str
    before: int
    after: int
    decided_at: datetime | None


class Totals(NamedTuple):
    """Sums over at most so many sessions, the newest; whether there are *more*."""

    sessions: int
    messages: int
    tokens: int
    window_tokens: int
    waiting: int
    more: bool


_SIZES = Prepared(
    sa.select(message.c.sequence, message.c.role, message.c.tokens, message.c.stored_at)
    .where(
        message.c.session == sa.bindparam("key"),
        message.c.sequence.between(sa.bindparam("low"), sa.bindparam("high")),
    )
    .order_by(message.c.sequence)
)


def sizes(connection: sa.Connection, pk: int, first: int, last: int) -> Iterator[StoredSize]:
    """The messages `first`..`last` of a session, in order."""
    for owner, low, high in parts(pk, first, last):
        for sequence, role, tokens, stored in _SIZES.rows(connection, {"key": owner, "low": low, "high": high}):
            yield StoredSize(sequence, decoded(role), int(tokens), moment(stored))


def stored_lately(connection: sa.Connection, most: int) -> list[tuple[datetime | None, int]]:
    """When the newest *most* messages of the database were stored, and their tokens; newest first."""
    everybodys(connection)
    query = sa.select(message.c.stored_at, message.c.tokens).order_by(message.c.pk.desc()).limit(most)
    return [(moment(stored), int(tokens)) for stored, tokens in connection.execute(query)]


def turns_lately(connection: sa.Connection, most: int) -> list[StoredTurn]:
    """Who spoke when in the newest *most* messages of the database, newest first."""
    everybodys(connection)
    columns = (message.c.session, message.c.sequence, message.c.role, message.c.stored_at)
    query = sa.select(*columns).order_by(message.c.pk.desc()).limit(most)
    rows = connection.execute(query)
    return [StoredTurn(int(of), int(number), decoded(role), moment(stored)) for of, number, role, stored in rows]


def savings(connection: sa.Connection, most: int) -> list[Saving]:
    """The newest *most* decisions of the database that are in force, newest first."""
    everybodys(connection)
    columns = (decision.c.kind, decision.c.tokens_before, decision.c.tokens_after, decision.c.decided_at)
    query = sa.select(*columns).where(decision.c.undone == 0).order_by(decision.c.pk.desc()).limit(most)
    return [Saving(kind, int(before), int(after), moment(at)) for kind, before, after, at in connection.execute(query)]


def journal(connection: sa.Connection, pk: int, before: int, most: int) -> list[Decision]:
    """At most *most* decisions of a session with a number below *before* (0: of all), newest first."""
    query = sa.select(decision.c.number).where(decision.c.session == pk).order_by(decision.c.number.desc()).limit(most)
    if before:
        query = query.where(decision.c.number < before)
    known = decisions.numbered(connection, pk, connection.execute(query).scalars())
    return [known[number] for number in sorted(known, reverse=True)]


def totals(connection: sa.Connection, most: int) -> Totals:
    """What the newest *most* sessions add up to, documents among them."""
    everybodys(connection)
    columns = (session.c.messages, session.c.tokens, session.c.window_tokens, session.c.indexed)
    newest = sa.select(*columns).where(session.c.tenant < ERASED).order_by(session.c.pk.desc()).limit(most).subquery()
    waiting = sa.func.sum(newest.c.messages - newest.c.indexed)
    sums = (sa.func.sum(newest.c.messages), sa.func.sum(newest.c.tokens), sa.func.sum(newest.c.window_tokens), waiting)
    row = sa.select(sa.func.count(), *(sa.func.coalesce(one, 0) for one in sums)).select_from(newest)
    count, *numbers = connection.execute(row).one()
    return Totals._make([int(count), *map(int, numbers), count == most])
