"""Every event is told once, in order, after its commit, without a word that was said."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tiermem.events
from tests.conftest import Open
from tests.flows.indexing.embedders import Counting
from tests.memory.told import CANARY, SMALL, everything, kinds, talk
from tests.waiting import until
from tiermem import Message
from tiermem.errors import IdConflict, StorageFull
from tiermem.events import KINDS, Event, collecting
from tiermem.settings import Scope
from tiermem.testing import HashEmbedder, ScriptedSummarizer, StoppedClock

GOOD = {"user_goal": f"raise the {CANARY} pool", "key_decisions": [f"the {CANARY} pool is raised to 50"]}


def lied(messages: list[Message]) -> list[dict[str, object]]:
    if messages[-1].sequence == 32:
        raise ValueError(CANARY)
    return [{"attribute": CANARY, "value": CANARY, "message": 1}]


def test_every_kind_is_told_with_the_numbers_of_what_happened(store: Open) -> None:
    memory = store(**SMALL)
    session, told = memory.session("s"), list[Event]()
    memory.subscribe(told.append)
    talk(session)
    journal = session.journal()
    added = [one for one in told if one.kind == "added"]
    assert [one.fields["last"] for one in added] == list(range(1, 41))
    assert sum(one.fields["tokens"] for one in added) == session.stats().tokens
    decided = {one.fields["decision"]: one for one in told if one.kind in {"compacted", "summarised"}}
    assert list(decided) == [one.number for one in journal if one.kind in {"compact", "cover"}]
    for one in journal:
        if one.kind in {"compact", "cover"}:
            fields = decided[one.number].fields
            assert (fields["first"], fields["last"], fields["strategy"]) == (one.first, one.last, one.strategy)
            assert (fields["tokens_before"], fields["tokens_after"]) == (one.tokens_before, one.tokens_after)
    assert {"compacted", "summarised"} <= set(kinds(told))
    assert all(one.scope == session.scope and one.fields.get("ms", 0.0) >= 0.0 for one in told)


def test_decisions_by_hand_and_documents_are_told_once_each(store: Open) -> None:
    session = store(**SMALL).session("s")
    talk(session, 4)
    knowledge = session.memory.knowledge()
    with collecting() as told:
        session.restore("m2")
        session.undo(session.journal()[-1].number)
        session.forget("m3", "m1")
        session.clear()
        knowledge.add_documents({"text": "the manual", "source": "manual.txt"})
        knowledge.add_documents({"text": "the new manual", "source": "manual.txt"})
        knowledge.remove("manual.txt")
    told = [one for one in told if one.kind != "indexed"]
    assert kinds(told) == ["restored", "undone", "forgotten", "forgotten", "added", "added", "forgotten", "forgotten"]
    restored, undone, forgotten, cleared, _, _, replaced, removed = (one.fields for one in told)
    assert (restored["first"], restored["last"], restored["count"]) == (2, 2, 1)
    assert undone["undone"] == restored["decisions"][0]
    assert (forgotten["first"], forgotten["last"], forgotten["count"]) == (1, 3, 2)
    assert [one["reason"] for one in (cleared, replaced, removed)] == ["cleared", "replaced", "removed"]
    assert {one.scope.kind for one in told[4:]} == {"knowledge"}


def fields_in_the_docs() -> dict[str, set[str]]:
    """The first row of each kind in the table of `tiermem.events`."""
    found: dict[str, set[str]] = {}
    for line in (tiermem.events.__doc__ or "").splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if cells[0] in KINDS and cells[0] not in found:
            names = re.sub(r"\(.*?\)", "", cells[2])
            base = next((found[kind] for kind in KINDS if names.startswith(f"as {kind}")), set())
            found[cells[0]] = base | set(re.sub(r"^as \w+,?( and)?", "", names).replace(",", " ").split())
    return found


def test_the_documented_fields_are_those_that_are_told(store: Open) -> None:
    session = store(**SMALL, summarizer=ScriptedSummarizer(RuntimeError("down")), extractor=lied).session("s", "anna")
    with collecting() as told:
        everything(session)
    assert {one.kind: set(one.fields) for one in reversed(told)} == fields_in_the_docs()


def test_what_is_recalled_is_told_with_its_references_and_scores(store: Open) -> None:
    session = store(**SMALL).session("s")
    talk(session)
    with collecting() as told:
        context = session.context("which pool of service 3", 700)
        recalled = session.recall("which pool of service 3", 300)
        hits = session.search("pool of service 3", 5)
        session.messages()
        session.view()
        session.stats()
    assert [(one.kind, one.fields["by"]) for one in told] == [
        ("recalled", "context"),
        ("recalled", "recall"),
        ("recalled", "search"),
    ]
    for one, found in zip(told, (context.hits, recalled.hits, hits), strict=True):
        assert list(one.fields["refs"]) == [hit.ref for hit in found]
        assert list(one.fields["scores"]) == [round(hit.score, 4) for hit in found]
    assert told[1].fields["tokens"] == recalled.tokens


def test_an_event_comes_after_the_commit_that_it_tells_of(store: Open) -> None:
    memory = store(**SMALL)
    session, seen = memory.session("s"), list[tuple[int, int]]()
    numbers: list[tuple[int, list[int]]] = []

    def look(event: Event) -> None:
        if event.kind == "added":
            seen.append((event.fields["last"], session.stats().messages))
        elif event.kind in {"compacted", "summarised"}:
            numbers.append((event.fields["decision"], [one.number for one in session.journal()]))

    memory.subscribe(look)
    talk(session)
    assert seen == [(n, n) for n in range(1, 41)]
    assert numbers
    assert all(number in journal for number, journal in numbers)


def test_what_was_rolled_back_is_never_told(store: Open) -> None:
    session = store(**SMALL).session("s")
    database = session.memory._performer._database
    write = database.write
    session.add({"role": "user", "content": "hello", "id": "one"})
    with collecting() as told:
        with pytest.raises(IdConflict):
            session.add(["fine", {"role": "user", "content": "another", "id": "one"}])

        def refused(body: Callable[[Any], Any], **how: Any) -> Any:
            def spoilt(connection: Any) -> None:
                body(connection)
                raise StorageFull("the disk is full")

            return write(spoilt, **how)

        database.write = refused  # type: ignore[method-assign]
        for verb in (lambda: session.add("lost"), session.clear, lambda: session.restore("m1")):
            with pytest.raises(StorageFull):
                verb()
        database.write = write  # type: ignore[method-assign]
    assert told == []
    assert session.stats().messages == 1
    with collecting() as told:
        session.add("kept")
    assert [one.fields["first"] for one in told] == [2]


def test_adding_again_tells_nothing_and_a_mixed_batch_only_what_is_new(store: Open) -> None:
    session = store().session("s")
    one = {"role": "user", "content": "hello", "id": "one"}
    session.add(one)
    with collecting() as told:
        session.add(one)
        session.add([])
        session.add([one, "new", one])
    assert [(e.kind, e.fields["count"], e.fields["first"], e.fields["last"]) for e in told] == [("added", 1, 2, 2)]


def test_no_word_that_was_said_is_in_any_event_or_log_line(
    store: Open, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def spiteful(value: Any) -> Any:
        raise ValueError(f"cannot take {value!r} {CANARY}")

    class Embedder(HashEmbedder):
        def embed(self, texts: Any) -> Any:
            return spiteful(texts)

    memory = store(
        **SMALL,
        summarizer=ScriptedSummarizer(ValueError(CANARY), GOOD),
        summarizer_retries=0,
        summarizer_pause=0.0,
        extractor=lied,
        compactor=spiteful,
        keep=spiteful,
        embedder=Embedder(16),
        index_batch=5,
    )
    caplog.set_level(logging.DEBUG, "tiermem")
    told: list[Event] = []
    memory.subscribe(told.append)
    everything(memory.session("s", "anna-lee"))
    memory.export("anna-lee", tmp_path / "moved.jsonl")
    memory.import_(tmp_path / "moved.jsonl", "ben")
    assert set(kinds(told)) == set(KINDS)
    assert {one.fields["mode"] for one in told if one.kind == "degraded"} >= {"summarizer", "custom step", "embedder"}
    assert CANARY not in json.dumps([one.as_dict() for one in told])
    lines = [one.getMessage() + json.dumps(vars(one)["tiermem"]) for one in caplog.records if "tiermem" in vars(one)]
    assert len(lines) >= len(told)
    assert not [line for line in lines if CANARY in line or "anna-lee" in line]


def test_a_degraded_mode_is_told_when_it_begins_and_again_when_it_comes_back(store: Open) -> None:
    class Embedder(HashEmbedder):
        broken = True

        def embed(self, texts: Any) -> Any:
            if self.broken:
                raise ConnectionError("no route to the model")
            return super().embed(texts)

    embedder, clock = Embedder(16), StoppedClock()
    memory = store(embedder=embedder, clock=clock)
    session, told = memory.session("s"), list[dict[str, Any]]()
    memory.subscribe(lambda e: told.append(dict(e.fields)) if e.kind == "degraded" else None)
    session.add(["the pool is raised", "the valve is shut"])
    for _ in range(3):
        assert session.search("pool")
        clock.tick(31)
    assert told == [{"mode": "embedder", "reason": "ConnectionError"}]
    embedder.broken = False
    session.index()
    session.search("pool")
    embedder.broken = True
    session.add("the lid is open")
    session.search("lid")
    assert len(told) == 2


def test_a_summarizer_that_fails_is_told_once_until_it_works_again(store: Open) -> None:
    model = ScriptedSummarizer(RuntimeError("down"), RuntimeError("down"), GOOD, RuntimeError("down"))
    memory = store(**SMALL, summarizer=model, summarizer_retries=0, summarizer_pause=0.0)
    with collecting() as told:
        talk(memory.session("s"), 120)
    assert len(model.asked) >= 4
    failed = [one.fields for one in told if one.kind == "degraded"]
    assert [dict(one) for one in failed] == [{"mode": "summarizer", "reason": "RuntimeError"}] * 2
    strategies = [one.fields["strategy"] for one in told if one.kind == "summarised" and one.fields["level"] == 1]
    assert strategies[:4] == ["extractive", "extractive", "summarizer", "extractive"]


def test_the_background_tells_of_its_own_failures(store: Open) -> None:
    class Embedder(HashEmbedder):
        def embed(self, texts: Any) -> Any:
            raise ConnectionError("no route to the model")

    memory = store(embedder=Embedder(16), index_batch=2)
    told: list[Event] = []
    memory.subscribe(told.append)
    memory.session("s").add(["the pool is raised", "the valve is shut", "the lid is open"])
    until(lambda: "degraded" in kinds(told))
    assert kinds(told) == ["added", "indexed", "degraded"]
    assert dict(told[-1].fields) == {"mode": "embedder", "reason": "ConnectionError"}


@pytest.mark.parametrize("target", ["file", "postgres"], indirect=True)
def test_keyword_search_alone_is_told_when_it_begins(store: Open) -> None:
    with store(embedder=Counting("old")) as memory:
        memory.session("s").add(["the pool is raised", "the valve is shut"])
        memory.session("s").index()
    memory = store(embedder=Counting("new"))
    with collecting() as told:
        for _ in range(3):
            assert memory.session("s").search("pool")
    degraded = [one.fields for one in told if one.kind == "degraded"]
    assert [one["mode"] for one in degraded] == ["semantic search"]
    assert "Counting:old" in degraded[0]["reason"]
    assert all(one.fields["degraded"] for one in told if one.kind == "recalled")
    memory.reembed()
    with collecting() as told:
        memory.session("s").search("pool")
    assert [list(one.fields["degraded"]) for one in told] == [[]]


def test_merged_summaries_and_what_goes_back_under_them_are_told(store: Open) -> None:
    session = store(**SMALL).session("s")
    with collecting() as told:
        talk(session, 150)
        session.restore(*(f"m{number}" for number in range(2, 140, 2)))
        session.manage_context()
    covers = [one for one in session.journal() if one.kind == "cover"]
    again = {number for one in told if one.fields.get("strategy") == "again" for number in one.fields["decisions"]}
    assert again == {one.number for one in covers if one.strategy == "again"} != set()
    merged = {one.fields["decision"] for one in told if one.kind == "summarised" and one.fields.get("level", 1) > 1}
    assert merged == {one.number for one in covers if one.strategy == "merge"} != set()


def test_logs_and_telemetry_name_another_session_by_its_digest() -> None:
    here, there = Scope("acme", "anna", "today"), Scope("acme", "anna", "clara/friday")
    told = Event("recalled", here, StoppedClock()(), {"refs": ("m1", "clara/friday/m2", "d3"), "count": 3})
    other = Event("added", there, StoppedClock()(), {})
    assert told.nameless == {"refs": ("m1", f"{other.digest}/m2", "d3"), "count": 3}
    assert told.as_dict()["refs"] == ["m1", "clara/friday/m2", "d3"]  # whoever listens knows the names anyway
    assert other.nameless == {}
