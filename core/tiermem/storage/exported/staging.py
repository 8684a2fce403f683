"""What an import brings, put aside until it is whole: sessions and items of nobody, which no question finds.

Rule 1: they become the user's in one short transaction, and only where that user has nothing.
Rule 2: what an import left that ended in the middle goes when its user is erased, and with the next import or opening
once nothing came for `STALE` seconds: until then its process may be alive.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from tiermem.errors import NamespaceNotEmpty, StorageBusy
from tiermem.settings import Scope
from tiermem.storage import owners
from tiermem.storage.blobs import storing
from tiermem.storage.erased.again import keys
from tiermem.storage.erasures import remembering
from tiermem.storage.erasures.taking import CHUNK, ROWS, belongings, of_user, purge, remove, secret
from tiermem.storage.exported import forking
from tiermem.storage.exported.content import COLUMNS
from tiermem.storage.schema import sealed, session
from tiermem.storage.sessions import ERASED, encoded
from tiermem.storage.shards.whose import at, of_digest, of_scope
from tiermem.storage.tables import seals
from tiermem.storage.tables.erasures import KEY, erased, erasure
from tiermem.storage.tables.imports import importing
from tiermem.storage.tables.items import collection, item

STALE = 900.0  # seconds
_TOTALS = ("messages", "tokens", "window_tokens", "revision", "floor", "look_at", "chain", "journal_chain")


class Import(NamedTuple):
    """An import under way: its number, and the key of its items' collection, 0 while there is none."""

    number: int
    collection: int = 0


def begin(connection: sa.Connection, scope: Scope) -> Import:
    """Begin an import for the user of *scope*.

    Raises:
        NamespaceNotEmpty: something is held of that user.
    """
    of_scope(connection, scope)
    refuse_held(connection, scope)
    owner = of_user(secret(connection), encoded(scope.tenant), encoded(scope.user))
    made = connection.execute(
        importing.insert().values(**sealed(importing, {"owner": owner}), beat=time.time())
    ).inserted_primary_key
    return Import(int(made[0]) if made else 0)


def refuse_held(connection: sa.Connection, scope: Scope) -> None:
    """Do nothing, unless something is held of the user of *scope*.

    Raises:
        NamespaceNotEmpty: something is; it says what to do.
    """
    of_scope(connection, scope)
    mine = sa.and_(session.c.tenant == encoded(scope.tenant), session.c.owner == encoded(scope.user))
    sessions = connection.execute(sa.select(sa.func.count()).select_from(session).where(mine)).scalar_one()
    whose = sa.and_(collection.c.tenant == encoded(scope.tenant), collection.c.owner == encoded(scope.user))
    held = item.c.collection.in_(sa.select(collection.c.pk).where(whose))
    items = connection.execute(sa.select(sa.func.count()).select_from(item).where(held)).scalar_one()
    if sessions or items:
        raise NamespaceNotEmpty(
            f"{scope.user!r} has {sessions} sessions or collections and {items} items here already, and an import "
            "replaces and mixes nothing: name another user with namespace=, or erase(…) this one first"
        )


def beat(connection: sa.Connection, ticket: Import) -> None:
    """Say that the import *ticket* goes on.

    Raises:
        StorageBusy: somebody removed what it brought: the user was erased, or nothing came for too long.
    """
    alive = connection.execute(importing.update().where(importing.c.pk == ticket.number).values(beat=time.time()))
    if not alive.rowcount:
        raise StorageBusy("the import was given up by another process, or its user was erased; nothing was imported")


def owner_of(ticket: Import) -> bytes:
    """Whose the sessions and items are that *ticket* has put aside: nobody's."""
    return b"i%d" % ticket.number


def add_session(connection: sa.Connection, ticket: Import, name: bytes, values: Mapping[str, Any]) -> int:
    """Put a session aside; its key."""
    names = {"tenant": ERASED, "owner": owner_of(ticket), "name": name, "created_at": values["created_at"]}
    totals = {column: values[column] for column in _TOTALS}
    made = connection.execute(session.insert().values(**sealed(session, names), **totals)).inserted_primary_key
    return int(made[0]) if made else 0


def add_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows aside that belong to such a session."""
    if rows:
        connection.execute(table.insert(), [sealed(table, dict(row)) for row in rows])


def add_collection(connection: sa.Connection, ticket: Import) -> Import:
    """Put a collection of items aside."""
    names = {"tenant": ERASED, "owner": b"i%d" % ticket.number, "stamp": secrets.randbits(62)}
    made = connection.execute(collection.insert().values(**sealed(collection, names))).inserted_primary_key
    return ticket._replace(collection=int(made[0]) if made else 0)


def add_item(connection: sa.Connection, values: Mapping[str, Any]) -> int:
    """Put an item aside; its key."""
    made = connection.execute(item.insert().values(**sealed(item, dict(values)))).inserted_primary_key
    return int(made[0]) if made else 0


def add_erased(connection: sa.Connection, ticket: Import, key: bytes, digest: bytes) -> None:
    """Put a digest of what was erased aside."""
    _know(connection, key)
    owner = _aside(ticket.number) + key[:16]
    with at(connection, of_digest(owner)):
        connection.execute(erased.insert().values(**sealed(erased, {"owner": owner, "digest": digest})))


def _aside(number: int) -> bytes:
    return b"i%d:" % number  # shorter or longer than a digest with what follows, so that it is nobody's


def _give_erased(connection: sa.Connection, ticket: Import, tenant: bytes, user: bytes) -> None:
    for key in keys(connection):
        aside = _aside(ticket.number) + key[:16]
        owner, mine = of_user(key, tenant, user), erased.c.owner == aside
        while digests := _moved(connection, aside, mine):
            remembering.add(connection, [{"owner": owner, "digest": one} for one in digests])


def _moved(connection: sa.Connection, aside: bytes, mine: sa.ColumnElement[bool]) -> list[bytes]:
    """Some of what was put *aside*, which is removed there."""
    with at(connection, of_digest(aside)):
        some = connection.execute(sa.select(erased.c.digest).where(mine).limit(CHUNK)).scalars()
        digests = [bytes(one) for one in some]
        connection.execute(erased.delete().where(mine, erased.c.digest.in_(digests)))
    return digests


def _know(connection: sa.Connection, key: bytes) -> None:
    if key not in keys(connection):
        seals.keep(connection, f"{KEY}.{key[:16].hex()}", key.hex())


def publish(connection: sa.Connection, ticket: Import, scope: Scope, erasures: Sequence[Mapping[str, Any]]) -> None:
    """Make all that was put aside the user's of *scope*.

    Raises:
        NamespaceNotEmpty: something came to be held of that user meanwhile.
        StorageBusy: as `beat`.
    """
    of_scope(connection, scope)
    beat(connection, ticket)
    refuse_held(connection, scope)
    names = {"tenant": encoded(scope.tenant), "owner": encoded(scope.user)}
    mine = sa.and_(session.c.tenant == ERASED, session.c.owner == b"i%d" % ticket.number)
    rows = connection.execute(sa.select(session.c.pk, session.c.name, session.c.created_at).where(mine)).all()
    for pk, name, created_at in rows:
        if forking.is_erased(bytes(name)):
            forking.give_erased(connection, pk, bytes(name))
            continue
        values = sealed(session, {**names, "name": bytes(name), "created_at": created_at})
        connection.execute(session.update().where(session.c.pk == pk).values(**values))
    if ticket.collection:
        whose = sa.and_(collection.c.tenant == names["tenant"], collection.c.owner == names["owner"])
        connection.execute(collection.delete().where(whose))  # an empty one
        values = sealed(collection, {**names, "stamp": secrets.randbits(62)})
        connection.execute(collection.update().where(collection.c.pk == ticket.collection).values(**values))
    _give_erased(connection, ticket, names["tenant"], names["owner"])
    storing.disown(connection, owner_of(ticket), owners.key_of(scope))
    for row in erasures:
        _bury(connection, row, names["tenant"], names["owner"])
    if rows:
        owners.obtain(connection, scope)
        owners.unsure(connection, scope)
    connection.execute(importing.delete().where(importing.c.pk == ticket.number))


def _bury(connection: sa.Connection, row: Mapping[str, Any], tenant: bytes, user: bytes) -> None:
    key: bytes = row["key"]
    _know(connection, key)
    mine = of_user(key, tenant, user)
    values = {name: row[name] for name in COLUMNS[erasure]} | {"owner": mine, "done": 1}
    connection.execute(erasure.insert().values(**sealed(erasure, values | ({"digest": mine} if row["whole"] else {}))))


def purge_some(connection: sa.Connection, number: int) -> bool:
    """Remove some rows that the import *number* put aside; whether more are left. The last step forgets it."""
    connection.execute(importing.delete().where(importing.c.pk == number))  # what still runs finds that it is over
    sessions = _keys(connection, session, number)
    collections = _keys(connection, collection, number)
    items = list(
        connection.execute(sa.select(item.c.pk).where(item.c.collection.in_(collections)).limit(CHUNK)).scalars()
    )
    if sessions and storing.of_sessions(connection, sessions):
        return True
    for column, owning in (("item", items), ("session", sessions), ("collection", collections)):
        for table in belongings(column) if owning else ():
            if purge(connection, table, column, owning) >= ROWS:
                return True
    if items:
        return True
    storing.purge_owner(connection, b"i%d" % number)
    low, high = _aside(number), _aside(number)[:-1] + b";"
    with at(connection, None):  # by each key another place
        connection.execute(erased.delete().where(erased.c.owner >= low, erased.c.owner < high))
    remove(connection, session, sessions)
    remove(connection, collection, collections)
    return bool(sessions or collections)


def _keys(connection: sa.Connection, table: sa.Table, number: int) -> list[int]:
    mine = sa.and_(table.c.tenant == ERASED, table.c.owner == b"i%d" % number)
    return list(connection.execute(sa.select(table.c.pk).where(mine).order_by(table.c.pk).limit(CHUNK)).scalars())


def left(connection: sa.Connection, *, owner: bytes | None = None) -> list[int]:
    """The numbers of imports that came to no end: those of *owner*, or those that were given up."""
    if owner is not None:
        return list(connection.execute(sa.select(importing.c.pk).where(importing.c.owner == owner)).scalars())
    old = importing.c.beat < time.time() - STALE
    known = list(connection.execute(sa.select(importing.c.pk).where(old)).scalars())
    return known + _forgotten(connection)


def _forgotten(connection: sa.Connection) -> list[int]:
    """Those whose row is gone already, and of which something is left."""
    running = set(connection.execute(sa.select(importing.c.pk)).scalars())
    found: set[int] = set()
    for table in (session, collection):
        low, high = b"i", b"j"
        aside = sa.and_(table.c.tenant == ERASED, table.c.owner >= low, table.c.owner < high)
        found |= {
            int(bytes(owner)[1:])
            for owner in connection.execute(sa.select(table.c.owner).where(aside).distinct()).scalars()
        }
    return sorted(found - running)
