"""Vector stores behind the archive: those of both frameworks that need no package, one of ours that misbehaves when it
is asked to, and an embedder for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
from langchain_core.vectorstores import InMemoryVectorStore
from llama_index.core.vector_stores import SimpleVectorStore

from langchain_tiered_memory import ArchiveVectors as OfLangChain
from llamaindex_tiered_memory import ArchiveVectors as OfLlamaIndex
from tests.memory.crowd import length
from tiermem import Memory, Message
from tiermem.index.outside.store import Nearby, Point

DIMENSIONS = 48


class ByPairs:
    """An embedder: pairs of letters, hashed."""

    model_name = "pairs"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = [0.0] * DIMENSIONS
        for pair in pairwise(text):
            vector[crc32("".join(pair).lower().encode()) % DIMENSIONS] += 1.0
        return [value - sum(vector) / DIMENSIONS for value in vector]


class Plain:
    """A vector store as `Memory.open` takes it, exact; `fails` has it raise, `invents` answer with ids of its own,
    `names` with so many at most, as an approximate index does; `compared` counts what it was asked for by ids."""

    def __init__(self) -> None:
        self.points: dict[str, Point] = {}
        self.added: list[str] = []
        self.asked: list[Nearby] = []
        self.fails = False
        self.invents: list[str] = []
        self.names = 1_000_000
        self.compared = 0

    def _check(self) -> None:
        if self.fails:
            raise ConnectionError("the vector store is away")

    def add(self, points: Sequence[Point]) -> None:
        self._check()
        self.added += [point.id for point in points]
        self.points |= {point.id: point for point in points}

    def delete(self, ids: Sequence[str]) -> None:
        self._check()
        for one in ids:
            self.points.pop(one, None)

    def nearest(self, asked: Nearby) -> list[str]:
        self._check()
        self.asked.append(asked)
        mine = [point for point in self.points.values() if getattr(point, asked.field) == asked.value]
        mine.sort(key=lambda point: -float(np.dot(point.unit, asked.unit)))
        return [*self.invents, *(point.id for point in mine[: min(asked.k, self.names)])]

    def present(self, ids: Sequence[str]) -> Collection[str]:
        self._check()
        self.compared += len(ids)
        return set(ids) & self.points.keys()

    def ids(self) -> set[str]:
        """All that it has."""
        return set(self.points)

    def lose(self, ids: Collection[str]) -> None:
        """Have somebody remove these behind our back."""
        for one in ids:
            del self.points[one]


class InLangChain(OfLangChain):
    """LangChain's store in RAM."""

    def __init__(self) -> None:
        super().__init__(InMemoryVectorStore, DIMENSIONS)

    def ids(self) -> set[str]:
        return set(self.store.store)  # type: ignore[attr-defined]

    def lose(self, ids: Collection[str]) -> None:
        self.store.delete(list(ids))


class InLlamaIndex(OfLlamaIndex):
    """LlamaIndex's store in RAM, which cannot say what it has."""

    def __init__(self) -> None:
        super().__init__(SimpleVectorStore())

    def ids(self) -> set[str]:
        return set(self.store.data.embedding_dict)  # type: ignore[attr-defined]

    def lose(self, ids: Collection[str]) -> None:
        self.store.delete_nodes(list(ids))


STORES: dict[str, Callable[[], Any]] = {"plain": Plain, "LangChain": InLangChain, "LlamaIndex": InLlamaIndex}
TOWNS = "Oslo Bergen Trondheim Uppsala Turku Aarhus Reykjavik Tallinn Riga Vilnius Gdansk Kiel".split()  # noqa: SIM905
THINGS = "ferry harbour museum bakery bridge library tram garden market tower".split()  # noqa: SIM905


def opened(target: str, store: Any = None, **options: Any) -> Memory:
    return Memory.open(target, vector_store=store, embedder=ByPairs(), counter=length, index_batch=8, **options)


def said(number: int) -> str:
    return f"In {TOWNS[number % 12]} the {THINGS[number % 10]} number {number} opens at {number % 24} o'clock."


def _at(number: int) -> datetime:
    """When it was said. A score has a share of how far messages are apart, which would be longer on a busy machine."""
    return datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(seconds=number)


def fill(memory: Memory, user: str = "ann", count: int = 120) -> None:
    """Two sessions of *user*, and a document of several passages."""
    for name in ("monday", "tuesday"):
        talk = [Message(role="user", content=said(n), id=f"i{n}", created_at=_at(n)) for n in range(count // 2)]
        memory.session(name, user).add(talk)
    text = " ".join(map(said, range(40)))  # with passages of its own
    long = Message(role="user", content=text, id="long", created_at=_at(count))
    memory.session("monday", user).add(long)
    memory.knowledge(user).add_documents("The pool runs on port 8080. " * 60, source="notes")
    for name in ("monday", "tuesday"):
        memory.session(name, user).index()
    memory.knowledge(user).index()
    assert memory.settle(60)


QUESTIONS = [f"When does the {THINGS[n % 10]} in {TOWNS[(n * 7) % 12]} open?" for n in range(10)]


def found(memory: Memory, user: str = "ann") -> list[Any]:
    """What questions find in one session, in all of the user's, and with filters, with their scores."""
    session = memory.session("monday", user)
    ways: list[dict[str, Any]] = [
        {},
        {"within": "user"},
        {"within": "user", "sessions": ["tuesday"]},
        {"role": "user", "within": "user"},
    ]
    return [
        [(hit.session, hit.ref, round(hit.score, 5)) for hit in session.search(question, 10, **way)]
        for question in QUESTIONS
        for way in ways
    ] + [[(hit.ref, round(hit.score, 5)) for hit in memory.knowledge(user).search("which port?")]]
