"""A sleep that is stopped, by a kill before any one of its disk calls or by its own time, is finished by the next one:
nothing is half done, and what comes of it is what a sleep would have done that nothing stopped."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.faults import crash
from tests.faults.sleep.asleep import NIGHT, at, lived, slept, state
from tests.properties.thinned import thinned, turn
from tiermem.testing import StoppedClock

needs_strace = pytest.mark.skipif(bool(crash.missing()), reason=crash.missing() or "there is strace")
STEP = 46  # of some 140 disk calls, each some 0.5 s of CPU
FEWEST = 100  # disk calls of a sleep; fewer means that it no longer does what is to be interrupted


@needs_strace
@pytest.mark.parametrize("first", thinned(range(1, STEP + 1), STEP))
def test_a_sleep_that_is_killed_at_a_disk_call_is_finished_by_the_next(first: int) -> None:
    points = crash.crashed("tests.faults.sleep.asleep", "safe", STEP, first)
    assert [one for one in points if one["problems"]] == []
    assert len(points) >= FEWEST // STEP
    print(f"{len(points)} crash points (every {STEP}th from {first}), nothing half done")


def ticking(memory: Any, chance: random.Random) -> None:
    """Have the seconds that *memory* counts pass by chance."""
    passed = (tick * chance.random() for tick in count())
    timer: Callable[[], float] = lambda: next(passed)  # noqa: E731
    object.__setattr__(memory._core, "timer", timer)


@pytest.mark.parametrize("seed", thinned(range(30), 30))
def test_a_sleep_that_ends_by_its_time_wherever_that_is_comes_to_the_same(tmp_path: Path, seed: int) -> None:
    chance = random.Random(f"{seed}-{turn}")
    file, whole = tmp_path / "m.db", tmp_path / "whole.db"
    lived(file)
    shutil.copy(file, whole)
    slept(str(whole))
    with at(whole, StoppedClock(NIGHT), awake=False) as memory:
        wanted = state(memory)
    stopped, finished = 0, False
    while not finished:
        with at(file, StoppedClock(NIGHT), awake=False) as memory:
            ticking(memory, chance)
            finished = memory.life("anna").sleep(seconds=chance.random() * (1 + stopped)).finished
            stopped += not finished
            assert all(one.ok for one in memory.verify().values())
    with at(file, StoppedClock(NIGHT), awake=False) as memory:
        assert not memory.life("anna").sleep().decisions
        assert state(memory) == wanted
    assert stopped
