"""Kill a process with several threads at a random moment, over and over on one file.

`killed` gives one line a kill; what was acknowledged by any process so far must be there after every one of them.
"""

from __future__ import annotations

import os
import random
import select
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.worker import at_random, opened, warm

LONGEST = 0.4  # seconds a process works at most
OPENING = 0.2  # share of the processes that die while they open, within a tenth of that
ROUNDS_A_FILE = 10  # kills on one file, so that recovery itself is interrupted too


@dataclass(frozen=True)
class Kill:
    """One kill: how long the process had lived, what it acknowledged, what is lost or wrong."""

    seconds: float
    acknowledged: int
    lost: tuple[str, ...]
    problems: tuple[str, ...]


def killed(times: int, seed: int, folder: Path | None = None) -> Iterator[Kill]:
    """*times* kills. Call it from a process without threads: it forks."""
    chance = random.Random(seed)
    warm()
    with tempfile.TemporaryDirectory(prefix="tm-kill-", dir=folder) as place:
        told: list[str] = []
        for number in range(times):
            file = Path(place) / f"{number // ROUNDS_A_FILE}.db"
            if number % ROUNDS_A_FILE == 0:
                told = []
            early = chance.random() < OPENING
            seconds = chance.uniform(0.0, LONGEST / 10 if early else LONGEST)
            fresh = _one(file, seed * 100_000 + number, seconds, early=early)
            told += fresh
            yield Kill(seconds, len(fresh), *_examined(file, told))


def _one(file: Path, seed: int, seconds: float, *, early: bool) -> list[str]:
    heard, said = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.dup2(said, 1)
            at_random(str(file), seed)
        finally:
            os._exit(1)
    os.close(said)
    told = bytearray(b"" if early else os.read(heard, 65_536))  # "started", once the threads run
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([heard], [], [], left)[0]:
            told += os.read(heard, 65_536)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(heard, 65_536):
        told += more
    os.close(heard)
    return [word for word in told.decode().split() if word != "started"]


def _examined(file: Path, told: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with opened(file) as memory:
        stored = [one.id for one in memory.session("s").messages()]
        problems = [problem for found in memory.verify().values() for problem in found.problems]
        integrity = memory._performer._database.read(lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalar())
    known = set(stored)
    if len(known) != len(stored):
        problems.append(f"{len(stored) - len(known)} messages twice")
    problems += [] if integrity == "ok" else [str(integrity)]
    problems += _out_of_order(stored)
    return tuple(one for one in told if one not in known), tuple(problems)


def _out_of_order(stored: list[str]) -> list[str]:
    """Every thread's messages are in the order in which it added them, without a gap."""
    found: dict[str, list[int]] = {}
    for one in stored:
        producer, _, number = one.rpartition("-i")
        found.setdefault(producer, []).append(int(number))
    return [f"order of {name}" for name, numbers in found.items() if numbers != sorted(numbers)]
