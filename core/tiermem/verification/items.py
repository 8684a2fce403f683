"""Proof of store items: names derived again from path and key, values read, everything against checksums."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import sqlalchemy as sa

from tiermem.errors import InvalidNamespace
from tiermem.flows.effects import Flow, Read
from tiermem.flows.verifying import rows
from tiermem.items.store import Row, digest
from tiermem.reports.state import Verification
from tiermem.settings import Scope
from tiermem.storage.schema import broken
from tiermem.storage.sessions import decoded
from tiermem.storage.shards.whose import everybodys
from tiermem.storage.tables.items import collection, item, item_vector


def verify() -> Flow[dict[Scope, Verification]]:
    """Each collection of items, by whose it is; its scope has the kind "items"."""
    proofs: dict[Scope, Verification] = {}
    keys = yield Read(_keys)
    for key in keys:
        scope, proof = yield Read(partial(_collection, pk=key))
        proofs[scope] = proof
    return proofs


def _keys(connection: sa.Connection) -> list[int]:
    everybodys(connection)
    return list(connection.execute(sa.select(collection.c.pk).order_by(collection.c.pk)).scalars())


def _collection(connection: sa.Connection, pk: int) -> tuple[Scope, Verification]:
    owner = connection.execute(sa.select(collection.c.tenant, collection.c.owner).where(collection.c.pk == pk)).one()
    try:
        scope = Scope(decoded(owner.tenant), decoded(owner.owner), "items", "items")
    except InvalidNamespace:
        scope = Scope("", "damaged", f"row {pk} of tiermem_collection", "items")
    problems = rows.changed(connection, collection, collection.c.pk == pk)
    problems += rows.guarded("an item", lambda: _differences(connection, pk))
    of_ours = item_vector.c.item.in_(sa.select(item.c.pk).where(item.c.collection == pk))
    problems += rows.changed(connection, item_vector, of_ours)
    count = connection.execute(sa.select(sa.func.count()).where(item.c.collection == pk)).scalar_one()
    return scope, Verification(
        messages=0, decisions=0, summaries=0, indexed=0, items=int(count), problems=rows.listed(problems)
    )


def _differences(connection: sa.Connection, pk: int) -> Iterator[str]:
    for row in connection.execute(sa.select(item).where(item.c.collection == pk)).mappings():
        stored = Row(*(row[name] for name in Row._fields))
        if bytes(row["name"]) != digest(row["path"], row["key"]):
            yield rows.told(item, row, "its path or its key")
        elif broken(item, row) or stored.content() is None:
            yield rows.told(item, row)
        elif not _lives(row["ttl"], row["expires"]):
            yield rows.told(item, row, "when it expires")


def _lives(ttl: float | None, expires: float | None) -> bool:
    """Whether the two belong together; reading moves `expires`, so that no more can be said of it."""
    if ttl is None or expires is None:
        return ttl is expires
    return isinstance(ttl, float) and isinstance(expires, float) and expires > ttl
