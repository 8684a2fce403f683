"""Whose rows the statements of a transaction mean, on a server: said once in it, then part of each statement.

Rule 1: what finds a session or collection by its scope says it (`somebodys`); from there on each SELECT, UPDATE and
DELETE has the number of that user in its condition, of every table, and each row that is written has it too: in that
transaction, and in those of the same flow that follow.
Rule 2: what looks at rows of everybody says that (`everybodys`), and adds none.
Rule 3: the number is the beginning of a keyed digest (`erasures.digest`), so it is known before anything is read, and
outlives an erasure without saying whose it was. Two users who share one share a place; whose a row is say its names.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from tiermem.errors import StorageCorrupt
from tiermem.settings import Scope
from tiermem.storage.shards.flow import flow, running
from tiermem.storage.shards.tables import with_shard
from tiermem.storage.tables import seals
from tiermem.storage.tables.columns import meta
from tiermem.storage.tables.erasures import KEY, digest
from tiermem.storage.tables.names import encoded

T = TypeVar("T")
_OPTION = "tiermem_shard"  # of a connection, for one transaction
_SECRETS: WeakKeyDictionary[sa.Dialect, bytes] = WeakKeyDictionary()  # of a server's engine, by its dialect


class _Meant(threading.local):
    """What the statement means that this thread is about to send."""

    shard: int | None = None


_meant = _Meant()
SHARD: sa.BindParameter[int] = sa.bindparam("whose_shard", type_=sa.BigInteger, callable_=lambda: _meant.shard)


def shard_of(key: bytes, tenant: bytes, user: bytes) -> int:
    """The number of a user by their stored names, in the database whose digests have that *key*."""
    return of_digest(digest(key, tenant, user))


def of_digest(owner: bytes) -> int:
    """The same by the keyed digest of whose it is."""
    return int.from_bytes(owner[:8], "big", signed=True)


def somebodys(connection: sa.Connection, tenant: bytes, user: bytes) -> None:
    """From here on the statements of this transaction mean rows of that user."""
    if connection.dialect.name != "sqlite":
        key = _secret(connection)
        _say(connection, None if key is None else shard_of(key, tenant, user))


def number_of(connection: sa.Connection, scope: Scope) -> int | None:
    """The number of the user of *scope*; None in a file, and where the key is damaged by which it is found."""
    key = None if connection.dialect.name == "sqlite" else _secret(connection)
    return None if key is None else shard_of(key, encoded(scope.tenant), encoded(scope.user))


def of_scope(connection: sa.Connection, scope: Scope) -> None:
    """The same by a scope of the user's."""
    somebodys(connection, encoded(scope.tenant), encoded(scope.user))


def everybodys(connection: sa.Connection) -> None:
    """From here on they mean rows of everybody, until somebody is named."""
    if connection.dialect.name != "sqlite":
        _say(connection, None)


@contextmanager
def at(connection: sa.Connection, shard: int | None) -> Iterator[None]:
    """Within the block they mean rows with that number; None: everybody's."""
    if connection.dialect.name == "sqlite":
        yield
        return
    before = connection.get_execution_options().get(_OPTION)
    connection.execution_options(**{_OPTION: shard})
    try:
        yield
    finally:
        connection.execution_options(**{_OPTION: before})


def carried(body: Callable[[sa.Connection], T]) -> Callable[[sa.Connection], T]:
    """*body*, a transaction of the flow that runs here, for a thread in which it does not."""
    said = running()

    def within(connection: sa.Connection) -> T:
        with flow(said):
            begun(connection)
            return body(connection)

    return body if said is None else within


def begun(connection: sa.Connection) -> None:
    """A transaction of a flow begins: it means whose rows the one before it meant."""
    said = running()
    connection.execution_options(**{_OPTION: said.shard if said is not None else None})


def _say(connection: sa.Connection, shard: int | None) -> None:
    if connection.get_execution_options().get(_OPTION) != shard:
        connection.execution_options(**{_OPTION: shard})
    if (said := running()) is not None:
        said.shard = shard


def is_meant() -> bool:
    """Whether the statement that this thread is about to send means rows of one user."""
    return _meant.shard is not None


def about_to_send(connection: sa.Connection, statement: object, *_sent: object) -> None:
    """What an engine calls before each statement (SQLAlchemy's `before_execute`).

    Raises:
        StorageCorrupt: a row of somebody's would be added, and the key by which users' rows are found is damaged.
    """
    _meant.shard = connection.get_execution_options().get(_OPTION)
    if _meant.shard is None and isinstance(statement, sa.Insert) and with_shard(statement.table) is not None:
        secret(connection)
        raise StorageCorrupt(f"a row would be added to {statement.table.name} of which nobody knows whose it is")


def secret(connection: sa.Connection) -> bytes | None:
    """The key of the database's digests; None where it has none.

    Raises:
        StorageCorrupt: it is damaged.
    """
    query = sa.select(meta.c.key, meta.c.value).where(seals.checked(KEY))
    known = seals.sound(dict(map(tuple, connection.execute(query)))).get(KEY)
    return None if known is None else bytes.fromhex(known)


def _secret(connection: sa.Connection) -> bytes | None:
    """`secret`, remembered; None where it is damaged too. Rows are found without it, wherever they are; none can be
    added then, and `verify` says why."""
    if (known := _SECRETS.get(connection.dialect)) is not None:
        return known
    try:
        known = secret(connection)
    except StorageCorrupt:
        return None
    if known is not None:
        _SECRETS[connection.dialect] = known
    return known
