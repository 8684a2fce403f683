"""Rows of one database in another: put there, and compared, table by table in the order of their keys.

Rule 1: every table of the schema, every column, byte for byte; what is derived too, since deriving it again takes
longer than to copy it, and another version of its rules would change it. Only the version of the schema stays out.
Rule 2: what is there already is compared, never believed: so a migration that was stopped goes on, also where somebody
wrote to the source since. From the first difference on a table is copied anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from tiermem.storage.blobs.bodies import matches
from tiermem.storage.schema import broken, message, meta
from tiermem.storage.shards.tables import COLUMN, with_shard
from tiermem.storage.shards.whose import secret
from tiermem.storage.tables.columns import metadata
from tiermem.storage.tables.erasures import KEY, TOMBSTONE
from tiermem.storage.tables.seals import CHECK

T = TypeVar("T")
ROWS, BYTES = 1_000, 8 << 20  # that one transaction takes, whichever comes first; one row at least
OWN = ("version",)  # keys of `meta` that are each database's own
SECRET = (KEY, f"{CHECK}{KEY}")  # so is the key of digests, where the source never needed one
Key = tuple[Any, ...]


class Reading(Protocol):
    """What rows are read of."""

    def read(self, body: Callable[[sa.Connection], T]) -> T:
        """What *body* returns."""
        ...


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Rows of *table* whose keys are above `after` and up to `last`; None: from the first one, to the end."""

    table: sa.Table
    after: Key | None
    last: Key | None
    own: tuple[str, ...] = OWN

    def where(self) -> sa.ColumnElement[bool]:
        """The condition of it. `meta`, whose keys a server may order as it likes, is one range."""
        bounds: list[sa.ColumnElement[bool]] = [sa.true()]
        if self.after is not None:
            bounds.append(_key(self.table) > _literal(self.table, self.after))
        if self.last is not None:
            bounds.append(_key(self.table) <= _literal(self.table, self.last))
        if self.table is meta:
            bounds.append(meta.c.key.not_in(self.own))
        return sa.and_(*bounds)

    def beyond(self) -> KeyRange:
        """All from its first row on."""
        return replace(self, last=None)


def tables() -> list[sa.Table]:
    """What is moved: every table of the schema."""
    return metadata.sorted_tables


def count(source: Reading, table: sa.Table) -> int:
    """How many rows of *table* there are to move."""
    query = sa.select(sa.func.count()).select_from(table).where(KeyRange(table, None, None).where())
    return int(source.read(lambda connection: connection.execute(query).scalar_one()))


def ranges(source: Reading, table: sa.Table) -> Iterator[KeyRange]:
    """*table* in ranges of at most `ROWS` rows and about `BYTES` bytes; the last one has no end."""
    after: Key | None = None
    while table is not meta:
        known = source.read(lambda connection, after=after: _keys(connection, KeyRange(table, after, None)))  # type: ignore[misc]
        last = _cut(known)
        if last is None:
            break
        yield KeyRange(table, after, last)
        after = last
    keyed = table is not meta or source.read(secret) is not None
    yield KeyRange(table, after, None, OWN if keyed else OWN + SECRET)


def rows(connection: sa.Connection, wanted: KeyRange) -> list[tuple[Any, ...]]:
    """The rows of a range, all columns, in order."""
    query = sa.select(wanted.table).where(wanted.where()).order_by(*wanted.table.primary_key)
    found = [tuple(row) for row in connection.execute(query)]
    return sorted(found) if wanted.table is meta else found


def put(
    connection: sa.Connection, wanted: KeyRange, brought: Sequence[tuple[Any, ...]], shards: Sequence[int] = ()
) -> None:
    """Have the rows of a range be those that were *brought*; on a server with these *shards*."""
    there = there_is(connection, wanted.table)
    if rows(connection, wanted) == brought and (there is None or placed(connection, wanted) == list(shards)):
        return
    connection.execute(wanted.table.delete().where(wanted.beyond().where()))
    if brought:
        names = wanted.table.columns.keys()
        values = [dict(zip(names, row, strict=True)) for row in brought]
        if there is not None:
            values = [row | {COLUMN: shard} for row, shard in zip(values, shards, strict=True)]
        connection.execute((wanted.table if there is None else there).insert(), values)


def there_is(connection: sa.Connection, table: sa.Table) -> sa.Table | None:
    """*table* as a server has it, where its rows are somebody's; None elsewhere."""
    return None if connection.dialect.name == "sqlite" else with_shard(table)


def placed(connection: sa.Connection, wanted: KeyRange) -> list[int]:
    """The numbers of whose rows those of a range are, on a server."""
    query: sa.Select[Any] = sa.select(sa.literal_column(COLUMN)).select_from(wanted.table).where(wanted.where())
    return [int(shard) for shard in connection.execute(query.order_by(*wanted.table.primary_key)).scalars()]


def differences(table: sa.Table, ours: Sequence[tuple[Any, ...]], theirs: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """What is not the same of the rows of a range on both sides, by table, key and columns."""
    if ours == theirs:
        return
    left, right = _by_key(table, ours), _by_key(table, theirs)
    for key in left.keys() | right.keys():
        if key not in right:
            yield f"{table.name}, {_named(table, key)}: is missing"
        elif key not in left:
            yield f"{table.name}, {_named(table, key)}: is not in the source"
        elif left[key] != right[key]:
            pairs = zip(table.columns.keys(), left[key], right[key], strict=True)
            changed = [name for name, mine, other in pairs if mine != other]
            yield f"{table.name}, {_named(table, key)}: differs in {', '.join(changed)}"


def damaged(table: sa.Table, moved: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """Rows whose values do not match the hash or the checksum that stands with them."""
    names = table.columns.keys()
    for values in moved if table is message or "checksum" in names else ():
        row = dict(zip(names, values, strict=True))
        if _wrong(table, row):
            key = tuple(row[column.name] for column in table.primary_key)
            yield f"{table.name}, {_named(table, key)}: does not match its hash, in the source either"


def _wrong(table: sa.Table, row: dict[str, Any]) -> bool:
    if table is message and not row["id"].startswith(TOMBSTONE) and not matches(row["body"], row["sha256"]):
        return True
    return "checksum" in row and broken(table, row)


def _keys(connection: sa.Connection, wanted: KeyRange) -> list[tuple[Any, ...]]:
    """Keys of the first rows of a range, each with the bytes of its row, about."""
    octets = [sa.func.length(one) for one in wanted.table.columns if isinstance(one.type, sa.LargeBinary)]
    size = sum((sa.func.coalesce(one, 0) for one in octets), sa.literal(0))
    keys = list(wanted.table.primary_key)
    query = sa.select(*keys, size).where(wanted.where()).order_by(*keys).limit(ROWS)
    return [tuple(row) for row in connection.execute(query)]


def _cut(known: Sequence[tuple[Any, ...]]) -> Key | None:
    """The last key of those that fit; None where all are at their end."""
    total = 0
    for place, (*_, size) in enumerate(known):
        total += size
        if total > BYTES:
            return tuple(known[max(place - 1, 0)][:-1])
    return tuple(known[-1][:-1]) if len(known) == ROWS else None


def _key(table: sa.Table) -> sa.ColumnElement[Any]:
    columns = list(table.primary_key)
    return columns[0] if len(columns) == 1 else sa.tuple_(*columns)


def _literal(table: sa.Table, key: Key) -> sa.ColumnElement[Any]:
    values = [sa.literal(value, column.type) for column, value in zip(table.primary_key, key, strict=True)]
    return values[0] if len(values) == 1 else sa.tuple_(*values)


def _by_key(table: sa.Table, found: Sequence[tuple[Any, ...]]) -> dict[Key, tuple[Any, ...]]:
    names = table.columns.keys()
    places = [names.index(column.name) for column in table.primary_key]
    return {tuple(row[place] for place in places): row for row in found}


def _named(table: sa.Table, key: Key) -> str:
    """A key in words; names of users, which are bytes, are none of a report's business."""
    shown = zip([column.name for column in table.primary_key], key, strict=True)
    return ", ".join(f"{name} {value}" for name, value in shown if isinstance(value, int)) or "a row"
