"""What adding sets off happens in the background: soon, bounded, told, and never lost."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Open
from tests.waiting import PATIENCE, until
from tiermem import AsyncMemory, Memory, Message
from tiermem.errors import InvalidMessage, Reentrant
from tiermem.events import collecting
from tiermem.flows.writing import upkeep
from tiermem.runtime.background import Follower

pytestmark = pytest.mark.background
WINDOW = 1_000  # tokens, which are characters here
SIZE = 37  # tokens of one message: 33 characters, which no stub makes fewer, and what a message costs beside them
FULL = 26  # messages from which a summary is wanted, and that need none at once
OPTIONS: dict[str, Any] = {"counter": len, "pre_rot_threshold": WINDOW, "keep_recent_count": 4, "index_batch": 8}


def said(number: int) -> str:
    return f"Bread number {number:03} costs {number:03} coins."


def talk(count: int) -> list[str]:
    return [said(number) for number in range(count)]


class Slow:
    """A summariser that answers when it may."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, messages: Sequence[Message]) -> dict[str, str]:
        self.begun.set()
        assert self.may_end.wait(PATIENCE)
        return {"user_goal": "bread"}


def test_adding_waits_neither_for_a_summary_nor_for_the_index(store: Open) -> None:
    slow = Slow()
    session = store(summarizer=slow, **OPTIONS).session("s")
    session.add(talk(FULL))
    assert slow.begun.wait(PATIENCE)
    before = session.stats()
    assert before.covered == 0
    assert not session.settle(0.01)
    slow.may_end.set()
    assert session.settle(PATIENCE)
    after = session.stats()
    assert after.covered > 0
    assert after.window_tokens < before.window_tokens
    assert after.messages - after.indexed < 8
    assert after.degraded == ()
    assert session.verify().ok


def test_a_window_never_outgrows_its_threshold_while_the_background_lags(store: Open) -> None:
    slow = Slow()
    session = store(summarizer=slow, **OPTIONS).session("s")
    most, sizes = 3 * WINDOW // SIZE, list[int]()

    def add() -> None:
        for number in range(most):
            session.add(said(number))
            sizes.append(session.stats().window_tokens)

    thread = threading.Thread(target=add)
    thread.start()
    assert slow.begun.wait(PATIENCE)
    until(lambda: session.stats().messages == len(sizes) + 1 and not session.settle(0.05))  # it waits in an add
    assert len(sizes) < most
    slow.may_end.set()
    thread.join()
    assert len(sizes) == most
    assert max(sizes) < WINDOW


def test_without_a_background_an_add_does_itself_what_is_overdue(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Follower, "wake", lambda *_: None)
    session = store(**OPTIONS).session("s")
    sizes, waiting = list[int](), list[int]()
    for text in talk(200):
        session.add(text)
        stats = session.stats()
        sizes.append(stats.window_tokens)
        waiting.append(stats.messages - stats.indexed)
    assert max(sizes) < WINDOW
    assert max(waiting) < upkeep.WORDS_LATE * 8


def test_what_a_process_left_undone_the_next_one_does(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched, Memory.open(file, **OPTIONS) as memory:
        patched.setattr(Follower, "wake", lambda *_: None)
        memory.session("s").add(talk(FULL))
        left = memory.session("s").stats()
    assert (left.compacted + left.covered, left.indexed) == (0, 0)
    with Memory.open(file, **OPTIONS) as memory:
        assert memory.session("s").settle(PATIENCE)
        done = memory.session("s").stats()
        assert done.window_tokens < left.window_tokens
        assert done.indexed == FULL


def test_what_is_off_stays_off(store: Open) -> None:
    session = store(enable_context_management=False, **OPTIONS).session("s")
    session.add(talk(80))
    assert session.settle(PATIENCE)
    assert session.journal() == []
    assert session.stats().indexed == 80


def test_the_background_tells_what_it_does_to_those_who_collect_where_it_was_set_off(store: Open) -> None:
    memory = store(**OPTIONS)
    session = memory.session("s")
    heard: list[Any] = []
    memory.subscribe(heard.append)
    with collecting() as events:
        session.add(talk(FULL))
        assert session.settle(PATIENCE)
    kinds = [event.kind for event in events]
    assert kinds[0] == "added"
    assert "summarised" in kinds
    assert [event.kind for event in heard] == kinds
    summarised = next(event for event in events if event.kind == "summarised")
    assert {"decision", "first", "last", "summary", "level", "count", "ms"} <= set(summarised.fields)


def test_what_fails_in_the_background_is_told_and_tried_again(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise RuntimeError("no room")
        yield

    session = store(**OPTIONS).session("s")
    with monkeypatch.context() as patched:
        patched.setattr(upkeep, "manage", fail)
        session.add(talk(FULL))
        assert not session.settle(PATIENCE)
        assert any(mode.startswith("upkeep: RuntimeError") for mode in session.stats().degraded)
    session.add("the next one tries again")
    assert session.settle(PATIENCE)
    assert session.stats().degraded == ()
    assert session.stats().covered + session.stats().compacted > 0


def test_a_hanging_embedder_keeps_no_window_from_being_managed(store: Open) -> None:
    may_end = threading.Event()

    def embed(texts: list[str]) -> list[list[float]]:
        may_end.wait(PATIENCE)
        return [[1.0, float(len(text))] for text in texts]

    session = store(embedder=embed, **OPTIONS).session("s")
    session.add(talk(8))
    session.add(talk(FULL)[8:])
    until(lambda: bool(session.journal()))
    assert not session.settle(0.01)
    may_end.set()
    assert session.settle(PATIENCE)


def test_managing_at_once_beside_the_background_is_right(store: Open) -> None:
    memory = store(**OPTIONS)
    session = memory.session("s")

    def add() -> None:
        for text in talk(25):
            session.add(text)

    def manage() -> None:
        while any(thread.is_alive() for thread in adding):
            session.manage_context()
            time.sleep(0.01)

    adding = [threading.Thread(target=add) for _ in range(2)]
    for thread in adding:
        thread.start()
    managing = threading.Thread(target=manage)
    managing.start()
    for thread in (*adding, managing):
        thread.join()
    assert session.settle(PATIENCE)
    assert session.verify().ok
    assert len(session.messages()) == 50


def test_nobody_waits_for_the_background_from_inside_of_it(store: Open) -> None:
    raised: list[type[BaseException]] = []
    memory = store(summarizer=lambda _: waits(), **OPTIONS)
    session = memory.session("s")

    def waits() -> dict[str, str]:
        for wait in (session.settle, memory.settle):
            try:
                wait()
            except Reentrant as error:
                raised.append(type(error))
        return {"user_goal": "bread"}

    session.add(talk(FULL))
    assert session.settle(PATIENCE)
    assert raised[:2] == [Reentrant, Reentrant]


@pytest.mark.parametrize("timeout", ["soon", -1, True, float("nan")])
def test_what_is_no_time_is_refused(store: Open, timeout: Any) -> None:
    memory = store(**OPTIONS)
    for settle in (memory.settle, memory.session("s").settle):
        with pytest.raises(InvalidMessage):
            settle(timeout)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_manages_with_a_background_of_its_own(file: Path) -> None:
    with Memory.open(file, **OPTIONS) as memory:
        session = memory.session("s")
        session.add(talk(FULL))
        assert memory.settle(PATIENCE)
        child = os.fork()
        if not child:
            other = memory.session("child")
            other.add(talk(FULL))
            os._exit(0 if other.settle(PATIENCE) and other.journal() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert memory.session("child").verify().ok


class Bound:
    """A summariser that works on the loop alone where it was made."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.calls = 0

    async def __call__(self, messages: Sequence[Message]) -> dict[str, str]:
        assert asyncio.get_running_loop() is self.loop
        self.calls += 1
        await asyncio.sleep(0)
        return {"user_goal": "bread"}


def test_a_summariser_of_a_loop_is_asked_on_that_loop(target: str) -> None:
    async def main() -> None:
        summarizer = Bound()
        async with await AsyncMemory.open(target, summarizer=summarizer, **OPTIONS) as memory:
            session = memory.session("s")
            for text in talk(120):
                await session.add(text)
            assert await session.settle(PATIENCE)
            stats = await session.stats()
            assert summarizer.calls
            assert (stats.summarizer_failures, stats.degraded) == (0, ())
            assert stats.covered > 0
            assert stats.window_tokens < WINDOW
            assert stats.messages - stats.indexed < 8
            assert (await session.verify()).ok

    asyncio.run(main())


def test_what_runs_on_a_loop_ends_when_the_memory_is_closed_or_the_loop_ends(file: Path) -> None:
    async def left(close: bool) -> None:
        begun = asyncio.Event()

        async def never(messages: Sequence[Message]) -> None:
            begun.set()
            await asyncio.sleep(PATIENCE)

        memory = await AsyncMemory.open(file, summarizer=never, summarizer_timeout=PATIENCE, **OPTIONS)
        await memory.session(str(close)).add(talk(FULL))
        await begun.wait()
        if close:
            memory.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.wait_for(asyncio.wait(others), PATIENCE / 2)
            assert all(task.cancelled() for task in others)

    for close in (True, False):
        asyncio.run(left(close))
    with Memory.open(file, **OPTIONS) as memory:
        for name in ("True", "False"):
            assert memory.session(name).settle(PATIENCE)
            assert memory.session(name).stats().covered > 0
