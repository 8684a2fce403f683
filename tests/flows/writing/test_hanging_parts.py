"""A caller's own part that hangs, ends the process, or calls back: the turn goes on without it, and that is told."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.faults.test_interrupts import child_says, posix
from tests.memory.talk import long_turns, small
from tests.waiting import PATIENCE, until
from tiermem import Memory, Session
from tiermem.errors import Reentrant
from tiermem.events import Event, collecting
from tiermem.providers.limited import Limited

PARTS = ("compactor", "keep", "store_summary", "listener")
LIMIT = 0.05  # seconds
TURNS = 50


class Part:
    """Does what it is told to, and counts its calls."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.calls = 0
        self._act = act

    def __call__(self, _: Any) -> Any:
        self.calls += 1
        return self._act()


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Ends what hangs."""
    event = threading.Event()
    yield event
    event.set()


def opened(part: str, act: Part, limit: float = PATIENCE) -> Memory:
    own = {} if part == "listener" else {part: act}
    memory = Memory.open(":memory:", **small(), callback_timeout=limit, **own)
    if part == "listener":
        memory.subscribe(act)
    return memory


def told_of(session: Session, part: str) -> list[str]:
    mode = "listener" if part == "listener" else "custom step"
    return [line for line in session.stats().degraded if line.startswith(mode)]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_hangs_is_waited_for_once_and_told(part: str, released: threading.Event) -> None:
    act = Part(lambda: released.wait(PATIENCE) and None)
    memory = opened(part, act, LIMIT)
    session = memory.session("s")
    with collecting() as told:
        for turn in range(TURNS):
            session.add(long_turns(1, turn))
    assert act.calls == 1
    assert session.stats().covered + session.stats().compacted > 0
    assert "TimeoutError" in told_of(session, part)[0]
    degraded = [event.fields for event in told if event.kind == "degraded"]
    mode = "listener" if part == "listener" else "custom step"
    assert [fields["reason"] for fields in degraded if fields["mode"] == mode] == ["TimeoutError"]
    assert session.verify().ok
    released.set()
    until(lambda: _asked_again(session, act))  # it answers again


def _asked_again(session: Session, act: Part) -> bool:
    session.add(long_turns(3, 1_000))
    session.manage_context()
    return act.calls > 1


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_hangs_does_not_stop_the_event_loop(part: str, released: threading.Event) -> None:
    act = Part(lambda: released.wait(PATIENCE) and None)
    session = opened(part, act, LIMIT).session("s").as_async()
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    for turn in range(TURNS):
        await session.add(long_turns(1, turn))
    ticking.cancel()
    assert act.calls == 1
    assert len(ticks) > 10
    assert (await session.stats()).messages == len(await session.messages())


@pytest.mark.parametrize("part", PARTS)
def test_what_a_part_raises_never_leaves_add(part: str) -> None:
    errors = itertools.cycle(
        [SystemExit(1), KeyboardInterrupt(), GeneratorExit(), StopIteration(5), asyncio.CancelledError()]
    )
    last: list[str] = []

    def act() -> None:
        error = next(errors)
        last[:] = [type(error).__name__]
        raise error

    session = opened(part, Part(act)).session("s")
    for turn in range(TURNS):
        assert session.add(long_turns(1, turn))
    assert last[0] in told_of(session, part)[0]
    assert session.verify().ok


@pytest.mark.parametrize("part", ["compactor", "keep", "store_summary"])
def test_a_part_may_not_write_to_the_session_that_waits_for_it_but_read_and_write_elsewhere(part: str) -> None:
    refused: list[str] = []

    def act() -> None:
        session.messages()
        session.context("pool", budget=200)
        memory.session("elsewhere").add("noted")
        try:
            session.add("from within")
        except Reentrant as error:
            refused.append(type(error).__name__)

    memory = opened(part, Part(act))
    session = memory.session("s")
    for turn in range(TURNS):
        session.add(long_turns(1, turn))
    assert refused
    assert told_of(session, part) == []
    assert "from within" not in {message.text for message in session.messages()}
    assert memory.session("elsewhere").messages()


def test_a_part_has_the_callers_context_and_a_thread_of_its_own() -> None:
    from contextvars import ContextVar

    user: ContextVar[str] = ContextVar("user")
    heard: list[tuple[str, int]] = []

    def listen(_: Event) -> None:
        heard.append((user.get(), threading.get_ident()))

    memory = Memory.open(":memory:")
    memory.subscribe(listen)
    user.set("anna")
    memory.session("s").add("hello")
    assert [name for name, _ in heard] == ["anna"]
    assert threading.get_ident() not in {thread for _, thread in heard}


@posix
def test_a_forked_child_does_not_wait_for_what_hangs_in_its_parent(released: threading.Event) -> None:
    part = Limited(lambda hang: str(released.wait(PATIENCE)) if hang else "answered", LIMIT)
    for hang in (True, False):
        with pytest.raises(TimeoutError):
            part(hang, None)
    part._seconds = PATIENCE
    assert child_says(lambda: part(False, None)) == "answered"


def test_other_listeners_hear_though_one_hangs(released: threading.Event) -> None:
    memory, told = Memory.open(":memory:", callback_timeout=0.5), list[str]()
    memory.subscribe(lambda _: released.wait(PATIENCE))
    memory.subscribe(lambda event: told.append(event.kind))
    for _ in range(3):
        memory.session("s").add("hello")
    assert [kind for kind in told if kind == "added"] == ["added"] * 3
