"""Rows of forks: made with their session, found by whom they share messages with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from tiermem.settings import Scope
from tiermem.shared_history import Shared, shared_of, written
from tiermem.storage import sessions
from tiermem.storage.chain.writing import at_fork
from tiermem.storage.schema import broken, sealed, session
from tiermem.storage.sessions import ERASED, SessionRow, decoded, encoded, moment, stored_name
from tiermem.storage.tables.forks import fork


class Relative(NamedTuple):
    """One of the sessions that share messages: its key, its name, the name of the one that it was made of ("" where
    there is none any more), where and when it was made, and how many messages it has."""

    key: int
    name: str
    parent: str
    base: int
    forked_at: datetime | None
    messages: int


def make(
    connection: sa.Connection, scope: Scope, parent: SessionRow, shared: Shared, look_at: int, now: datetime
) -> SessionRow:
    """The locked row of a new session *scope* that begins with what is *shared*; *parent* is what it is made of."""
    base, chain = shared[-1][1], at_fork(connection, parent.pk, shared)
    names = {"tenant": encoded(scope.tenant), "owner": encoded(scope.user), "name": stored_name(scope)}
    values = sealed(session, names | {"created_at": now.isoformat()})
    totals = {"messages": base, "indexed": base, "base": base, "shared": written(shared), "look_at": look_at}
    connection.execute(session.insert().values(**values, **totals, chain=chain))
    made = sessions.find(connection, scope, lock=True)
    row = {
        "session": int(made.pk),
        "parent": int(parent.pk),
        "root": abs(shared[0][0]),
        "base": base,
        "shared": written(shared),
        "forked_at": now.isoformat(),
        "chain": chain,
    }
    connection.execute(fork.insert().values(**sealed(fork, row)))
    return made


def related(connection: sa.Connection, key: int) -> list[Relative]:
    """The sessions that come from the same one as the session *key*, that one first; nothing where it is alone."""
    root = _root(key)
    columns = (session.c.pk, session.c.name, session.c.messages, session.c.tenant)
    made = sa.select(*columns, fork.c.parent, fork.c.base, fork.c.forked_at).join(fork, fork.c.session == session.c.pk)
    rows: list[Any] = list(connection.execute(made.where(fork.c.root == root).order_by(session.c.pk)))
    if not rows:
        return []
    first = connection.execute(sa.select(*columns).where(session.c.pk == root)).all()
    rows = [(*one, 0, 0, None) for one in first] + rows
    names = {pk: decoded(name) for pk, name, _, tenant, *_ in rows if bytes(tenant) != ERASED}
    return [
        Relative(pk, names[pk], names.get(parent, ""), base, moment(forked_at), messages)
        for pk, _, messages, _, parent, base, forked_at in rows
        if pk in names
    ]


def _root(key: int) -> int:
    """The key of the oldest session that shares messages with the session *key*, which may be erased."""
    return abs((*shared_of(key), (int(key), 0))[0][0])


def sharers(connection: sa.Connection, key: int, number: int = 1) -> list[SessionRow]:
    """The forks that share message *number* or a later one of those that the session *key* stores itself, locked one
    after the other."""
    whose = sa.select(session.c.tenant, session.c.owner).where(session.c.pk == key)
    theirs = sa.tuple_(session.c.tenant, session.c.owner).in_(whose)
    made = sa.select(session.c.pk).where(theirs, session.c.shared != "").order_by(session.c.pk)
    rows = (sessions.by_key(connection, pk) for pk in connection.execute(made).scalars().all())
    wanted = [row.pk for row in rows if any(owner == key and upto >= number for owner, upto in shared_of(row.pk))]
    return [locked(connection, int(pk)) for pk in wanted]


def locked(connection: sa.Connection, pk: int) -> SessionRow:
    """The locked row of the session with that key."""
    sessions.lock(connection, pk)
    return sessions.by_key(connection, pk)


def differ(connection: sa.Connection, row: SessionRow) -> Iterator[str]:
    """Where what the session *row* says that it shares is not what it was made with."""
    made = connection.execute(sa.select(fork).where(fork.c.session == row.pk)).mappings().first()
    if made is None:
        if row.base:
            yield f"tiermem_fork: there is no row of session {row.pk}, which shares messages with others"
    elif broken(fork, made):
        yield f"tiermem_fork, session {row.pk}: not as it was written: where it was forked, and of what"
    elif (made["base"], made["shared"]) != (row.base, row.shared):
        yield f"tiermem_session, row {row.pk}: it does not share what it was forked with"


def own(row: SessionRow) -> SessionRow:
    """*row* as if it shared nothing: what it stores itself."""
    return replace(row, pk=int(row.pk))
