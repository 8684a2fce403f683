"""Erasing: sessions and items are taken from their user at once, then their rows go, a batch a transaction.

Rule 1: what was taken is nobody's: nothing finds it, and no process that still works on it may write to it.
Rule 2: the row of a session stays, without its names, for its key: another session with the same key would be shown
what a process keeps in memory of the one before.
Rule 3: a table whose rows belong to a session, a collection or an item is known by that column, so none is forgotten.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from tiermem.settings import Scope
from tiermem.storage import decisions, owners
from tiermem.storage.blobs import storing
from tiermem.storage.embedded import outside
from tiermem.storage.erasures import remembering, scrubbing
from tiermem.storage.schema import message, meta, sealed, session, vector
from tiermem.storage.sessions import ERASED, SessionRow, by_key, encoded, stored_name
from tiermem.storage.shards.whose import everybodys, of_scope
from tiermem.storage.shelves import rows as shelves
from tiermem.storage.tables import seals
from tiermem.storage.tables.columns import metadata
from tiermem.storage.tables.erasures import KEY, digest, erasure
from tiermem.storage.tables.imports import importing
from tiermem.storage.tables.items import collection, item
from tiermem.storage.tables.talk import conversation
from tiermem.storage.talk import counting

LOCK = 0x7469_6575  # that of the migrations, plus three
GONE = -1  # of a session's `indexed`: no index goes on from there; of its `messages`: its rows are gone
ROWS = 2_000  # that are removed in one transaction: others who write must not wait for long
CHUNK = 500  # bound values a statement
# What says of nobody anything, the two whose rows stay as tombstones, and counts, which go when a session is taken.
KEPT = frozenset({"tiermem_meta", "tiermem_embedder", session.name, erasure.name, conversation.name})


def belongings(column: str) -> list[sa.Table]:
    """The tables whose rows belong to what *column* names: "session", "collection" or "item"."""
    return [table for table in metadata.sorted_tables if column in table.c and table.name not in KEPT]


class Taken(NamedTuple):
    """A session that was taken: its key, how many messages it had, the keyed digest of its names, and that of its own
    name, which is empty of what is no conversation."""

    key: int
    messages: int
    digest: bytes
    name: bytes = b""


@dataclass(frozen=True, slots=True)
class Ticket:
    """An erasure under way: its number, what was taken, the key of digests, and the digest of whose it was."""

    number: int
    sessions: Sequence[Taken]
    collections: Sequence[int]
    key: bytes
    owner: bytes = b""


def of_user(key: bytes, tenant: bytes, user: bytes) -> bytes:
    """The digest of a user."""
    return digest(key, tenant, user)


def of_session(key: bytes, tenant: bytes, user: bytes, name: bytes) -> bytes:
    """The digest of a session, by its stored name."""
    return digest(key, tenant, user, name)


def of_path(key: bytes, tenant: bytes, user: bytes, path: bytes) -> bytes:
    """The digest of the items at and under a path, as it is stored."""
    return digest(key, tenant, user, b"items", path)


def secret(connection: sa.Connection) -> bytes:
    """The key of digests in this database; made where there is none.

    Raises:
        StorageCorrupt: it is damaged.
    """
    query = sa.select(meta.c.key, meta.c.value).where(seals.checked(KEY))
    known = seals.sound(dict(map(tuple, connection.execute(query)))).get(KEY)
    if known is None:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            known = seals.sound(dict(map(tuple, connection.execute(query)))).get(KEY)
        if known is None:
            known = secrets.token_hex(32)
            seals.keep(connection, KEY, known)
    return bytes.fromhex(known)


def _whose(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.and_(session.c.tenant == encoded(scope.tenant), session.c.owner == encoded(scope.user))


def _named(scope: Scope, *, whole: bool) -> sa.ColumnElement[bool]:
    """The sessions of the user of *scope*: all, *whole*, or the one that it names."""
    return _whose(scope) if whole else sa.and_(_whose(scope), session.c.name == stored_name(scope))


def _collections(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.and_(collection.c.tenant == encoded(scope.tenant), collection.c.owner == encoded(scope.user))


def count(connection: sa.Connection, scope: Scope, *, whole: bool) -> dict[str, int]:
    """How many rows there are of the user of *scope*, or of the session that it names, by table."""
    of_scope(connection, scope)
    sessions = sa.select(session.c.pk).where(_named(scope, whole=whole))
    rows = {session.name: _rows(connection, session, session.c.pk.in_(sessions))}
    rows |= {table.name: _rows(connection, table, table.c.session.in_(sessions)) for table in belongings("session")}
    if whole:
        mine = sa.select(collection.c.pk).where(_collections(scope))
        items = sa.select(item.c.pk).where(item.c.collection.in_(mine))
        rows[collection.name] = _rows(connection, collection, collection.c.pk.in_(mine))
        rows |= {one.name: _rows(connection, one, one.c.collection.in_(mine)) for one in belongings("collection")}
        rows |= {one.name: _rows(connection, one, one.c.item.in_(items)) for one in belongings("item")}
    return {name: number for name, number in rows.items() if number}


def _rows(connection: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(condition)).scalar_one())


def held_by(connection: sa.Connection, scope: Scope, *, whole: bool) -> list[SessionRow]:
    """The sessions of the user of *scope*, of all kinds, or the one that it names: their keys and how many messages."""
    of_scope(connection, scope)
    query = sa.select(session.c.pk, session.c.messages).where(_named(scope, whole=whole))
    return [SessionRow(pk, messages) for pk, messages in connection.execute(query)]


def take(connection: sa.Connection, scope: Scope, reason: str, now: datetime, *, whole: bool) -> Ticket:
    """Take the sessions and items of the user of *scope*, or the session it names, from them, and leave a tombstone."""
    key = secret(connection)
    tenant, user = encoded(scope.tenant), encoded(scope.user)
    of_scope(connection, scope)
    columns = (session.c.pk, session.c.name, session.c.messages, session.c.base, session.c.created_at)
    found = connection.execute(sa.select(*columns).where(_named(scope, whole=whole)).with_for_update()).all()
    taken = [
        Taken(pk, messages, of_session(key, tenant, user, bytes(name)), _of_conversation(key, bytes(name)))
        for pk, name, messages, *_ in found
    ]
    items = sa.select(collection.c.pk, collection.c.stamp).where(_collections(scope)).with_for_update()
    collections: Sequence[Any] = connection.execute(items).all() if whole else ()
    mine = of_user(key, tenant, user)
    of = mine if whole else of_session(key, tenant, user, stored_name(scope))
    held = [pk for pk, _ in collections]
    items_held = _rows(connection, item, item.c.collection.in_(held)) if held else 0
    number = tombstone(connection, of, mine, len(taken), sum(one.messages for one in taken), items_held, reason, now)
    for one, (pk, _, messages, base, created_at) in zip(taken, found, strict=True):
        if not whole:
            own = by_key(connection, pk).pk if base else pk
            counting.emptied(connection, scope, own, 1, decisions.hidden(connection, SessionRow(pk, messages)))
        name = b"%d:" % pk + one.name  # whoever finishes it knows its digest
        names = {"tenant": ERASED, "owner": b"%d" % number, "name": name, "created_at": created_at}
        emptied = dict.fromkeys(("tokens", "window_tokens", "revision", "floor", "look_at", "failures", "failed_at"), 0)
        values = sealed(session, names) | emptied | {"last_error": "", "indexed": GONE, "base": 0, "shared": ""}
        values |= {"chain": None, "journal_chain": None}
        connection.execute(session.update().where(session.c.pk == pk).values(**values))
    if whole:
        storing.disown(connection, owners.key_of(scope), b"%d" % number)  # what comes anew refers to none of it
        counting.erased(connection, scope)
        connection.execute(importing.delete().where(importing.c.owner == mine))  # what it brought is removed too
    for gone in [None] if whole else [one.key for one in taken]:
        shelves.felled(connection, scope, gone)
    owners.unsure(connection, scope)
    for pk, stamp in collections:
        values = sealed(collection, {"tenant": ERASED, "owner": b"%d:%d" % (number, pk), "stamp": stamp})
        connection.execute(collection.update().where(collection.c.pk == pk).values(**values))
    return Ticket(number, taken, held, key, mine)


def _of_conversation(key: bytes, name: bytes) -> bytes:
    return b"" if name.startswith(ERASED) else digest(key, name)


def tombstone(
    connection: sa.Connection,
    of: bytes,
    owner: bytes,
    sessions: int,
    messages: int,
    items: int,
    reason: str,
    now: datetime,
    *,
    done: bool = False,
) -> int:
    """Keep that so much was erased *of* this digest, which is the *owner*'s, or of something of theirs; its number."""
    row = {
        "digest": of,
        "owner": owner,
        "sessions": sessions,
        "messages": messages,
        "items": items,
        "reason": reason,
        "erased_at": now.isoformat(),
        "done": int(done),
    }
    made = connection.execute(erasure.insert().values(**sealed(erasure, row))).inserted_primary_key
    return int(made[0]) if made else 0


def purge(connection: sa.Connection, table: sa.Table, column: str, keys: Sequence[int]) -> int:
    """Remove some rows of *table* that belong to one of *keys*, at most `ROWS`; how many. Where a table has no keys of
    its own, all of them at once."""
    mine = table.c[column].in_(keys)
    if "pk" not in table.c:
        return int(connection.execute(table.delete().where(mine)).rowcount)
    return remove(connection, table, list(connection.execute(sa.select(table.c.pk).where(mine).limit(ROWS)).scalars()))


def purge_messages(connection: sa.Connection, ticket: Ticket, keys: Sequence[int]) -> list[tuple[int, bytes]]:
    """Remove some messages of these sessions, and keep their digests; the session and the SHA-256 of each."""
    columns = (message.c.pk, message.c.session, message.c.sha256, message.c.id)
    some = connection.execute(sa.select(*columns).where(message.c.session.in_(keys)).limit(ROWS)).all()
    remove(connection, message, [pk for pk, *_ in some])
    names = {one.key: one.name for one in ticket.sessions}
    gone = ((names[of], bytes(identifier)) for _, of, _, identifier in some if names[of])
    remembering.remember(connection, ticket.key, ticket.owner, gone)
    return [(of, bytes(sha)) for _, of, sha, _ in some]


def remove(connection: sa.Connection, table: sa.Table, keys: Sequence[int]) -> int:
    """Remove the rows of *table* with these keys."""
    for start in range(0, len(keys), CHUNK):
        some = table.c.pk.in_(keys[start : start + CHUNK])
        if table is vector:
            outside.leaving(connection, some)
        connection.execute(table.delete().where(some))
    return len(keys)


def items_of(connection: sa.Connection, collections: Sequence[int]) -> list[int]:
    """Keys of some items of these collections."""
    mine = item.c.collection.in_(collections)
    return list(connection.execute(sa.select(item.c.pk).where(mine).limit(CHUNK)).scalars())


def _at(scope: Scope, path: bytes) -> sa.ColumnElement[bool]:
    """The items at and under *path* of the user of *scope*, also those that have expired."""
    mine = sa.select(collection.c.pk).where(_collections(scope))
    return sa.and_(item.c.collection.in_(mine), item.c.path >= path, item.c.path < path + b"\xff")


def count_items(connection: sa.Connection, scope: Scope, path: bytes) -> dict[str, int]:
    """How many items and vectors there are at and under *path* of the user of *scope*, by table."""
    of_scope(connection, scope)
    items = sa.select(item.c.pk).where(_at(scope, path))
    rows = {item.name: _rows(connection, item, item.c.pk.in_(items))}
    rows |= {table.name: _rows(connection, table, table.c.item.in_(items)) for table in belongings("item")}
    return {name: number for name, number in rows.items() if number}


def purge_items(connection: sa.Connection, scope: Scope, path: bytes) -> dict[str, int]:
    """Remove some of these items with their vectors; how many rows by table. Others see that their caches are stale."""
    names = {"tenant": encoded(scope.tenant), "owner": encoded(scope.user), "stamp": secrets.randbits(62)}
    of_scope(connection, scope)
    connection.execute(collection.update().where(_collections(scope)).values(**sealed(collection, names)))
    keys = list(connection.execute(sa.select(item.c.pk).where(_at(scope, path)).limit(CHUNK)).scalars())
    gone = {
        table.name: int(connection.execute(table.delete().where(table.c.item.in_(keys))).rowcount)
        for table in belongings("item")
    }
    gone[item.name] = remove(connection, item, keys)
    if keys:
        scrubbing.note(connection)
    return {name: number for name, number in gone.items() if number}


def finish(connection: sa.Connection, ticket: Ticket) -> None:
    """Say that all rows of *ticket* are gone, and not yet their bytes."""
    for start in range(0, len(ticket.sessions), CHUNK):
        keys = [one.key for one in ticket.sessions[start : start + CHUNK]]
        connection.execute(session.update().where(session.c.pk.in_(keys)).values(messages=GONE))
    connection.execute(collection.delete().where(collection.c.pk.in_(ticket.collections)))
    connection.execute(erasure.update().where(erasure.c.pk == ticket.number).values(done=1))
    scrubbing.note(connection)


def unfinished(connection: sa.Connection) -> list[Ticket]:
    """The erasures that a process began and did not finish."""
    everybodys(connection)
    numbers = connection.execute(sa.select(erasure.c.pk).where(erasure.c.done == 0)).scalars().all()
    return [_ticket(connection, number) for number in numbers]


def _ticket(connection: sa.Connection, number: int) -> Ticket:
    mine = sa.and_(session.c.tenant == ERASED, session.c.owner == b"%d" % number)
    found = connection.execute(sa.select(session.c.pk, session.c.messages, session.c.name).where(mine)).all()
    owner = connection.execute(sa.select(erasure.c.owner).where(erasure.c.pk == number)).scalar()
    low, high = b"%d:" % number, b"%d;" % number
    held = sa.and_(collection.c.tenant == ERASED, collection.c.owner >= low, collection.c.owner < high)
    collections = list(connection.execute(sa.select(collection.c.pk).where(held)).scalars())
    taken = [Taken(pk, messages, b"", bytes(name).partition(b":")[2] if owner else b"") for pk, messages, name in found]
    return Ticket(number, taken, collections, secret(connection), bytes(owner or b""))


def identity(connection: sa.Connection) -> str:
    """The id of the database; a copy of it has the same. Whether it is sound, `verify` says: an erasure that has
    removed everything must not fail at the number on its receipt."""
    return str(connection.execute(sa.select(meta.c.value).where(meta.c.key == seals.DATABASE)).scalar() or "")


def left(connection: sa.Connection, keys: Sequence[int]) -> dict[str, int]:
    """How many rows there still are of these sessions, by table."""
    found: dict[str, int] = {}
    for table in belongings("session"):
        for start in range(0, len(keys), CHUNK):
            number = _rows(connection, table, table.c.session.in_(keys[start : start + CHUNK]))
            found[table.name] = found.get(table.name, 0) + number
    return {name: number for name, number in found.items() if number}


def named(connection: sa.Connection, key: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Each session that is somebody's: its key, the digest of whose it is, and that of all its names."""
    columns = (session.c.pk, session.c.tenant, session.c.owner, session.c.name)
    everybodys(connection)
    for pk, *names in connection.execute(sa.select(*columns).where(session.c.tenant < ERASED)):
        tenant, user, name = (bytes(part) for part in names)
        yield pk, of_user(key, tenant, user), of_session(key, tenant, user, name)


def hashes(connection: sa.Connection, pk: int) -> list[tuple[bytes, str]]:
    """The SHA-256 of each message of a session, and when it was stored."""
    query = sa.select(message.c.sha256, message.c.stored_at).where(message.c.session == pk)
    return [(bytes(sha), stored) for sha, stored in connection.execute(query)]
