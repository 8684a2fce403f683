"""Embedders that count what they are asked, and questions to the store that no public face answers."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from tests.waiting import PATIENCE
from tiermem import Memory, Session
from tiermem.flows.reading.vector_search import nearest
from tiermem.search.ranking.embedder_trust import Nearest, nothing
from tiermem.storage import sessions
from tiermem.storage.embedded import vectors
from tiermem.testing import HashEmbedder


class Counting:
    """An embedder that remembers the texts it was asked for, and waits while its `gate` is closed."""

    def __init__(self, model: str = "one", seed: str = "") -> None:
        self.model = model
        self.texts: list[str] = []
        self.questions: list[str] = []
        self.calls = 0
        self.fails: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.gave_up = 0  # who waited for it until patience ended
        self._seed = seed
        self._inner = HashEmbedder(64)

    def embed_documents(self, texts: list[str]) -> Any:
        """Vectors of texts."""
        self.calls += 1
        self._pass()
        if self.fails is not None:
            raise self.fails
        self.texts += texts
        return self._inner.embed([self._seed + text for text in texts])

    def embed_query(self, text: str) -> Any:
        """The vector of a question."""
        self._pass()
        if self.fails is not None:
            raise self.fails
        self.questions.append(text)
        return self._inner.embed_query(self._seed + text)

    def _pass(self) -> None:
        if not self.gate.wait(PATIENCE):
            self.gave_up += 1
            raise AssertionError("the gate was never opened")


def embedded(session: Session) -> int:
    """Messages up to which the embedder in use has made vectors."""
    return mark(session).done


def mark(session: Session) -> vectors.Watermark:
    """How far the embedder in use has come, and which others were there."""
    name = session.memory.wiring[0].embedder_name

    def body(connection: sa.Connection) -> vectors.Watermark:
        return vectors.watermark(connection, sessions.find(connection, session.scope).pk, name)

    return session.memory._performer._database.read(body)


def stored(memory: Memory) -> int:
    """All vectors of the database."""
    count = "SELECT count(*) FROM tiermem_vector"
    return int(memory._performer._database.read(lambda connection: connection.exec_driver_sql(count).scalar_one()))


def near(session: Session, question: str) -> Nearest:
    """What vector search says of a question."""
    core, performer = session.memory.wiring
    row = performer._database.read(lambda connection: sessions.find(connection, session.scope))
    rows = {row.pk: (session.scope.session, row)}
    by_session, degraded = session.memory.drive(nearest(core, session.scope, row.pk, rows, question))
    return replace(by_session.get(row.pk, nothing()), degraded=degraded)


def followers() -> list[threading.Thread]:
    """The background threads that are alive."""
    return [one for one in threading.enumerate() if one.name == "tiermem-follower"]
