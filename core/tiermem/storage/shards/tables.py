"""The tables as a server has them: those of `metadata`, each with the number of whose rows they are, `shard`.

A file has one place for all its users, so its tables have no such column, and what it reads and writes is unchanged.
"""

from __future__ import annotations

import threading
from typing import Any

import sqlalchemy as sa

from tiermem.storage.tables.columns import metadata

COLUMN = "shard"
# What is nobody's, and small: a copy stands in every place.
REFERENCE = {
    "tiermem_meta": "the version, the keys of digests and the rules are the whole database's",
    "tiermem_embedder": "a model has one number, whoever's texts it embeds",
    "tiermem_erasure": "its number says to every process that something was erased, and no name is in it",
}


_made = sa.MetaData()
_making = threading.Lock()
_known: dict[str, sa.Table] = {}


def of_servers() -> sa.MetaData:
    """All tables, as a server has them."""
    for table in metadata.sorted_tables:
        _as_a_server_has_it(table)
    return _made


def with_shard(table: sa.FromClause) -> sa.Table | None:
    """*table* as a server has it, where its rows are somebody's; None of what says the number itself."""
    if not isinstance(table, sa.TableClause) or table.name in REFERENCE or COLUMN in table.c:
        return None
    ours = metadata.tables.get(table.name)
    return None if ours is None else _as_a_server_has_it(ours)


def _as_a_server_has_it(table: sa.Table) -> sa.Table:
    if (made := _known.get(table.name)) is not None:
        return made
    with _making:  # SQLAlchemy knows a table by its name before it has its columns
        if table.name not in _known:
            _known[table.name] = table.to_metadata(_made) if table.name in REFERENCE else _with_shard(table, _made)
        return _known[table.name]


def _with_shard(table: sa.Table, into: sa.MetaData) -> sa.Table:
    """The number comes last in each key: what knows it not finds rows by the others, as in a file."""
    uniques = [one for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
    made = sa.Table(
        table.name,
        into,
        *(_copied(table, column) for column in table.columns),
        sa.Column(COLUMN, sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.UniqueConstraint(*one.columns.keys(), COLUMN) for one in sorted(uniques, key=_columns)),
    )
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        named = [made.c[column.name] for column in index.columns]
        condition = index.dialect_options["postgresql"]["where"]
        sa.Index(index.name, *named, postgresql_where=condition)
    return made


def _copied(table: sa.Table, column: sa.Column[Any]) -> sa.Column[Any]:
    copied: sa.Column[Any] = column._copy()  # noqa: SLF001  # of a key that is counted, it is to be said in a longer one
    copied.autoincrement = column is table.autoincrement_column
    return copied


def _columns(constraint: sa.UniqueConstraint) -> tuple[str, ...]:
    return tuple(constraint.columns.keys())
