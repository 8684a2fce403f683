"""All tables of the schema of today, made at once where there are none."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from tiermem.errors import StorageForeign
from tiermem.storage.shards.tables import of_servers
from tiermem.storage.tables.columns import metadata, unsampled


def make(connection: sa.Connection) -> None:
    """All tables, and their indexes; a server's may be there."""
    if connection.dialect.name != "sqlite":
        of_servers().create_all(connection)
        for statement in unsampled():
            connection.exec_driver_sql(statement)
        return
    for statement in _statements():
        connection.exec_driver_sql(statement)


@cache
def _statements() -> tuple[str, ...]:
    """What makes them in an empty SQLite database: to compile it takes four times as long as to run it."""
    dialect = sqlite.dialect()
    made: list[str] = []
    for table in metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        made += (str(CreateIndex(index).compile(dialect=dialect)) for index in sorted(table.indexes, key=_name))
    return tuple(made)


def _name(index: sa.Index) -> str:
    return str(index.name)


def refuse_foreign(connection: sa.Connection) -> None:
    """Raise StorageForeign where a file has tables. It belongs to one program; in a server's database others may have
    some beside ours."""
    if connection.dialect.name == "sqlite" and sa.inspect(connection).get_table_names():
        raise StorageForeign("the file is the database of another program; it was left untouched")
