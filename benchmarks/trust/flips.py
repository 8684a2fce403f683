"""Bits that flip and pages that change places in a database file: each has a typed error, is found, or does no harm.

    python -m benchmarks.trust.flips [--bits 10000] [--pages 1000] [--seed 0]

Of a small database with a row in every table a bit is flipped, or two pages are exchanged, drawn by lot; it is opened,
its users are exported, verified and asked. *Refused*: a typed error somewhere. *Found*: `verify` names something.
*Harmless*: all answers are as before. Anything else is a fault, which is told, and status is 1: another answer that
nobody noticed (silent), or an error that is none of ours (untyped).
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.storage.damage import fill, opened
from tiermem import Memory, TiermemError
from tiermem.testing import StoppedClock

USERS = ("ann", "bob", "cid")
QUESTIONS = ("pool 7 raised", "Where do I live?", "green tea")


def main() -> int:
    """0 where every damage was refused, found or harmless."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--bits", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    # In the main thread every transaction is handed to another one, because of signals.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run, chosen).result()


def run(chosen: argparse.Namespace) -> int:
    """The same, in the thread that it is called in."""
    with tempfile.TemporaryDirectory(prefix="tm-flips-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        folder = Path(name)
        whole = folder / "whole.db"
        fill(whole)
        shutil.copy(whole, folder / "asked.db")  # asking keeps items alive longer
        filled = datetime.now(UTC)
        expected = asked(folder / "asked.db", folder / "answers", filled)
        assert expected[0] == "sound", expected  # else nothing below means anything
        faults = 0
        for what, times, change in (("bit flips", chosen.bits, flipped), ("page swaps", chosen.pages, swapped)):
            rng = random.Random(f"{what} {chosen.seed}")
            counted = Counter(_one(folder, whole, filled, expected, rng, change) for _ in range(times))
            faults += counted["silent"] + counted["untyped"]
            print(f"{times:,} {what}: {dict(counted)}", flush=True)
    return int(bool(faults))


def flipped(body: bytearray, rng: random.Random) -> str:
    """Flip one bit."""
    place, bit = rng.randrange(len(body)), rng.randrange(8)
    body[place] ^= 1 << bit
    return f"bit {bit} of byte {place}"


def swapped(body: bytearray, rng: random.Random) -> str:
    """Exchange two pages."""
    size = int.from_bytes(body[16:18], "big")
    one, other = rng.sample(range(len(body) // size), 2)
    first, second = (slice(page * size, (page + 1) * size) for page in (one, other))
    body[first], body[second] = body[second], body[first]
    return f"pages {one} and {other}"


def _one(
    folder: Path, whole: Path, filled: datetime, expected: tuple[str, Any], rng: random.Random, change: Any
) -> str:
    damaged, body = folder / "damaged.db", bytearray(whole.read_bytes())
    where = change(body, rng)
    damaged.write_bytes(body)
    try:
        said = asked(damaged, folder / "answers", filled)
    except TiermemError:
        return "refused"
    except Exception as error:  # which is what is looked for
        ours = [f"{Path(one.filename).name}:{one.lineno}" for one in traceback.extract_tb(error.__traceback__)]
        print(f"  untyped, {where}: {type(error).__name__}: {error} ({', '.join(ours[-6:])})", flush=True)
        return "untyped"
    finally:
        for left in folder.glob("damaged.db*"):
            left.unlink()
        shutil.rmtree(folder / "answers", ignore_errors=True)
    if said[0] != "sound":
        return "found"
    if said == expected:
        return "harmless"
    print(f"  silent, {where}", flush=True)
    return "silent"


def asked(file: Path, answers: Path, filled: datetime) -> tuple[str, Any]:
    """Whether `verify` finds all sound, and what is answered: exports of all users, views, hits, items."""
    answers.mkdir(exist_ok=True)
    with opened(file, clock=StoppedClock(filled)) as memory:  # items live for an hour, and a long run takes longer
        memory.settle(60)
        problems = [problem for proof in memory.verify().values() for problem in proof.problems]
        told = [_told(memory, user, answers) for user in USERS]
    shutil.rmtree(answers)
    return ("sound", told) if not problems else (str(problems[0]), told)


def _told(memory: Memory, user: str, answers: Path) -> list[Any]:
    memory.export(user, answers / f"{user}.jsonl", readable=False)
    told: list[Any] = [(answers / f"{user}.jsonl").read_bytes()]
    for name in memory.sessions(user):
        session = memory.session(name, user)
        told.append([message.text for message in session.view().messages])
        told += [[(hit.ref, hit.message.text) for hit in session.search(asked, 5)] for asked in QUESTIONS]
    told += [[hit.message.text for hit in memory.knowledge(user).search(asked, 3)] for asked in QUESTIONS]
    return [*told, [(item.key, item.value) for item in memory.items(user).search((), query="green", limit=5)]]


if __name__ == "__main__":
    sys.exit(main())
