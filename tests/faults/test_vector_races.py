"""Two who embed, index or embed anew at the same moment: no gap, nothing left over, and no two models in one space."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.faults.worker import length
from tests.flows.indexing.embedders import Counting
from tests.waiting import PATIENCE
from tiermem.flows.indexing.vectors import PROBE
from tiermem.index.segment import segment
from tiermem.settings import Scope, Settings
from tiermem.storage import segments, sessions
from tiermem.storage.database import Database
from tiermem.storage.embedded import vectors
from tiermem.storage.embedded.vectors import PassageVector
from tiermem.storage.schema import embedded
from tiermem.storage.shards.whose import of_scope
from tiermem.text import analyzer
from tiermem.text.dialogue import Spoken

A, B = Scope("", "a", "s"), Scope("", "b", "s")


@pytest.fixture(params=["file", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place that two may open."""
    return str(tmp_path / "memory.db") if request.param == "file" else str(request.getfixturevalue("postgres_url"))


class Interrupted(Counting):
    """Before it answers for the first time, somebody else does something to the database, in a thread of his own."""

    def __init__(self, model: str, other: object) -> None:
        super().__init__(model)
        self._other = other
        self.interrupted = False

    def embed_documents(self, texts: list[str]) -> object:
        if not self.interrupted and PROBE not in texts:
            self.interrupted = True
            thread = threading.Thread(target=self._other)  # type: ignore[arg-type]
            thread.start()
            thread.join()
        return super().embed_documents(texts)


Interrupted.__qualname__, Interrupted.__module__ = Counting.__qualname__, Counting.__module__  # the embedder's name


def counts(memory: object, scope: Scope, name: str) -> tuple[int, int]:
    """Vectors in the newest space of that name in a session, and in all spaces."""
    database: Database = memory.wiring[1]._database  # type: ignore[attr-defined]

    def body(connection: sa.Connection) -> tuple[int, int]:
        row = sessions.find(connection, scope)
        key = vectors.watermark(connection, row.pk, name).key
        return vectors.count(connection, row.pk, by=key), vectors.count(connection, row.pk)

    return database.read(body)


def test_a_batch_of_a_model_that_was_replaced_meanwhile_is_not_kept(store: Open) -> None:
    options = {"counter": length, "index_batch": 10_000}
    with store(embedder=Counting("m"), **options) as memory:
        for user in ("a", "b"):
            memory.session("s", user).add([f"{user} speaks of thing{number}" for number in range(40)])
        memory.session("s", "a").index()
        name = memory.wiring[0].embedder_name
        changed = Counting("m", seed="changed ")

        def elsewhere() -> None:
            with store(embedder=changed, **options) as other:
                assert other.reembed("a") == 40

        with store(embedder=Interrupted("m", elsewhere), **options) as late:
            late.session("s", "b").index()
            assert counts(late, B, name) == (0, 0)
            assert any("another model" in one for one in late.session("s", "b").stats().degraded)
        assert counts(memory, A, name) == (40, 40)


def test_of_two_models_that_come_first_under_one_name_one_is_refused(store: Open) -> None:
    options = {"counter": length, "index_batch": 10_000}
    with store(embedder=Counting("m", seed="changed "), **options) as first:
        for user in ("a", "b"):
            first.session("s", user).add([f"{user} speaks of thing{number}" for number in range(200)])
        name = first.wiring[0].embedder_name
        with store(embedder=Interrupted("m", first.session("s", "a").index), **options) as late:
            late.session("s", "b").index()
            assert counts(late, B, name) == (0, 0)
            assert any("another model" in one for one in late.session("s", "b").stats().degraded)
        first.session("s", "b").index()
        assert counts(first, B, name) == (200, 200)


def test_dropping_old_vectors_waits_for_a_batch_that_is_being_stored(postgres_url: str) -> None:
    database = Database(postgres_url, Settings())

    def made(first: int, count: int) -> list[PassageVector]:
        return [PassageVector(number, 0, b"%d" % number, b"\0\x3c") for number in range(first, first + count)]

    old, new = (database.write(lambda c, n=n: vectors.renew(c, n, b"")) for n in ("old", "new"))
    pk = database.write(lambda c: sessions.obtain(c, A, datetime.now(UTC), 1)).pk

    def added(connection: sa.Connection, first: int) -> None:
        of_scope(connection, A)
        vectors.add(connection, pk, old, made(first, 10), first - 1, first + 9, 0)

    database.write(lambda c: added(c, 1))
    begun = threading.Event()

    def slowly(connection: sa.Connection) -> None:
        added(connection, 11)
        begun.set()
        time.sleep(0.5)

    batch = threading.Thread(target=database.write, args=(slowly,))
    batch.start()
    assert begun.wait(PATIENCE)
    database.write(lambda c: vectors.drop_others(c, pk, new, 1_000))
    batch.join()
    assert database.read(lambda c: vectors.count(c, pk)) == 0
    assert database.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(embedded)).scalar_one()) == 0
    database.close()


def test_words_that_come_after_the_index_was_emptied_leave_no_gap(store: Open) -> None:
    """A process of the version before may be in the middle of a batch when another analyser empties the index."""
    memory = store(counter=length)
    session = memory.session("s", "a")
    session.add([f"a speaks of thing{number}" for number in range(20)])
    database: Database = memory.wiring[1]._database
    pk = database.read(lambda c: sessions.find(c, A)).pk

    def said(numbers: Sequence[int]) -> list[Spoken]:
        return [Spoken(number, 0.0, "", [f"thing{number - 1}"], "user", []) for number in numbers]

    def added(connection: sa.Connection, numbers: Sequence[int]) -> bool:
        of_scope(connection, A)
        return segments.add(connection, pk, segment(said(numbers)), 0)

    database.write(lambda c: added(c, range(1, 11)))
    with patch.object(analyzer, "RULES", f"{analyzer.RULES}9"):
        database.write(lambda c: segments.use_analyser(c, analyzer.analyser()))
        database.write(lambda c: added(c, range(11, 21)))
        session.index()
        found = database.read(lambda c: segments.read(c, [pk]))[pk]
    assert [number for part in found for number in part.numbers.tolist()] == list(range(1, 21))
