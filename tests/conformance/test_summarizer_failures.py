"""A summariser or embedder that fails in any way costs its own work, never a message and never the turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from tests.conformance.talk import long_turns, small
from tests.conftest import Open
from tiermem import AsyncMemory, Message, Session
from tiermem.errors import Reentrant
from tiermem.testing import ScriptedSummarizer, StoppedClock

BAD: dict[str, Any] = {
    "raises": RuntimeError("model down"),
    "exits": SystemExit,
    "none": None,
    "garbage": "%%% no summary at all",
    "empty": {},
    "refusal": {"user_goal": "Error generating summary: rate limit"},
    "huge": {"user_goal": "word " * 200_000},
    "longer": lambda messages: {"key_decisions": ["a decision " * 40] * 500},
    "wrong types": {"user_goal": ["x"], "key_decisions": 7},
    "a number": 42,
}


def filled(session: Session, turns: int = 60) -> list[Message]:
    """Add enough turns for several summaries; every one must succeed."""
    return [message for turn in range(turns) for message in session.add(long_turns(1, turn))]


def nothing_lost(session: Session, sent: Sequence[Message]) -> None:
    assert session.messages() == list(sent)
    assert session.verify().problems == ()
    assert session.stats().window_tokens < 2_000
    assert session.stats().covered


@pytest.mark.parametrize("name", BAD)
def test_what_a_summarizer_does_wrong_is_told_and_costs_nothing(store: Open, name: str) -> None:
    summarizer = ScriptedSummarizer(BAD[name])
    session = store(**small(), summarizer=summarizer).session("s")
    sent = filled(session)
    nothing_lost(session, sent)
    assert summarizer.asked
    stats, summary = session.stats(), session.view().summaries[0]
    if name in {"huge", "longer"} and summary.strategy == "summarizer":
        assert summary.tokens < 600  # accepted and cut to its size is as good as refused
        return
    assert summary.strategy == "extractive"
    assert stats.summarizer_failures
    assert stats.last_error
    assert any("summarizer" in line for line in stats.degraded)


def test_a_summarizer_that_hangs_costs_its_time_limit_once(store: Open) -> None:
    started: list[float] = []

    def hang(_: object) -> None:
        started.append(time.monotonic())
        time.sleep(30)

    session = store(**small(), summarizer=hang, summarizer_timeout=0.2, summarizer_pause=1_000).session("s")
    sent = filled(session)
    nothing_lost(session, sent)
    assert len(started) == 1
    assert "0.2 s" in session.stats().last_error


def test_a_failed_summarizer_is_asked_again_after_its_pause(store: Open) -> None:
    clock = StoppedClock()
    good = {"user_goal": "raise the pool of the service"}
    summarizer = ScriptedSummarizer(RuntimeError("down"), RuntimeError("down"), good)
    session = store(**small(), summarizer=summarizer, clock=clock, summarizer_pause=60).session("s")
    filled(session)
    assert len(summarizer.asked) == 2  # one run: the attempt and its retry
    clock.tick(61)
    for turn in range(60, 120):
        session.add(long_turns(1, turn))
    assert session.stats().summarizer_failures == 0
    assert any(summary.strategy == "summarizer" for summary in session.view().summaries)


def test_a_summarizer_cannot_write_to_the_session_that_waits_for_it(store: Open) -> None:
    memory = store(**small(), summarizer=lambda messages: write(messages))  # noqa: PLW0108  # defined below
    session = memory.session("s")
    caught: list[type[BaseException]] = []

    def write(messages: Sequence[Message]) -> dict[str, str]:
        try:
            session.add("from inside")
        except Reentrant as error:
            caught.append(type(error))
        memory.session("other").add("another session is free")
        return {"user_goal": messages[0].text}

    sent = filled(session)
    nothing_lost(session, sent)
    assert caught
    assert memory.session("other").messages()


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_an_async_summarizer_works_in_both_worlds(store: Open, asynchronous: bool) -> None:
    async def summarize(messages: Sequence[Message]) -> dict[str, str]:
        await asyncio.sleep(0)
        return {"user_goal": messages[0].text}

    session = store(**small(), summarizer=summarize).session("s")

    async def add_all() -> None:
        for turn in range(60):
            await session.as_async().add(long_turns(1, turn))

    if asynchronous:
        asyncio.run(add_all())
    else:
        filled(session)
    assert session.view().summaries[0].strategy == "summarizer"
    assert session.verify().ok


async def test_an_async_memory_reports_the_same_failures() -> None:
    async with await AsyncMemory.open(":memory:", **small(), summarizer=ScriptedSummarizer(ValueError("no"))) as memory:
        session = memory.session("s")
        for turn in range(60):
            await session.add(long_turns(1, turn))
        stats = await session.stats()
        assert stats.summarizer_failures
        assert "ValueError: no" in stats.last_error
        assert (await session.verify()).ok


def test_a_report_names_what_went_wrong(store: Open) -> None:
    summarizer = ScriptedSummarizer(RuntimeError("model down"))
    session = store(**small(enable_context_management=False), summarizer=summarizer).session("s")
    session.add([m for turn in range(80) for m in long_turns(1, turn)])
    report = session.manage_context()
    assert report.covered
    assert report.degraded == ("summarizer: RuntimeError: model down",)


@pytest.mark.parametrize(
    "embed",
    [
        lambda texts: 1 / 0,
        lambda texts: [],
        lambda texts: None,
        lambda texts: [[float("nan")]] * len(texts),
        lambda texts: [[1.0] * (1 + n) for n in range(len(texts))],
    ],
    ids=["raises", "too few", "none", "nan", "lengths"],
)
def test_an_embedder_that_fails_leaves_keyword_search(store: Open, embed: Any) -> None:
    session = store(**small(), embedder=embed).session("s")
    sent = [*session.add("My locker code is zebra-4471."), *filled(session)]
    nothing_lost(session, sent)
    assert session.search("locker code")[0].message.sequence == 1
    assert any("embedder" in line for line in session.stats().degraded)
