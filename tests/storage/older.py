"""Databases of older schemas, made of new ones: what each version brought is taken away again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tests.storage.lowered import engine_of, lower_to_16
from tiermem import Memory
from tiermem.flows.indexing.vectors import text_hash
from tiermem.storage import schema
from tiermem.storage.migrated.recent import LINKS
from tiermem.storage.migrations import CHECKED
from tiermem.storage.tables.columns import metadata

TALK = [f"number {n} speaks of {('pools', 'trains', 'bread')[n % 3]} and thing{n}" for n in range(1, 41)]


KEPT = ("tiermem_meta", "tiermem_message", "tiermem_decision", "tiermem_stub", "tiermem_summary")


def version_1() -> sa.MetaData:
    """The tables as version 1 had them: `embedded` in the session, one vector a message, bare terms."""
    old = sa.MetaData()
    for name in KEPT:
        metadata.tables[name].to_metadata(old)
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    word_table(old, 1)
    numbers = ["messages", "tokens", "window_tokens", "revision", "floor", "look_at", "indexed", "embedded", "failures"]
    sa.Table(
        "tiermem_session",
        old,
        sa.Column("pk", key, primary_key=True),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("tenant", "owner", "name")),
        sa.Column("created_at", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False, default=0) for name in numbers),
        sa.Column("failed_at", sa.Float, nullable=False, default=0.0),
        sa.Column("last_error", sa.Text, nullable=False, default=""),
        sa.UniqueConstraint("tenant", "owner", "name"),
    )
    sa.Table(
        "tiermem_vector",
        old,
        sa.Column("pk", key, primary_key=True),
        sa.Column("session", key, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("embedder", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("session", "sequence"),
    )
    return old


def word_table(old: sa.MetaData, number: int) -> sa.Table:
    """The word index's rows, as they were from version 1, or 2, to 5: one a message."""
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    later = [sa.Column(name, sa.Text, nullable=False, server_default="") for name in ("role", "talked")]
    return sa.Table(
        "tiermem_word",
        old,
        sa.Column("pk", key, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("session", "sequence", "length")),
        sa.Column("said", sa.Float(53)),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("speaker", "terms")),
        *(later if number > 1 else []),
        sa.UniqueConstraint("session", "sequence"),
    )


def full_text(connection: sa.Connection) -> None:
    """The full-text index that there was up to version 5."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("CREATE TABLE tiermem_lexeme (pk BIGINT PRIMARY KEY, lexemes tsvector NOT NULL)")
    else:
        connection.exec_driver_sql("CREATE VIRTUAL TABLE tiermem_fts USING fts5(sess, body, content='')")


def fill(target: str) -> list[str]:
    """Make a version-1 database with one session of `TALK`; returns the ids of its messages."""
    old, engine = version_1(), engine_of(target)
    with Memory.open(":memory:") as source, engine.begin() as connection:
        sent = source.session("s").add(TALK)
        source.session("s").index()
        old.create_all(connection)
        full_text(connection)
        made = source._performer._database.read(copied)
        made["tiermem_word"] = [
            {"pk": n, "session": 1, "sequence": n, "length": 4, "speaker": "", "terms": "number speak"}
            for n in range(1, len(TALK) + 1)
        ]
        made["tiermem_session"] = [row | {"embedded": len(TALK)} for row in made["tiermem_session"]]
        for name, rows in made.items():
            if rows:
                known = set(old.tables[name].c.keys())
                own = [{column: value for column, value in row.items() if column in known} for row in rows]
                connection.execute(old.tables[name].insert(), own)
        vectors = [{"session": 1, "sequence": n, "embedder": "gone", "value": b"\0<"} for n in range(1, len(TALK) + 1)]
        connection.execute(old.tables["tiermem_vector"].insert(), vectors)
        for name, table in old.tables.items():
            for column in {"checksum", "chain", "witness"} & {*table.c.keys()}:
                connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN {column}")
        meta = old.tables["tiermem_meta"]
        connection.execute(meta.update().where(meta.c.key == "version").values(value="1"))
        connection.execute(meta.update().where(meta.c.key == "analyser").values(value="that of version 1"))
        if engine.dialect.name == "postgresql":
            for table in ("session", "message", "decision", "stub", "summary", "word"):
                name = f"tiermem_{table}"
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'pk'), (SELECT max(pk) + 1 FROM {name}))"
                )
    engine.dispose()
    return [one.id for one in sent]


def copied(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [dict(row) for row in connection.execute(sa.select(metadata.tables[name])).mappings()]
        for name in ("tiermem_session", *KEPT)
    }


def lower_to_15(target: str) -> None:
    """Take away what version 16 and later ones brought."""
    lower_to_16(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        for name, columns in LINKS.items():
            for column in columns:
                connection.exec_driver_sql(f"ALTER TABLE tiermem_{name} DROP COLUMN {column}")
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="15"))
    engine.dispose()


def lower_to_14(target: str) -> None:
    """Take away what version 15 and later ones brought."""
    lower_to_15(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tiermem_borrowed")
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="14"))
    engine.dispose()


def lower_to_13(target: str) -> None:
    """Take away what version 14 and later ones brought."""
    lower_to_14(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        for statement in (
            "DROP TABLE tiermem_import",
            "DROP TABLE tiermem_erased",
            "ALTER TABLE tiermem_erasure DROP COLUMN owner",
        ):
            connection.exec_driver_sql(statement)
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="13"))
        names = ("digest", "sessions", "messages", "items", "reason", "erased_at")
        columns = [schema.erasure.c[name] for name in ("pk", *names)]
        for pk, *values in connection.execute(sa.select(*columns)).all():
            change = schema.erasure.update().where(schema.erasure.c.pk == pk)
            connection.execute(change.values(checksum=schema.digest(values)))
    engine.dispose()


def lower_to_12(target: str) -> None:
    """Take away what version 13 and later ones brought."""
    lower_to_13(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        for statement in (
            "DROP TABLE tiermem_fork",
            "ALTER TABLE tiermem_session DROP COLUMN base",
            "ALTER TABLE tiermem_session DROP COLUMN shared",
        ):
            connection.exec_driver_sql(statement)
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="12"))
    engine.dispose()


def lower_to_11(target: str) -> None:
    """Take away what versions 13 and 12 brought; the words are those of an older analyser then."""
    lower_to_12(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        for statement in (
            "DROP TABLE tiermem_conversation",
            "DROP TABLE tiermem_tally",
            "DROP INDEX tiermem_session_waiting",
        ):
            connection.exec_driver_sql(statement)
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="11"))
        older = schema.meta.update().where(schema.meta.c.key == "analyser").values(value="tiermem-words-9/a-1/b-1")
        connection.execute(older)
    engine.dispose()


def lower_to_10(target: str) -> None:
    """Take away what versions 12 and 11 brought."""
    lower_to_11(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tiermem_erasure")
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="10"))
    engine.dispose()


def lower_to_9(target: str) -> None:
    """Take away what versions 11 and 10 brought."""
    lower_to_10(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tiermem_extraction")
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="9"))
    engine.dispose()


def lower_to_8(target: str) -> None:
    """Take away what versions 11 to 9 brought."""
    lower_to_9(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tiermem_owner")
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="8"))
    engine.dispose()


def lower_to_6(target: str) -> None:
    """Take away what versions 11 to 9 and 7 brought."""
    lower_to_8(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tiermem_fact")
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="6"))
        older = schema.meta.update().where(schema.meta.c.key == "analyser").values(value="tiermem-words-6/a-1/b-1")
        connection.execute(older)
    engine.dispose()


HASHED = [{"name": "tiermem-hash-1/tiermem-words-6/1024", "probe": b""}, {"name": "a model", "probe": b"\0<"}]


def lower_to_7(target: str) -> None:
    """Put back what version 8 took away: vectors of hashed words, here beside those of a model."""
    lower_to_8(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        for embedder in HASHED:
            key = connection.execute(schema.embedder.insert().values(**embedder)).inserted_primary_key
            number = int(key[0]) if key else 0
            vectors = [
                {
                    "session": 1,
                    "embedder": number,
                    "sequence": n,
                    "part": 0,
                    "hash": text_hash(TALK[n - 1]),
                    "value": b"\0<",
                }
                for n in range(1, len(TALK) + 1)
            ]
            connection.execute(schema.vector.insert(), vectors)
            mark = {"session": 1, "embedder": number, "through": len(TALK)}
            connection.execute(schema.embedded.insert().values(**mark))
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="7"))
    engine.dispose()


def lower_to_5(target: str) -> None:
    """Put back what version 6 took away."""
    lower_to_6(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tiermem_segment")
        word_table(sa.MetaData(), 5).create(connection)
        full_text(connection)
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="5"))
    engine.dispose()


def lower_to_2(target: str) -> None:
    """Take away what versions 4 and 3 brought."""
    lower_to_3(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        for name in ("tiermem_item_vector", "tiermem_item", "tiermem_collection"):
            connection.exec_driver_sql(f"DROP TABLE {name}")
        meta = schema.meta
        connection.execute(meta.update().where(meta.c.key == "version").values(value="2"))
    engine.dispose()


def lower_to_3(target: str) -> None:
    """Take away what version 4 brought."""
    lower_to_5(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        for name in CHECKED:
            connection.exec_driver_sql(f"ALTER TABLE tiermem_{name} DROP COLUMN checksum")
        meta = schema.meta
        connection.execute(meta.update().where(meta.c.key == "version").values(value="3"))
    engine.dispose()


def lower_to_4(target: str) -> None:
    """What is derived of messages as version 4 derived it: nothing of what stands in blocks."""
    lower_to_5(target)
    engine = engine_of(target)
    with engine.begin() as connection:
        one = schema.message.c.links.is_not(None)
        connection.execute(schema.message.update().where(one).values(role=b"user", links=None, checksum=None))
        connection.execute(schema.message.update().where(schema.message.c.sequence == 2).values(role=b"assistant"))
        later = schema.vector.c.sequence > 1
        connection.execute(schema.vector.update().where(later).values(hash=b"of a text of version 4", checksum=None))
        connection.execute(schema.meta.update().where(schema.meta.c.key == "version").values(value="4"))
        connection.execute(schema.meta.update().where(schema.meta.c.key == "analyser").values(value="that of 4"))
    engine.dispose()
