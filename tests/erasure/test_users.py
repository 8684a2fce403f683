"""All that there is of a user is gone, and nothing of anybody else's."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.erasure.lives import SMALL, ByLetters, answers, live
from tiermem import AsyncMemory, Memory, Message
from tiermem.erasure import traces
from tiermem.erasure.receipt import Receipt
from tiermem.errors import InvalidMessage, MissingNamespace
from tiermem.events import collecting
from tiermem.storage.erasures import taking
from tiermem.storage.tables.columns import metadata
from tiermem.text import analyzer

ANNA, BOB = "zyxxyquark", "vupptorin"


@pytest.fixture
def memory(store: Open) -> Memory:
    memory = store(**SMALL, embedder=ByLetters())
    live(memory, "anna", ANNA)
    live(memory, "bob", BOB)
    return memory


def test_every_verb_is_silent_about_who_was_erased_and_says_the_same_of_others(memory: Memory) -> None:
    before = answers(memory, "bob", BOB)
    assert all(answers(memory, "anna", ANNA))
    receipt = memory.erase("anna", reason="request 17")
    assert not any(answers(memory, "anna", ANNA))
    assert answers(memory, "bob", BOB) == before
    assert receipt.messages > 12
    assert ANNA not in receipt.model_dump_json()
    assert "anna" not in receipt.model_dump_json()


def test_verify_finds_nothing_left_and_the_rest_sound(memory: Memory) -> None:
    receipt = memory.erase("anna")
    assert memory.verify_erased(receipt).ok
    assert memory.verify_erased(receipt.model_dump_json()).ok
    proofs = memory.verify()
    assert {scope.user for scope in proofs} == {"bob"}
    assert all(proof.ok for proof in proofs.values())


def test_a_dry_run_counts_what_would_go_and_removes_nothing(memory: Memory) -> None:
    before = answers(memory, "anna", ANNA)
    planned = memory.erase("anna", dry_run=True)
    assert answers(memory, "anna", ANNA) == before
    assert not planned.complete
    assert "would be erased" in str(planned)
    with pytest.raises(InvalidMessage, match="dry run"):
        memory.verify_erased(planned)
    assert memory.erase("anna").removed == planned.removed


def test_erasing_twice_removes_nothing_more_and_says_so(memory: Memory) -> None:
    memory.erase("anna")
    again = memory.erase("anna")
    assert (again.removed, again.sessions) == ({}, ())
    assert memory.verify_erased(again).ok


def test_words_leave_what_a_process_keeps_and_its_dictionaries_stay(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "memory.db") as memory:
        memory.session("s", "anna").add(f"{ANNA} 喜欢连接池")
        memory.session("s", "anna").index()
        memory.settle(60)
        dictionary = analyzer._segmenter()
        assert analyzer._stem.cache_info().currsize
        memory.erase("anna")
        assert analyzer._segmenter() is dictionary
        kept = [made for module in traces.OF_WORDS for made in vars(module).values() if hasattr(made, "cache_info")]
        assert {made.__name__ for made in kept if made.cache_info().currsize} <= {
            made.__name__ for made in kept if made.cache_info().maxsize == 1
        }


def test_who_was_erased_can_come_back_and_starts_with_nothing(memory: Memory) -> None:
    receipt = memory.erase("anna")
    session = memory.session("monday", "anna")
    session.add(Message(role="user", content="A new start about tulips.", id="new"))
    session.index()
    assert [one.sequence for one in session.messages()] == [1]
    assert [hit.message.text for hit in session.search("tulips", within="user")] == ["A new start about tulips."]
    assert session.search(f"{ANNA} pool", within="user") == []
    assert ANNA not in session.recall("what was said of the pool and of tulips?").text
    assert session.verify().ok
    assert memory.verify_erased(receipt).ok


def test_a_session_alone_is_erased_and_the_others_of_its_user_stay(memory: Memory) -> None:
    kept = memory.session("tuesday", "anna").messages()
    receipt = memory.session("monday", "anna").erase()
    assert memory.sessions("anna") == ["tuesday"]
    assert memory.session("tuesday", "anna").messages() == kept
    assert memory.session("tuesday", "anna").search(f"{ANNA} pool 7", within="user")
    assert {hit.session for hit in memory.session("x", "anna").search(ANNA, within="user")} == {"tuesday"}
    assert memory.knowledge("anna").sources()
    proof = memory.verify_erased(receipt)
    assert proof.ok
    assert proof.notes == ("7 of the messages that were erased stand in another session of the user too",)
    assert len(receipt.sessions) == 1


def test_what_another_memory_of_the_database_keeps_is_dropped_at_its_next_question(store: Open, target: str) -> None:
    if target == ":memory:":
        pytest.skip("a memory in RAM is not opened twice")
    one, other = store(**SMALL), store(**SMALL)
    one.session("s", "anna").add([f"the {ANNA} pool {n}" for n in range(9)])
    one.session("t", "anna").add("hello tulips")
    assert other.session("t", "anna").search(ANNA, within="user")
    assert other.session("t", "anna").context(ANNA, 400, within="user").hits
    one.session("s", "anna").erase()
    one.session("s", "anna").add([f"a rose {n}" for n in range(9)])
    shown = other.session("t", "anna").context(f"{ANNA} rose pool", 400, within="user").messages
    assert not [one for one in shown if ANNA in one.text]
    core, _ = other.wiring
    assert not any(ANNA in body.text for body in core.bodies.values())


def test_the_event_says_how_much_and_why_and_names_nothing(memory: Memory) -> None:
    with collecting() as told:
        memory.erase("anna", reason="request 17")
    (event,) = [one for one in told if one.kind == "erased"]
    assert event.fields["reason"] == "request 17"
    assert event.fields["sessions"] == 4
    assert event.fields["count"] > 12


def test_async_callers_do_the_same(tmp_path: Path) -> None:
    async def through() -> tuple[Receipt, bool, list[str]]:
        async with await AsyncMemory.open(tmp_path / "memory.db") as memory:
            await memory.session("s", "anna").add("hello")
            await memory.session("t", "anna").add("hello")
            await memory.session("t", "anna").erase()
            receipt = await memory.erase("anna", reason="asked")
            return receipt, (await memory.verify_erased(receipt)).ok, await memory.sessions("anna")

    receipt, proved, sessions = asyncio.run(through())
    assert (receipt.messages, proved, sessions) == (1, True, [])


def test_a_namespace_must_be_named(store: Open) -> None:
    memory = store()
    with pytest.raises(MissingNamespace):
        memory.erase(None)  # type: ignore[arg-type]
    with pytest.raises(InvalidMessage, match="no receipt"):
        memory.verify_erased(json.dumps({"number": 1}))


def test_every_table_says_by_its_columns_how_it_is_erased() -> None:
    ways = {"session", "collection", "item", "owner", "media"}  # that of a user goes when they are taken
    unknown = [
        table.name for table in metadata.sorted_tables if table.name not in taking.KEPT and not ways & {*table.c.keys()}
    ]
    assert unknown == []


def test_keys_of_sessions_never_come_again(store: Open) -> None:
    memory = store()
    memory.session("s", "anna").add("hello")
    memory.erase("anna")
    memory.session("s", "anna").add("hello")
    _, performer = memory.wiring
    query = sa.text("SELECT pk FROM tiermem_session ORDER BY pk")
    keys = performer._database.read(lambda c: c.execute(query).scalars().all())
    assert len(keys) == len(set(keys)) == 2


def test_a_tombstone_has_no_name_and_nothing_said(memory: Memory) -> None:
    memory.erase("anna", reason="request 17")
    _, performer = memory.wiring
    rows = performer._database.read(
        lambda c: [str(row) for t in metadata.sorted_tables for row in c.execute(sa.select(t)).all()]
    )
    assert not [row for row in rows if ANNA in row or "anna" in row]
    assert [row for row in rows if BOB in row]
