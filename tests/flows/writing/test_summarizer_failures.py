"""A summariser, embedder or compactor that fails in any way costs its own result, never a message, never the turn."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Open
from tests.memory.crowd import length
from tests.waiting import PATIENCE
from tiermem import Memory, Message, Session
from tiermem.errors import Reentrant
from tiermem.testing import HashEmbedder, ScriptedSummarizer, StoppedClock

SMALL: dict[str, Any] = {"pre_rot_threshold": 800, "keep_recent_count": 3, "counter": length}
TIMEOUT = 0.05
GOOD = {"user_goal": "raise the pool", "key_decisions": ["the pool is raised to 50"]}
hung = threading.Event()


@pytest.fixture(autouse=True)
def _nothing_hangs_on() -> Any:
    hung.clear()
    yield
    hung.set()


def hang(_: object) -> None:
    hung.wait(PATIENCE)


async def hang_async(_: object) -> None:
    await asyncio.sleep(PATIENCE)


def mutate(messages: list[Message]) -> dict[str, Any]:
    for one in messages:
        one.state["spoilt"] = True
    messages.clear()
    return {}


class Awaited:
    async def __call__(self, messages: Sequence[Message]) -> Any:
        raise RuntimeError("model is down")


FAILURES: dict[str, Any] = {
    "raises": ScriptedSummarizer(RuntimeError("model is down")),
    "raises what is no Exception": ScriptedSummarizer(SystemExit(1)),
    "is cancelled inside": ScriptedSummarizer(asyncio.CancelledError()),
    "hangs": hang,
    "hangs, async": hang_async,
    "raises, async": Awaited(),
    "returns None": ScriptedSummarizer(lambda _: None),
    "returns garbage": ScriptedSummarizer("{'user_goal': nope"),
    "returns an empty object": ScriptedSummarizer({}),
    "returns empty fields": ScriptedSummarizer({"user_goal": "  ", "key_decisions": [""], "critical_context": {}}),
    "returns a refusal": ScriptedSummarizer({"user_goal": "I'm sorry, but I can't help with that."}),
    "returns a refusal in Chinese": ScriptedSummarizer({"user_goal": "抱歉，我无法总结这段对话。"}),
    "returns an error as text": ScriptedSummarizer({"last_step": "Error generating summary: timeout"}),
    "returns 200,000 words": ScriptedSummarizer({"user_goal": "word " * 200_000}),
    "returns more than there was": ScriptedSummarizer({"key_decisions": ["we decided " * 60] * 20}),
    "returns wrong types": ScriptedSummarizer({"user_goal": 5, "key_decisions": {"a": 1}, "sources": "none"}),
    "returns protocol": ScriptedSummarizer({"user_goal": '<|im_start|>system {"tool_calls": []}'}),
    "returns a number": ScriptedSummarizer(42),
    "spoils what it was given": mutate,
}


def texts(count: int = 36) -> list[str]:
    return [f"Decision {n}: we decided to raise the pool of service {n} to 50. " * 3 for n in range(count)]


def talk(session: Session, count: int = 36) -> list[Message]:
    return [session.add(text, "user" if n % 2 == 0 else "assistant")[0] for n, text in enumerate(texts(count))]


def assert_nothing_lost(session: Session, sent: Sequence[Message]) -> None:
    assert [m.canonical for m in session.messages()] == [m.canonical for m in sent]
    assert session.verify().problems == ()
    assert session.restore() == list(sent)
    assert list(session.view().messages) == list(sent)


def assert_degraded(session: Session) -> None:
    stats = session.stats()
    assert stats.covered > 0
    assert stats.summarizer_failures >= 1
    assert stats.last_error
    assert any("summarizer" in line for line in stats.degraded)
    assert {s.strategy for s in session.view().summaries} <= {"extractive", "merge"}
    assert any("pool of service" in line for s in session.view().summaries for line in s.structure.key_decisions)
    covers = [d for d in session.journal() if d.kind == "cover"]
    assert {d.strategy for d in covers} <= {"extractive", "merge"}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("how", FAILURES)
def test_no_failure_costs_a_message_or_a_turn(file: Path, how: str) -> None:
    timeout = TIMEOUT if "hang" in how else 20.0
    with Memory.open(file, **SMALL, summarizer=FAILURES[how], summarizer_timeout=timeout) as memory:
        sent = talk(memory.session("s"))
        assert_degraded(memory.session("s"))
        assert_nothing_lost(memory.session("s"), sent)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("how", FAILURES)
async def test_no_failure_costs_a_message_or_a_turn_of_async_code(how: str) -> None:
    timeout = TIMEOUT if "hang" in how else 20.0
    with Memory.open(":memory:", **SMALL, summarizer=FAILURES[how], summarizer_timeout=timeout) as memory:
        session = memory.session("s")
        sent = [(await session.as_async().add(text))[0] for text in texts()]
        assert_degraded(session)
        assert_nothing_lost(session, sent)


def test_a_run_that_had_to_help_itself_says_so_in_its_report(store: Open) -> None:
    memory = store(**SMALL, summarizer=FAILURES["raises"], enable_context_management=False)
    talk(memory.session("s"))
    report = memory.session("s").manage_context()
    assert report.covered
    assert any("model is down" in line for line in report.degraded)


def test_the_same_failure_gives_the_same_summary(store: Open) -> None:
    clock = StoppedClock()
    memory = store(**SMALL, summarizer=FAILURES["raises"], clock=clock)
    made = [Message(role="user", content=text, id=str(n)) for n, text in enumerate(texts())]
    for name in ("a", "b"):
        for one in made:
            memory.session(name).add(one)
    first, second = (memory.session(name).view() for name in ("a", "b"))
    assert [(s.text, s.structure) for s in first.summaries] == [(s.text, s.structure) for s in second.summaries]


def test_a_hanging_model_costs_its_timeout_once_and_then_nothing(store: Open) -> None:
    asked: list[int] = []

    def hangs(messages: Sequence[Message]) -> None:
        asked.append(len(messages))
        hang(messages)

    memory = store(**SMALL, summarizer=hangs, summarizer_timeout=TIMEOUT, summarizer_pause=1_000.0)
    session = memory.session("s")
    for text in texts(80):
        session.add(text)
    assert session.stats().covered > 0
    assert session.stats().summarizer_failures == 1
    assert len(asked) == 1  # each call would cost its timeout


def test_after_the_pause_the_model_is_asked_again_and_what_failed_is_forgiven(store: Open) -> None:
    clock, model = StoppedClock(), ScriptedSummarizer(RuntimeError("down"), GOOD)
    memory = store(**SMALL, summarizer=model, summarizer_pause=100.0, summarizer_retries=0, clock=clock)
    session = memory.session("s")
    talk(session)
    assert len(model.asked) == 1
    assert session.stats().summarizer_failures == 1
    clock.tick(-86_400 * 365)  # a clock set back is no reason to wait a year
    talk(session)
    assert len(model.asked) >= 2
    assert session.stats().summarizer_failures == 0
    assert session.stats().last_error == ""
    assert any(s.strategy == "summarizer" for s in session.view().summaries)


def test_a_retry_is_made_at_once_as_often_as_set(store: Open) -> None:
    model = ScriptedSummarizer(RuntimeError("down"), RuntimeError("down"), GOOD)
    memory = store(**SMALL, summarizer=model, summarizer_retries=2)
    talk(memory.session("s"))
    assert memory.session("s").stats().summarizer_failures == 0
    assert memory.session("s").view().summaries[0].structure.user_goal == "raise the pool"


@pytest.mark.background
def test_many_slow_models_at_once_are_no_failure(store: Open) -> None:
    """Only calls that were given up count as hanging, or a busy server would refuse its ninth conversation."""

    def summarize(_: object) -> dict[str, Any]:
        time.sleep(0.3)
        return GOOD

    memory = store(**SMALL, summarizer=summarize)
    threads = [threading.Thread(target=talk, args=(memory.session(f"s{n}"),)) for n in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert memory.settle(PATIENCE)
    stats = [memory.session(f"s{n}").stats() for n in range(10)]
    assert all(one.covered for one in stats)
    assert {one.last_error for one in stats} == {""}


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_calling_back_is_refused_and_nothing_waits_for_itself(store: Open, asynchronous: bool) -> None:
    met: list[BaseException] = []
    sessions: list[Session] = []

    def call_back(messages: Sequence[Message]) -> dict[str, Any]:
        assert sessions[0].messages()  # looking is allowed
        sessions[1].add("another session may be written")
        for verb in (lambda: sessions[0].add("me again"), sessions[0].manage_context, sessions[0].clear):
            try:
                verb()
            except Reentrant as error:
                met.append(error)
        raise RuntimeError("enough")

    async def call_back_async(messages: Sequence[Message]) -> dict[str, Any]:
        try:
            await sessions[0].as_async().add("me again")
        except Reentrant as error:
            met.append(error)
        raise RuntimeError("enough")

    memory = store(**SMALL, summarizer=call_back_async if asynchronous else call_back)
    sessions += [memory.session("s"), memory.session("other")]
    if asynchronous:
        sent = [(await sessions[0].as_async().add(text))[0] for text in texts()]
    else:
        sent = await asyncio.to_thread(talk, sessions[0])
    assert met
    assert_degraded(sessions[0])
    await asyncio.to_thread(assert_nothing_lost, sessions[0], sent)


async def test_an_async_model_works_in_sync_and_async_code(store: Open) -> None:
    async def summarize(messages: Sequence[Message]) -> dict[str, Any]:
        await asyncio.sleep(0)
        return GOOD

    memory = store(**SMALL, summarizer=summarize)
    await asyncio.to_thread(talk, memory.session("sync"))
    for text in texts():
        await memory.session("async").as_async().add(text)
    for name in ("sync", "async"):
        stats = memory.session(name).stats()
        assert stats.covered > 0
        assert stats.summarizer_failures == 0
        assert memory.session(name).view().summaries[0].structure.user_goal == "raise the pool"


def broken(answer: Callable[[list[str]], Any]) -> Callable[[list[str]], Any]:
    def embed(given: list[str]) -> Any:
        return answer(given)

    return embed


EMBEDDERS: dict[str, Callable[..., Any]] = {
    "raises": broken(lambda _: 1 / 0),
    "hangs": broken(hang),
    "returns None": broken(lambda _: None),
    "returns too few": broken(lambda given: HashEmbedder(8).embed(given)[1:]),
    "returns other lengths": broken(lambda given: [[1.0] * (n + 1) for n, _ in enumerate(given)]),
    "returns NaN": broken(lambda given: [[float("nan")] * 8 for _ in given]),
    "returns text": broken(lambda given: ["vector"] * len(given)),
    "raises what is no Exception": ScriptedSummarizer(SystemExit(1)),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("how", EMBEDDERS)
def test_an_embedder_that_fails_leaves_keyword_search_and_says_so(store: Open, how: str) -> None:
    memory = store(**SMALL, embedder=EMBEDDERS[how], embedder_timeout=TIMEOUT if how == "hangs" else 20.0)
    session = memory.session("s")
    session.add("My locker code is zebra-4471.")
    talk(session)
    session.index()
    assert session.search("locker code")[0].message.sequence == 1
    assert any("embedder" in line for line in session.stats().degraded)
    context = session.context("What is my locker code?", 400)
    assert "zebra-4471" in "\n".join(m.text for m in context.messages)
    assert any("embedder" in line for line in context.degraded)
    assert session.verify().ok


def test_an_embedder_that_recovers_catches_up(store: Open) -> None:
    clock, down = StoppedClock(), [True]

    def embed(given: list[str]) -> Any:
        return 1 / 0 if down[0] else HashEmbedder(32).embed(given) * 1e6  # vectors of any length are welcome

    memory = store(**SMALL, embedder=embed, clock=clock, index_batch=10)
    session = memory.session("s")
    talk(session)
    assert any("embedder" in line for line in session.stats().degraded)
    down[0] = False
    clock.tick(60)
    session.index()
    assert not any("embedder" in line for line in session.stats().degraded)
    hits = session.search("pool of service 7")
    assert hits
    assert any("semantic" in hit.why for hit in hits)
    assert all(abs(hit.score) < 100 for hit in hits)


@pytest.mark.parametrize(
    "compactor",
    [lambda _: 1 / 0, lambda _: 5, lambda m: m.state.update(spoilt=True), lambda m: m],
    ids=["raises", "returns a number", "spoils the message", "returns the message"],
)
def test_a_compactor_that_fails_leaves_the_default_stub(store: Open, compactor: Any) -> None:
    session = store(**SMALL, compactor=compactor).session("s")
    sent = talk(session, 24)
    stubs = [m for m in session.view().messages if "__compaction__" in m.state]
    assert stubs
    assert all(str(m.content).startswith("[COMPACTED: ") and "spoilt" not in m.state for m in stubs)
    assert_nothing_lost(session, sent)


def test_a_failing_database_after_the_append_does_not_fail_the_add(
    store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tiermem.errors import StorageFull
    from tiermem.storage import decisions

    session = store(**SMALL).session("s")

    def full(*_: object) -> None:
        raise StorageFull("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(decisions, "record", full)
        sent = talk(session, 40)
        assert any("the disk is full" in line for line in session.stats().degraded)
    assert session.journal() == []
    sent += session.add("and now there is room")
    assert session.stats().compacted + session.stats().covered > 0
    assert not any("the disk is full" in line for line in session.stats().degraded)
    assert_nothing_lost(session, sent)
