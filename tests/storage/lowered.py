"""Databases of the latest older schemas, made of new ones: what each version brought is taken away again."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.storage import schema
from tiermem.storage.shards.tables import REFERENCE
from tiermem.storage.sqlite import driver
from tiermem.storage.tables.columns import metadata


def engine_of(target: str) -> sa.Engine:
    """Behind the back of the library, but with its SQLite: two of them in one process do not see each other's locks."""
    if "://" in target:
        return sa.create_engine(sa.make_url(target).set(drivername="postgresql+psycopg"))
    return sa.create_engine(f"sqlite:///{target}", module=driver())


def lower_to_19(target: str) -> None:
    """Take away what version 20 brought: of a server the number of whose rows they are, with the keys that it is in."""
    engine = engine_of(target)
    with engine.begin() as connection:
        for table in metadata.sorted_tables if engine.dialect.name == "postgresql" else ():
            if table.name in REFERENCE:
                continue
            connection.exec_driver_sql(f"ALTER TABLE {table.name} DROP COLUMN shard")
            for one in table.constraints:
                kind = "PRIMARY KEY" if isinstance(one, sa.PrimaryKeyConstraint) else "UNIQUE"
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD {kind} ({', '.join(one.columns.keys())})")
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="19"))
    engine.dispose()


def lower_to_18(target: str, table: str = "tiermem_shelf", version: str = "18") -> None:
    """Take away what version 19 and later ones brought, or a version before in one table."""
    if version == "18":
        lower_to_19(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value=version))
    engine.dispose()


def lower_to_17(target: str) -> None:
    """Take away what version 18 and later ones brought."""
    lower_to_18(target)
    lower_to_18(target, "tiermem_named", "17")


def lower_to_16(target: str) -> None:
    """Take away what version 17 and later ones brought."""
    lower_to_17(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        for name in ("media_use", "blob", "media"):
            connection.exec_driver_sql(f"DROP TABLE tiermem_{name}")
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="16"))
    engine.dispose()
