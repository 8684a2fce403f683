"""An embedder that searches what it embeds for would be asked again without an end: it is refused, and words answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tiermem import Memory
from tiermem.errors import Reentrant

SEARCHES: dict[str, Callable[[Memory], Any]] = {
    "search": lambda memory: memory.session("s").search("pool"),
    "search elsewhere": lambda memory: memory.session("other").search("pool"),
    "recall": lambda memory: memory.session("s").recall("pool"),
    "context": lambda memory: memory.session("s").context("pool", budget=200),
    "documents": lambda memory: memory.knowledge().search("pool"),
}


@pytest.mark.parametrize(
    ("outer", "inner"), [*((verb, "search") for verb in SEARCHES), *(("search", verb) for verb in SEARCHES)]
)
def test_an_embedder_that_searches_is_refused(outer: str, inner: str) -> None:
    raised: list[str] = []
    begun: list[bool] = []

    def embed(texts: list[str]) -> list[list[float]]:
        try:
            if begun:
                SEARCHES[inner](memory)
        except Reentrant as error:
            raised.append(type(error).__name__)
            raise
        return [[1.0, float(len(text))] for text in texts]

    memory = Memory.open(":memory:", embedder=embed)
    for name in ("s", "other"):
        memory.session(name).add(
            [f"the pool of {name} has 10 connections", *(["something else, said at length " * 9] * 9)]
        )
    memory.knowledge().add_documents({"text": "the pool of the manual has 12 connections", "source": "m"})
    begun.append(True)
    threads = threading.active_count()
    found = SEARCHES[outer](memory)
    assert raised
    assert "pool" in str(getattr(found, "text", None) or getattr(found, "messages", found))
    assert threading.active_count() <= threads + 3
    assert any("Reentrant" in line for line in memory.session("s").stats().degraded)


async def test_an_embedder_that_searches_is_refused_in_tasks_too() -> None:
    raised: list[str] = []

    def embed(texts: list[str]) -> list[list[float]]:
        try:
            memory.session("s").search("pool")
        except Reentrant:
            raised.append("Reentrant")
        return [[1.0, float(len(text))] for text in texts]

    memory = Memory.open(":memory:", embedder=embed)
    session = memory.session("s").as_async()
    await session.add("the pool has 10 connections")
    assert await session.search("pool")
    assert raised


def test_an_embedder_may_search_a_memory_with_another_embedder() -> None:
    with Memory.open(":memory:") as names:
        names.session("s").add("pool means a set of connections")

        def embed(texts: list[str]) -> list[list[float]]:
            return [[1.0, float(len(names.session("s").search("pool")))] for _ in texts]

        memory = Memory.open(":memory:", embedder=embed)
        memory.session("s").add("the pool has 10 connections")
        assert memory.session("s").search("pool")
        assert memory.session("s").stats().degraded == ()


def test_an_embedder_of_items_that_searches_them_is_refused() -> None:
    raised: list[str] = []

    def embed(texts: list[str]) -> list[list[float]]:
        try:
            items.search(query="tea")
        except Reentrant as error:
            raised.append(type(error).__name__)
        items.get(("n",), "k")  # which asks no embedder
        return [[1.0, float(len(text))] for text in texts]

    items = Memory.open(":memory:").items("anna", {"embed": embed})
    items.put(("n",), "k", {"text": "tea"})
    assert [item.key for item in items.search(query="tea")] == ["k"]
    assert raised == ["Reentrant"] * 3  # the item, the probe of the model, the question
