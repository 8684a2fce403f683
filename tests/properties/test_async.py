"""Sync and async code ask for the same effects, in the same order, and leave the same store."""

from __future__ import annotations

import asyncio
import inspect
import secrets
import uuid
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.thinned import share
from tests.properties.values import Mood, Moody, quarter, texts
from tiermem import AsyncMemory, AsyncSession, Memory, Message, Session
from tiermem.errors import TiermemError
from tiermem.flows.effects import Effect, Wake
from tiermem.items.items import AsyncItems, Items
from tiermem.knowledge.knowledge import AsyncKnowledge, Knowledge
from tiermem.testing import HashEmbedder, StoppedClock

Step = tuple[str, Callable[[Any], Any]]

verbs = st.one_of(
    texts.map(lambda text: ("add", lambda s: s.add(text))),
    texts.map(lambda text: ("add compacted", lambda s: s.add(text * 9, compacted=True))),
    texts.map(lambda text: ("add", lambda s: s.add([text, {"role": "assistant", "content": text * 2}]))),
    st.integers(0, 4).map(lambda n: ("same", lambda s: s.add(Message(role="user", content=f"{n} " * 90, id=f"i{n}")))),
    st.just(("manage", lambda s: s.manage_context())),
    st.integers(1, 12).map(lambda n: ("restore", lambda s: s.restore(f"m{n}"))),
    st.just(("restore all", lambda s: s.restore(*()))),
    st.integers(1, 9).map(lambda n: ("undo", lambda s: s.undo(n))),
    st.integers(20, 900).map(lambda budget: ("context", lambda s: s.context("pool", budget))),
    st.just(("search", lambda s: s.search("pool of billing", 5))),
    st.just(("index", lambda s: s.index())),
    st.just(("clear", lambda s: s.clear())),
    st.integers(1, 12).map(lambda n: ("forget", lambda s: s.forget(f"m{n}"))),
    st.just(("filtered", lambda s: s.search("pool of billing", 5, role="user", until=date(2030, 1, 1)))),
    st.integers(1, 12).map(lambda n: ("look", lambda s: s.explain(f"m{n}"))),
    st.just(("expand", lambda s: s.expand("s1"))),
    st.just(("verify", lambda s: s.verify())),
    st.just(("stats", lambda s: s.stats())),
    st.just(("messages", lambda s: s.messages(2, 5))),
)


class Recorded:
    """A memory whose effects are written down as they are asked for."""

    def __init__(self, mood: str) -> None:
        self.asked: list[str] = []
        model = Moody()
        model.mood = mood
        self.memory = Memory.open(
            ":memory:",
            counter=quarter,
            summarizer=model,
            compactor=Mood("good").compact,
            embedder=HashEmbedder(16),
            clock=StoppedClock(),
            pre_rot_threshold=400,
            keep_recent_count=2,
            index_batch=5,
        )
        act, aact = self.memory._performer.act, self.memory._performer.aact

        def recorded(effect: Effect) -> Any:
            self.asked.append(type(effect).__name__)
            return None if isinstance(effect, Wake) else act(effect)  # the background keeps its own time

        async def arecorded(effect: Effect) -> Any:
            self.asked.append(type(effect).__name__)
            if isinstance(effect, Wake):
                return None
            self.memory._performer.act = act  # type: ignore[method-assign]  # aact goes through act
            try:
                return await aact(effect)
            finally:
                self.memory._performer.act = recorded  # type: ignore[method-assign]

        self.memory._performer.act = recorded  # type: ignore[method-assign]
        self.memory._performer.aact = arecorded  # type: ignore[method-assign]

    @property
    def session(self) -> Session:
        return self.memory.session("s")


def told(result: Any) -> str:
    return type(result).__name__ if isinstance(result, TiermemError) else repr(result)


def play(steps: Sequence[Step], one: Recorded) -> list[str]:
    answers = []
    for name, verb in steps:
        try:
            answers.append(f"{name}: {told(verb(one.session))}")
        except TiermemError as error:
            answers.append(f"{name}: {told(error)}")
    return answers


async def aplay(steps: Sequence[Step], one: Recorded) -> list[str]:
    answers = []
    for name, verb in steps:
        try:
            answers.append(f"{name}: {told(await verb(one.session.as_async()))}")
        except TiermemError as error:
            answers.append(f"{name}: {told(error)}")
    return answers


def store_of(one: Recorded) -> list[Any]:
    names = ("session", "message", "decision", "stub", "summary", "segment", "vector", "embedder", "embedded")
    database = one.memory._performer._database

    def body(connection: sa.Connection) -> list[Any]:
        return [connection.exec_driver_sql(f"SELECT * FROM tiermem_{name}").all() for name in names]

    return database.read(body)


@settings(max_examples=share(60))
@given(st.lists(verbs, min_size=3, max_size=25), st.sampled_from(["good", "raise", "garbage"]))
def test_sync_and_async_ask_the_same_effects_and_leave_the_same_store(steps: list[Step], mood: str) -> None:
    def numbered() -> Callable[[], Any]:
        count = iter(range(10_000))

        def made() -> Any:
            return SimpleNamespace(hex=f"id-{next(count)}")

        return made

    def salted() -> Callable[[int], bytes]:
        count = iter(range(10_000))
        return lambda size: next(count).to_bytes(size, "big")

    with pytest.MonkeyPatch.context() as patched:  # what is drawn by lot is the same for both
        patched.setattr(uuid, "uuid4", numbered())
        patched.setattr(secrets, "token_bytes", salted())
        one = Recorded(mood)
        first = play(steps, one)
        patched.setattr(uuid, "uuid4", numbered())
        patched.setattr(secrets, "token_bytes", salted())
        other = Recorded(mood)
        second = asyncio.run(aplay(steps, other))
    assert first == second
    assert one.asked == other.asked
    assert store_of(one) == store_of(other)
    one.memory.close()
    other.memory.close()


def test_the_two_faces_have_the_same_verbs_with_the_same_arguments() -> None:
    faces = ((Session, AsyncSession), (Memory, AsyncMemory), (Knowledge, AsyncKnowledge), (Items, AsyncItems))
    for sync, other in faces:
        ours, theirs = _verbs(sync), _verbs(other)
        assert set(ours) - {"as_async"} == set(theirs) - {"as_async"}
        for name in set(ours) & set(theirs):
            assert list(inspect.signature(ours[name]).parameters) == list(inspect.signature(theirs[name]).parameters)


def _verbs(face: type) -> dict[str, Callable[..., Any]]:
    """What *face* and its bases define, class methods included."""
    named = {name: getattr(face, name) for name in dir(face) if name[0] != "_"}
    return {name: verb for name, verb in named.items() if inspect.isroutine(verb)}


async def test_an_async_memory_is_shared_with_sync_ones(tmp_path: Path) -> None:
    first = await AsyncMemory.shared(tmp_path / "chat.db", index_batch=7)
    await first.session("s").add("hello")
    assert Memory.shared(tmp_path / "chat.db", index_batch=7).wiring == first.wiring
    second = await AsyncMemory.shared(tmp_path / "chat.db", index_batch=7)
    assert second.wiring == first.wiring
    assert (await AsyncMemory.shared(tmp_path / "chat.db", index_batch=8)).wiring != first.wiring


async def test_trials_of_chunks_are_the_same_with_await() -> None:
    knowledge = Memory.open(":memory:").knowledge()
    texts, questions = ["Pumps need oil each week. " * 40], {"What do pumps need?": ["oil"]}
    assert await knowledge.as_async().trials(texts, questions, [200]) == knowledge.trials(texts, questions, [200])
