"""What changed of a user lately, over all sessions: a stamp that counts, and the sessions that made it count.

Who keeps something that was derived of all sessions of a user asks one row whether it still holds, and if not, which
sessions to look at again; nobody has to look through the sessions themselves.

Rule 1: the row is written last in a transaction that changes a session, so that on a server two sessions of one user
wait for each other's commit and no longer.
Rule 2: of users that nobody named there is none: all of them would share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.settings import Scope
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.schema import session
from tiermem.storage.sessions import encoded, erasures
from tiermem.storage.shards.whose import somebodys
from tiermem.storage.tables.names import key_of_names
from tiermem.storage.tables.owners import owner

REMEMBERED = 1_600  # characters of the list of sessions: some 250 changes between two looks; more are looked for
ANEW = "!"  # behind the key of a session of which more was derived anew than what came in since
KINDS = frozenset({"conversation", "facts"})  # of scopes whose changes count
_WHOSE = sa.and_(owner.c.tenant == sa.bindparam("whose_tenant"), owner.c.owner == sa.bindparam("whose"))
_FIND = Prepared(sa.select(owner.c.stamp, owner.c.recent).where(_WHOSE))
_CHANGE = Prepared(
    owner.update()
    .where(_WHOSE)
    .values(
        stamp=owner.c.stamp + 1,
        recent=sa.func.substr(sa.bindparam("entry", type_=sa.Text).concat(owner.c.recent), 1, REMEMBERED),
    )
)


class Changes(NamedTuple):
    """The sessions that changed, newest first; and those of which all is to be read anew, with the stamp at that."""

    keys: tuple[int, ...]
    anew: Mapping[int, int]


class Stamp(NamedTuple):
    """How often something of a user changed, and in which sessions, newest first."""

    number: int = 0
    recent: tuple[str, ...] = ()

    def since(self, known: int) -> Changes | None:
        """What changed since the stamp was *known*; None: too much, or nobody can say."""
        count = self.number - known
        if not known or not 0 <= count <= len(self.recent):
            return None
        listed = self.recent[:count]
        keys = dict.fromkeys(int(entry.removesuffix(ANEW)) for entry in listed)
        marked = [(int(entry[:-1]), self.number - place) for place, entry in enumerate(listed) if entry.endswith(ANEW)]
        return Changes(tuple(keys), dict(reversed(marked)))  # of one that stands there twice the newest counts


def key_of(scope: Scope) -> bytes:
    """The key of the user of *scope*: 128 bits, so that no two users share one."""
    return key_of_names(encoded(scope.tenant), encoded(scope.user))


def find(connection: sa.Connection, scope: Scope) -> Stamp:
    """The stamp of the user of *scope*; 0 where nothing was ever kept of them."""
    whose = _whose(scope)
    somebodys(connection, whose["whose_tenant"], whose["whose"])
    rows = _FIND.rows(connection, whose)
    if not rows:
        return Stamp()
    number, recent = rows[0]
    if not isinstance(number, int):
        return Stamp()
    *listed, _ = str(recent).split(" ")  # the last one is empty, or may be cut short
    legible = takewhile(lambda entry: entry.removesuffix(ANEW).isdecimal(), listed)
    return Stamp(number, tuple(legible))


def changed(connection: sa.Connection, scope: Scope, pk: int, *, anew: bool = False) -> None:
    """Count one change in the session *pk* of the user of *scope*: messages or decisions came in; or *anew*: something
    else was derived of, or became of, what was there."""
    if scope.named and scope.kind in KINDS:
        _CHANGE.run(connection, [{**_whose(scope), "entry": f"{pk}{ANEW if anew else ''} "}])


def unsure(connection: sa.Connection, scope: Scope) -> None:
    """Say that all of the user of *scope* is to be looked at anew, since sessions were erased; the row goes with the
    last one."""
    whose = _whose(scope)
    theirs = sa.and_(session.c.tenant == whose["whose_tenant"], session.c.owner == whose["whose"])
    if connection.execute(sa.select(session.c.pk).where(theirs).limit(1)).first():
        connection.execute(owner.update().where(_WHOSE).values(stamp=owner.c.stamp + 1, recent=""), whose)
    else:
        connection.execute(owner.delete().where(_WHOSE), whose)


def obtain(connection: sa.Connection, scope: Scope) -> None:
    """Make the row of the user of *scope*, where there is none."""
    if not scope.named or scope.kind not in KINDS or connection.execute(_EXISTS, _whose(scope)).first():
        return
    # Who was erased and comes back begins elsewhere: somebody may remember a stamp of before.
    begun = 1 + (erasures(connection) << 20)
    values = {"tenant": encoded(scope.tenant), "owner": encoded(scope.user), "stamp": begun, "recent": ""}
    connection.execute(_inserting(connection), values)


_EXISTS = sa.select(owner.c.stamp).where(_WHOSE)


def _whose(scope: Scope) -> dict[str, bytes]:
    return {"whose_tenant": encoded(scope.tenant), "whose": encoded(scope.user)}


def _inserting(connection: sa.Connection) -> sa.Executable:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(owner).on_conflict_do_nothing()
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(owner).on_conflict_do_nothing()
