"""A program whose adds are interrupted by a signal at random moments, as by Ctrl-C or a worker's soft time limit.

    python -m tests.faults.interrupted FILE SEED INTERRUPTS

Prints how many adds were interrupted, what went wrong afterwards, and whether another connection can write.
"""

from __future__ import annotations

import random
import signal
import sys
import threading
from pathlib import Path
from time import perf_counter

from tests.faults.worker import opened
from tiermem.storage.sqlite import driver


class Interrupted(Exception):
    """What the handler raises."""


def interrupt(*_: object) -> None:
    raise Interrupted


def main(file: Path, seed: int, interrupts: int) -> None:
    chance = random.Random(seed)
    memory = opened(file)
    session = memory.session("s")
    began = perf_counter()
    for number in range(20):
        session.add(f"warm {number}")
    usual = (perf_counter() - began) / 20
    stop, others = threading.Event(), memory.session("others")
    beside = threading.Thread(target=lambda: [others.add("beside") for _ in iter(stop.is_set, True)], daemon=True)
    beside.start()
    signal.signal(signal.SIGALRM, interrupt)
    interrupted, acknowledged, errors = 0, 20, set()
    for number in range(100 * interrupts):
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-5 + chance.random() * usual * 1.3)
                session.add(f"text {number}")
                acknowledged += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except Interrupted:
            interrupted += 1
        except Exception as error:
            if isinstance(error.__cause__, Interrupted):  # raised in a part of the caller's, as its counter of tokens
                interrupted += 1
            else:
                errors.add(type(error).__name__)
        if interrupted == interrupts:
            break
    stop.set()
    beside.join()
    session.add("the last word")
    stored = len(session.messages())
    other = driver().connect(str(file), timeout=20.0, isolation_level=None)  # what was interrupted is seen to its end
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    lost = max(0, acknowledged + 1 - stored)
    sound = all(found.ok for found in memory.verify().values())
    print(f"interrupted {interrupted}, lost {lost}, errors {sorted(errors)}, sound {sound}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
