"""Kill a process before its Nth disk call while it erases a message, a document, items and a user, for every N, and see
what the next one finds.

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
SAID, READ, PUT = "wubbelflanz", "krixelpodde", "jomphgrattu"  # by carl: in a message, a document, items
SMALLEST = Settings(**{name: value for name, value in SMALL.items() if name != "counter"})


def at(file: str | Path) -> Memory:
    return opened(file, SMALLEST, embedder=ByLetters())


def lived(file: Path) -> None:
    """Two users, with something of theirs in every table."""
    with at(file) as memory:
        live(memory, "anna", ANNA)
        live(memory, "bob", BOB)
        memory.session("walk", "carl").add([f"The {SAID} stood at the {SAID} pool. " * 20, "It was green."])
        memory.knowledge("carl").add_documents(f"The {READ} runs on port 8080. " * 20, source=f"{READ}.md")
        for number in range(3):
            memory.items("carl").put(("drinks", PUT), f"{PUT}{number}", {"text": f"{PUT} is green"})
        memory.settle(60)


def erased(file: str) -> None:
    """What is killed."""
    with at(file) as memory:
        memory.session("walk", "carl").erase("m1", reason="asked for")
        memory.knowledge("carl").erase(f"{READ}.md", reason="asked for")
        memory.items("carl").erase(("drinks",), reason="asked for")
        memory.erase("anna", reason="asked for")


def there(memory: Memory) -> dict[str, bool]:
    """Whether verbs still find it, of each that is erased."""
    return {
        SAID: SAID in memory.session("walk", "carl").messages()[0].text,
        READ: bool(memory.knowledge("carl").sources()),
        PUT: bool(memory.items("carl").search(())),
        ANNA: bool(memory.sessions("anna")),
    }


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
        left = there(memory)
        problems = [problem for found in memory.verify().values() for problem in found.problems]
        if any(answers(memory, "anna", ANNA)) != left[ANNA]:
            problems.append("half of what was said is there")
        if not all(answers(memory, "bob", BOB)[:5]):
            problems.append("another user lost something")
        integrity = memory._performer._database.read(lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalar())
        problems += [] if integrity == "ok" else [str(integrity)]
        gone = [canary for canary, found in left.items() if not found]
        problems += [f"bytes of {one} are left: {found}" for one in gone if (found := found_in(folder, one))]
    shutil.rmtree(folder)
    return {"number": number, "killed": was_killed, "gone": len(gone), "problems": problems}


if __name__ == "__main__":
    crash.main(points)
