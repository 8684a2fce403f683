"""One point of a curve: so many requests a second for some seconds, by so many processes on one database.

Each process draws its own arrivals and hands each to one of its threads at the moment it is due, whether or not those
before it are answered. What a request took is counted from that moment, so that who waits in a queue counts too; one
that is not answered `GRACE` seconds after the last arrival is given up, and has waited until then.
"""

from __future__ import annotations

import json
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cost.prose import question, said
from benchmarks.load.arrivals import Arrival, arrivals
from tests.memory.crowd import crowd
from tiermem import Memory, Message, Session, TiermemError

GRACE = 5.0
WORKERS = 24  # threads of a process; what comes while all are busy waits in a queue, and its wait is counted


@dataclass(frozen=True)
class Offered:
    """What is asked for: where, by how many processes, how many requests a second, how long, of how many users."""

    target: str
    processes: int
    rate: float
    seconds: float
    users: int


@dataclass
class Seen:
    """What came of it: seconds of each request by verb, errors by kind, requests given up, those that were answered
    while others still arrived, CPU seconds of ours."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {"add": [], "context": [], "search": []})
    errors: list[str] = field(default_factory=list)
    late: int = 0
    in_time: int = 0
    cpu: float = 0.0

    def merged(self, other: Mapping[str, object]) -> None:
        """With what another process saw, as it wrote that down."""
        told = Seen(**other)  # type: ignore[arg-type]
        for verb, waits in told.waits.items():
            self.waits[verb] += waits
        self.errors += told.errors
        self.late += told.late
        self.in_time += told.in_time
        self.cpu += told.cpu


def run(offered: Offered) -> Seen:
    """All processes at once. Call it from a process without threads: it forks."""
    seen = Seen()
    with tempfile.TemporaryDirectory(prefix="tm-load-") as folder:
        failed = crowd(offered.processes, lambda place: _process(offered, place, Path(folder)))
        if failed:
            raise RuntimeError(f"{failed} processes failed")
        for one in Path(folder).glob("*.json"):
            seen.merged(json.loads(one.read_text()))
    return seen


def _process(offered: Offered, place: int, folder: Path) -> None:
    memory = Memory.open(offered.target)
    _served_before(memory, offered.users)
    _together(folder, place, offered.processes)
    due = list(arrivals(offered.rate / offered.processes, offered.seconds, offered.users, f"{place} {offered.rate}"))
    cpu = _cpu()
    seen = _driven(memory, due, offered.seconds + GRACE, str(place))
    seen.cpu = _cpu() - cpu
    (folder / f"{place}.json").write_text(json.dumps(vars(seen)))
    # Ended here, as `crowd` does: what still waits in the queue is given up.


def _served_before(memory: Memory, users: int) -> None:
    """What a process does that has served everybody before: all is loaded that a verb needs, and every user's words."""
    for user in range(users):
        memory.session("talk", f"u{user}").context(question(user), 8_000)
    for verb in _verbs(memory.session("talk", "u0"), f"warm-{os.getpid()}").values():
        verb()
    memory.settle()


def _together(folder: Path, place: int, processes: int) -> None:
    """Wait until all are here: who comes first would be measured beside the others' beginnings."""
    (folder / f"{place}.ready").touch()
    while len(list(folder.glob("*.ready"))) < processes:
        time.sleep(0.01)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _driven(memory: Memory, due: Sequence[Arrival], end: float, name: str) -> Seen:
    seen, lock, answered = Seen(), threading.Lock(), [0]
    began = time.monotonic()

    def serve(number: int, one: Arrival) -> None:
        try:
            _verbs(memory.session("talk", f"u{one.user}"), f"{name}-{number}")[one.verb]()
        except TiermemError as error:
            with lock:
                seen.errors.append(type(error).__name__)
        with lock:
            answered[0] += 1
            ended = time.monotonic() - began
            seen.waits[one.verb].append(ended - one.at)
            seen.in_time += ended <= end - GRACE

    threads = ThreadPoolExecutor(WORKERS)
    for number, one in enumerate(due):
        time.sleep(max(0.0, began + one.at - time.monotonic()))
        threads.submit(serve, number, one)
    while answered[0] < len(due) and time.monotonic() < began + end:
        time.sleep(0.02)
    with lock:
        seen.late = len(due) - answered[0]
        kept = Seen(
            {verb: list(waits) for verb, waits in seen.waits.items()}, list(seen.errors), seen.late, seen.in_time
        )
    kept.waits["add"] += [end - due[-1].at] * kept.late  # at least so long
    return kept


def _verbs(session: Session, name: str) -> dict[str, Callable[[], object]]:
    number = hash(name) % 1_000_000
    return {
        "add": lambda: session.add(Message(role="user", content=said(number), id=f"{os.getpid()}-{name}")),
        "context": lambda: session.context(question(number), 8_000),
        "search": lambda: session.search(question(number), within="user"),
    }
