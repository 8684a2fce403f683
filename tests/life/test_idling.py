"""A memory that was opened with `sleep_after` sleeps by itself over what users said who are silent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.life.test_sleep import SMALL, lived
from tests.waiting import until
from tiermem import AsyncMemory, Memory
from tiermem.errors import InvalidSettings
from tiermem.events import collecting
from tiermem.life import idling
from tiermem.settings import Scope
from tiermem.testing import StoppedClock

ANNA = Scope("", "anna", "-")


def faded(memory: Memory) -> bool:
    return any(one.strategy == "faded" for one in memory.session("friday", "anna").journal())


def test_who_is_silent_sleeps_in_the_background_and_that_is_told(store: Any) -> None:
    clock = StoppedClock()
    memory = store(clock=clock, **SMALL)
    lived(memory, clock)
    memory.settle(60)
    memory._core.sleep_after = 0.0
    with collecting() as told:
        memory.session("saturday", "anna").add("One more word.")
        until(lambda: ANNA not in memory._core.awake)
    assert faded(memory)
    assert {one.scope.user for one in told if one.kind == "slept"} == {"anna"}
    assert memory.life("anna").sleep().decisions == ()
    assert memory.verify()[memory.session("friday", "anna").scope].ok


def test_nobody_sleeps_unless_that_was_asked_for_or_before_the_time(store: Any) -> None:
    clock = StoppedClock()
    memory = store(clock=clock, **SMALL)
    lived(memory, clock)
    memory.settle(60)
    assert not faded(memory)
    assert not memory._core.awake
    assert memory.drive(idling.attempt(memory._core, ANNA)) is False


def test_a_sleep_waits_for_silence_and_is_over_when_the_user_is_heard_again() -> None:
    clock = StoppedClock()
    with Memory.open(":memory:", clock=clock, sleep_after=1_000.0, **SMALL) as memory:
        core = memory._core
        lived(memory, clock)
        memory.session("saturday", "anna").add("One more word.")
        memory.settle(60)
        assert memory.drive(idling.attempt(core, ANNA)) is None
        core.awake[ANNA] -= 2_000.0

        def heard(event: Any) -> None:
            if event.kind == "indexed":
                core.awake[ANNA] = core.timer()

        end = memory.subscribe(heard)
        assert memory.drive(idling.attempt(core, ANNA)) is None
        assert not faded(memory)
        end()
        core.awake[ANNA] -= 2_000.0
        assert memory.drive(idling.attempt(core, ANNA)) is False
        assert faded(memory)
        assert not core.awake


def test_what_fails_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with Memory.open(":memory:", sleep_after=0.0, **SMALL) as memory:
        monkeypatch.setattr(idling.sleeping, "sleep", lambda *_, **__: 1 / 0)
        memory._core.awake[ANNA] = 0.0
        assert memory.drive(idling.attempt(memory._core, ANNA)) is None
        assert "ZeroDivisionError" in memory._core.known.upkeep_error
        assert ANNA in memory._core.awake


def test_async_memories_sleep_too() -> None:
    async def run() -> None:
        async with await AsyncMemory.open(":memory:", sleep_after=0.0, **SMALL) as memory:
            with collecting() as told:
                await memory.session("friday", "anna").add("hello")
                await memory.settle(60)
                for _ in range(600):
                    if any(one.kind == "slept" for one in told):
                        return
                    await asyncio.sleep(0.05)
            pytest.fail("nobody slept")

    asyncio.run(run())


@pytest.mark.parametrize("after", [-1, True, "600", float("nan")])
def test_what_is_no_time_is_refused(after: Any) -> None:
    with pytest.raises(InvalidSettings, match="sleep_after must be a number of seconds"):
        Memory.open(":memory:", sleep_after=after)
