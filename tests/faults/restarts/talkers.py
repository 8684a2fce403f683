"""Threads that add, ask and compact in one conversation while their server is cut, stopped and started.

    python -m tests.faults.restarts.talkers URL NAME THREADS    talks until its input ends, then tells what it did

A call that fails with a retryable error is done again on the same object, an add under the same id: nobody gives up.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from tests.faults.worker import length, message
from tiermem import Memory, TiermemError

OPTIONS: dict[str, Any] = {"counter": length, "pre_rot_threshold": 3_000, "keep_recent_count": 4, "index_batch": 16}
SESSION, USER = "s", "ann"
PAUSE = 0.02  # seconds before a call that failed is done again
OFTEN = {"context": 0.2, "search": 0.2, "manage": 0.1, "restore": 0.05}


class Told(TypedDict):
    """What talkers did: ids in the order in which each of them heard "stored", errors that they got over, the longest
    time that one call needed, and how many calls came back."""

    acknowledged: dict[str, list[str]]
    errors: dict[str, int]
    longest: float
    calls: int


class Talkers:
    """Threads on one memory, each with its own messages."""

    def __init__(self, memory: Memory, name: str, threads: int) -> None:
        self._session = memory.session(SESSION, USER)
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._errors = Counter[str]()
        self._waits: list[float] = []
        self._failed: list[BaseException] = []
        self._acknowledged: dict[str, list[str]] = {f"{name}-{place}-": [] for place in range(threads)}
        self._threads = [threading.Thread(target=self._talk, args=(one,), daemon=True) for one in self._acknowledged]
        for thread in self._threads:
            thread.start()

    def talk_on(self, calls: int) -> None:
        """Wait until so many more *calls* came back, or one failed for good."""
        enough = len(self._waits) + calls
        while len(self._waits) < enough and not self._failed:
            time.sleep(PAUSE)

    def end(self) -> Told:
        """What they did; raises what no retry mends."""
        self._end.set()
        for thread in self._threads:
            thread.join()
        if self._failed:
            raise self._failed[0]
        return Told(
            acknowledged=self._acknowledged,
            errors=dict(self._errors),
            longest=max(self._waits, default=0.0),
            calls=len(self._waits),
        )

    def _talk(self, prefix: str) -> None:
        chance, session = random.Random(prefix), self._session
        also: dict[str, Callable[[], object]] = {
            "context": lambda: session.context("Why was the pool raised?", 1_000),
            "search": lambda: session.search("pool", within="user"),
            "manage": session.manage_context,
            "restore": lambda: session.restore("m1", "m2"),
        }
        try:
            while not self._end.is_set():
                said = message(len(self._acknowledged[prefix]), prefix)
                self._patiently(lambda said=said: session.add(said))  # type: ignore[misc]
                self._acknowledged[prefix].append(said.id)
                for name, act in also.items():
                    if chance.random() < OFTEN[name]:
                        self._patiently(act)
        except BaseException as error:
            self._failed.append(error)

    def _patiently(self, act: Callable[[], object]) -> None:
        began = time.monotonic()
        while True:
            try:
                act()
            except TiermemError as error:
                if not error.retryable:
                    raise
                with self._lock:
                    self._errors[type(error).__name__] += 1
                time.sleep(PAUSE)
            else:
                self._waits.append(time.monotonic() - began)
                return


def examined(memory: Memory, told: Sequence[Told]) -> int:
    """How many messages there are; each of those acknowledged once, each talker's in order, and none besides."""
    memory.settle()
    stored = memory.session(SESSION, USER).messages()
    assert [one.sequence for one in stored] == list(range(1, len(stored) + 1))
    acknowledged = {prefix: ids for one in told for prefix, ids in one["acknowledged"].items()}
    by_talker: dict[str, list[str]] = {prefix: [] for prefix in acknowledged}
    for one in stored:
        by_talker[f"{one.id.rpartition('-')[0]}-"].append(one.id)
    assert by_talker == acknowledged
    assert all(proof.ok for proof in memory.verify().values())
    return len(stored)


def main() -> None:
    """One process of talkers."""
    _, url, name, threads = sys.argv
    with Memory.open(url, **OPTIONS) as memory:
        talkers = Talkers(memory, name, int(threads))
        print("started", flush=True)
        sys.stdin.read()
        print(json.dumps(talkers.end()))


if __name__ == "__main__":
    main()
