"""Documents beside conversation: who finds what, on every backend."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Open
from tests.knowledge.papers import CHINESE, PAINT, PUMP, found, manual
from tiermem import AsyncMemory, Memory
from tiermem.errors import Closed, InvalidMessage, InvalidSettings, Reentrant, UnknownReference
from tiermem.settings import Scope


def test_a_document_is_found_with_its_source_and_place(store: Open) -> None:
    knowledge = store().knowledge("anna")
    text = PAINT * 9 + PUMP + PAINT * 9
    knowledge.add_documents({"text": text, "source": "docs/hall.md", "metadata": {"page": 4}})
    knowledge.add_documents({"text": manual(), "source": "manual.md", "title": "Bearing manual"})
    hit = knowledge.search("Who checks the cooling pump?", 3)[0]
    state = hit.message.state
    assert "Petra Lang" in hit.message.text
    assert (state["source"], state["metadata"]) == ("docs/hall.md", {"page": 4})
    assert text[state["start"] : state["end"]] == hit.message.text
    assert (hit.message.role, hit.message.name, hit.message.origin) == ("document", "hall.md", "document")
    assert [(one.source, one.title) for one in knowledge.sources()] == [
        ("docs/hall.md", "hall.md"),
        ("manual.md", "Bearing manual"),
    ]
    assert knowledge.verify().ok


def test_no_documents_are_no_change_and_no_question_finds_nothing(store: Open) -> None:
    knowledge = store().knowledge()
    assert knowledge.add_documents([]) == []
    assert knowledge.search("anything") == []
    knowledge.add_documents(PUMP)
    assert knowledge.search("") == knowledge.search(" ") == knowledge.search("pump", 0) == []
    with pytest.raises(InvalidMessage):
        knowledge.search(3)  # type: ignore[arg-type]


def test_no_other_user_and_no_session_sees_a_document(store: Open) -> None:
    memory = store()
    memory.knowledge("anna").add_documents(PUMP, source="secret")
    for namespace in ("ben", ("anna", "anna"), ("", "anna2"), ("anna", "")[:1][0] + "\x00", "\xffkanna"):
        other = memory.knowledge(namespace)
        assert other.search("cooling pump") == []
        assert other.sources() == []
        assert other.chunks("secret") == []
        with pytest.raises(UnknownReference):
            other.remove("secret")
    for name in ("documents", "-", "knowledge", "\xffkdocuments", "\udcff" + "kdocuments", "kdocuments"):
        session = memory.session(name, "anna")
        assert session.search("cooling pump") == []
        assert session.messages() == []
        session.add("hello")
    assert [one.source for one in memory.knowledge("anna").sources()] == ["secret"]
    assert memory.knowledge(("", "anna")).stats().messages == 1


def test_a_collection_is_no_session_but_is_verified(store: Open) -> None:
    memory = store()
    memory.knowledge("anna").add_documents(PUMP)
    memory.session("documents", "anna").add("hello")
    assert memory.sessions("anna") == ["documents"]
    checked = memory.verify()
    assert all(one.ok for one in checked.values())
    assert {(scope.session, scope.kind): one.messages for scope, one in checked.items()} == {
        ("documents", "conversation"): 1,
        ("documents", "knowledge"): 1,
    }
    assert Scope("", "anna", "s") == Scope("", "anna", "s", "conversation")


def test_a_document_of_one_megabyte_is_added_and_found(store: Open, target: str) -> None:
    """Of a megabyte in a file; elsewhere of a quarter, which takes its way through as many batches as matter."""
    count = 21_000 if target.endswith(".db") else 5_300
    knowledge = store().knowledge()
    text = "".join(f"Entry {n}: machine {n * 7919 % 9973} was oiled by worker {n % 31}.\n" for n in range(count))
    assert len(text) > 1_000_000 or count < 21_000
    began = time.process_time()
    chunks = knowledge.add_documents({"text": text, "source": "log"})
    taken = time.process_time() - began
    assert taken < 60, f"{taken:.0f} s of CPU"  # some 5
    covered = 0
    for one in chunks:
        assert one.state["start"] <= covered
        assert one.text == text[one.state["start"] : one.state["end"]]
        covered = one.state["end"]
    assert covered == len(text)
    known = 4 * count // 5
    hits = knowledge.search(f"machine {known * 7919 % 9973} entry {known}", 3)
    assert any(f"Entry {known}:" in hit.message.text for hit in hits)
    assert knowledge.verify().ok


def test_a_chinese_document_is_cut_at_sentences_and_found(store: Open) -> None:
    knowledge = store().knowledge()
    filler = "".join(f"第{n}条规定员工应当在第{n}号窗口领取证件，并且妥善保管。" for n in range(200))
    chunks = knowledge.add_documents({"text": filler[:2700] + CHINESE + filler[2700:], "source": "手册/车间.md"})
    assert all(one.text.rstrip().endswith("。") for one in chunks)
    hit = knowledge.search("谁检查冷却泵？", 1)[0]
    assert "李娜" in hit.message.text
    assert (hit.message.state["source"], hit.message.name) == ("手册/车间.md", "车间.md")


def test_documents_survive_reopening(file: Path) -> None:
    with Memory.open(file) as memory:
        knowledge = memory.knowledge("anna")
        knowledge.add_documents([{"text": PUMP, "source": "pump"}, {"text": PAINT, "source": "paint"}])
        knowledge.remove("paint")
        before = knowledge.search("cooling pump paint")
    with pytest.raises(Closed):
        knowledge.sources()
    with Memory.open(file) as memory:
        knowledge = memory.knowledge("anna")
        assert knowledge.search("cooling pump paint") == before
        assert [one.source for one in knowledge.sources()] == ["pump"]
        knowledge.undo(1)
        assert len(knowledge.sources()) == 2
        assert memory.verify()[knowledge.scope].ok


def test_async_documents_are_the_sync_ones(target: str) -> None:
    async def steps() -> None:
        async with await AsyncMemory.open(target) as memory:
            knowledge = memory.knowledge("anna")
            chunks = await knowledge.add_documents(
                [{"text": PUMP, "source": "pump"}, PAINT], chunk_size=60, chunk_overlap=0
            )
            assert len(chunks) > 2
            assert (await knowledge.search("cooling pump"))[0].message.state["source"] == "pump"
            assert await knowledge.chunks("pump") == [one for one in chunks if one.state["source"] == "pump"]
            removed = await knowledge.remove("pump")
            assert len(await knowledge.sources()) == 1
            await knowledge.undo(removed[0])
            assert len(await knowledge.sources()) == 2
            assert len(await knowledge.journal()) == 2
            with pytest.raises(InvalidMessage):
                await knowledge.add_documents([""])
            await knowledge.index()
            assert (await knowledge.stats()).messages == len(chunks)
            assert (await knowledge.verify()).ok

    asyncio.run(steps())


def test_async_adds_of_one_source_at_once_leave_one_version(target: str) -> None:
    async def steps() -> None:
        async with await AsyncMemory.open(target) as memory:
            knowledge = memory.knowledge()
            await asyncio.gather(
                *(knowledge.add_documents({"text": f"Version {n} of the plan.", "source": "plan"}) for n in range(8))
            )
            assert len(await knowledge.chunks("plan")) == 1
            assert (await knowledge.verify()).ok

    asyncio.run(steps())


def test_a_failing_embedder_leaves_words_and_is_asked_again(store: Open) -> None:
    broken = True

    def embed(texts: list[str]) -> list[list[float]]:
        if broken:
            raise RuntimeError("no connection")
        return [[1.0, float(len(text) % 7)] for text in texts]

    try:
        knowledge = store(embedder=embed).knowledge()
    except RuntimeError:
        pytest.skip("an embedder must answer when the memory is opened")
    knowledge.add_documents(PUMP, source="pump")
    assert found(knowledge, "cooling pump") == ["pump"]
    broken = False
    knowledge.index()
    assert found(knowledge, "cooling pump") == ["pump"]
    assert knowledge.verify().ok


def test_an_embedder_that_adds_documents_of_the_same_user_is_refused(store: Open) -> None:
    caught: list[type[Exception]] = []
    box: list[Memory] = []

    def embed(texts: list[str]) -> list[list[float]]:
        if box:
            try:
                box[0].knowledge("anna").add_documents("from inside")
            except Reentrant as error:
                caught.append(type(error))
        return [[1.0, 0.5] for _ in texts]

    memory = store(embedder=embed)
    box.append(memory)
    memory.knowledge("anna").add_documents(PUMP)
    assert caught
    assert memory.knowledge("anna").stats().messages == 1


def test_chunk_sizes_are_tried_on_samples(store: Open) -> None:
    knowledge = store().knowledge()
    filler = "The report describes ordinary events of the day in many words without much to tell. " * 8
    facts = {f"Who repaired machine {n}?": [f"machine {n} was repaired by worker W{n}"] for n in range(20)}
    texts = [filler + f"On day {n} machine {n} was repaired by worker W{n}. " + filler for n in range(20)]
    made = knowledge.trials(texts, facts, sizes=(20, 200, 4000))
    assert [one.size for one in made] == [200, 4000, 20]  # 20 cuts the evidence, 4000 buries it
    assert made[0].found == 1.0
    assert made[0].tokens < made[1].tokens
    assert made[2].found == 0.0
    with pytest.raises(InvalidSettings):
        knowledge.trials(texts, {"Who?": ["stands nowhere"]})
    with pytest.raises(InvalidSettings):
        knowledge.trials(texts, {})


def test_what_stands_beside_a_good_chunk_in_another_document_gains_nothing(store: Open) -> None:
    knowledge = store().knowledge()
    texts = [f"Notice {name} says that the canteen is closed." for name in ("one", "two", "three", "four")]
    knowledge.add_documents([*texts[:2], PUMP, *texts[2:], PAINT + " The old pump is there."])
    hits = knowledge.search("Who checks the cooling pump of hall 3?", 6)
    assert hits[0].message.text == PUMP
    assert hits[1].message.text == PAINT + " The old pump is there."
    assert all(hit.score < hits[0].score / 4 for hit in hits if "Notice" in hit.message.text)
    assert all(hit.score == pytest.approx(sum(hit.why.values())) for hit in hits)


def test_the_day_on_which_a_document_was_added_does_not_rank_it(store: Open) -> None:
    memory = store(clock=lambda: datetime(2026, 3, 4, tzinfo=UTC))
    knowledge = memory.knowledge()
    knowledge.add_documents([PAINT, "The audit of 2026-03-04 found nothing."])
    hits = knowledge.search("What did the audit of 4 March 2026 find?")
    assert "audit" in hits[0].message.text
    assert all("date" not in hit.why for hit in hits)
