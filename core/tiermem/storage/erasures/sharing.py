"""Erasing reaches forks: what is erased of a session is gone from every fork that shares it, with all that rested on it
there. A fork lives on without it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from tiermem.settings import Scope
from tiermem.shared_history import parts, read, without, written
from tiermem.storage import decisions, owners, sessions
from tiermem.storage.erasures import tombstones
from tiermem.storage.forks import borrowing
from tiermem.storage.forks.rows import locked, sharers
from tiermem.storage.schema import sealed, session
from tiermem.storage.sessions import SessionRow
from tiermem.storage.tables.forks import fork
from tiermem.window.view import hidden_ranges


def reach(
    connection: sa.Connection, row: SessionRow, numbers: Collection[int], reason: str, now: datetime, look_at: int
) -> tuple[dict[str, int], list[Scope]]:
    """Have the forks of the session *row* forget its messages *numbers*, which are erased; rows removed by table, and
    those to whom something is due, for they forgot."""
    removed: dict[str, int] = {}
    due: list[Scope] = []
    for one in sharers(connection, row.pk, min(numbers)):
        theirs = _shared(one, int(row.pk))
        if mine := {number for number in numbers if number in theirs}:
            gone = tombstones.derived_of(connection, one, mine, reason, now, look_at)
            removed = {name: removed.get(name, 0) + gone.get(name, 0) for name in removed.keys() | gone.keys()}
            due.append(sessions.scope_of_key(connection, int(one.pk)))
            owners.changed(connection, due[-1], one.pk, anew=True)
    return removed, due


def _shared(row: SessionRow, owner: int) -> range:
    """The numbers of the messages that the fork *row* shares with *owner*."""
    return next((range(low, high + 1) for key, low, high in parts(row.pk, 1, row.base) if key == owner), range(0))


def release(connection: sa.Connection, scope: Scope, reason: str, now: datetime) -> list[Scope]:
    """Have the forks of the session *scope*, which is about to be taken, forget all that they share with it, and keep
    what they borrow of what is left to them; those to whom something is due, for they forgot."""
    row = sessions.find(connection, scope, lock=True)
    if not row.messages:
        return []
    due: list[Scope] = []
    for one in sharers(connection, row.pk):
        if theirs := _shared(one, int(row.pk)):
            tombstones.derived_of(connection, one, theirs, reason, now, 0)
            due.append(sessions.scope_of_key(connection, int(one.pk)))
            owners.changed(connection, due[-1], one.pk, anew=True)
        _parted(connection, one, int(row.pk))
    while keys := borrowing.borrowers(connection, int(row.pk)):  # again: somebody may have forked one of them meanwhile
        for key in keys:
            _taken_over(connection, key, int(row.pk))
    return due


def _taken_over(connection: sa.Connection, key: int, owner: int) -> None:
    one = locked(connection, key)
    erased = decisions.journal(connection, one.pk, kinds=["erase"])
    borrowing.take_over(connection, one.pk, owner, hidden_ranges([(True, gone.first, gone.last) for gone in erased]))


def _parted(connection: sa.Connection, row: SessionRow, owner: int) -> None:
    """Nothing of *owner*, whose rows go a batch at a time, is to be read through the fork *row* from now on."""
    shared = written(without(read(row.shared), owner))
    connection.execute(session.update().where(session.c.pk == row.pk).values(shared=shared))
    made = connection.execute(sa.select(fork).where(fork.c.session == row.pk)).mappings().one()
    kept = {name: made[name] for name in made if name not in {"pk", "checksum"}} | {"shared": shared}
    connection.execute(fork.update().where(fork.c.session == row.pk).values(**sealed(fork, kept)))
