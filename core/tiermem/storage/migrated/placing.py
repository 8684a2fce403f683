"""19 to 20: on a server every table has the number of whose rows they are, in its keys (`storage/shards/`); a file
stays as it is."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from tiermem.storage.shards.places import UserPlaces, places
from tiermem.storage.shards.whose import secret
from tiermem.storage.tables import seals
from tiermem.storage.tables.erasures import KEY

MANY = 10_000  # rows that a statement brings
_MAPS = {
    "session": "pk BIGINT PRIMARY KEY",
    "collection": "pk BIGINT PRIMARY KEY",
    "user": "key BYTEA PRIMARY KEY",
    "name": "tenant BYTEA, owner BYTEA, PRIMARY KEY (tenant, owner)",
}
# How the number of a row is found, and of which of its columns. Those of later ones look into tables of before.
_FOUND = {
    "session": ("pk BIGINT", "SELECT shard FROM placed_session WHERE placed_session.pk = $1"),
    "collection": ("pk BIGINT", "SELECT shard FROM placed_collection WHERE placed_collection.pk = $1"),
    "key": ("key BYTEA", "SELECT shard FROM placed_user WHERE placed_user.key = $1"),
    "name": (
        "tenant BYTEA, owner BYTEA",
        "SELECT shard FROM placed_name WHERE placed_name.tenant = $1 AND placed_name.owner = $2",
    ),
    "item": ("pk BIGINT", "SELECT shard FROM tiermem_item WHERE tiermem_item.pk = $1"),
    "media": ("pk BIGINT", "SELECT shard FROM tiermem_media WHERE tiermem_media.pk = $1"),
    "digest": ("owner BYTEA", "SELECT ('x' || encode(substr($1, 1, 8), 'hex'))::bit(64)::bigint"),
}
_OF_SESSIONS = (
    *("borrowed", "conversation", "decision", "embedded", "extraction", "fact", "fork"),
    *("media_use", "message", "named", "segment", "stub", "summary", "vector"),
)
_TABLES = {  # as they were; in this order
    "session": "session(pk)",
    "collection": "collection(pk)",
    "owner": "name(tenant, owner)",
    "item": "collection(collection)",
    "item_vector": "item(item)",
    "media": "key(owner)",
    "blob": "media(media)",
    "shelf": "key(owner)",
    "tally": "key(owner)",
    "erased": "digest(owner)",
    "import": "digest(owner)",
    **dict.fromkeys(_OF_SESSIONS, "session(session)"),
}


def have_secret(connection: sa.Connection) -> bytes:
    """The key by which a server finds users' rows, made where there is none; who makes one has locked the schema."""
    if (known := secret(connection)) is None:
        known = secrets.token_bytes(32)
        seals.keep(connection, KEY, known.hex())
    return known


def place(connection: sa.Connection) -> None:
    """Give every row the number of its user, and have it in the keys: each table is written anew once."""
    if connection.dialect.name == "sqlite":
        return
    key = have_secret(connection)
    for name, columns in _MAPS.items():
        connection.exec_driver_sql(f"CREATE TEMP TABLE placed_{name} (shard BIGINT, {columns}) ON COMMIT DROP")
    _filled(connection, places(connection, key))
    for name, (given, query) in _FOUND.items():
        connection.exec_driver_sql(
            f"CREATE FUNCTION pg_temp.placed_by_{name}({given}) RETURNS BIGINT STABLE LANGUAGE plpgsql AS"
            f" $$ BEGIN RETURN coalesce(({query}), 0); END $$"
        )
    for table, found in _TABLES.items():
        _placed(connection, f"tiermem_{table}", f"pg_temp.placed_by_{found}")
    for name in _FOUND:
        connection.exec_driver_sql(f"DROP FUNCTION pg_temp.placed_by_{name}")


def _filled(connection: sa.Connection, known: UserPlaces) -> None:
    for table, columns, kinds, rows in (
        ("session", "pk", ("bigint",), list(known.sessions.items())),
        ("collection", "pk", ("bigint",), list(known.collections.items())),
        ("user", "key", ("bytea",), list(known.keys.items())),
        ("name", "tenant, owner", ("bytea", "bytea"), [(*names, shard) for names, shard in known.names.items()]),
    ):
        arrays = ", ".join(f"%s::{kind}[]" for kind in (*kinds, "bigint"))
        statement = f"INSERT INTO placed_{table} ({columns}, shard) SELECT * FROM unnest({arrays})"  # noqa: S608  # our names
        for start in range(0, len(rows), MANY):
            some = rows[start : start + MANY]
            connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*some, strict=True)))
        connection.exec_driver_sql(f"ANALYZE placed_{table}")


_KEYS = """SELECT conname, contype, (SELECT string_agg(quote_ident(attname), ', ' ORDER BY place)
    FROM unnest(conkey) WITH ORDINALITY AS keys (number, place)
    JOIN pg_attribute ON attrelid = conrelid AND attnum = number)
    FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('p', 'u') ORDER BY conname"""


def _placed(connection: sa.Connection, table: str, expression: str) -> None:
    keys = connection.exec_driver_sql(_KEYS, (table,)).all()
    gone = ", ".join(f'DROP CONSTRAINT "{name}"' for name, *_ in keys)
    kinds = {"p": "PRIMARY KEY", "u": "UNIQUE"}
    anew = ", ".join(f"ADD {kinds[kind]} ({columns}, shard)" for _, kind, columns in keys)
    written = f"ALTER COLUMN shard TYPE BIGINT USING {expression}, ALTER COLUMN shard SET NOT NULL"
    for changes in (f"ADD COLUMN shard BIGINT, {gone}", f"{written}, {anew}"):
        connection.exec_driver_sql(f"ALTER TABLE {table} {changes}")
