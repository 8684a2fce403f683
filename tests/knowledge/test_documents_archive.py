"""Documents beside conversation: what adding, replacing and removing promise, on every backend."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import Open
from tests.knowledge.papers import PAINT, PUMP, found, manual, numbers
from tiermem import Message
from tiermem.errors import IdConflict, InvalidMessage, InvalidSettings, UnknownReference

GARBAGE: list[Any] = [
    None,
    7,
    b"bytes",
    "",
    " \n\t ",
    {"content": "no text"},
    {"text": None},
    {"text": "x", "metadata": 3},
    {"text": "x", "metadata": {"n": float("nan")}},
    {"text": "x", "metadata": {1: "key"}},
    {"text": "x", "metadata": {"thing": object()}},
    {"text": "x", "source": " "},
    {"text": "x", "source": 3},
    {"text": "x", "colour": "unknown field"},
    object(),
    SimpleNamespace(page_content=""),
    SimpleNamespace(page_content="x", metadata=[1]),
]


def test_chunks_are_at_most_1000_characters_with_200_overlap_by_default(store: Open) -> None:
    text = PUMP * 60
    chunks = store().knowledge().add_documents(text)
    assert max(len(one.text) for one in chunks) <= 1000
    spans = [(one.state["start"], one.state["end"]) for one in chunks]
    shared = [before[1] - after[0] for before, after in pairwise(spans)]
    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)
    assert all(100 < one <= 200 for one in shared)
    assert len(store_small(store, text)) > 2 * len(chunks)


def store_small(store: Open, text: str) -> list[Message]:
    return store().knowledge("other").add_documents(text, chunk_size=300, chunk_overlap=0)


def test_adding_twice_is_adding_once(store: Open) -> None:
    knowledge = store().knowledge()
    documents = [{"text": manual(), "source": "m"}, PUMP, {"text": PUMP, "source": "p"}]
    first = knowledge.add_documents(documents)
    before = numbers(knowledge)
    assert knowledge.add_documents(documents) == first
    assert knowledge.add_documents([documents[0], *documents]) == first
    assert numbers(knowledge) == before
    assert before[2] == 0


def test_a_changed_document_replaces_the_old_one_of_its_source_alone(store: Open) -> None:
    knowledge = store().knowledge()
    knowledge.add_documents(
        [{"text": "The gate code is 4711.", "source": "gate"}, {"text": "The roof code is 99.", "source": "roof"}]
    )
    knowledge.add_documents({"text": "The gate code is 8000.", "source": "gate"})
    texts = {hit.message.text for hit in knowledge.search("gate code roof", 9)}
    assert texts == {"The gate code is 8000.", "The roof code is 99."}
    assert [one.source for one in knowledge.sources()] == ["roof", "gate"]
    assert [one.kind for one in knowledge.journal()] == ["hide"]
    assert knowledge.verify().ok


def test_a_replacement_is_taken_back_by_adding_the_old_document_again(store: Open) -> None:
    knowledge = store().knowledge()
    old, new = {"text": "The gate code is 4711.", "source": "g"}, {"text": "The gate code is 8000.", "source": "g"}
    for document in (old, new, old, new, old):
        knowledge.add_documents(document)
        assert [one.text for one in knowledge.chunks("g")] == [document["text"]]
        assert [hit.message.text for hit in knowledge.search("gate code")] == [document["text"]]
    assert knowledge.stats().messages == 2
    assert knowledge.verify().ok


def test_what_a_replacement_hid_is_brought_back_by_undo(store: Open) -> None:
    knowledge = store().knowledge()
    for text in ("The gate code is 4711.", "The gate code is 8000."):
        knowledge.add_documents({"text": text, "source": "g"})
    (hidden,) = knowledge.journal()
    assert (hidden.kind, hidden.reason) == ("hide", "replaced")
    knowledge.undo(hidden.number)
    assert [one.text for one in knowledge.chunks("g")] == ["The gate code is 4711.", "The gate code is 8000."]
    assert knowledge.verify().ok


def test_other_chunking_of_the_same_document_replaces_its_chunks(store: Open) -> None:
    knowledge = store().knowledge()
    document = {"text": PUMP * 40, "source": "pump"}
    knowledge.add_documents(document)
    chunks = knowledge.add_documents(document, chunk_size=400, chunk_overlap=0)
    assert knowledge.chunks("pump") == chunks
    assert "".join(one.text for one in chunks) == document["text"]


def test_pages_of_one_source_stand_together_and_unchanged_ones_stay(store: Open) -> None:
    knowledge = store().knowledge()
    pages = [{"text": f"Page {n} is about topic {n}.", "source": "a.pdf", "metadata": {"page": n}} for n in range(5)]
    first = knowledge.add_documents(pages)
    changed = [*pages[:2], {**pages[2], "text": "Page 2 was rewritten."}, *pages[3:]]
    knowledge.add_documents(changed)
    assert {one.text for one in knowledge.chunks("a.pdf")} == {one["text"] for one in changed}
    assert [(one.first, one.last) for one in knowledge.journal()] == [(first[2].sequence, first[2].sequence)]
    assert knowledge.sources()[0].chunks == 5


def test_batches_of_one_source_add_up_where_asked(store: Open) -> None:
    knowledge = store().knowledge()
    for n in range(3):
        knowledge.add_documents(f"Page {n} tells of pump {n}.", source="a.pdf", replace=False)
    assert len(knowledge.chunks("a.pdf")) == 3
    assert knowledge.journal() == []


def test_a_removed_source_is_not_found_until_undo(store: Open) -> None:
    knowledge = store().knowledge()
    knowledge.add_documents([{"text": PUMP, "source": "pump"}, {"text": PAINT, "source": "paint"}])
    decisions = knowledge.remove("pump")
    assert "pump" not in found(knowledge, "cooling pump Petra Lang")
    assert [one.source for one in knowledge.sources()] == ["paint"]
    assert knowledge.chunks("pump") == []
    with pytest.raises(UnknownReference):
        knowledge.remove("pump")
    for number in decisions:
        knowledge.undo(number)
    assert found(knowledge, "cooling pump Petra Lang")[0] == "pump"
    assert knowledge.verify().ok


def test_a_source_in_pieces_is_removed_whole_and_comes_back_whole(store: Open) -> None:
    knowledge = store().knowledge()
    for n in range(3):
        knowledge.add_documents(f"Page {n} of the log.", source="log", replace=False)
        knowledge.add_documents(f"Note {n}.", source=f"note{n}")
    numbers_of_decisions = knowledge.remove("log")
    assert len(numbers_of_decisions) == 3
    for number in numbers_of_decisions:
        knowledge.undo(number)
    assert len(knowledge.chunks("log")) == 3
    assert knowledge.verify().ok


def test_a_removed_document_comes_back_when_it_is_added_again(store: Open) -> None:
    knowledge = store().knowledge()
    knowledge.add_documents(PUMP, source="pump")
    knowledge.remove("pump")
    knowledge.add_documents(PUMP, source="pump")
    assert found(knowledge, "cooling pump") == ["pump"]
    assert knowledge.stats().messages == 1


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_refused_and_nothing_kept(store: Open, garbage: Any) -> None:
    knowledge = store().knowledge()
    with pytest.raises(InvalidMessage):
        knowledge.add_documents([{"text": PUMP, "source": "good"}, garbage])
    with pytest.raises(InvalidMessage):
        knowledge.add_documents(garbage)
    assert numbers(knowledge) == (0, 0, 0)
    assert knowledge.sources() == []


@pytest.mark.parametrize(
    "options",
    [
        {"chunk_size": 0},
        {"chunk_size": 100, "chunk_overlap": 100},
        {"chunk_overlap": -1},
        {"chunk_size": "1000"},
        {"splitter": 3},
        {"splitter": lambda _: [1]},
        {"splitter": lambda _: "one text"},
        {"source": ""},
        {"source": 3},
        {"splitter": lambda _: []},
    ],
    ids=range(10),
)
def test_options_that_make_no_sense_are_refused_and_nothing_kept(store: Open, options: dict[str, Any]) -> None:
    knowledge = store().knowledge()
    with pytest.raises((InvalidSettings, InvalidMessage)):
        knowledge.add_documents(PUMP, **options)
    assert knowledge.stats().messages == 0


def test_a_chunk_above_the_limit_is_refused_and_nothing_kept(store: Open) -> None:
    knowledge = store(max_message_bytes=2_000).knowledge()
    with pytest.raises(InvalidMessage, match="max_message_bytes"):
        knowledge.add_documents([PUMP, {"text": PAINT, "metadata": {"abstract": "x" * 2_000}}])
    assert knowledge.stats().messages == 0


def test_documents_of_the_frameworks_are_taken_by_their_shape(store: Open) -> None:
    knowledge = store().knowledge()
    metadata = {"source": Path("a") / "b.txt", "loaded": datetime(2026, 1, 2, tzinfo=UTC), "boxes": (1, 2)}
    chain = SimpleNamespace(page_content=PUMP, metadata=metadata)
    node = SimpleNamespace(get_content=lambda: PAINT, metadata={"file_path": "/data/c.txt", "file_name": "c.txt"})
    scored = SimpleNamespace(node=node, score=0.5)
    chunks = knowledge.add_documents([chain, node, scored, PUMP + "x"], source="given")
    assert [one.state["source"] for one in chunks] == ["a/b.txt", "given", "given"]
    assert chunks[0].state["metadata"] == {"source": "a/b.txt", "loaded": "2026-01-02T00:00:00+00:00", "boxes": [1, 2]}
    knowledge.add_documents(node)
    assert [one.source for one in knowledge.sources()] == ["a/b.txt", "given", "/data/c.txt"]
    assert knowledge.add_documents(chain)[0] == chunks[0]


def test_a_splitter_of_the_callers_decides_the_chunks(store: Open) -> None:
    knowledge = store().knowledge()
    chunks = knowledge.add_documents("one fish.two fish. . ", splitter=lambda text: text.split("."))
    assert [(one.text, one.state["start"], one.state["end"]) for one in chunks] == [
        ("one fish", 0, 8),
        ("two fish", 9, 17),
    ]
    same = knowledge.add_documents("la|la|la", splitter=lambda text: text.split("|"))
    assert [one.state["start"] for one in same] == [0, 3, 6]
    shouted = knowledge.add_documents("red fish", splitter=SimpleNamespace(split_text=lambda text: [text.upper()]))
    assert shouted[0].text == "RED FISH"
    assert "start" not in shouted[0].state


def test_a_splitter_that_raises_keeps_nothing(store: Open) -> None:
    def broken(text: str) -> list[str]:
        raise RuntimeError("broken")

    knowledge = store().knowledge()
    with pytest.raises(RuntimeError, match="broken"):
        knowledge.add_documents(PUMP, splitter=broken)
    assert knowledge.stats().messages == 0


def test_documents_are_never_compacted_or_summarised(store: Open) -> None:
    knowledge = store(pre_rot_threshold=200, keep_recent_count=0).knowledge()
    for n in range(6):
        knowledge.add_documents({"text": manual(f"topic {n}", 30), "source": f"s{n}"})
    knowledge.undo(knowledge.remove("s1")[0])
    knowledge.add_documents({"text": manual("last", 30), "source": "last"})
    stats = knowledge.stats()
    assert stats.window_tokens > 2_000
    assert (stats.compacted, stats.covered, stats.summaries) == (0, 0, 0)
    assert {one.kind for one in knowledge.journal()} == {"hide", "undo"}


@pytest.mark.parametrize("source", ["\ud800", "a\x00b", "x" * 5_000, "'; DROP TABLE x; --", "../../etc/passwd", "%_"])
def test_hostile_sources_and_texts_are_kept_exactly(store: Open, source: str) -> None:
    knowledge = store().knowledge()
    text = "nul \x00 lone \ud83d pump e\u0301 \u202e"
    knowledge.add_documents([{"text": text, "source": source}, {"text": PUMP, "source": source + "2"}])
    assert [one.text for one in knowledge.chunks(source)] == [text]
    assert knowledge.sources()[0].source == source
    knowledge.remove(source)
    assert [one.source for one in knowledge.sources()] == [source + "2"]
    assert knowledge.verify().ok


def test_an_id_made_up_by_hand_cannot_take_the_place_of_a_chunk(store: Open) -> None:
    memory = store()
    chunk = memory.knowledge().add_documents(PUMP)[0]
    session = memory.session("s")
    session.add(Message(role="user", content="mine", id=chunk.id))
    with pytest.raises(IdConflict):
        session.add(chunk)
    assert memory.knowledge().add_documents(PUMP) == [chunk]
