"""Whether a database has the tables of today, whatever its row of the version says: then that row is damaged."""

from __future__ import annotations

from collections.abc import Callable, Collection

import sqlalchemy as sa

from tiermem.errors import StorageCorrupt
from tiermem.storage.shards.tables import of_servers
from tiermem.storage.tables.columns import metadata

SAME = {"19"}  # versions whose tables are, in a file, those of today


def of_today(columns: Callable[[str], Collection[str]]) -> bool:
    """Whether all tables of a file are there with all their columns; *columns* are those of a table, by its name. Each
    step of the migrations has brought some, but for the last one, which brought a file nothing (`SAME`)."""
    return _have(metadata, columns)


def _have(tables: sa.MetaData, columns: Callable[[str], Collection[str]]) -> bool:
    return all({column.name for column in table.c} <= set(columns(table.name)) for table in tables.sorted_tables)


def refuse_damaged(connection: sa.Connection, stored: object, current: int) -> None:
    """Raise StorageCorrupt where the tables are those of today, of the version *current*, and the row says *stored*."""
    tables = sa.inspect(connection)
    names = set(tables.get_table_names())
    server = connection.dialect.name != "sqlite"
    if not server and stored in SAME:
        return
    if _have(
        of_servers() if server else metadata,
        lambda name: {one["name"] for one in tables.get_columns(name)} if name in names else (),
    ):
        said = "no schema" if stored is None else f"schema {str(stored)[:20]!r}"
        raise StorageCorrupt(
            f"tiermem_meta says {said}, but the tables are those of schema {current}: the row is "
            f"damaged, and nothing was changed. Set its value to '{current}' where the key is 'version', or bring the "
            "file over: tiermem rescue OLD NEW"
        )
