"""Profiles of the users of conversation files, whether each line opens, and what a profile costs at any size.

    python -m benchmarks.profiles --files FILE [FILE …] [--show 10]
    python -m benchmarks.profiles --cost 10,100,1000,10000

CPU time; the files are no part of this repository. `--files` counts, over all users and many budgets, the texts that
are above their budget; and corrects, forgets and pins a line of each, empties the index, and compares the lines.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.profiles.people import Person, people
from tiermem import Memory
from tiermem.flows.services import KEPT_FACTS
from tiermem.profiles.lines.line import SECTIONS, ProfileLine
from tiermem.storage import segments
from tiermem.text.analyzer import analyser

BUDGETS = (*range(0, 120, 7), *range(120, 400, 40), 1_000)
REPEATED = 15  # times that each cost is measured; the median counts
TURNS = 5  # of a session


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when no text is above its budget and every source opens."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", nargs="*", type=Path, default=[], help="conversations, as benchmarks.recall reads")
    parser.add_argument("--show", type=int, default=0, help="profiles to print, spread over all")
    parser.add_argument("--cost", default="", help="numbers of sessions, with commas")
    chosen = parser.parse_args(arguments)
    wrong = _profiles(chosen.files, chosen.show) if chosen.files else 0
    if chosen.cost:
        _costs([int(size) for size in chosen.cost.split(",")])
    return 1 if wrong else 0


def _profiles(files: Sequence[Path], show: int) -> int:
    """Reads every user's profile; how many promises were broken."""
    users, above, cases, shut, changed, lines, shown = 0, 0, 0, 0, 0, Counter[str](), []
    empty: list[str] = []
    for file in files:
        for person in people(file):
            with Memory.open(":memory:", enable_context_management=False) as memory:
                person.tell(memory)
                profile = memory.profile(person.name)
                found = profile.lines()
                users += 1
                empty += [] if found else [person.name]
                lines.update(line.section for line in found)
                shut += sum(not _opens(profile.expand, line) for line in found)
                count = memory.counter
                sizes = [(budget, count(profile.text(budget))) for budget in BUDGETS]
                cases += len(sizes)
                above += sum(tokens > budget for budget, tokens in sizes)
                shown.append((person.name, profile.text(300), profile.summary()))
                changed += _changed_by_reindexing(memory, person)
    print(
        f"users {users}, without a line {len(empty)}, lines {lines.total()}, a user {lines.total() / max(1, users):.1f}"
    )
    print("lines by section: " + ", ".join(f"{name} {lines[name]}" for name in SECTIONS))
    print(f"texts {cases}, above their budget {above}; sources that do not open {shut}; changed by a reindex {changed}")
    for name, text, summary in shown[:: max(1, len(shown) // show)][:show] if show else ():
        print(f"\n== {name}\n{text}\n{summary}")
    return above + shut + changed


def _changed_by_reindexing(memory: Memory, person: Person) -> int:
    """Corrects a line, forgets one and pins one; 1 where the lines are others once the index was derived again."""
    profile = memory.profile(person.name)
    facts = [line for line in profile.lines() if line.attribute]
    for line in facts[:1]:
        profile.correct(line, line.value != "yes" if line.value in {"yes", "no"} else "something else")
    for line in facts[1:2]:
        profile.forget(line)
    for line in facts[2:3]:
        profile.pin(line)
    decided = profile.lines()
    for session in person.sessions:
        memory.session(session, person.name).index()
    emptied(memory)
    for session in person.sessions:
        memory.session(session, person.name).index()
    return int(memory.profile(person.name).lines() != decided)


def emptied(memory: Memory) -> None:
    """Empties the index as another analyser's would be, and all that *memory* keeps of profiles."""
    core, performer = memory.wiring
    for name in ("another/0/0", analyser()):
        performer._database.write(lambda connection, name=name: segments.use_analyser(connection, name))
    core.profiles = type(core.profiles)(KEPT_FACTS)


def _opens(expand: Callable[[str], Any], line: ProfileLine) -> bool:
    counted = line.section in {"mood", "conversations"}  # of all conversations, and of no message
    return counted or (bool(line.sources) and all(expand(source).messages for source in line.sources))


def _costs(sizes: Sequence[int]) -> None:
    print("| sessions | first look, ms | nothing changed | one message said | one fact said | a context with it |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="tm-profile-") as folder:
            print("| " + " | ".join([f"{size:,}", *_cost(size, f"{folder}/memory.db")]) + " |", flush=True)


def _cost(size: int, path: str) -> list[str]:
    with Memory.open(path, enable_context_management=False) as memory:
        for number in range(size):
            session = memory.session(f"s{number}", "anna")
            session.add([f"I like thing{number}.", "Really.", "What is the weather like?"] * TURNS)
            session.index()
    with Memory.open(path, enable_context_management=False) as memory:
        profile, session = memory.profile("anna"), memory.session("today", "anna")
        session.add("Hello.")
        first = _timed(profile.lines)
        numbers = iter(range(10_000))
        text = lambda: profile.text(300)  # noqa: E731
        context = lambda: session.context("What do I like?", 2_000, profile=300)  # noqa: E731
        return [
            f"{first:.0f}",
            _median(text),
            _median(text, lambda: session.add(f"What is number {next(numbers)}?")),
            _median(text, lambda: session.add(f"I like number{next(numbers)}.")),
            _median(context, lambda: session.add(f"And number {next(numbers)}?")),
        ]


def _median(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> str:
    times = []
    for _ in range(REPEATED):
        before()
        times.append(_timed(work))
    return f"{statistics.median(times):.2f}"


def _timed(work: Callable[[], object]) -> float:
    """CPU ms of this thread: what the background does meanwhile is not the caller's."""
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1_000
