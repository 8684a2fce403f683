"""A database of an older schema is raised when it is opened: nothing said is lost, old vectors are made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.flows.indexing.embedders import Counting, embedded, near
from tests.storage.lowered import lower_to_17, lower_to_18
from tests.storage.older import (
    TALK,
    engine_of,
    fill,
    lower_to_2,
    lower_to_3,
    lower_to_4,
    lower_to_5,
    lower_to_7,
    lower_to_12,
    lower_to_13,
    lower_to_14,
)
from tiermem.errors import BudgetTooSmall
from tiermem.storage import schema
from tiermem.storage.shards.tables import of_servers
from tiermem.storage.tables.columns import metadata


@pytest.fixture(params=["file", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place that can be filled before it is opened."""
    return str(tmp_path / "memory.db") if request.param == "file" else str(request.getfixturevalue("postgres_url"))


def test_version_18_is_raised_and_has_room_for_shelves(store: Open, target: str) -> None:
    with store() as memory:
        memory.session("s", "anna").add("My sister Maja works at Equinor.")
    lower_to_18(target)
    with store(index_memory=1) as memory:
        memory.wiring[0].shelf_least = 1
        memory.session("s", "anna").index()
        assert memory.session("s", "anna").search("Where does Maja work?", within="user")[0].ref == "m1"
        assert all(proof.ok for proof in memory.verify().values())
        found = memory.wiring[1]._database.read(lambda c: c.execute(sa.select(schema.shelf.c.part)).scalars().all())
        assert found[:3] == [0, 1, 2]


def test_version_17_is_raised_and_its_names_are_read(store: Open, target: str) -> None:
    with store() as memory:
        memory.session("s", "anna").add("My sister Maja works at Equinor.")
    lower_to_17(target)
    with store() as memory:
        assert [one.other for one in memory.graph("anna").about("Maja")] == ["user", "Equinor"]
        assert all(proof.ok for proof in memory.verify().values())


def test_version_14_is_raised_and_forks_borrow(store: Open, target: str) -> None:
    memory = store(pre_rot_threshold=700, keep_recent_count=4)
    session = memory.session("s", "anna")
    session.add([f"It is written down and kept safe, {number}. " * 8 for number in range(8)])
    session.manage_context()
    before = [one.text for one in session.view().messages]
    assert "[COMPACTED" in str(before)
    memory.close()
    lower_to_14(target)
    raised = store(pre_rot_threshold=700, keep_recent_count=4)
    assert [one.text for one in raised.session("s", "anna").fork(session_id="t").view().messages] == before
    assert all(proof.ok for proof in raised.verify().values())


def test_version_13_is_raised_and_knows_its_erasures(store: Open, target: str) -> None:
    if target == ":memory:":
        pytest.skip("a memory in RAM has no older version")
    memory = store()
    memory.session("s", "anna").add("hello")
    receipt = memory.erase("anna")
    memory.close()
    lower_to_13(target)
    raised = store()
    assert raised.verify_erased(receipt).ok
    assert raised.verify() == {}


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


BLOCKS: list[Any] = [
    {"role": "user", "content": "Look up the kiln."},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {"q": "kiln"}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "The quokka fires at 1260."}]},
    {"role": "assistant", "content": [{"type": "text", "text": "It fires hot."}]},
]


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


def test_version_3_is_raised_and_whatever_changes_from_then_on_is_found(store: Open, target: str) -> None:
    memory = store()
    sent = memory.session("s").add(TALK)
    memory.close()
    lower_to_3(target)
    raised = store()
    assert raised.session("s").messages() == sent
    raised.session("s").add("new")
    for number in (1, len(TALK) + 1):  # the first has no checksum, and its link was laid when the database was raised
        engine = engine_of(target)
        with engine.begin() as connection:
            one = schema.message.c.sequence == number
            connection.execute(schema.message.update().where(one).values(stored_at="1970-01-01T00:00:00+00:00"))
        engine.dispose()
        assert any(f"message {number}" in problem for problem in raised.session("s").verify().problems)


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
    tables, last = (of_servers(), ("shard",)) if engine.dialect.name == "postgresql" else (metadata, ())
    for name, table in tables.tables.items():
        columns = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
        assert columns == {column.name: column.nullable for column in table.columns}, name
        uniques = {tuple(one["column_names"]) for one in inspector.get_unique_constraints(name)}
        of_table = [one for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
        assert uniques == {tuple(one.columns.keys()) for one in of_table}, name
        assert inspector.get_pk_constraint(name)["constrained_columns"] == list(table.primary_key.columns.keys()), name
        assert {index["name"] for index in inspector.get_indexes(name)} >= {index.name for index in table.indexes}
    unique = {tuple(one["column_names"]) for one in inspector.get_unique_constraints("tiermem_vector")}
    assert unique == {("session", "embedder", "sequence", "part", *last)}
    items = {
        name: {tuple(one["column_names"]) for one in inspector.get_unique_constraints(name)}
        for name in ("tiermem_collection", "tiermem_item", "tiermem_item_vector")
    }
    assert items == {
        "tiermem_collection": {("tenant", "owner", *last)},
        "tiermem_item": {("collection", "name", *last)},
        "tiermem_item_vector": {("item", "space", "hash", *last)},
    }
    stated = {tuple(one["column_names"]) for one in inspector.get_unique_constraints("tiermem_fact")}
    assert stated == {("session", "sequence", "place", *last)}
    assert inspector.get_pk_constraint("tiermem_embedded")["constrained_columns"] == ["session", "embedder", *last]
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


def test_version_12_is_raised_and_its_sessions_can_be_forked(store: Open, target: str) -> None:
    with store() as memory:
        memory.session("s").add(["one", "two"])
        memory.session("s").index()
    lower_to_12(target)
    with store() as memory:
        fork = memory.session("s").fork("m1", "other")
        fork.add("another two")
        assert [one.text for one in fork.messages()] == ["one", "another two"]
        assert all(proof.ok for proof in memory.verify().values())
