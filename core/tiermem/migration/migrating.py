"""`migrate`: all of one database into an empty one, SQLite or PostgreSQL, and the proof that it is all.

The source is read as it is at one moment, and nobody who writes to it is held up, but in a SQLite file without WAL. The
target is given free at the end, when nothing differs; whatever stops a migration, the same call goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from tiermem.errors import InvalidSettings, StorageError, brief_repr
from tiermem.memory import Memory
from tiermem.migration import copying, proving
from tiermem.migration.placing import Placing
from tiermem.migration.report import Migrated, shortened
from tiermem.migration.target import Unfinished, database_id
from tiermem.settings import Scope, Settings, settings_from
from tiermem.storage.connecting.snapshot import Snapshot
from tiermem.storage.database import MEMORY, Database
from tiermem.storage.files.access import size
from tiermem.storage.shards.whose import secret

Told: TypeAlias = Callable[[str, int, int], object]
COPYING, COMPARING, LOOKING = "copying", "comparing", "looking"


def migrate(
    source: str | PathLike[str], target: str | PathLike[str], on_progress: Told | None = None, **settings: Any
) -> Migrated:
    """Move all of the database *source*, of every user, into the empty database *target*, and compare both.

    Args:
        source: a file or a URL; it is only read, as it is at one moment, and may be in use.
        target: a file that is not there yet, or the URL of a database without tables of tiermem; or what an earlier
            call that was stopped left there, with which this one goes on.
        on_progress: is given ("copying", "comparing" or "looking", how many of them, of how many): rows twice, then
            sessions.
        settings: of both, as of `Memory.open`: `busy_timeout`, `durability`.

    Every row of every table is copied byte for byte and then compared, its hash worked out again; then the head and the
    view of each session, and answers. Where something differs, the target stays as nobody can open it; the next call
    begins with what differs. Keys stay what they are, so references, heads, receipts and exports hold; it is the same
    database at another place, of which one should be used from then on.

    Raises:
        TargetNotEmpty: something else is in *target*; it was left untouched.
        InvalidSettings: one of them is in RAM.
        StorageError, OSError: *source* cannot be read (SchemaTooOld: open it once for writing), or *target* not
            written; the same call goes on.
    """
    given = settings_from(None, settings)
    for place in (source, target):
        if not isinstance(place, (str, PathLike)) or str(place) in {"", MEMORY} or "\0" in str(place):
            raise InvalidSettings(f"migrate takes files and database URLs, not {brief_repr(place)}")
    if "://" not in str(source) and Path(source).is_file() and not size(Path(source)):
        raise StorageError(f"{source} is an empty file, there is nothing to move")
    database = Database(str(source), given, read_only=True)
    try:
        with database.snapshot() as moment:
            there = Unfinished(str(target), given, moment.read(database_id))
            try:
                return _moved(moment, there, given, on_progress or (lambda *_: None))
            finally:
                there.close()
    finally:
        database.close()


def _moved(moment: Snapshot, there: Unfinished, settings: Settings, told: Told) -> Migrated:
    placing = Placing(moment, there.keyed(moment.read(secret))) if there.dialect != "sqlite" else None
    counts = {table.name: copying.count(moment, table) for table in copying.tables()}
    _copied(moment, there, placing, told, sum(counts.values()))
    differing, notes = _compared(moment, there, told, sum(counts.values()))
    sessions = questions = 0
    if not differing:
        with there.snapshot() as theirs:
            ours, other = proving.opened(moment, settings), proving.opened(theirs, settings)
            differing, sessions, questions = _looked(ours, other, proving.scopes(moment), told)
    if not differing:
        there.finish()
    rows = {name: number for name, number in counts.items() if number}
    done = (shortened(differing), shortened(notes))
    return Migrated(moment.name, there.name, rows, sessions, questions, *done)


def _copied(moment: Snapshot, there: Unfinished, placing: Placing | None, told: Told, total: int) -> None:
    done = 0
    for table in copying.tables():
        for wanted in copying.ranges(moment, table):
            brought = moment.read(partial(copying.rows, wanted=wanted))
            shards = placing.of(table, brought) if placing is not None else []
            there.fill(partial(copying.put, wanted=wanted, brought=brought, shards=shards))
            done += len(brought)
            told(COPYING, done, total)


def _compared(moment: Snapshot, there: Unfinished, told: Told, total: int) -> tuple[list[str], list[str]]:
    """What differs, and what is damaged on both sides alike."""
    differing: list[str] = []
    notes: list[str] = []
    done = 0
    for table in copying.tables():
        for wanted in copying.ranges(moment, table):
            ours = moment.read(partial(copying.rows, wanted=wanted))
            theirs = there.read(partial(copying.rows, wanted=wanted))
            differing += copying.differences(table, ours, theirs)
            notes += copying.damaged(table, theirs) if ours == theirs else ()
            done += len(ours)
            told(COMPARING, done, total)
    return differing, notes


def _looked(ours: Memory, theirs: Memory, every: list[Scope], told: Told) -> tuple[list[str], int, int]:
    """What differs of views and answers, how many sessions were looked at, and how many questions asked."""
    differing: list[str] = []
    questioned = proving.asked(every)
    for place, scope in enumerate(every):
        differing += proving.seen_otherwise(ours, theirs, scope)
        told(LOOKING, place + 1, len(every))
    for scope in questioned:
        differing += proving.answers_otherwise(ours, theirs, scope)
    return differing, len(every), len(questioned)
