"""Which vectors of items may be compared: a label for each model, told apart by its stored vector of a fixed text.

The first model of a name has the name for a label, another one that comes under the same name has it with a digest of
its probe. So two processes with two models of one name write and read apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import sqlalchemy as sa

from tiermem.flows.indexing.vectors import alike
from tiermem.items.store import CHUNK, Row, obtain
from tiermem.settings import Scope
from tiermem.storage.embedded import vectors
from tiermem.storage.schema import embedder, sealed
from tiermem.storage.shards.whose import at
from tiermem.storage.tables.items import item, item_vector

FEW = 20  # vectors from before there were probes, of which one is compared


class Old(NamedTuple):
    """An item whose vectors another model made: its row, and the hashes of the texts that had one."""

    row: Row
    hashes: frozenset[bytes]


class Anew(NamedTuple):
    """Vectors made anew: of which item, as it was with that stamp; (hash, float32 bytes) of each text."""

    item: int
    stamp: int
    vectors: Sequence[tuple[bytes, bytes]]


def find(connection: sa.Connection, name: str, probe: bytes) -> str | None:
    """The label of the model called *name* that gives *probe*, or None."""
    return next((label for label, stored in _models(connection, name) if alike(probe, stored)), None)


def obtain_label(connection: sa.Connection, name: str, probe: bytes, *, inherits: bool) -> str:
    """`find`, and where there is none a new label; *inherits*: vectors without a probe under the name are its own."""
    vectors.alone(connection)
    if (known := find(connection, name, probe)) is not None:
        return known
    plain = inherits or not (_models(connection, name) or _any(connection, name))
    label = new_label(name, probe, plain=plain)
    vectors.renew(connection, vectors.OF_ITEMS + label, probe)
    return label


def new_label(name: str, probe: bytes, *, plain: bool) -> str:
    """The label of a model that has none yet."""
    return name if plain else f"{name}#{blake2b(probe, digest_size=6).hexdigest()}"


def unproved(connection: sa.Connection, name: str) -> list[tuple[Row, bytes, bytes]]:
    """A few (item, hash, float32 bytes) from before items had probes, where no model has the plain name yet.

    Nothing where vectors of two lengths are there: two models were.
    """
    lengths = sa.select(sa.func.length(item_vector.c.value)).where(item_vector.c.space == name).distinct().limit(2)
    if any(label == name for label, _ in _models(connection, name)):
        return []
    query = sa.select(*(item.c[field] for field in Row._fields), item_vector.c.hash, item_vector.c.value)
    query = query.join(item, item.c.pk == item_vector.c.item).where(item_vector.c.space == name).limit(FEW)
    with at(connection, None):  # a model has one label, whoever used it first
        rows = [] if len(connection.execute(lengths).all()) > 1 else connection.execute(query).all()
    return [(Row(*row[:-2]), bytes(row[-2]), bytes(row[-1])) for row in rows]


def _models(connection: sa.Connection, name: str) -> list[tuple[str, bytes]]:
    rows = connection.execute(sa.select(embedder.c.name, embedder.c.probe).order_by(embedder.c.pk))
    labels = ((str(stored).removeprefix(vectors.OF_ITEMS), bytes(probe), str(stored)) for stored, probe in rows)
    return [
        (label, probe)
        for label, probe, stored in labels
        if stored != label and (label == name or label.startswith(f"{name}#"))
    ]


def _any(connection: sa.Connection, name: str) -> bool:
    query = sa.select(item_vector.c.pk).where(item_vector.c.space == name).limit(1)
    with at(connection, None):
        return connection.execute(query).first() is not None


# --- what another model made


def others(connection: sa.Connection, keys: Sequence[int], label: str) -> int:
    """How many of these items have vectors of other models than *label* and none of its own."""
    count = 0
    for start in range(0, len(keys), CHUNK):
        count += len(_stale(connection, item_vector.c.item.in_(keys[start : start + CHUNK]), label, CHUNK))
    return count


def old(connection: sa.Connection, pk: int, label: str, above: int, limit: int) -> list[Old]:
    """Items of the collection *pk* beyond the item *above* whose vectors other models made, in order."""
    mine = item_vector.c.item.in_(sa.select(item.c.pk).where(item.c.collection == pk, item.c.pk > above))
    keys = _stale(connection, mine, label, limit)
    hashes: dict[int, set[bytes]] = {}
    for start in range(0, len(keys), CHUNK):
        part = item_vector.c.item.in_(keys[start : start + CHUNK])
        for key, digest in connection.execute(sa.select(item_vector.c.item, item_vector.c.hash).where(part)):
            hashes.setdefault(int(key), set()).add(bytes(digest))
    return [Old(row, frozenset(hashes[row.pk])) for row in _rows(connection, keys)]


def _rows(connection: sa.Connection, keys: Sequence[int]) -> Iterator[Row]:
    for start in range(0, len(keys), CHUNK):
        query = sa.select(*(item.c[field] for field in Row._fields)).where(item.c.pk.in_(keys[start : start + CHUNK]))
        yield from (Row(*row) for row in connection.execute(query.order_by(item.c.pk)))


def _stale(connection: sa.Connection, among: sa.ColumnElement[bool], label: str, limit: int) -> list[int]:
    own = sa.func.sum(sa.case((item_vector.c.space == label, 1), else_=0))
    query = sa.select(item_vector.c.item).where(among).group_by(item_vector.c.item).having(own == 0)
    return list(connection.execute(query.order_by(item_vector.c.item).limit(limit)).scalars())


def replace(connection: sa.Connection, scope: Scope, label: str, made: Sequence[Anew]) -> int:
    """Keep vectors made anew in place of all others of these items; how many items. One that was put meanwhile has its
    own vectors, and is left alone."""
    pk, stamp = obtain(connection, scope)
    keys = [one.item for one in made]
    rows: dict[int, Mapping[str, Any]] = {}
    for start in range(0, len(keys), CHUNK):
        query = sa.select(item).where(item.c.collection == pk, item.c.pk.in_(keys[start : start + CHUNK]))
        rows |= {row["pk"]: row for row in connection.execute(query).mappings()}
    kept = [one for one in made if one.item in rows and rows[one.item]["stamp"] == one.stamp]
    for one in kept:
        connection.execute(item_vector.delete().where(item_vector.c.item == one.item))
        fresh = sealed(item, {**rows[one.item], "stamp": stamp})  # another stamp, by which caches see it
        changed = {name: fresh[name] for name in ("stamp", "checksum")}
        connection.execute(item.update().where(item.c.pk == one.item).values(**changed))
    new = [
        sealed(item_vector, {"item": one.item, "space": label, "hash": digest, "value": value})
        for one in kept
        for digest, value in one.vectors
    ]
    if new:
        connection.execute(item_vector.insert(), new)
    return len(kept)
