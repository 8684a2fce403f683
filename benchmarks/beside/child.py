"""`python -m benchmarks.beside.child`: does what its parent asks, with the packages of the tree that it was given.

A line of JSON in, [verb, arguments]; a line out, [value, error]. Times are milliseconds of processor time of the whole
process, so that no thread works unseen. Only what both trees have is used: their public face.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

from benchmarks.beside.same.answering import Answering
from tiermem import Memory, Message

START, APART = datetime(2024, 1, 1, tzinfo=UTC), timedelta(minutes=7)
BATCH = 500
BUDGET = 4_000
WAIT = 900.0  # seconds that work in the background may take at most


def milliseconds(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Processor time of *work*, of the whole process by default."""
    began = clock()
    work()
    return 1_000 * (clock() - began)


def settle() -> None:
    """Wait until this process has stood still for a second.

    Raises:
        TimeoutError: it does not come to rest.
    """
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        before = time.process_time()
        time.sleep(1.0)
        if time.process_time() - before < 0.05:
            return
    raise TimeoutError(f"still at work after {WAIT:.0f} s")


def messages(corpus: str, begin: int = 0) -> Iterator[Message]:
    """The messages of the file *corpus* from number *begin* on, seven minutes apart, without end.

    From the second round on the beginning of one message is joined to the end of another, so that none comes twice.
    """
    said = json.loads(Path(corpus).read_text("utf-8"))["messages"]
    halves = [(text[: len(text) // 2], text[len(text) // 2 :]) for *_, text in said]
    for place in count(begin):
        turn, at = divmod(place, len(said))
        role, name, text = said[at]
        if turn:
            text = halves[at][0] + halves[(at + 7_919 * turn) % len(said)][1]
        yield Message(role=role, name=name, content=text, created_at=START + place * APART)


class Work(Answering):
    """The verbs. One memory is open at a time."""

    def __init__(self) -> None:
        self.memory: Memory | None = None
        self.turns: Any = None

    def fill(self, file: str, corpus: str, layout: Sequence[tuple[str, str, int]]) -> float:
        """Seconds to import: for each [user, session, number] so many messages, managed, indexed, embedded."""
        source, began = messages(corpus), time.process_time()
        with Memory.open(file) as memory:
            for user, name, number in layout:
                session = memory.session(name, namespace=user)
                for first in range(0, number, BATCH):
                    session.add([next(source) for _ in range(min(BATCH, number - first))])
                session.index()
            settle()
        return time.process_time() - began

    def open(self, file: str, user: str, session: str, within: str = "conversation") -> None:
        """Open *file*; what is asked from now on is asked of *session*."""
        self.close()
        self.memory = Memory.open(file)
        self.session = self.memory.session(session, namespace=user)
        self.options: dict[str, Any] = {"within": within}

    def ask(self, what: str, question: str) -> float:
        """Milliseconds of one question."""
        ask: Callable[[], object] = {
            "context": lambda: self.session.context(question, BUDGET, **self.options),
            "search": lambda: self.session.search(question, k=10, **self.options),
            "recall": lambda: self.session.recall(question, BUDGET, **self.options),
        }[what]
        return milliseconds(ask)

    def load(self) -> None:
        """Load what a first question loads that is the same for every file: modules, vocabularies."""
        with Memory.open(":memory:") as memory:
            session = memory.session("loading", namespace="loading")
            session.add("The gate opens at nine.")
            session.index()
            session.context("When does the gate open?", BUDGET)

    def first(self, question: str, **place: str) -> float:
        """Milliseconds from opening a file to the first answer."""

        def restart() -> None:
            self.open(**place)
            self.ask("context", question)

        return milliseconds(restart)

    def resident(self) -> dict[str, float]:
        """Megabytes of memory that this process has now, and has had at most."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"now": pages * os.sysconf("SC_PAGE_SIZE") / 1e6, "most": most * 1_024 / 1e6}

    def add(self, corpus: str, begin: int, number: int, folder: str | None, alone: bool) -> dict[str, Any]:
        """Milliseconds of *number* adds of one message, and of each with all that the background does for it.

        *folder*: the least that a durable add can do takes turns with them, in a file there, by the time of its thread.
        *alone*: adds too count by the time of their thread alone, without what the background does meanwhile; it is not
        the main one, whose transactions another thread may run.
        """
        from benchmarks.cost.turns import Limit

        each, least, limit = list[float](), list[float](), Limit()
        clock = time.thread_time if alone else time.process_time
        said = list(islice(messages(corpus, begin), number))

        def work() -> None:
            if folder:
                limit.open(Path(folder), 0)  # a file of its own
            for message in said:
                if folder:
                    least.append(milliseconds(partial(limit.write, [message.text]), time.thread_time))
                each.append(milliseconds(partial(self.session.add, message), clock))
            if folder:
                limit.close()

        began = time.process_time()
        with ThreadPoolExecutor(1) as thread:
            thread.submit(work).result() if alone else work()
        settle()
        settled = (1_000 * (time.process_time() - began) - sum(least)) / number
        return {"each": each, "limit": least, "settled": settled}

    def take_turns(self, name: str, folder: str, stored: int) -> None:
        """From now on `turn` is one of the cost benchmark's *name*, over what is filled in *folder*."""
        from benchmarks.cost.turns import ours

        self.close()
        self.turns = next(one for one in ours() if one.name == name)
        self.turns.open(Path(folder), stored)

    def turn(self, place: int) -> float:
        """Milliseconds of one turn."""
        return milliseconds(lambda: self.turns.turn(place))

    def steps(self, agent: str, folder: str) -> list[float]:
        """Milliseconds of each step of a run of *agent*, from the one on at which its limit was full."""
        from benchmarks.beside import steps

        return {**steps.AGENTS, **steps.FRAMEWORKS}[agent](Path(folder))

    def calls(self, agent: str, folder: str) -> list[float]:
        """The same, as Python calls of all threads."""
        from benchmarks.beside import steps

        return steps.counted(agent, Path(folder))

    def freeze(self) -> None:
        """What is there is no longer walked by collections, which would hit whoever asks next."""
        gc.collect()
        gc.freeze()

    def close(self) -> None:
        """Close what is open."""
        for one in (self.memory, self.turns):
            if one is not None:
                one.close()
        self.memory = self.turns = None


def main() -> None:
    """Answer until the parent has no more to ask."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed by anybody is no answer
    work = Work()
    for line in sys.stdin:
        verb, arguments = json.loads(line)
        try:
            answer = [getattr(work, verb)(**arguments), None]
        except Exception:  # told to the parent, which raises
            answer = [None, traceback.format_exc()]
        print(json.dumps(answer), file=answers, flush=True)
    work.close()


if __name__ == "__main__":
    main()
