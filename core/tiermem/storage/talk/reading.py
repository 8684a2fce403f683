"""What is counted of a user's talk, read: a few rows, however many conversations there are."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from tiermem.index.talk import WordSaid
from tiermem.settings import Scope
from tiermem.storage import sessions
from tiermem.storage.owners import key_of as owner_of
from tiermem.storage.schema import session
from tiermem.storage.sessions import SessionRow
from tiermem.storage.shards.whose import of_scope
from tiermem.storage.tables.talk import OFTEN, conversation, tally
from tiermem.storage.talk.counting import ALL, MONTH, WORD, CountedTalk, counted, refuse_damaged

CHUNK = 500  # bound values a statement
_COUNTED = tuple(conversation.c[name] for name in CountedTalk.__dataclass_fields__)


def newest(
    connection: sa.Connection,
    scope: Scope,
    most: int,
    since: float | None,
    upto: float | None,
    beyond: CountedTalk | None,
) -> list[CountedTalk]:
    """The *most* conversations of the user whose last turn is newest, of those that reach into the time from *since*
    to *upto*, behind the one *beyond*."""
    of_scope(connection, scope)
    query = sa.select(*_COUNTED).where(conversation.c.owner == owner_of(scope))
    if since is not None:
        query = query.where(conversation.c.last >= since)
    if upto is not None:
        query = query.where(conversation.c.first <= upto)
    if beyond is not None:
        bound = None if math.isnan(beyond.last) else beyond.last
        query = query.where(_behind(bound, beyond.session))
    ordered = query.order_by(conversation.c.last.desc().nulls_last(), conversation.c.session.desc())
    return [counted(*row) for row in connection.execute(ordered.limit(most))]


def _behind(last: float | None, key: int) -> sa.ColumnElement[bool]:
    unknown = conversation.c.last.is_(None)
    if last is None:
        return sa.and_(unknown, conversation.c.session < key)
    same = sa.and_(conversation.c.last == last, conversation.c.session < key)
    return sa.or_(conversation.c.last < last, same, unknown)


def span(connection: sa.Connection, scope: Scope) -> tuple[float, float]:
    """When the user spoke first and last; NaN where unknown."""
    of_scope(connection, scope)
    mine = conversation.c.owner == owner_of(scope)
    first = connection.execute(sa.select(sa.func.min(conversation.c.first)).where(mine)).scalar()
    last = connection.execute(sa.select(sa.func.max(conversation.c.last)).where(mine)).scalar()
    refuse_damaged("tiermem_conversation", (), (first, last))
    return (math.nan if first is None else float(first)), (math.nan if last is None else float(last))


def totals(connection: sa.Connection, scope: Scope) -> dict[str, int]:
    """How many turns and conversations the user has, by name."""
    of_scope(connection, scope)
    query = sa.select(tally.c.name, tally.c["count"]).where(tally.c.owner == owner_of(scope), tally.c.kind == ALL)
    rows = connection.execute(query).all()
    refuse_damaged("tiermem_tally", (row[1] for row in rows), ())
    return {name: int(number) for name, number in rows}


def moods(connection: sa.Connection, scope: Scope) -> dict[str, tuple[int, int]]:
    """By month the turns that tell a mood, and its sum in hundredths."""
    of_scope(connection, scope)
    columns = (tally.c.name, tally.c["count"], tally.c.total)
    query = sa.select(*columns).where(tally.c.owner == owner_of(scope), tally.c.kind == MONTH)
    rows = connection.execute(query).all()
    refuse_damaged("tiermem_tally", (part for row in rows for part in row[1:]), ())
    return {month: (int(number), int(total)) for month, number, total in rows}


_PLACES = (tally.c.name, tally.c["count"], tally.c.last, tally.c.last_session, tally.c.sequence)


def often(connection: sa.Connection, scope: Scope, most: int) -> dict[str, WordSaid]:
    """The *most* words of most turns; rarer ones too where fewer than *most* are said `OFTEN` times."""
    of_scope(connection, scope)
    mine = sa.and_(tally.c.owner == owner_of(scope), tally.c.kind == WORD)
    query = sa.select(*_PLACES).where(mine).order_by(tally.c["count"].desc(), tally.c.name.desc()).limit(most)
    # As a literal: what is bound tells no database that its index of frequent words will do.
    rows = connection.execute(query.where(tally.c["count"] >= sa.literal_column(str(OFTEN)))).all()
    return {row[0]: _said(row) for row in (rows if len(rows) == most else connection.execute(query).all())}


def words(connection: sa.Connection, scope: Scope, terms: Collection[str]) -> dict[str, WordSaid]:
    """Those of *terms* that the user said."""
    of_scope(connection, scope)
    found: dict[str, WordSaid] = {}
    names = sorted(terms)
    for start in range(0, len(names), CHUNK):
        mine = sa.and_(tally.c.owner == owner_of(scope), tally.c.kind == WORD)
        query = sa.select(*_PLACES).where(mine, tally.c.name.in_(names[start : start + CHUNK]))
        found |= {row[0]: _said(row) for row in connection.execute(query)}
    return found


def _said(row: Any) -> WordSaid:
    _, count, last, key, sequence = row
    refuse_damaged("tiermem_tally", (count, key, sequence), (last,))
    return WordSaid(int(count), math.nan if last is None else float(last), int(key), int(sequence))


def waiting(connection: sa.Connection, scope: Scope) -> dict[int, tuple[str, SessionRow]]:
    """By key the name and row of each conversation of the user with messages that wait for the index."""
    waits = sessions.of_user(connection, scope.tenant, scope.user, session.c.indexed < session.c.messages)
    foreign = sessions.foreign(connection)  # then every message waits
    rows = sessions.of_user(connection, scope.tenant, scope.user) if foreign else waits
    return {row.pk: (name, row) for name, row in rows if row.messages}


def by_keys(connection: sa.Connection, scope: Scope, keys: Sequence[int]) -> dict[int, tuple[str, SessionRow]]:
    """By key the name and row of those of these sessions that are the user's."""
    found: dict[int, tuple[str, SessionRow]] = {}
    for start in range(0, len(keys), CHUNK):
        for name, row in sessions.of_user_by_key(connection, scope.tenant, scope.user, keys[start : start + CHUNK]):
            found[row.pk] = (name, row)
    return found
