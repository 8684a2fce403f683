"""The numbers of whose rows they are (`storage/shards/`), for rows that a migration brings to a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

from tiermem.migration.copying import Reading
from tiermem.storage.shards.places import UserPlaces, places
from tiermem.storage.shards.tables import REFERENCE
from tiermem.storage.shards.whose import of_digest
from tiermem.storage.tables.items import item
from tiermem.storage.tables.media import media

Row: TypeAlias = dict[str, Any]


class Placing:
    """Where rows of *source* belong in a database whose digests have that *key*."""

    def __init__(self, source: Reading, key: bytes) -> None:
        self._source = source
        self._places: UserPlaces = source.read(lambda connection: places(connection, key))

    def of(self, table: sa.Table, brought: Sequence[tuple[Any, ...]]) -> list[int]:
        """The numbers of these rows of *table*, 0 of what is nobody's; none where the table is everybody's."""
        if table.name in REFERENCE:
            return []
        rows = [dict(zip(table.columns.keys(), row, strict=True)) for row in brought]
        found = self._finder(table, rows)
        return [found(row) for row in rows]

    def _finder(self, table: sa.Table, rows: Sequence[Row]) -> Callable[[Row], int]:
        known, names = self._places, table.columns.keys()
        if "session" in names:
            return lambda row: known.sessions.get(row["session"], 0)
        if "tenant" in names:
            own = {"tiermem_session": known.sessions, "tiermem_collection": known.collections}.get(table.name)
            return lambda row: known.names.get((row["tenant"], row["owner"]), 0) if own is None else own[row["pk"]]
        if "collection" in names:
            return lambda row: known.collections.get(row["collection"], 0)
        if table.name in {"tiermem_erased", "tiermem_import"}:
            return lambda row: of_digest(row["owner"])
        if "owner" in names:
            return lambda row: known.keys.get(row["owner"], 0)
        column = "item" if "item" in names else "media"
        above = self._above(item.c.collection if column == "item" else media.c.owner, {row[column] for row in rows})
        own_of: dict[Any, int] = dict(known.collections) if column == "item" else dict(known.keys)
        return lambda row: own_of.get(above.get(row[column]), 0)

    def _above(self, column: sa.Column[Any], keys: set[int]) -> dict[int, Any]:
        """What the items or media with these *keys* belong to."""
        if not keys:
            return {}
        pk = column.table.c.pk
        query = sa.select(pk, column).where(pk.between(min(keys), max(keys)))  # they are brought in order
        return dict(map(tuple, self._source.read(lambda connection: connection.execute(query).all())))
