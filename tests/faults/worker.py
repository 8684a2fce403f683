"""What the fault tests kill: a process that adds, manages and reports what was acknowledged.

    python -m tests.faults.worker fixed FILE          a fixed workload, for killing at every disk call
    python -m tests.faults.worker random FILE SEED    several threads at once, for killing at any moment
    python -m tests.faults.worker add FILE N          N messages, one line each: "ok id" or "error Type"
    python -m tests.faults.worker add-as-nobody …     the same by a user without rights, where root runs the tests
    python -m tests.faults.worker read-as-nobody FILE… messages, the best hit, what verify says, what an add raises

Each acknowledged id is written to standard output after `add` returned, by one unbuffered write.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import tiermem.storage.sqlite as opening
from tiermem import Memory, Message, TiermemError
from tiermem.settings import Settings

SMALL = Settings(pre_rot_threshold=200, keep_recent_count=1, index_batch=3, busy_timeout=20.0)
LARGER = Settings(pre_rot_threshold=4_000, keep_recent_count=4, index_batch=16, busy_timeout=20.0)
SENT = 6
TEXT = "We decided to raise the pool of service {n} from 10 to {n}0, because the log says timeout. " * 3
THREADS = 4


def message(number: int, prefix: str = "") -> Message:
    """The message with that number; the same number gives the same message in every process."""
    return Message(role=("user", "assistant")[number % 2], content=TEXT.format(n=number), id=f"{prefix}i{number}")


def length(text: str) -> int:
    """A quick counter, so that starting a process does not load a vocabulary."""
    return len(text) // 4 + 1


def opened(file: str | Path, settings: Settings = SMALL, **options: Any) -> Memory:
    """The memory under test, with the driver that TIERMEM_TEST_DRIVER names ("fallback": the standard library's).

    TIERMEM_TEST_DURABILITY, where it is set, is the setting of that name.
    """
    if os.environ.get("TIERMEM_TEST_DRIVER") == "fallback":
        setattr(opening, "driver", lambda: sqlite3)  # noqa: B010  # names that the module imported, not its own
        setattr(opening, "journal_mode", lambda *_: ("DELETE", "EXTRA"))  # noqa: B010
    durability: Any = os.environ.get("TIERMEM_TEST_DURABILITY", settings.durability)
    return Memory.open(file, settings=replace(settings, durability=durability), counter=length, **options)


def warm() -> None:
    """Import and load everything now, so that a forked process spends its life on the file."""
    with opened(":memory:") as memory:
        for number in range(2 * SENT):
            memory.session("s").add(message(number))
        memory.session("s").search("service 7")
        memory.verify()


def drop_rights() -> None:
    """Root may write everything, so that nothing is read-only to it."""
    warm()
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65_534)
        os.setuid(65_534)


def tell(word: str) -> None:
    os.write(1, f"{word}\n".encode())


def fixed(file: str) -> None:
    """Adds that compact, summarise and index, a restore, an undo."""
    with opened(file) as memory:
        session = memory.session("s")
        for number in range(SENT):
            session.add(message(number))
            tell(f"i{number}")
        session.restore("m1", "m2")
        session.undo(session.journal()[-1].number)
        session.manage_context()


def at_random(file: str, seed: int) -> None:
    """Threads that add and manage until somebody kills the process."""
    with opened(file, LARGER) as memory:
        threads = [threading.Thread(target=_one_thread, args=(memory, seed, place)) for place in range(THREADS)]
        for one in threads:
            one.start()
        tell("started")
        for one in threads:
            one.join()


def _one_thread(memory: Memory, seed: int, place: int) -> None:
    chance = random.Random(f"{seed}-{place}")
    session = memory.session("s")
    for number in range(100_000):
        batch = [message(number * 3 + one, f"{seed}-{place}-") for one in range(chance.randint(1, 3))]
        session.add(batch)
        tell(" ".join(one.id for one in batch))
        if chance.random() < 0.05:
            session.restore(f"m{chance.randint(1, 3)}")
        elif chance.random() < 0.1:
            session.manage_context()


def adding(file: str, count: int) -> None:
    """Each add told with its outcome; a failing one does not end the process."""
    with _closing(file) as memory:
        for number in range(count):
            try:
                memory.session("s").add(message(number))
            except TiermemError as error:
                tell(f"error {type(error).__name__} {error}")
            else:
                tell(f"ok i{number}")


@contextlib.contextmanager
def _closing(file: str) -> Iterator[Memory]:
    try:
        memory = opened(file, Settings())
    except TiermemError as error:
        tell(f"error {type(error).__name__} {error}")
        sys.exit(0)
    with memory:
        tell("opened")
        yield memory


def reading(file: str) -> None:
    with opened(file, Settings()) as memory:
        session = memory.session("s")
        told = [len(session.messages()), session.search("service 7")[0].message.id]
        told.append(all(proof.ok for proof in memory.verify().values()))
        try:
            session.add("more")
        except TiermemError as error:
            told.append(type(error).__name__)
        tell(f"{Path(file).parent.name} {' '.join(map(str, told))}")


if __name__ == "__main__":
    what, path, *rest = sys.argv[1:]
    if what == "fixed":
        fixed(path)
    elif what == "random":
        at_random(path, int(rest[0]))
    else:
        if what.endswith("-as-nobody"):
            drop_rights()
        if what.startswith("read"):
            for one in (path, *rest):
                reading(one)
        else:
            adding(path, int(rest[0]))
