"""Kill a process before its Nth disk call while it erases a user, for every N, and see what the next one finds.

python -m tests.faults.erasing.erased [--step K] [--first N] [--driver fallback]    one line a crash point, as JSON
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.erasure.lives import SMALL, ByLetters, answers, found_in, live
from tests.faults import crash
from tests.faults.worker import opened
from tiermem import Memory
from tiermem.settings import Settings

ENDS = 2  # runs in a row that nothing kills
ANNA, BOB = "zyxxyquark", "vupptorin"
SMALLEST = Settings(**{name: value for name, value in SMALL.items() if name != "counter"})


def at(file: str | Path) -> Memory:
    return opened(file, SMALLEST, embedder=ByLetters())


def lived(file: Path) -> None:
    """Two users, with something of theirs in every table."""
    with at(file) as memory:
        live(memory, "anna", ANNA)
        live(memory, "bob", BOB)


def erased(file: str) -> None:
    """What is killed."""
    with at(file) as memory:
        memory.erase("anna", reason="asked for")


def points(step: int = 1, first: int = 1) -> Iterator[dict[str, Any]]:
    """The crash points of an erasure, every *step*-th of them, each with what is wrong afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tm-erased-"))
    try:
        template = folder / "lived" / "memory.db"
        template.parent.mkdir()
        lived(template)
        number, ended = first, 0
        while ended < ENDS:
            point = _point(template, folder / str(number), number)
            ended = 0 if point["killed"] else ended + 1
            if point["killed"]:
                yield point
            number += step
    finally:
        shutil.rmtree(folder)


def _point(template: Path, folder: Path, number: int) -> dict[str, Any]:
    folder.mkdir()
    file = folder / "memory.db"
    shutil.copy(template, file)
    was_killed, _ = crash.killed(file, number, erased)
    with at(file) as memory:
        begun = not memory.sessions("anna")
        problems = [problem for found in memory.verify().values() for problem in found.problems]
        if any(answers(memory, "anna", ANNA)) == begun:
            problems.append("half of what was said is there")
        if not all(answers(memory, "bob", BOB)[:5]):
            problems.append("another user lost something")
        integrity = memory._performer._database.read(lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalar())
        problems += [] if integrity == "ok" else [str(integrity)]
        if begun and (left := found_in(folder, ANNA)):
            problems.append(f"bytes are left: {left}")
    shutil.rmtree(folder)
    return {"number": number, "killed": was_killed, "begun": begun, "problems": problems}


if __name__ == "__main__":
    crash.main(points)
