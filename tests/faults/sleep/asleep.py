"""Kill a process before its Nth disk call while it sleeps, for every N, and let another one finish.

    python -m tests.faults.sleep.asleep [--step K] [--first N] [--driver fallback]      one line a crash point, as JSON

The file has what lets a sleep do all that it can: index, compact, cover, have something fade, and show again what faded
before and was used since, also in a fork.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults import crash
from tests.faults.worker import SMALL, opened
from tiermem import Memory
from tiermem.life import Slept
from tiermem.testing import StoppedClock

ENDS = 2  # runs in a row that nothing kills
DAY = 86_400
TURNS, APART = 12, 6  # of each conversation, and days between two
WAKING = replace(SMALL, enable_context_management=False, index_batch=10_000)
NIGHT = datetime(2025, 6, 15, tzinfo=UTC)


def at(file: str | Path, clock: StoppedClock, *, awake: bool) -> Memory:
    """The memory, by that clock; *awake*: nothing is done in the background."""
    return opened(file, WAKING if awake else replace(WAKING, enable_context_management=True), clock=clock)


def lived(file: Path) -> None:
    """Months of talk: one conversation, from which another was forked, faded and is used again; of the other nothing
    was managed or indexed."""
    clock = StoppedClock(datetime(2025, 1, 1, tzinfo=UTC))
    with at(file, clock, awake=True) as memory:
        talked(memory, clock, "monday")
        memory.session("monday", "anna").fork("m16", "branch")
    with at(file, clock, awake=False) as memory:
        memory.life("anna").sleep()
    with at(file, clock, awake=True) as memory:
        talked(memory, clock, "tuesday")
        memory.life("anna").used("monday/m3", "branch/m5")


def talked(memory: Memory, clock: StoppedClock, name: str) -> None:
    session = memory.session(name, "anna")
    for number in range(TURNS):
        session.add(f"On walk {number} of {name} we saw the heron{number} at the old harbour and went on. " * 2)
        session.add(f"Noted the heron{number} of {name}, which stood at the harbour. " * 2, role="assistant")
        clock.tick(APART * DAY)


def slept(file: str) -> None:
    """One night."""
    with at(file, StoppedClock(NIGHT), awake=False) as memory:
        memory.life("anna").sleep()


def state(memory: Memory) -> list[Any]:
    """All that a sleep may change."""
    found: list[Any] = []
    for name in memory.sessions("anna"):
        session = memory.session(name, "anna")
        view, stats = session.view(), session.stats()
        found.append([name, view.tokens, stats.indexed, stats.covered, stats.hidden])
        found.append([(one.sequence, one.text) for one in view.messages])
        found.append([one.text for one in view.summaries])
        found.append([replace(one, decided_at=None) for one in session.journal()])
    return found


def points(step: int = 1, first: int = 1) -> Iterator[dict[str, Any]]:
    """The crash points of a sleep, every *step*-th of them, each with what is wrong afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tm-asleep-"))
    try:
        template, whole = folder / "lived.db", folder / "whole.db"
        lived(template)
        shutil.copy(template, whole)
        slept(str(whole))
        with at(whole, StoppedClock(NIGHT), awake=False) as memory:
            wanted = state(memory)
        number, ended = first, 0
        while ended < ENDS:
            point = _point(folder, template, number, wanted)
            ended = 0 if point["killed"] else ended + 1
            if point["killed"]:
                yield point
            number += step
    finally:
        shutil.rmtree(folder)


def _point(folder: Path, template: Path, number: int, wanted: list[Any]) -> dict[str, Any]:
    file = folder / "memory.db"
    for left in folder.glob("memory.db*"):
        left.unlink()
    shutil.copy(template, file)
    was_killed, _ = crash.killed(file, number, slept)
    problems: list[str] = []
    with at(file, StoppedClock(NIGHT), awake=False) as memory:
        problems += [problem for found in memory.verify().values() for problem in found.problems]
        rest = memory.life("anna").sleep()
        again = memory.life("anna").sleep()
        if replace(again, seconds=0.0) != Slept(sessions=again.sessions):
            problems.append(f"a second sleep does more: {again}")
        if state(memory) != wanted:
            problems.append("another state than after a sleep that nothing stopped")
        problems += [problem for found in memory.verify().values() for problem in found.problems]
        integrity = memory._performer._database.read(lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalar())
        problems += [] if integrity == "ok" else [str(integrity)]
    return {"number": number, "killed": was_killed, "left": len(rest.decisions), "problems": problems}


if __name__ == "__main__":
    crash.main(points)
