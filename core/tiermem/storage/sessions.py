"""Session rows: found, made, and their running totals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from tiermem import shared_history
from tiermem.errors import InvalidNamespace, StorageCorrupt
from tiermem.settings import Scope
from tiermem.shared_history import ForkKey, shared_of
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.schema import meta, sealed, session
from tiermem.storage.shards.whose import everybodys, somebodys
from tiermem.storage.tables import names as of_names
from tiermem.storage.tables.erasures import erasure
from tiermem.text.analyzer import analyser

encoded, decoded, moment = of_names.encoded, of_names.decoded, of_names.moment


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One row of `tiermem_session`; `pk` is 0 while nothing was ever added.

    *foreign*: the word index is that of another analyser, as in the middle of a rolling upgrade. Its terms mean nothing
    here, so no message of its own counts as indexed. *erasures*: the number of the last one in the database. *base*: of
    a fork the last message that it shares with others; what it shares is in `pk` (`shared_history.ForkKey`), and its
    `tokens` are those of its own messages. *chain*, *journal_chain*: the links of the last message and of the last
    decision.
    """

    pk: int = 0
    messages: int = 0
    tokens: int = 0
    window_tokens: int = 0
    revision: int = 0
    floor: int = 0
    look_at: int = 0
    indexed: int = 0
    failures: int = 0
    failed_at: float = 0.0
    base: int = 0
    last_error: str = ""
    shared: str = ""
    chain: bytes | None = None
    journal_chain: bytes | None = None
    foreign: bool = False
    erasures: int = 0


# Whose the word index is, in the same statement: in the next one it may be another's.
_ANALYSER = sa.select(meta.c.value).where(meta.c.key == "analyser").scalar_subquery()
_ERASURES = sa.select(sa.func.coalesce(sa.func.max(erasure.c.pk), 0)).scalar_subquery()
_STORED = [name for name in SessionRow.__dataclass_fields__ if name not in {"foreign", "erasures"}]
_COLUMNS = (*(session.c[name] for name in _STORED), _ANALYSER, _ERASURES)
# Built once: making these expressions costs as much as running them, and every turn runs them.
_BY_NAME = sa.select(*_COLUMNS).where(
    session.c.tenant == sa.bindparam("tenant"),
    session.c.owner == sa.bindparam("owner"),
    session.c.name == sa.bindparam("name"),
)
_FIND, _FIND_AND_LOCK = Prepared(_BY_NAME), Prepared(_BY_NAME.with_for_update())
_GROWING = ("messages", "tokens", "window_tokens", "chain")
_GROW = Prepared(
    session.update()
    .where(session.c.pk == sa.bindparam("key"))
    .values({name: sa.bindparam(f"new_{name}") for name in _GROWING})
)
# What is no conversation has a name that begins with a byte which no UTF-8 has, so no session id collides with it.
_MARKS: dict[str, bytes] = {"conversation": b"", "knowledge": b"\xffk", "facts": b"\xfff", "media": b"\xffm"}
_MARKED: tuple[Literal["knowledge", "facts", "media"], ...] = ("knowledge", "facts", "media")
ERASED = b"\xff"  # the tenant of a session that was taken from its user; no UTF-8 begins so
_UPDATE = session.update().where(session.c.pk == sa.bindparam("key"))


def stored_name(scope: Scope) -> bytes:
    """The stored form of what *scope* names, different for each kind."""
    return _MARKS[scope.kind] + encoded(scope.session)


def find(connection: sa.Connection, scope: Scope, *, lock: bool = False) -> SessionRow:
    """The row of *scope*; *lock* keeps other writers of this session out until the transaction ends."""
    names = {"tenant": encoded(scope.tenant), "owner": encoded(scope.user), "name": stored_name(scope)}
    somebodys(connection, names["tenant"], names["owner"])
    rows = (_FIND_AND_LOCK if lock else _FIND).rows(connection, names)
    return _row(*rows[0]) if rows else SessionRow()


def _row(*values: Any) -> SessionRow:
    *numbers, _, shared, _, _, made_by, erasures = values
    for number in numbers:
        if not isinstance(number, (int, float)) or number < 0:
            raise StorageCorrupt(f"tiermem_session, row {values[0]}: its totals are no numbers of messages and tokens")
    row = replace(SessionRow(*values[:-2]), erasures=erasures)
    if shared or row.base:
        row = _forked(row)
    return row if made_by in {None, analyser()} else replace(row, indexed=row.base, foreign=True)


def _forked(row: SessionRow) -> SessionRow:
    """The row of a fork, with a key that knows what it shares."""
    try:
        shared = shared_history.read(row.shared)
    except ValueError as error:
        raise StorageCorrupt(f"tiermem_session, row {row.pk}: what it shares with others is damaged: {error}") from None
    if shared[-1][1] != row.base or row.messages < row.base:
        raise StorageCorrupt(f"tiermem_session, row {row.pk}: it was not forked where it says that it was")
    return replace(row, pk=ForkKey.of(row.pk, shared), indexed=max(row.indexed, row.base))


def erasures(connection: sa.Connection) -> int:
    """The number of the last erasure in the database, 0 where nothing ever was."""
    return int(connection.execute(sa.select(_ERASURES)).scalar_one())


def by_key(connection: sa.Connection, pk: int) -> SessionRow:
    """The row with that key."""
    row = connection.execute(sa.select(*_COLUMNS).where(session.c.pk == pk)).first()
    return _row(*row) if row else SessionRow()


def lock(connection: sa.Connection, pk: int) -> None:
    """Keep other writers of the session with that key out until the transaction ends."""
    connection.execute(sa.select(session.c.pk).where(session.c.pk == pk).with_for_update())


def sharing(connection: sa.Connection, pk: int) -> dict[int, SessionRow]:
    """The rows of those sessions that *pk* shares messages with, as if each ended where it shares no more; not of those
    that were erased."""
    found = {}
    for owner, upto in shared_of(pk):
        if owner > 0:
            row = by_key(connection, owner)
            found[row.pk] = replace(row, messages=upto, indexed=min(row.indexed, upto))
    return found


def obtain(connection: sa.Connection, scope: Scope, now: datetime, look_at: int) -> SessionRow:
    """The locked row of *scope*, made when it is not there."""
    row = find(connection, scope, lock=True)
    if row.pk:
        return row
    values = {
        "tenant": encoded(scope.tenant),
        "owner": encoded(scope.user),
        "name": stored_name(scope),
        "created_at": now.isoformat(),
        "look_at": look_at,
    }
    connection.execute(_insert_ignoring(connection, sealed(session, values)))
    return find(connection, scope, lock=True)


def grow(connection: sa.Connection, row: SessionRow, messages: int, tokens: int, chain: bytes) -> SessionRow:
    """The session *row* with *messages* more that cost *tokens*, the last with the link *chain*, stored and as it is
    then."""
    grown = replace(
        row,
        messages=row.messages + messages,
        tokens=row.tokens + tokens,
        window_tokens=row.window_tokens + tokens,
        chain=chain,
    )
    _GROW.run(connection, [{"key": row.pk, **{f"new_{name}": getattr(grown, name) for name in _GROWING}}])
    return grown


def update(connection: sa.Connection, pk: int, **values: Any) -> None:
    """Set columns of the session *pk*."""
    connection.execute(_UPDATE, {"key": pk, **values})


def names(connection: sa.Connection, tenant: str, user: str) -> list[str]:
    """The conversations of a user, oldest first."""
    somebodys(connection, encoded(tenant), encoded(user))
    query = (
        sa.select(session.c.name)
        .where(session.c.tenant == encoded(tenant), session.c.owner == encoded(user), session.c.name < b"\xff")
        .order_by(session.c.pk)
    )
    return [decoded(name) for (name,) in connection.execute(query)]


_OF_USER = (
    sa.select(session.c.name, *_COLUMNS)
    .where(
        session.c.tenant == sa.bindparam("tenant"),
        session.c.owner == sa.bindparam("owner"),
        session.c.name < b"\xff",
    )
    .order_by(session.c.pk)
)


def of_user(
    connection: sa.Connection, tenant: str, user: str, condition: sa.ColumnElement[bool] | None = None
) -> list[tuple[str, SessionRow]]:
    """The conversations of a user by name, oldest first; those alone that meet *condition*."""
    somebodys(connection, encoded(tenant), encoded(user))
    query = _OF_USER if condition is None else _OF_USER.where(condition)
    rows = connection.execute(query, {"tenant": encoded(tenant), "owner": encoded(user)})
    return [(decoded(name), _row(*values)) for name, *values in rows]


_OF_USER_BY_KEY = _OF_USER.where(session.c.pk.in_(sa.bindparam("keys", expanding=True)))


def of_user_by_key(
    connection: sa.Connection, tenant: str, user: str, keys: Sequence[int]
) -> list[tuple[str, SessionRow]]:
    """`of_user` of those sessions that have one of *keys*; another user's is none."""
    somebodys(connection, encoded(tenant), encoded(user))
    given = {"tenant": encoded(tenant), "owner": encoded(user), "keys": list(keys)}
    return [(decoded(name), _row(*values)) for name, *values in connection.execute(_OF_USER_BY_KEY, given)]


def foreign(connection: sa.Connection) -> bool:
    """Whether another analyser made the word index, so that no message counts as indexed here."""
    return connection.execute(sa.select(_ANALYSER)).scalar() not in {None, analyser()}


def scopes(connection: sa.Connection) -> list[tuple[int, Scope]]:
    """Key and scope of every session of the database, documents too, for `verify`; not of those that were erased."""
    query = sa.select(session.c.pk, session.c.tenant, session.c.owner, session.c.name).order_by(session.c.pk)
    query = query.where(session.c.tenant != ERASED)
    everybodys(connection)
    return [(pk, _scope(pk, *map(bytes, names))) for pk, *names in connection.execute(query)]


def scope_of_key(connection: sa.Connection, pk: int) -> Scope:
    """The scope of the session with that key."""
    query = sa.select(session.c.tenant, session.c.owner, session.c.name).where(session.c.pk == pk)
    return _scope(pk, *map(bytes, connection.execute(query).one()))


def erased_names(connection: sa.Connection, keys: Collection[int]) -> dict[int, bytes]:
    """Those of the sessions with these *keys* that were erased, each with the keyed digest of its name; empty where it
    was erased before schema 14."""
    gone = sa.and_(session.c.pk.in_([abs(key) for key in keys]), session.c.tenant == ERASED)
    rows = connection.execute(sa.select(session.c.pk, session.c.name).where(gone)).all()
    return {int(pk): bytes(name).partition(b":")[2] for pk, name in rows}


def erased_shared(connection: sa.Connection, pk: int) -> list[bytes]:
    """What `erased_names` has of those that the session *pk* shared messages with."""
    gone = [owner for owner, _ in shared_of(pk) if owner < 0]
    return [name for name in erased_names(connection, gone).values() if name] if gone else []


def _scope(pk: int, tenant: bytes, owner: bytes, name: bytes) -> Scope:
    try:
        for kind in _MARKED:
            if name.startswith(_MARKS[kind]):
                return Scope(decoded(tenant), decoded(owner), decoded(name.removeprefix(_MARKS[kind])), kind)
        return Scope(decoded(tenant), decoded(owner), decoded(name))
    except InvalidNamespace:  # damaged to nothing, or too long when it is shown by its bytes
        return Scope("", "damaged", f"row {pk} of tiermem_session")


def _insert_ignoring(connection: sa.Connection, values: dict[str, Any]) -> sa.Executable:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(session).values(**values).on_conflict_do_nothing()
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(session).values(**values).on_conflict_do_nothing()
