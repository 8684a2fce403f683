"""A database of an older schema is raised when it is opened: nothing said is lost, old vectors are made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.flows.indexing.embedders import Counting, embedded, near
from tiermem import Memory
from tiermem.errors import BudgetTooSmall
from tiermem.flows.indexing.vectors import text_hash
from tiermem.storage import schema
from tiermem.storage.migrations import CHECKED
from tiermem.storage.sqlite import driver

TALK = [f"number {n} speaks of {('pools', 'trains', 'bread')[n % 3]} and thing{n}" for n in range(1, 41)]
KEPT = ("tiermem_meta", "tiermem_message", "tiermem_decision", "tiermem_stub", "tiermem_summary")


@pytest.fixture(params=["file", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place that can be filled before it is opened."""
    return str(tmp_path / "memory.db") if request.param == "file" else str(request.getfixturevalue("postgres_url"))


def version_1() -> sa.MetaData:
    """The tables as version 1 had them: `embedded` in the session, one vector a message, bare terms."""
    old = sa.MetaData()
    for name in KEPT:
        schema.metadata.tables[name].to_metadata(old)
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


def engine_of(target: str) -> sa.Engine:
    """Behind the back of the library, but with its SQLite: two of them in one process do not see each other's locks."""
    if "://" in target:
        return sa.create_engine(sa.make_url(target).set(drivername="postgresql+psycopg"))
    return sa.create_engine(f"sqlite:///{target}", module=driver())


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
                connection.execute(old.tables[name].insert(), rows)
        vectors = [{"session": 1, "sequence": n, "embedder": "gone", "value": b"\0<"} for n in range(1, len(TALK) + 1)]
        connection.execute(old.tables["tiermem_vector"].insert(), vectors)
        for name in (name for name, table in old.tables.items() if "checksum" in table.c):
            connection.exec_driver_sql(f"ALTER TABLE {name} DROP COLUMN checksum")
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
        name: [dict(row) for row in connection.execute(sa.select(schema.metadata.tables[name])).mappings()]
        for name in ("tiermem_session", *KEPT)
    }


def lower_to_6(target: str) -> None:
    """Take away what version 7 brought."""
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


def test_version_7_is_raised_and_hashed_words_are_no_vectors_any_more(store: Open, target: str) -> None:
    memory = store()
    memory.session("s").add(TALK)
    memory.session("s").index()
    found = [(hit.ref, hit.score) for hit in memory.session("s").search("thing17")]
    memory.close()
    lower_to_7(target)
    raised = store().session("s")
    assert [(hit.ref, hit.score) for hit in raised.search("thing17")] == found
    assert raised.verify().ok
    engine = engine_of(target)
    with engine.connect() as connection:
        kept = connection.execute(sa.select(schema.embedder.c.pk, schema.embedder.c.name)).all()
        assert [name for _, name in kept] == ["a model"]
        for table in (schema.vector, schema.embedded):
            assert set(connection.execute(sa.select(table.c.embedder)).scalars()) == {kept[0][0]}
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


BLOCKS: list[Any] = [
    {"role": "user", "content": "Look up the kiln."},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {"q": "kiln"}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "The quokka fires at 1260."}]},
    {"role": "assistant", "content": [{"type": "text", "text": "It fires hot."}]},
]


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


def test_version_5_is_raised_and_its_words_are_made_anew(store: Open, target: str) -> None:
    memory = store()
    memory.session("s").add(TALK)
    memory.session("s").index()
    found = [hit.ref for hit in memory.session("s").search("thing17")]
    memory.close()
    lower_to_5(target)
    raised = store()
    session = raised.session("s")
    assert [hit.ref for hit in session.search("thing17")] == found
    session.index()
    assert session.stats().indexed == len(TALK)
    assert session.verify().ok
    names = sa.inspect(engine_of(target)).get_table_names()
    assert not {"tiermem_word", "tiermem_fts", "tiermem_lexeme"} & set(names)


def test_version_4_is_raised_and_reads_what_stands_in_blocks(store: Open, target: str) -> None:
    memory = store(embedder=Counting())
    sent = memory.session("s").add(BLOCKS)
    memory.session("s").index()
    memory.close()
    lower_to_4(target)
    raised = store(embedder=Counting())
    session = raised.session("s")
    session.index()
    assert session.messages() == sent
    assert session.verify().problems == ()
    assert [hit.ref for hit in session.search("quokka", 1)] == ["m3"]
    for budget in range(60, 200, 10):
        try:
            shown = session.context("What does it fire at?", budget=budget).messages
        except BudgetTooSmall:
            continue
        called = {call.id for one in shown for call in one.calls}
        assert {identity for one in shown for identity in one.answers} <= called


def test_version_3_is_raised_and_checks_what_is_written_from_then_on(store: Open, target: str) -> None:
    memory = store()
    sent = memory.session("s").add(TALK)
    memory.close()
    lower_to_3(target)
    raised = store()
    assert raised.session("s").messages() == sent
    raised.session("s").add("new")
    for number, expected in ((1, False), (len(TALK) + 1, True)):
        engine = engine_of(target)
        with engine.begin() as connection:
            one = schema.message.c.sequence == number
            connection.execute(schema.message.update().where(one).values(stored_at="1970-01-01T00:00:00+00:00"))
        engine.dispose()
        assert any(f"message {number}" in problem for problem in raised.session("s").verify().problems) is expected


def test_version_2_is_raised_with_everything_that_was_said_and_keeps_items(store: Open, target: str) -> None:
    memory = store()
    sent = memory.session("s").add(TALK)
    memory.close()
    lower_to_2(target)
    raised = store()
    assert [one.id for one in raised.session("s").messages()] == [one.id for one in sent]
    assert raised.session("s").verify().ok
    items = raised.items("anna", {"embed": lambda texts: [[1.0, float(len(one))] for one in texts]})
    items.put(("facts",), "tea", {"text": "green"}, ttl=1)
    items.put(("facts",), "tea", {"text": "black"})
    assert [one.value for one in items.search(query="tea")] == [{"text": "black"}]
    raised.close()
    assert [one.key for one in store().items("anna").search()] == ["tea"]


def test_version_1_is_raised_with_everything_that_was_said(store: Open, target: str) -> None:
    sent = fill(target)
    embedder = Counting()
    memory = store(embedder=embedder)
    session = memory.session("s")
    assert [one.id for one in session.messages()] == sent
    assert [one.text for one in session.messages()] == TALK
    assert session.verify().ok
    assert session.search("thing17")[0].ref == "m17"
    assert embedded(session) == 0
    session.add("one more")
    session.index()
    assert embedded(session) == 41
    assert near(session, "thing17").sequences.tolist() == list(range(1, 42))
    assert session.verify().ok


def test_a_raised_database_has_the_tables_of_a_new_one(store: Open, target: str) -> None:
    fill(target)
    store().close()
    engine = engine_of(target)
    inspector = sa.inspect(engine)
    for name, table in schema.metadata.tables.items():
        columns = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
        assert columns == {column.name: column.nullable for column in table.columns}, name
        assert {index["name"] for index in inspector.get_indexes(name)} >= {index.name for index in table.indexes}
    unique = {tuple(one["column_names"]) for one in inspector.get_unique_constraints("tiermem_vector")}
    assert unique == {("session", "embedder", "sequence", "part")}
    items = {
        name: {tuple(one["column_names"]) for one in inspector.get_unique_constraints(name)}
        for name in ("tiermem_collection", "tiermem_item", "tiermem_item_vector")
    }
    assert items == {
        "tiermem_collection": {("tenant", "owner")},
        "tiermem_item": {("collection", "name")},
        "tiermem_item_vector": {("item", "space", "hash")},
    }
    stated = {tuple(one["column_names"]) for one in inspector.get_unique_constraints("tiermem_fact")}
    assert stated == {("session", "sequence", "place")}
    assert inspector.get_pk_constraint("tiermem_embedded")["constrained_columns"] == ["session", "embedder"]
    with engine.connect() as connection:
        query = sa.select(schema.meta.c.value).where(schema.meta.c.key == "version")
        assert connection.execute(query).scalar_one() == str(schema.VERSION)
    engine.dispose()


def test_a_step_that_fails_leaves_the_old_version_as_it_was(
    store: Open, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tiermem.storage import migrations

    sent = fill(target)
    real = migrations.STEPS[1]

    def fails(connection: sa.Connection) -> None:
        real(connection)
        raise RuntimeError("power is off")

    with monkeypatch.context() as patch:
        patch.setitem(migrations.STEPS, 1, fails)
        with pytest.raises(RuntimeError):
            store()
    engine = engine_of(target)
    assert {column["name"] for column in sa.inspect(engine).get_columns("tiermem_vector")} == {
        "pk",
        "session",
        "sequence",
        "embedder",
        "value",
    }
    engine.dispose()
    assert [one.id for one in store().session("s").messages()] == sent
