"""What there is of a user, as rows by the names of their columns, in an order that is the same in every database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa

from tiermem.errors import StorageCorrupt
from tiermem.facts.stated.record import APPLICATION, MODEL
from tiermem.settings import Scope
from tiermem.shared_history import shared_of
from tiermem.storage import decisions, sessions
from tiermem.storage.erased.again import keys
from tiermem.storage.erasures.taking import of_session, of_user
from tiermem.storage.exported.content import COLUMNS
from tiermem.storage.forks import rows as forks
from tiermem.storage.schema import broken, decision, extraction, fact, message, session, stub, summary
from tiermem.storage.sessions import SessionRow, encoded
from tiermem.storage.shards.whose import at, of_digest, of_scope
from tiermem.storage.tables.erasures import erased, erasure
from tiermem.storage.tables.forks import borrowed, fork
from tiermem.storage.tables.items import collection, item, item_vector

Values: TypeAlias = dict[str, Any]
FETCHED = 200  # rows that a statement brings at once
PAGE_ROWS, PAGE_BYTES = 2_000, 8 << 20  # of messages that one transaction reads, whichever comes first
_ORDER: dict[sa.Table, tuple[str, ...]] = {
    decision: ("number",),
    borrowed: ("decision",),
    stub: ("decision", "sequence"),
    summary: ("number",),
    extraction: ("first",),
    fact: ("sequence", "place"),
}
_STATED = fact.c.how.in_([APPLICATION, MODEL])  # what rules read is read again


class HeldFork(NamedTuple):
    """What a fork was made with, as it is stored, with keys of sessions; and of those that were erased since, by key,
    the digest of their name, empty where nobody knows it."""

    values: Values
    erased: dict[int, bytes]


class HeldSession(NamedTuple):
    """A session as it is at one moment: its row, its values, what is hidden of it, and of a fork what it was made
    with."""

    row: SessionRow
    values: Values
    hidden: Sequence[tuple[int, int]]
    fork: HeldFork | None


def keys_of_sessions(connection: sa.Connection, scope: Scope) -> list[int]:
    """The keys of all sessions of the user of *scope*, their documents and what is kept of them too, oldest first."""
    of_scope(connection, scope)
    mine = sa.and_(session.c.tenant == encoded(scope.tenant), session.c.owner == encoded(scope.user))
    return list(connection.execute(sa.select(session.c.pk).where(mine).order_by(session.c.pk)).scalars())


def scopes(connection: sa.Connection, scope: Scope) -> list[Scope]:
    """What `keys_of_sessions` are the keys of."""
    return [sessions.scope_of_key(connection, pk) for pk in keys_of_sessions(connection, scope)]


def held(connection: sa.Connection, pk: int) -> HeldSession | None:
    """The session with that key; None where it is gone.

    Raises:
        StorageCorrupt: its row is not as it was written.
    """
    row = connection.execute(
        sa.select(session).where(session.c.pk == pk, session.c.tenant < sessions.ERASED)
    ).mappings()
    stored = row.first()
    if stored is None:
        return None
    whole = sessions.by_key(connection, pk)
    made = _forked(connection, whole) if whole.base else None
    return HeldSession(whole, _values(session, stored), decisions.hidden(connection, whole), made)


def _forked(connection: sa.Connection, row: SessionRow) -> HeldFork:
    for wrong in forks.differ(connection, row):
        raise StorageCorrupt(f"{wrong}, so nothing was exported; `verify` says more")
    made = connection.execute(sa.select(fork).where(fork.c.session == row.pk)).mappings().one()
    keys_of = {made["parent"], *(abs(owner) for owner, _ in shared_of(row.pk))}
    return HeldFork(_values(fork, made), sessions.erased_names(connection, keys_of))


def belongings(connection: sa.Connection, pk: int) -> Iterator[tuple[sa.Table, Values]]:
    """All rows of a session but its messages."""
    for table, order in _ORDER.items():
        query = sa.select(table).where(table.c.session == pk, *([_STATED] if table is fact else []))
        for row in _streamed(connection, query.order_by(*(table.c[name] for name in order))):
            yield table, _values(table, row)


def messages(connection: sa.Connection, pk: int, first: int, last: int) -> list[sa.RowMapping]:
    """The messages from *first* on, up to *last* at most: as many as a page has room for.

    Raises:
        StorageCorrupt: one of them is missing, or not as it was written.
    """
    query = sa.select(message).where(message.c.session == pk, message.c.sequence.between(first, last))
    page: list[sa.RowMapping] = []
    size = 0
    for row in _streamed(connection, query.order_by(message.c.sequence).limit(PAGE_ROWS)):
        if row["sequence"] != first + len(page):
            raise StorageCorrupt(f"tiermem_message: message {first + len(page)} is missing")
        _values(message, row)
        page.append(row)
        size += len(row["body"])
        if size > PAGE_BYTES:
            break
    if not page and first <= last:
        raise StorageCorrupt(f"tiermem_message: message {first} is missing")
    return page


def items(connection: sa.Connection, scope: Scope, now: float) -> Iterator[tuple[Values, list[Values]]]:
    """The items that have not expired, oldest first, each with its vectors."""
    of_scope(connection, scope)
    whose = sa.and_(collection.c.tenant == encoded(scope.tenant), collection.c.owner == encoded(scope.user))
    mine = sa.and_(item.c.collection.in_(sa.select(collection.c.pk).where(whose)))
    live = sa.or_(item.c.expires.is_(None), item.c.expires > now)
    last = 0
    while True:
        query = sa.select(item).where(mine, live, item.c.pk > last).order_by(item.c.pk).limit(FETCHED)
        rows = connection.execute(query).mappings().all()
        if not rows:
            return
        last = rows[-1]["pk"]
        vectors = _vectors(connection, [row["pk"] for row in rows])
        yield from ((_values(item, row), vectors.get(row["pk"], [])) for row in rows)


def _vectors(connection: sa.Connection, of: Sequence[int]) -> dict[int, list[Values]]:
    found: dict[int, list[Values]] = {}
    for row in connection.execute(sa.select(item_vector).where(item_vector.c.item.in_(of))).mappings():
        found.setdefault(row["item"], []).append(_values(item_vector, row))
    return {key: sorted(those, key=lambda one: (one["space"], bytes(one["hash"]))) for key, those in found.items()}


def erasures(connection: sa.Connection, scope: Scope) -> list[tuple[bytes, Values]]:
    """The finished erasures of the user of *scope*, with the key of their digests, in an order of their own."""
    of_scope(connection, scope)
    tenant, user = encoded(scope.tenant), encoded(scope.user)
    names = [bytes(name) for name in connection.execute(_NAMES, {"tenant": tenant, "owner": user}).scalars()]
    found: list[tuple[bytes, Values]] = []
    for key in keys(connection):
        mine = of_user(key, tenant, user)
        before = [mine, *(of_session(key, tenant, user, name) for name in names)]  # those before schema 14
        for rows in _by_digest(connection, mine, before):
            found += [(key, _values(erasure, row) | {"whole": row["digest"] == mine}) for row in rows]
    return sorted(found, key=lambda one: (one[0], one[1]["erased_at"], one[1]["digest"]))


_NAMES = sa.select(session.c.name).where(
    session.c.tenant == sa.bindparam("tenant"), session.c.owner == sa.bindparam("owner")
)


def erased_ids(connection: sa.Connection, scope: Scope) -> Iterator[Values]:
    """The digests of what was erased with conversations of the user of *scope*, each with its key."""
    of_scope(connection, scope)
    for key in sorted(keys(connection)):
        owner = of_user(key, encoded(scope.tenant), encoded(scope.user))
        with at(connection, of_digest(owner)):
            rows = _streamed(connection, sa.select(erased).where(erased.c.owner == owner).order_by(erased.c.digest))
        for row in rows:
            yield {"key": key, **_values(erased, row)}


def _by_digest(connection: sa.Connection, mine: bytes, before: Sequence[bytes]) -> Iterator[Sequence[sa.RowMapping]]:
    done = erasure.c.done == 1
    yield connection.execute(sa.select(erasure).where(done, erasure.c.owner == mine)).mappings().all()
    for start in range(0, len(before), FETCHED):
        old = sa.and_(erasure.c.owner.is_(None), erasure.c.digest.in_(before[start : start + FETCHED]))
        yield connection.execute(sa.select(erasure).where(done, old)).mappings().all()


def last_erasure(connection: sa.Connection, scope: Scope) -> int:
    """The number of the last erasure that may be of the user of *scope*, under way or finished; 0 where none is."""
    of_scope(connection, scope)
    tenant, user = encoded(scope.tenant), encoded(scope.user)
    mine = [of_user(key, tenant, user) for key in keys(connection)]
    return int(connection.execute(sa.select(sa.func.max(erasure.c.pk)).where(erasure.c.owner.in_(mine))).scalar() or 0)


def _streamed(connection: sa.Connection, query: sa.Select[Any]) -> Iterable[sa.RowMapping]:
    return connection.execute(query, execution_options={"yield_per": FETCHED}).mappings()


def _values(table: sa.Table, row: sa.RowMapping) -> Values:
    if broken(table, row):
        at = ", ".join(f"{name} {row[name]}" for name in _PLACES if name in row)
        raise StorageCorrupt(f"{table.name}, {at}: not as it was written, so nothing was exported; `verify` says more")
    return {name: row[name] for name in COLUMNS[table]}


_PLACES = ("pk", "session", "sequence", "number", "digest")
