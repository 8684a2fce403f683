"""Searching items: filters, words, vectors, and a cache that never shows what is no longer so. On every backend."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from tests.conftest import Open
from tests.flows.indexing.embedders import Counting
from tiermem import Memory
from tiermem.errors import EmbeddingMismatch, InvalidMessage, InvalidSettings
from tiermem.flows.indexing.vectors import PROBE
from tiermem.items.items import Item, Items, Put, Search
from tiermem.testing import HashEmbedder

VALUES: dict[str, dict[str, Any]] = {
    "tea": {"text": "Anna drinks green tea every morning", "size": 1},
    "car": {"text": "Her automobile is a red Volvo", "size": 2},
    "dog": {"text": "狗的名字叫豆豆", "size": 3},
    "job": {"text": "She works at the harbour", "size": 4},
}


def keys(found: list[Item]) -> list[str]:
    return [one.key for one in found]


def filled(items: Items) -> Items:
    items.batch([Put(("n",), key, value) for key, value in VALUES.items()])
    return items


def plane(texts: list[str]) -> list[list[float]]:
    """Two dimensions: how often a text has an "a", and a "b"."""
    return [[float(text.count("a")), float(text.count("b"))] for text in texts]


def index(embed: Any = plane, **more: Any) -> dict[str, Any]:
    return {"embed": embed, "fields": ["text"], **more}


# --- without a query


def test_the_oldest_come_first_page_by_page(store: Open) -> None:
    items = store().items()
    items.batch([Put(("n", str(n % 3)), str(n), {"n": n, "even": n % 2 == 0}) for n in range(1_100)])
    pages = [items.search(limit=400, offset=start) for start in range(0, 1_600, 400)]
    assert [one.value["n"] for page in pages for one in page] == list(range(1_100))
    even = items.search(filter={"even": True}, limit=10, offset=500)
    assert [one.value["n"] for one in even] == list(range(1_000, 1_020, 2))
    assert all(one.score is None for one in even)
    assert items.search(limit=0) == items.search(offset=5_000) == []


@pytest.mark.parametrize("asked", [{"limit": -1}, {"offset": -1}, {"limit": 1.5}, {"query": 5}])
def test_what_is_no_page_or_query_is_refused(asked: Any) -> None:
    with pytest.raises(InvalidMessage):
        Search((), **asked)


def test_what_is_no_filter_is_refused_before_anything_is_kept(store: Open) -> None:
    items = store().items()
    for wanted in ({"size": {"$in": [1]}}, ["size"], {"a": {"b": {"$regex": "x"}}}, {3: 1}):
        with pytest.raises(InvalidMessage):
            items.batch([Put(("n",), "k", {}), Search((), filter=wanted)])  # type: ignore[arg-type]
    assert items.search() == []


# --- by words


@pytest.mark.parametrize(
    ("query", "first"),
    [("what does Anna drink?", "tea"), ("豆豆是谁", "dog"), ("which car", "car"), ("harbour", "job")],
)
def test_without_an_embedder_a_query_ranks_by_words(store: Open, query: str, first: str) -> None:
    found = filled(store().items()).search(query=query)
    assert found[0].key == first
    assert sorted(keys(found)) == sorted(VALUES)
    assert found[0].score is not None
    assert 0 < found[0].score <= 1


def test_items_without_a_word_of_the_query_come_last_and_have_no_score(store: Open) -> None:
    found = filled(store().items()).search(query="Anna's tea at the harbour")
    assert keys(found) == ["tea", "job", "car", "dog"]
    scores = [one.score for one in found]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0] > scores[1]
    assert scores[2:] == [None, None]


def test_a_query_pages_and_filters_what_it_ranked(store: Open) -> None:
    items = filled(store().items())
    whole = keys(items.search(query="Anna's tea at the harbour"))
    assert [keys(items.search(query="Anna's tea at the harbour", limit=1, offset=n)) for n in range(5)] == [
        *([key] for key in whole),
        [],
    ]
    assert keys(items.search(query="Anna's tea at the harbour", filter={"size": {"$gt": 1}})) == ["job", "car", "dog"]


def test_a_blank_query_is_none(store: Open) -> None:
    asked = Counting()
    items = filled(store().items(index=index(asked)))
    for query in ("", "  \n", None):
        assert keys(items.search(query=query)) == list(VALUES)
    assert asked.questions == []


def test_a_name_in_the_value_is_a_word_too(store: Open) -> None:
    items = store().items()
    items.put(("n",), "a", {"favourite_colour": "blue"})
    items.put(("n",), "b", {"home": "Paris"})
    assert keys(items.search(query="what is the favourite colour")) == ["a", "b"]


# --- by vectors


def test_scores_are_exact_cosines_best_first(store: Open) -> None:
    items = store().items(index=index())
    texts = {"one": "a", "two": "aab", "three": "abbb", "four": "b", "none": "zzz"}
    items.batch([Put(("n",), key, {"text": text}) for key, text in texts.items()])
    found = items.search(query="aaab")
    question = np.array([3.0, 1.0]) / np.sqrt(10)
    for one in found[:4]:
        own = np.array(plane([texts[one.key]])[0])
        assert one.score == pytest.approx(own @ question / np.linalg.norm(own), abs=1e-6)
    assert keys(found) == ["two", "one", "three", "four", "none"]
    assert found[4].score is None
    assert all(one.score is None for one in items.search(query="zz"))


def test_of_several_texts_the_best_one_counts(store: Open) -> None:
    items = store().items(index={"embed": plane, "fields": ["title", "parts[*].text"], "dims": 2})
    items.put(("n",), "parts", {"parts": [{"text": "b"}, {"text": "a"}]})
    items.put(("n",), "title", {"title": "aab"})
    found = items.search(query="a")
    assert keys(found) == ["parts", "title"]
    assert found[0].score == pytest.approx(1.0, abs=1e-6)


def test_a_put_chooses_its_own_fields_or_none(store: Open) -> None:
    items = store().items(index=index())
    items.put(("n",), "usual", {"text": "ab", "note": "a"})
    items.put(("n",), "own", {"text": "b", "note": "a"}, fields=["note"])
    items.put(("n",), "never", {"text": "a"}, fields=False)
    assert keys(items.search(query="a")) == ["own", "usual", "never"]
    assert items.search(query="a")[2].score is None


def test_an_update_without_the_field_leaves_no_vector_behind(store: Open) -> None:
    items = store().items(index=index())
    items.put(("n",), "k", {"text": "a"})
    assert items.search(query="a")[0].score is not None
    items.put(("n",), "k", {"other": "x"})
    assert items.search(query="a")[0].score is None
    items.put(("n",), "k", {"text": "b"})
    assert items.search(query="b")[0].score == pytest.approx(1.0, abs=1e-6)


def test_equal_texts_are_embedded_once_and_known_ones_not_again(store: Open) -> None:
    embedder = Counting()
    items = store().items(index=index(embedder))
    items.batch([Put(("n",), str(n), {"text": "green tea"}) for n in range(5)])
    assert embedder.texts == [PROBE, "green tea"]
    items.put(("n",), "0", {"text": "green tea", "more": 1})
    assert embedder.texts == [PROBE, "green tea"]
    assert [one.score for one in items.search(query="green tea")] == [pytest.approx(1.0, abs=1e-6)] * 5
    items.batch([Search((), "q"), Search(("n",), "q"), Search((), "r")])
    assert embedder.questions == ["green tea", "q", "r"]


def test_blank_texts_are_not_embedded(store: Open) -> None:
    embedder = Counting()
    items = store().items(index=index(embedder))
    items.put(("n",), "k", {"text": "  "})
    items.put(("n",), "l", {"text": None})
    assert embedder.calls == 0
    assert len(items.search(query="x")) == 2


def test_a_failing_embedder_keeps_nothing_and_raises_its_error(store: Open) -> None:
    embedder = Counting()
    embedder.fails = ConnectionError("no model")
    items = store().items(index=index(embedder))
    with pytest.raises(ConnectionError):
        items.batch([Put(("n",), "other", {"x": 1}), Put(("n",), "k", {"text": "a"})])
    assert items.search() == []
    with pytest.raises(ConnectionError):
        items.search(query="a")


def test_vectors_that_are_none_are_refused(store: Open) -> None:
    memory = store()
    answers: list[Any] = [[[1.0, 2.0, 3.0]] * 2, [[1.0, 2.0]], [[1.0, float("nan")]] * 2, None]
    for answer in answers:
        items = memory.items(index=index(lambda texts, answer=answer: answer, dims=2))
        with pytest.raises(EmbeddingMismatch):
            items.batch([Put(("n",), "a", {"text": "a"}), Put(("n",), "b", {"text": "b"})])
    assert memory.items().search() == []


@pytest.mark.parametrize("given", [{"fields": ["a"]}, {"dims": 2}, {"embed": 5}, {"embed": plane, "dims": 0}, "text",
    {"embed": plane, "field": ["text"]}])  # fmt: skip
def test_what_is_no_index_is_refused(given: Any) -> None:
    with Memory.open(":memory:") as memory, pytest.raises(InvalidSettings):
        memory.items(index=given)


def test_an_index_of_langgraph_s_stores_is_taken_as_it_is(store: Open) -> None:
    said = []
    ours = {"embed": lambda texts: said.extend(texts) or plane(texts), "dims": 2}
    theirs = {"ann_index_config": {"kind": "hnsw"}, "distance_type": "cosine", "__estimated_num_vectors": 1}
    items = store().items(index={**ours, "text_fields": ["text"], **theirs})
    items.put(("n",), "k", {"text": "ab", "other": "b"})
    assert said[-1] == "ab"  # before it comes what the embedder is known by


def test_vectors_of_two_models_are_never_compared(store: Open) -> None:
    memory = store()
    one, other = memory.items(index=index(Counting("one"))), memory.items(index=index(Counting("other")))
    one.put(("n",), "k", {"text": "tea"})
    assert one.search(query="tea")[0].score is not None
    assert other.search(query="tea")[0].score is None
    other.put(("n",), "k", {"text": "tea"})
    assert other.search(query="tea")[0].score is not None
    assert one.search(query="tea")[0].score is None


class Both:
    """An embedder with both ways; the async one says which loop it ran on."""

    def __init__(self) -> None:
        self.loops: list[Any] = []
        self._inner = HashEmbedder(16)

    def embed_documents(self, texts: list[str]) -> Any:
        return self._inner.embed(texts)

    def embed_query(self, text: str) -> Any:
        return self._inner.embed_query(text)

    async def aembed_documents(self, texts: list[str]) -> Any:
        self.loops.append(asyncio.get_running_loop())
        return self.embed_documents(texts)

    async def aembed_query(self, text: str) -> Any:
        self.loops.append(asyncio.get_running_loop())
        return self.embed_query(text)


def test_an_async_embedder_is_awaited_on_the_callers_own_loop(store: Open) -> None:
    embedder = Both()
    items = store().items(index=index(embedder))

    async def work() -> Any:
        await items.as_async().put(("n",), "k", {"text": "tea"})
        found = await items.as_async().search(query="tea")
        assert embedder.loops == [asyncio.get_running_loop()] * 3  # with the probe
        return found

    assert asyncio.run(work()) == items.search(query="tea")
    assert len(embedder.loops) == 3


def test_an_async_function_serves_sync_callers_too(store: Open) -> None:
    async def embed(texts: list[str]) -> list[list[float]]:
        return plane(texts)

    items = store().items(index=index(embed))
    items.put(("n",), "k", {"text": "a"})

    async def inside_a_loop() -> Any:
        return items.search(query="a"), await items.as_async().search(query="a")

    found, again = asyncio.run(inside_a_loop())
    assert found == again
    assert found[0].score == pytest.approx(1.0, abs=1e-6)


# --- the cache


@pytest.mark.parametrize("embed", [None, plane])
def test_a_search_sees_every_change_since_the_last_one(store: Open, embed: Any) -> None:
    how = None if embed is None else index(embed)
    items = store().items(index=how)
    writers = [items] if items.memory.path == ":memory:" else [items, store().items(index=how)]
    for turn, writer in enumerate(writers * 3):
        writer.put(("n",), "same", {"text": f"a turn{turn}"})
        writer.put(("n", "deep"), f"key{turn}", {"text": f"b turn{turn}"})
        assert keys(items.search(query="a")) == ["same", *(f"key{n}" for n in range(turn + 1))]
        assert items.search(("n",), f"a turn{turn}")[0].value == {"text": f"a turn{turn}"}
    for turn, writer in enumerate(writers * 3):
        writer.delete(("n", "deep"), f"key{turn}")
        assert f"key{turn}" not in keys(items.search(query="b"))
    assert keys(items.search(query="a")) == ["same"]


def test_a_failed_write_leaves_the_cache_as_it_was(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from tiermem.items import store as stored

    items = filled(store().items())
    before = items.search(query="green tea")

    def fails(*_: Any) -> None:
        raise RuntimeError("power is off")

    with monkeypatch.context() as patch:
        patch.setattr(stored, "_add_vectors", fails)
        with pytest.raises(RuntimeError):
            items.batch([Put(("n",), "tea", {"text": "gone"}), Search((), "green tea")])
    assert items.search(query="green tea") == before
    items.put(("n",), "tea", {"text": "black coffee"})
    assert items.search(query="black coffee")[0].key == "tea"
    assert items.search(query="morning")[0].score is None
