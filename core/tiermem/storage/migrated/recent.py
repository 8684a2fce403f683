"""Steps from version 12 on, in the SQL of their time; see `storage/migrations.py`."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from tiermem.storage.chain.checking import NOTHING
from tiermem.storage.chain.laying import lay
from tiermem.storage.tables.columns import digest


def types(connection: sa.Connection) -> tuple[str, str, str]:
    """What a key, a number and bytes are in that database."""
    if connection.dialect.name == "sqlite":
        return "INTEGER NOT NULL", "INTEGER", "BLOB"
    return "BIGSERIAL", "BIGINT", "BYTEA"


def _forks(connection: sa.Connection) -> None:
    """12 to 13: forks, which share messages with the sessions that they were made of."""
    key, number, octets = types(connection)
    for statement in (
        "ALTER TABLE tiermem_session ADD COLUMN base BIGINT DEFAULT 0 NOT NULL",
        "ALTER TABLE tiermem_session ADD COLUMN shared TEXT DEFAULT '' NOT NULL",
        f"""CREATE TABLE tiermem_fork (
            pk {key} PRIMARY KEY, session {number} NOT NULL, parent {number} NOT NULL, root {number} NOT NULL,
            base BIGINT NOT NULL, shared TEXT NOT NULL, forked_at TEXT NOT NULL, checksum {octets},
            UNIQUE (session))""",
        "CREATE INDEX tiermem_fork_root ON tiermem_fork (root)",
    ):
        connection.exec_driver_sql(statement)


def _imports(connection: sa.Connection) -> None:
    """13 to 14: imports under way, whose an erasure was, and digests of what was erased with its conversation."""
    sqlite = connection.dialect.name == "sqlite"
    key, octets, real = ("INTEGER NOT NULL", "BLOB", "FLOAT") if sqlite else ("BIGSERIAL", "BYTEA", "DOUBLE PRECISION")
    bare = " WITHOUT ROWID" if sqlite else ""
    for statement in (
        f"""CREATE TABLE tiermem_import (
            pk {key} PRIMARY KEY, owner {octets} NOT NULL, beat {real} NOT NULL, checksum {octets})""",
        f"ALTER TABLE tiermem_erasure ADD COLUMN owner {octets}",
        f"""CREATE TABLE tiermem_erased (
            owner {octets} NOT NULL, digest {octets} NOT NULL, checksum {octets}, PRIMARY KEY (owner, digest)){bare}""",
    ):
        connection.exec_driver_sql(statement)
    known = "SELECT pk, checksum, digest, sessions, messages, items, reason, erased_at FROM tiermem_erasure"
    for pk, stored, *values in connection.execute(sa.text(known)).all():
        if stored is not None and digest(values) == bytes(stored):  # what is damaged stays to be found
            sealed = {"pk": pk, "checksum": digest([*values, None])}
            connection.execute(sa.text("UPDATE tiermem_erasure SET checksum = :checksum WHERE pk = :pk"), sealed)


def _borrowed(connection: sa.Connection) -> None:
    """14 to 15: stubs that forks borrow; those of before have copies."""
    key, number, octets = types(connection)
    for statement in (
        f"""CREATE TABLE tiermem_borrowed (
            pk {key} PRIMARY KEY, session {number} NOT NULL, decision BIGINT NOT NULL, owner {number} NOT NULL,
            number BIGINT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL, checksum {octets},
            UNIQUE (session, decision))""",
        "CREATE INDEX tiermem_borrowed_owner ON tiermem_borrowed (owner)",
    ):
        connection.exec_driver_sql(statement)


def _chains(connection: sa.Connection) -> None:
    """15 to 16: links of messages and decisions. They are laid over what is there, which may be damaged already."""
    octets = "BLOB" if connection.dialect.name == "sqlite" else "BYTEA"
    for table, names in LINKS.items():
        for name in names:
            connection.exec_driver_sql(f"ALTER TABLE tiermem_{table} ADD COLUMN {name} {octets}")
    somebodys = sa.text("SELECT pk FROM tiermem_session WHERE tenant < :erased ORDER BY pk")  # parents before forks
    for pk in connection.execute(somebodys, {"erased": b"\xff"}).scalars().all():
        lay(connection, pk, NOTHING)


def _media(connection: sa.Connection) -> None:
    """16 to 17: media apart from their messages. Those of before keep their bytes where they are."""
    key, number, octets = types(connection)
    alone = number if connection.dialect.name == "sqlite" else "BIGINT"
    for statement in (
        f"""CREATE TABLE tiermem_media (
            pk {key} PRIMARY KEY, owner {octets} NOT NULL, sha256 {octets} NOT NULL, type TEXT NOT NULL,
            size BIGINT NOT NULL, checksum {octets}, UNIQUE (owner, sha256))""",
        f"CREATE TABLE tiermem_blob (media {alone} NOT NULL PRIMARY KEY, body {octets} NOT NULL)",
        f"""CREATE TABLE tiermem_media_use (
            pk {key} PRIMARY KEY, session {number} NOT NULL, sequence BIGINT NOT NULL, media {number} NOT NULL,
            checksum {octets}, UNIQUE (session, sequence, media))""",
        "CREATE INDEX tiermem_media_use_media ON tiermem_media_use (media)",
    ):
        connection.exec_driver_sql(statement)


def _named(connection: sa.Connection) -> None:
    """17 to 18: names by sentence, which are read when somebody asks for the graph of a user."""
    key, number, octets = types(connection)
    connection.exec_driver_sql(
        f"""CREATE TABLE tiermem_named (
            pk {key} PRIMARY KEY, session {number} NOT NULL, rules BIGINT NOT NULL, first BIGINT NOT NULL,
            last BIGINT NOT NULL, body {octets} NOT NULL, checksum {octets}, UNIQUE (session, rules, first))"""
    )
    if connection.dialect.name == "postgresql":  # no samples of names for its planner, where they outlive the rows
        connection.exec_driver_sql("ALTER TABLE tiermem_named ALTER COLUMN body SET STATISTICS 0")


def _shelves(connection: sa.Connection) -> None:
    """18 to 19: shelves, which are built in the background for users of very many messages."""
    sqlite = connection.dialect.name == "sqlite"
    key, octets = ("INTEGER", "BLOB") if sqlite else ("BIGINT", "BYTEA")
    for statement in (
        f"""CREATE TABLE tiermem_shelf (
            pk {key} NOT NULL PRIMARY KEY, owner {octets} NOT NULL, part BIGINT NOT NULL, body {octets} NOT NULL,
            checksum {octets})""",
        "CREATE INDEX tiermem_shelf_head ON tiermem_shelf (owner) WHERE part = 0",
    ):
        connection.exec_driver_sql(statement)
    if not sqlite:
        for name in ("owner", "body", "checksum"):
            connection.exec_driver_sql(f"ALTER TABLE tiermem_shelf ALTER COLUMN {name} SET STATISTICS 0")


LINKS = {
    "session": ("chain", "journal_chain"),
    "message": ("witness", "chain"),
    "decision": ("witness", "chain"),
    "stub": ("witness",),
    "summary": ("witness",),
    "fork": ("chain",),
}
RECENT: dict[int, Callable[[sa.Connection], None]] = {
    12: _forks,
    13: _imports,
    14: _borrowed,
    15: _chains,
    16: _media,
    17: _named,
    18: _shelves,
}
