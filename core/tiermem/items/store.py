"""The tables of store items: JSON objects of a user by path and key, with their vectors and their times to live.

Every read leaves out what has expired. A write locks the user's collection, so that batches that put the same keys in
another order cannot wait for each other, and gives it another stamp, by which a cache sees that it is out of date.
Stamps are random: a number that counts could come twice, where a commit failed after somebody had read behind it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias, TypeVar

import sqlalchemy as sa

from tiermem.items.item import Path, path_bytes, path_of
from tiermem.plain_json import loads
from tiermem.settings import Scope
from tiermem.storage.schema import broken, sealed
from tiermem.storage.sessions import encoded
from tiermem.storage.shards.whose import somebodys
from tiermem.storage.tables.items import collection, item, item_vector

T = TypeVar("T")
CHUNK = 500  # bound values a statement; SQLite's oldest limit is 999
Mark: TypeAlias = tuple[int, int, float | None]  # item, stamp, expires
SWEPT = 500  # expired items that a write removes; a put must not pay for all of them


class Row(NamedTuple):
    """A stored item."""

    pk: int
    path: bytes
    key: bytes
    value: bytes
    created_at: str
    updated_at: str
    ttl: float | None
    collection: int
    name: bytes
    stamp: int
    checksum: bytes | None

    def content(self) -> dict[str, Any] | None:
        """The value, or None where the row is damaged."""
        try:
            value = None if broken(item, self._asdict()) else loads(bytes(self.value))
        except (ValueError, TypeError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


class New(NamedTuple):
    """An item to be kept: `ttl` in seconds, and (hash, float32 bytes) of each text that was embedded."""

    path: Path
    key: str
    value: bytes
    ttl: float | None
    vectors: Sequence[tuple[bytes, bytes]]


_ROW = tuple(item.c[name] for name in Row._fields)
_FIND = sa.select(collection.c.pk, collection.c.stamp).where(
    collection.c.tenant == sa.bindparam("tenant"), collection.c.owner == sa.bindparam("owner")
)
_FIND_AND_LOCK = _FIND.with_for_update()
_LIVE = sa.or_(item.c.expires.is_(None), item.c.expires > sa.bindparam("now"))
_MINE = sa.and_(item.c.collection == sa.bindparam("collection"), _LIVE)
_UNDER = sa.and_(_MINE, item.c.path >= sa.bindparam("low"), item.c.path < sa.bindparam("high"))
_NAMED = sa.select(*_ROW).where(_MINE, item.c.name.in_(sa.bindparam("names", expanding=True)))
_PICKED = sa.select(*_ROW).where(item.c.pk.in_(sa.bindparam("keys", expanding=True)))
_KEYS = sa.select(item.c.pk).where(_UNDER).order_by(item.c.pk).limit(sa.bindparam("limit"))
_MARKS = sa.select(item.c.pk, item.c.stamp, item.c.expires).where(_UNDER).order_by(item.c.pk)
_PATHS = sa.select(item.c.path).where(_UNDER).distinct()
_THERE = sa.select(item.c.name, item.c.pk, item.c.expires, item.c.created_at).where(
    item.c.collection == sa.bindparam("collection"), item.c.name.in_(sa.bindparam("names", expanding=True))
)
_UPDATE = item.update().where(item.c.pk == sa.bindparam("known"))


def named(path: Sequence[str], key: str) -> bytes:
    """The SHA-256 of a path and a key. No label is empty, so the zero byte between them says where the path ends."""
    return digest(path_bytes(path), encoded(key))


def digest(path: bytes, key: bytes) -> bytes:
    """`named`, of the stored forms of a path and a key."""
    return sha256(bytes(path) + b"\0" + bytes(key)).digest()


def find(connection: sa.Connection, scope: Scope) -> tuple[int, int]:
    """Key and stamp of a user's collection, zeros while nothing was ever put."""
    names = {"tenant": encoded(scope.tenant), "owner": encoded(scope.user)}
    somebodys(connection, names["tenant"], names["owner"])
    row = connection.execute(_FIND, names).first()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def lock(connection: sa.Connection, scope: Scope) -> int:
    """Key of a user's collection, whose other writers wait until the transaction ends; 0 while nothing was ever put."""
    names = {"tenant": encoded(scope.tenant), "owner": encoded(scope.user)}
    somebodys(connection, names["tenant"], names["owner"])
    row = connection.execute(_FIND_AND_LOCK, names).first()
    return int(row[0]) if row else 0


def obtain(connection: sa.Connection, scope: Scope) -> tuple[int, int]:
    """The user's collection with a new stamp; made where it is not there, and locked until the transaction ends."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql as dialect
    else:
        from sqlalchemy.dialects import sqlite as dialect  # type: ignore[no-redef]
    stamp = secrets.randbits(62)
    values = sealed(collection, {"tenant": encoded(scope.tenant), "owner": encoded(scope.user), "stamp": stamp})
    somebodys(connection, values["tenant"], values["owner"])
    insert = dialect.insert(collection).values(**values)
    unique = [collection.c.tenant, collection.c.owner]
    changed = {name: values[name] for name in ("stamp", "checksum")}
    connection.execute(insert.on_conflict_do_update(index_elements=unique, set_=changed))
    return find(connection, scope)


def get(connection: sa.Connection, pk: int, names: Iterable[bytes], now: float) -> dict[bytes, Row]:
    """The items with these names."""
    rows: dict[bytes, Row] = {}
    for part in _parts(list(names)):
        for row in connection.execute(_NAMED, {"collection": pk, "names": part, "now": now}):
            stored = Row(*row)
            rows[bytes(stored.name)] = stored
    return rows


def pick(connection: sa.Connection, keys: Iterable[int]) -> Iterator[Row]:
    """The items with these keys, in this order."""
    for part in _parts(list(keys)):
        rows = {row[0]: Row(*row) for row in connection.execute(_PICKED, {"keys": part}).all()}
        yield from (rows[key] for key in part if key in rows)


def keys(connection: sa.Connection, pk: int, path: Path, now: float, limit: int) -> list[int]:
    """Keys of the first *limit* items at and under *path*, oldest first."""
    return list(connection.execute(_KEYS, _under(pk, path, now) | {"limit": limit}).scalars())


def marks(connection: sa.Connection, pk: int, path: Path, now: float) -> list[Mark]:
    """Of all items at and under *path*, oldest first, what tells a cache whether it has them as they are."""
    return [(key, stamp, end) for key, stamp, end in connection.execute(_MARKS, _under(pk, path, now)).all()]


def paths(connection: sa.Connection, pk: int, path: Path, now: float) -> list[Path]:
    """The paths at and under *path* that hold items, unsorted."""
    return [path_of(stored) for (stored,) in connection.execute(_PATHS, _under(pk, path, now))]


def vectors(connection: sa.Connection, keys: Iterable[int], space: str) -> Iterator[tuple[int, bytes]]:
    """(item, float32 bytes) of these items' vectors."""
    for part in _parts(list(keys)):
        query = sa.select(item_vector.c.item, item_vector.c.value)
        query = query.where(item_vector.c.item.in_(part), item_vector.c.space == space).order_by(item_vector.c.pk)
        yield from ((row[0], bytes(row[1])) for row in connection.execute(query))


def known_vectors(
    connection: sa.Connection, pk: int, names: Iterable[bytes], space: str
) -> Iterator[tuple[bytes, bytes]]:
    """(hash, float32 bytes) of the vectors that the items with these names have."""
    for part in _parts(list(names)):
        query = sa.select(item_vector.c.hash, item_vector.c.value).join(item, item.c.pk == item_vector.c.item)
        query = query.where(item.c.collection == pk, item.c.name.in_(part), item_vector.c.space == space)
        yield from ((bytes(known), bytes(value)) for known, value in connection.execute(query))


def write(
    connection: sa.Connection,
    scope: Scope,
    puts: Sequence[New],
    gone: Iterable[bytes],
    space: str,
    now: tuple[str, float],
) -> None:
    """Keep *puts*, remove the items with the names *gone*, and some of what has expired.

    *now* is the time, as text and as seconds. An update keeps `created_at`, but not that of what has expired.
    """
    pk, stamp = obtain(connection, scope)
    fresh = {named(put.path, put.key): put for put in puts}
    there = _there(connection, pk, [*fresh, *gone])
    kept = {name: row for name, row in there.items() if name in fresh and not row.expired(now[1])}
    _remove(connection, [row.pk for name, row in there.items() if name not in kept])
    _remove_vectors(connection, [row.pk for row in kept.values()])
    _sweep(connection, pk, now[1], SWEPT)
    rows = {
        name: _values(name, put, now, pk, stamp, kept[name].created_at if name in kept else now[0])
        for name, put in fresh.items()
    }
    if old := [{"known": row.pk, **rows[name]} for name, row in kept.items()]:
        connection.execute(_UPDATE, old)
    if new := [row for name, row in rows.items() if name not in kept]:
        connection.execute(item.insert(), new)
    _add_vectors(connection, pk, fresh, space)


def refresh(connection: sa.Connection, scope: Scope, keys: Sequence[int], now: float) -> None:
    """Start the time to live of these items again; what has expired meanwhile stays gone."""
    lock(connection, scope)
    for part in _parts(sorted(set(keys))):
        live = sa.and_(item.c.pk.in_(part), item.c.ttl.is_not(None), item.c.expires > now)
        connection.execute(item.update().where(live).values(expires=now + item.c.ttl))


def sweep(connection: sa.Connection, scope: Scope, now: float, limit: int) -> int:
    """Remove up to *limit* expired items of a user; returns how many."""
    pk = lock(connection, scope)
    return _sweep(connection, pk, now, limit) if pk else 0


def _sweep(connection: sa.Connection, pk: int, now: float, limit: int) -> int:
    old = sa.select(item.c.pk).where(item.c.collection == pk, item.c.expires <= now).limit(limit)
    keys = list(connection.execute(old).scalars())
    _remove(connection, keys)
    return len(keys)


class _There(NamedTuple):
    pk: int
    expires: float | None
    created_at: str

    def expired(self, now: float) -> bool:
        return self.expires is not None and self.expires <= now


def _there(connection: sa.Connection, pk: int, names: Sequence[bytes]) -> dict[bytes, _There]:
    there: dict[bytes, _There] = {}
    for part in _parts(names):
        rows = connection.execute(_THERE, {"collection": pk, "names": part})
        there |= {bytes(name): _There(*rest) for name, *rest in rows}
    return there


def _values(name: bytes, new: New, now: tuple[str, float], pk: int, stamp: int, created_at: str) -> dict[str, Any]:
    row = {
        "collection": pk,
        "name": name,
        "path": path_bytes(new.path),
        "key": encoded(new.key),
        "value": new.value,
        "created_at": created_at,
        "updated_at": now[0],
        "ttl": new.ttl,
        "expires": None if new.ttl is None else now[1] + new.ttl,
        "stamp": stamp,
    }
    return sealed(item, row)


def _add_vectors(connection: sa.Connection, pk: int, fresh: dict[bytes, New], space: str) -> None:
    names = [name for name, put in fresh.items() if put.vectors]
    if not names:
        return
    there = _there(connection, pk, names)
    rows = [
        sealed(item_vector, {"item": there[name].pk, "space": space, "hash": hashed, "value": value})
        for name in names
        for hashed, value in fresh[name].vectors
    ]
    connection.execute(item_vector.insert(), rows)


def _remove(connection: sa.Connection, keys: Sequence[int]) -> None:
    _remove_vectors(connection, keys)
    for part in _parts(keys):
        connection.execute(item.delete().where(item.c.pk.in_(part)))


def _remove_vectors(connection: sa.Connection, keys: Sequence[int]) -> None:
    for part in _parts(keys):
        connection.execute(item_vector.delete().where(item_vector.c.item.in_(part)))


def _under(pk: int, path: Path, now: float) -> dict[str, object]:
    low = path_bytes(path)
    return {"collection": pk, "low": low, "high": low + b"\xff", "now": now}


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
