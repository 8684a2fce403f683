"""Another embedder, or another model under the same name, is noticed, never mixed in, and `reembed` mends it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.conftest import Open
from tests.flows.indexing.embedders import Counting, embedded, mark, near, stored
from tests.waiting import until
from tiermem import AsyncMemory, Memory
from tiermem.errors import Reentrant
from tiermem.flows.indexing.vectors import BATCH, PROBE


@pytest.fixture(params=["file", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: object) -> str:
    """A place that can be opened again with another embedder."""
    return f"{tmp_path}/memory.db" if request.param == "file" else str(request.getfixturevalue("postgres_url"))


def length(text: str) -> int:
    return len(text)


def talk(count: int, first: int = 1) -> list[str]:
    return [
        f"number {n} speaks of {('pools', 'trains', 'bread')[n % 3]} and thing{n}" for n in range(first, first + count)
    ]


def filled(store: Open, embedder: object = None, count: int = 300, name: str = "s") -> Memory:
    memory = store(embedder=embedder, counter=length)
    memory.session(name).add(talk(count))
    memory.session(name).index()
    return memory


def test_vectors_of_another_embedder_are_not_used_and_the_way_out_is_told(store: Open) -> None:
    filled(store, Counting("old")).close()
    embedder = Counting("new")
    session = store(embedder=embedder, counter=length, index_batch=1).session("s")
    session.add("one more")
    session.index()
    found = near(session, "thing30")
    assert (len(found), found.waiting) == (0, 301)
    assert embedder.texts == embedder.questions == []
    told = " ".join(session.stats().degraded)
    assert "Counting:old" in told
    assert "reembed()" in told
    assert found.degraded == session.stats().degraded
    assert session.search("thing30")[0].ref == "m30"


def test_a_new_session_is_embedded_by_the_embedder_in_use(store: Open) -> None:
    filled(store, Counting("old")).close()
    fresh = store(embedder=Counting("new"), counter=length).session("fresh")
    fresh.add(talk(4))
    fresh.index()
    assert len(near(fresh, "thing3")) == 4
    assert fresh.stats().degraded == ()


def test_a_switch_to_another_embedder_and_back_goes_on_where_it_was(store: Open) -> None:
    filled(store, Counting("old")).close()
    with store(embedder=Counting("new"), counter=length) as memory:
        memory.session("s").add(talk(3, 301))
    back = Counting("old")
    session = store(embedder=back, counter=length).session("s")
    assert embedded(session) == 300
    session.index()
    assert [text for text in back.texts if text != PROBE] == talk(3, 301)
    assert len(near(session, "thing3")) == 303


def test_without_a_model_nothing_is_embedded_and_a_model_of_before_goes_on(store: Open) -> None:
    filled(store, Counting("old")).close()
    with store(counter=length, index_batch=5) as memory:
        session = memory.session("s")
        session.add("one more")
        session.index()
        assert session.search("thing30")[0].ref == "m30"
        assert session.search("one more")[0].ref == "m301"
        assert session.stats().degraded == ()
        assert session.verify().ok
        assert stored(memory) == 300
    session = store(embedder=Counting("old"), counter=length).session("s")
    session.index()
    assert len(near(session, "thing30")) == 301


def test_reembed_without_a_model_drops_all_vectors_of_messages(store: Open) -> None:
    filled(store, Counting("old")).close()
    memory = store(counter=length)
    seen: list[tuple[int, int]] = []
    assert memory.reembed(on_progress=lambda done, total: seen.append((done, total))) == 0
    assert stored(memory) == 0
    assert mark(memory.session("s")).others == ()
    assert memory.session("s").verify().ok


def test_a_model_that_comes_later_embeds_what_is_there_in_the_background(store: Open) -> None:
    with store(counter=length) as memory:
        memory.session("s").add(talk(40))
        memory.session("s").index()
        assert stored(memory) == 0
    session = store(embedder=Counting("first"), counter=length, index_batch=5).session("s")
    session.add("one more")
    until(lambda: embedded(session) == 41)
    assert len(near(session, "thing30")) == 41


def test_reembed_embeds_everything_and_drops_the_old_vectors_at_the_end(store: Open) -> None:
    filled(store, Counting("old")).close()
    with store(embedder=Counting("old"), counter=length) as memory:
        memory.session("t", "other").add(talk(10))
        memory.session("t", "other").index()
    memory = store(embedder=Counting("new"), counter=length)
    seen: list[tuple[int, int, int]] = []
    assert memory.reembed(on_progress=lambda done, total: seen.append((done, total, stored(memory)))) == 310
    assert [one[:2] for one in seen] == [(0, 310), (128, 310), (256, 310), (300, 310), (310, 310)]
    assert [one[2] for one in seen] == [310, 438, 566, 610, 620]
    assert stored(memory) == 310
    session = memory.session("s")
    assert len(near(session, "thing30")) == 300
    assert session.stats().degraded == ()
    assert mark(session).others == ()
    assert memory.reembed() == 0


def test_reembed_of_a_namespace_leaves_the_others_alone(store: Open) -> None:
    with store(embedder=Counting("old"), counter=length) as memory:
        for user in ("ann", ("firm", "bob")):
            memory.session("s", user).add(talk(5))
            memory.session("s", user).index()
    memory = store(embedder=Counting("new"), counter=length)
    assert memory.reembed(("firm", "bob")) == 5
    assert embedded(memory.session("s", ("firm", "bob"))) == 5
    assert len(near(memory.session("s", "ann"), "thing3")) == 0
    assert stored(memory) == 10
    with pytest.raises(ValueError, match="namespace"):
        memory.reembed(("", "", ""))  # type: ignore[arg-type]


def test_a_reembed_that_was_stopped_goes_on_and_keeps_the_old_vectors_until_then(store: Open) -> None:
    filled(store, Counting("old")).close()

    def stop(done: int, _: int) -> None:
        if done:
            raise KeyboardInterrupt

    with store(embedder=Counting("new"), counter=length) as memory:
        with pytest.raises(KeyboardInterrupt):
            memory.reembed(on_progress=stop)
        assert stored(memory) == 300 + BATCH
    embedder = Counting("new")
    memory = store(embedder=embedder, counter=length)
    seen: list[tuple[int, int]] = []
    assert memory.reembed(on_progress=lambda done, total: seen.append((done, total))) == 300 - BATCH
    assert seen[0] == (BATCH, 300)
    assert [text for text in embedder.texts if text != PROBE] == talk(300 - BATCH, BATCH + 1)
    assert stored(memory) == 300


def test_reembed_raises_what_the_embedder_raises_and_keeps_the_old_vectors(store: Open) -> None:
    filled(store, Counting("old")).close()
    embedder = Counting("new")
    embedder.fails = ConnectionError("no route")
    memory = store(embedder=embedder, counter=length)
    with pytest.raises(ConnectionError):
        memory.reembed()
    assert stored(memory) == 300
    with store(embedder=Counting("old"), counter=length) as before:
        assert len(near(before.session("s"), "thing3")) == 300


def test_another_model_under_the_same_name_is_noticed_and_reembed_mends_it(store: Open) -> None:
    filled(store, Counting()).close()
    other = Counting(seed="xylophone zebra quantum marmalade ")
    session = store(embedder=other, counter=length).session("s")
    found = near(session, "thing30")
    assert len(found) == 0
    assert "EmbeddingMismatch" in found.degraded[0]
    assert "reembed()" in " ".join(session.stats().degraded)
    session.add(talk(200, 301))
    session.index()
    assert stored(session.memory) == 300
    assert other.texts == [PROBE]
    assert session.memory.reembed() == 500
    assert stored(session.memory) == 500
    assert len(near(session, "thing30")) == 500
    assert session.stats().degraded == ()
    session.memory.close()
    first = store(embedder=Counting(), counter=length).session("s")
    assert "EmbeddingMismatch" in near(first, "thing30").degraded[0]


def test_rounding_is_not_taken_for_another_model(store: Open) -> None:
    filled(store, Counting()).close()

    class Rounding(Counting):
        def embed_documents(self, texts: list[str]) -> object:
            return [[round(float(x), 2) for x in row] for row in super().embed_documents(texts)]

    Rounding.__qualname__ = Counting.__qualname__
    Rounding.__module__ = Counting.__module__
    session = store(embedder=Rounding(), counter=length).session("s")
    assert len(near(session, "thing30")) == 300


def test_an_embedder_may_not_start_a_reembed(store: Open) -> None:
    memory: list[Memory] = []
    raised: list[BaseException] = []

    def embed(texts: list[str]) -> object:
        try:
            memory[0].reembed()
        except Reentrant as error:
            raised.append(error)
        return [[1.0, float(len(text))] for text in texts]

    memory.append(store(embedder=embed, counter=length))
    memory[0].session("s").add(talk(3))
    memory[0].session("s").index()
    assert raised


def test_reembed_with_await_does_the_same(store: Open) -> None:
    filled(store, Counting("old")).close()

    async def body(target: Memory) -> tuple[int, list[tuple[int, int]]]:
        seen: list[tuple[int, int]] = []
        memory = AsyncMemory(*target.wiring)
        return await memory.reembed("default", lambda done, total: seen.append((done, total))), seen

    memory = store(embedder=Counting("new"), counter=length)
    assert asyncio.run(body(memory)) == (300, [(0, 300), (128, 300), (256, 300), (300, 300)])
    assert stored(memory) == 300


def test_an_empty_database_has_nothing_to_embed(store: Open) -> None:
    embedder = Counting()
    assert store(embedder=embedder).reembed(on_progress=lambda *_: None) == 0
    assert embedder.texts == []


def test_a_batch_whose_vectors_were_dropped_meanwhile_leaves_no_gap(store: Open) -> None:
    with store(embedder=Counting("old"), counter=length, index_batch=10_000) as memory:
        memory.session("s").add(talk(128))
        memory.session("s").index()
        memory.session("s").add(talk(72, 129))
        dropped: list[int] = []

        def elsewhere() -> None:
            with store(embedder=Counting("new"), counter=length, index_batch=10_000) as other:
                dropped.append(other.reembed())

        class Dropping(Counting):
            def embed_documents(self, texts: list[str]) -> object:
                if not dropped and PROBE not in texts:  # somebody else ends a reembed while this one embeds
                    thread = threading.Thread(target=elsewhere)  # our own thread may not: it is inside the session
                    thread.start()
                    thread.join()
                return super().embed_documents(texts)

        Dropping.__qualname__, Dropping.__module__ = Counting.__qualname__, Counting.__module__
        with store(embedder=Dropping("old"), counter=length, index_batch=10_000) as late:
            late.session("s").index()
            assert dropped == [200]
            assert not len(near(late.session("s"), "thing3"))
    session = store(embedder=Counting("new"), counter=length, index_batch=10_000).session("s")
    assert near(session, "thing3").sequences.tolist() == list(range(1, 201))
