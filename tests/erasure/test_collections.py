"""Documents by their source and items by their path are erased alone, in all their versions."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Open
from tests.erasure.lives import SMALL, ByLetters
from tiermem.errors import InvalidMessage, InvalidNamespace, UnknownReference

CANARY = "zyxxyquark"


def test_every_version_of_a_source_is_erased_and_others_stay(store: Open) -> None:
    memory = store(**SMALL, embedder=ByLetters())
    knowledge = memory.knowledge("anna")
    knowledge.add_documents(f"the {CANARY} pool runs on port 8080", source="a.md")
    knowledge.add_documents("the quokka pool runs on port 9090", source="a.md")
    knowledge.add_documents("the tulips are red", source="b.md")
    planned = knowledge.erase("a.md", dry_run=True)
    receipt = knowledge.erase("a.md", reason="request 17")
    assert planned.messages == receipt.messages == 2
    assert [one.source for one in knowledge.sources()] == ["b.md"]
    assert knowledge.search(f"{CANARY} quokka port") == []
    assert knowledge.search("tulips")
    assert knowledge.verify().ok
    assert memory.verify_erased(receipt).ok
    with pytest.raises(UnknownReference):
        knowledge.erase("a.md")


def test_a_document_that_was_erased_can_be_added_again(store: Open) -> None:
    knowledge = store(**SMALL).knowledge("anna")
    knowledge.add_documents("the tulips are red", source="a.md")
    knowledge.erase()
    assert knowledge.sources() == []
    knowledge.add_documents("the tulips are red", source="a.md")
    assert [hit.message.text for hit in knowledge.search("tulips")] == ["the tulips are red"]
    assert knowledge.verify().ok


def test_items_at_and_under_a_path_are_erased_with_what_expired(store: Open) -> None:
    memory = store()
    items = memory.items("anna", {"embed": ByLetters()})
    for path in (("notes",), ("notes", "old"), ("notebook",), ()):
        items.put(path, "k", {"text": f"{CANARY} of {path}"})
    items.put(("notes",), "gone", {"text": "expires"}, ttl=0.001)
    memory.items("bob").put(("notes",), "k", {"text": "bob's"})
    assert items.search(("notes",))
    planned = items.erase(("notes",), dry_run=True)
    receipt = items.erase(("notes",), reason="request 17")
    assert planned.removed == receipt.removed
    assert receipt.removed["tiermem_item"] >= 2
    assert items.search(("notes",)) == []
    assert [one.path for one in items.search()] == [("notebook",), ()]
    assert memory.items("bob").search(("notes",))
    assert all(proof.ok for proof in memory.verify().values())
    assert items.erase().removed["tiermem_item"] == 2
    assert items.erase().removed == {}


def test_async_callers_do_the_same(store: Open) -> None:
    memory = store()
    knowledge, items = memory.knowledge("anna").as_async(), memory.items("anna").as_async()

    async def through() -> tuple[int, int]:
        await knowledge.add_documents("the tulips are red", source="a.md")
        await items.put(("a",), "k", {"text": "tulips"})
        return (await knowledge.erase("a.md")).messages, (await items.erase()).removed["tiermem_item"]

    assert asyncio.run(through()) == (1, 1)


def test_what_names_nothing_is_refused_and_nothing_goes(store: Open) -> None:
    memory = store()
    items, knowledge, session = memory.items("anna"), memory.knowledge("anna"), memory.session("s", "anna")
    items.put(("a", "b"), "k", {"text": "hi"})
    knowledge.add_documents("the tulips are red", source="a.md")
    session.add("hello")
    for path in ("", "a"):
        with pytest.raises(InvalidNamespace):
            items.erase(path)
    with pytest.raises(UnknownReference):
        knowledge.erase(5)  # type: ignore[arg-type]
    for erase in (items.erase, knowledge.erase, session.erase, lambda **given: memory.erase("anna", **given)):
        with pytest.raises(InvalidMessage):
            erase(reason=5)
    assert (len(items.search()), len(knowledge.sources()), session.stats().messages) == (1, 1, 1)
