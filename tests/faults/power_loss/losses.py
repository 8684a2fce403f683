"""Lose the power at random moments of a recorded run, and see what the file that is left still holds.

`lost` gives one line a loss. strace writes down the calls of one run of the fixed workload; each loss takes a moment
of it, and one of the many disks that may be left of that moment (`disk.py`).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.crash import examined
from tests.faults.power_loss.disk import HABITS, RECORDED, Disk, DiskCall, Habit, calls
from tests.faults.worker import warm
from tiermem import TiermemError

LONGEST_WRITE = 4_000_000  # bytes of one call that are written down; SQLite writes a page at a time


@dataclass(frozen=True)
class Loss:
    """One loss of power: before which call, by what habit, how many adds were acknowledged, what is gone or wrong."""

    before: int
    habit: Habit
    acknowledged: int
    lost: tuple[str, ...]
    problems: tuple[str, ...]


def recorded(folder: Path, durability: str = "full") -> list[DiskCall]:
    """What a run of the fixed workload on a new file in *folder* does to the disk."""
    log = folder.with_suffix(".strace")
    command = ["strace", "-f", "-y", "-xx", "-s", str(LONGEST_WRITE), "-o", str(log), "-e", f"trace={RECORDED}"]
    command += [sys.executable, "-m", "tests.faults.worker", "fixed", str(folder / "memory.db")]
    environment = {**os.environ, "TIERMEM_TEST_DURABILITY": durability}
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=Path(__file__).parents[3])
    with log.open(encoding="ascii") as lines:
        return [call for call in calls(lines) if call.number == 1 or call.path.startswith(str(folder))]


def lost(times: int, seed: int, durability: str = "full") -> Iterator[Loss]:
    """*times* losses of power in one run."""
    chance = random.Random(seed)
    warm()
    with tempfile.TemporaryDirectory(prefix="tm-power-") as place:
        folder = Path(place).resolve() / "run"
        folder.mkdir()
        done = recorded(folder, durability)
        for number in range(times):
            before = chance.randint(0, len(done))
            yield _loss(done, before, HABITS[number % len(HABITS)], chance)


def _loss(done: list[DiskCall], before: int, habit: Habit, chance: random.Random) -> Loss:
    folder = Path(next(call.path for call in done if call.name == "create")).parent
    disk, told = Disk(str(folder), habit), []
    for call in done[:before]:
        disk.take(call)
        if call.number == 1:
            told += call.data.decode().split()
    with tempfile.TemporaryDirectory(prefix="tm-power-") as place:
        for path, data in disk.left(chance).items():
            (Path(place) / Path(path).name).write_bytes(data)
        return Loss(before, habit, len(told), *_examined(Path(place) / "memory.db", told))


def _examined(file: Path, told: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        gone, problems = examined(file, told)
    except TiermemError as error:
        return (), (f"{type(error).__name__}: {error}",)
    return tuple(gone), tuple(problems)
