"""How many random tamperings of rows and of exports are found by somebody who kept the heads, and how many alarms are
false.

    python -m benchmarks.trust.tampering [--times 100000] [--seed 0]

A third of the tamperings are plain: a bit, a row more or less, two rows that changed places. A third are forged:
hashes, checksums, numbers and totals fit. In the last third all links are written anew as well, as who can write to the
database can; of an export, its last line. Half are looked for in the database, half in an export of it, without a
database. Every 200 a word more is said, something is hidden or erased, and the heads from before must hold.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.trust import exports, lived, tampers
from tiermem import Memory
from tiermem.errors import InvalidExport, StorageError
from tiermem.flows.verifying import chained, log, rows
from tiermem.flows.verifying.journal import view_differs
from tiermem.portability.verifying import verify_export
from tiermem.settings import Scope
from tiermem.storage import sessions
from tiermem.storage.chain.checking import NOTHING, Walk
from tiermem.storage.chain.laying import lay
from tiermem.storage.chain.links import Head, link, read_head
from tiermem.storage.schema import session

MANNERS = ("plain", "forged", "links anew")
NEWS = 200  # tamperings of one state


def verified(file: Path, heads: dict[str, str]) -> bool:
    """Whether all that `verify` looks at is as the owner of *heads* expects."""
    with lived.opened(file) as memory:
        return all(memory.session(name, "ann").verify(chain=head).ok for name, head in heads.items())


def found(connection: sa.Connection, heads: dict[str, str]) -> bool:
    """Whether the owner of *heads* finds something wrong, by that part of `verify` which is about rows and links: what
    it says of indexes and facts is left out, for its time."""
    try:
        return any(_differs(connection, name, read_head(head)) for name, head in heads.items())
    except StorageError:
        return True


def _differs(connection: sa.Connection, name: str, head: Head) -> bool:
    row = sessions.find(connection, Scope("", "ann", name))
    gone, walk = chained.erased(connection, row.pk), Walk(chained.before(connection, row), head.messages)
    stored = log.read(connection, int(row.pk), row.base + 1, row.messages)
    problems = [*log.differences(stored, log.legible(stored), row.base + 1, row.messages)]
    problems += chained.walked(walk, stored, row.base + 1, row.messages, gone)
    problems += log.strays(connection, row)
    if walk.last is not None and walk.last != link(row.chain):
        problems.append("the end")
    for table in (session, *rows.OF_A_SESSION):
        own = table.c.pk if table is session else table.c.session
        problems += rows.changed(connection, table, own == int(row.pk))
    problems += chained.differs(connection, row, head, walk)
    problems += rows.guarded("the view", lambda: view_differs(connection, row))
    return bool(problems)


def found_in_export(file: Path, heads: dict[str, str]) -> bool:
    """The same of an export."""
    try:
        return not all(proof.ok for proof in verify_export(file, heads).values())
    except InvalidExport:
        return True


def links_anew(connection: sa.Connection) -> None:
    """Write all links anew, as if what is there had always been so."""
    for pk in connection.exec_driver_sql("SELECT pk FROM tiermem_session WHERE tenant < x'ff'").scalars().all():
        lay(connection, pk, NOTHING)


def tampered(connection: sa.Connection, whole: sqlite3.Connection, manner: str, rng: random.Random) -> str:
    """Make of *connection* the database *whole* with one tampering in that manner; which it is."""
    disk: Any = connection.connection.driver_connection
    while True:
        connection.rollback()
        disk.rollback()
        whole.backup(disk)
        how = rng.choice(tampers.TAMPERS)
        try:
            what = how(disk, rng, forged=manner != "plain")
        except (sqlite3.IntegrityError, tampers.Unchanged):  # refused by the database, or none
            continue
        disk.commit()
        if manner == MANNERS[-1]:
            links_anew(connection)
            connection.commit()
        return f"{how.__name__} {what}"


def news(memory: Memory, number: int, rng: random.Random) -> None:
    """What an owner does between two looks."""
    name = rng.choice(lived.NAMES)
    session = memory.session(name, "ann")
    lived.say(memory, name, 1_000 + number, rng)
    kind = number // NEWS % 4
    if kind == 1:
        session.forget(f"m{rng.randrange(1, session.stats().messages)}")
    elif kind == 2:
        session.erase(f"m{rng.randrange(1, session.stats().messages)}", reason="asked for")
    elif kind == 3:
        for decision in session.forget("m1"):
            session.undo(decision)


def run(times: int, seed: int) -> dict[str, object]:
    """How many were found of each manner, which were missed, and the false alarms."""
    rng = random.Random(seed)  # no secret
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with tempfile.TemporaryDirectory() as folder, engine.connect() as connection:
        state = _State(Path(folder), rng)
        for number in range(times):
            if number % NEWS == 0:
                state.go_on(number)
            state.tamper(number, connection)
        state.close()
    looked = {"looks at what is whole": state.looks, "false alarms": state.false}
    return {"tamperings": dict(state.counts), "missed": dict(state.missed), **looked}


class _State:
    """A database that lives on, its export, and what was found so far."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.folder, self.rng = folder, rng
        self.file, self.out, self.forged = (folder / name for name in ("m.db", "export.jsonl", "forged.jsonl"))
        self.heads: dict[str, str] = {}
        self.whole = sqlite3.connect(":memory:")
        self.counts, self.missed = Counter[str](), Counter[str]()
        self.looks = self.false = 0

    def go_on(self, number: int) -> None:
        """Say something, hide or erase something; the heads from before must hold, and so must those from now."""
        if number % (20 * NEWS) == 0:
            for old in self.folder.iterdir():
                old.unlink()
            with lived.opened(self.file) as memory:
                lived.live(memory, self.rng)
                self.heads = lived.heads(memory)
        with lived.opened(self.file) as memory:
            news(memory, number, self.rng)
            memory.settle(60)  # else what the background decides after the export is in the heads alone
            self.out.unlink(missing_ok=True)
            memory.export("ann", self.out, readable=False)
        self._look()
        with lived.opened(self.file) as memory:
            self.heads = lived.heads(memory)
        self._look()
        self.close()
        self.whole = sqlite3.connect(self.file)

    def _look(self) -> None:
        self.false += (not verified(self.file, self.heads)) + found_in_export(self.out, self.heads)
        self.looks += 2

    def tamper(self, number: int, connection: sa.Connection) -> None:
        """Tamper once, and see whether it is found."""
        manner = MANNERS[number % 3]
        if number % 2:
            what = exports.tampered(self.out, self.forged, self.rng, anew=manner != "plain")
            place, caught = "export", found_in_export(self.forged, self.heads)
        else:
            what = tampered(connection, self.whole, manner, self.rng)
            place, caught = "rows", found(connection, self.heads)
        self.counts[f"{place}, {manner}"] += 1
        if not caught:
            self.missed[f"{place}, {manner}: {what}"] += 1

    def close(self) -> None:
        """Read the database no more."""
        self.whole.close()


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--times", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(json.dumps(run(given.times, given.seed), indent=1))


if __name__ == "__main__":
    main()
