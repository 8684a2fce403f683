"""Single messages made tombstones: number, time, role and tokens stay, and a keyed digest in place of the id; what was
said goes, with all that rests on it.

Rule 1: a session's numbering, its totals and its journal stay whole: a decision of the kind "erase" hides the messages,
and nothing shows them again.
Rule 2: a summary that stands for one of them says nothing any more, and its decision is undone: what it stood for is
seen again, and summarised anew.
Rule 3: the word index and the facts are emptied from the stretch of the first one on, and made anew: what is new in a
later message depends on what was said before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiermem.records import Decision
from tiermem.search.passages import runs
from tiermem.storage import decisions, segments, sessions
from tiermem.storage.blobs import storing
from tiermem.storage.chain.checking import NOTHING
from tiermem.storage.chain.links import leaf_of
from tiermem.storage.chain.writing import forgotten
from tiermem.storage.embedded import outside
from tiermem.storage.erasures import taking
from tiermem.storage.erasures.taking import CHUNK
from tiermem.storage.extracted import stretches as extraction
from tiermem.storage.named import stretches
from tiermem.storage.schema import fact, message, sealed, stub, summary, vector
from tiermem.storage.sessions import SessionRow
from tiermem.storage.shelves import rows as shelves
from tiermem.storage.tables.erasures import AFTER, TOMBSTONE, digest
from tiermem.storage.tables.media import media_use
from tiermem.storage.talk import counting

SPOILED = "the summary rests on what was erased"


def erase(
    connection: sa.Connection, row: SessionRow, numbers: Collection[int], reason: str, now: datetime, look_at: int
) -> tuple[list[bytes], dict[str, int]]:
    """Erase these messages of the locked session *row*; the hashes that they had, and the rows removed by table."""
    key = taking.secret(connection)
    hashes = _buried(connection, row.pk, numbers, key)
    referred = sum(storing.of_messages(connection, row.pk, part) for part in _parts(numbers))
    removed = derived_of(connection, row, numbers, reason, now, look_at)
    return hashes, {message.name: len(hashes)} | ({media_use.name: referred} if referred else {}) | removed


def derived_of(
    connection: sa.Connection, row: SessionRow, numbers: Collection[int], reason: str, now: datetime, look_at: int
) -> dict[str, int]:
    """Erase what the locked session *row* has of these messages beside themselves, and decide that they are gone; the
    rows removed by table."""
    removed: dict[str, int] = {}
    forgotten(connection, row.pk, numbers)
    read_by_a_model = extraction.drop(connection, row.pk, numbers)
    for some in runs(sorted(numbers)):
        outside.leaving(connection, sa.and_(vector.c.session == row.pk, vector.c.sequence.between(*some)))
    for table in (stub, vector, fact):
        removed[table.name] = _without(connection, table, row.pk, numbers)
    removed[fact.name] += read_by_a_model
    spoiled = _silenced(connection, row.pk, numbers)
    removed[summary.name] = len(spoiled)
    hidden = decisions.hidden(connection, row)
    counting.emptied(connection, sessions.scope_of_key(connection, row.pk), row.pk, min(numbers), hidden)
    segments.rewind(connection, row, min(numbers))
    shelves.rewind(connection, row, min(numbers))
    stretches.rewind(connection, row.pk, min(numbers))
    made = _decided(connection, row, numbers, spoiled, reason)
    decisions.record(connection, row.pk, made, now)
    for undo in (one for one in made if one.kind == "undo"):
        decisions.mark_undone(connection, row.pk, undo.reference)
    floor = min(row.floor, *(one.first - 1 for one in made))
    after = sessions.by_key(connection, row.pk)
    decisions.settle(connection, replace(after, revision=made[-1].number), floor)
    sessions.update(connection, row.pk, look_at=look_at)
    return {name: count for name, count in removed.items() if count}


def buried(connection: sa.Connection, pk: int) -> set[int]:
    """The numbers of the messages of a session that were erased."""
    low, high = TOMBSTONE, AFTER
    query = sa.select(message.c.sequence).where(message.c.session == pk, message.c.id >= low, message.c.id < high)
    return set(connection.execute(query).scalars())


def left(connection: sa.Connection, pk: int, first: int, last: int) -> list[str]:
    """What there is of the messages `first`..`last`, which were erased."""
    buried = sa.and_(message.c.id >= TOMBSTONE, message.c.id < AFTER, sa.func.length(message.c.body) == 0)
    kept: dict[sa.Table, sa.ColumnElement[bool]]
    kept = {table: table.c.sequence.between(first, last) for table in (stub, vector, fact, media_use)}
    kept[message] = sa.and_(message.c.sequence.between(first, last), sa.not_(buried))
    found: list[str] = []
    for table, condition in kept.items():
        query = sa.select(sa.func.count()).select_from(table).where(table.c.session == pk, condition)
        if count := connection.execute(query).scalar_one():
            found.append(f"{table.name}: {count} rows of messages {first} to {last}, which were erased,")
    return found


def _parts(numbers: Iterable[int]) -> Iterable[Sequence[int]]:
    ordered = sorted(numbers)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def _buried(connection: sa.Connection, pk: int, numbers: Collection[int], key: bytes) -> list[bytes]:
    columns = [column for column in message.columns if column.name != "checksum"]
    hashes: list[bytes] = []
    for part in _parts(numbers):
        query = sa.select(*columns).where(message.c.session == pk, message.c.sequence.in_(part))
        for row in connection.execute(query).mappings().all():
            hashes.append(bytes(row["sha256"]))
            connection.execute(message.update().where(message.c.pk == row["pk"]).values(**_tombstone(row, key)))
    return hashes


def _tombstone(row: sa.RowMapping, key: bytes) -> dict[str, Any]:
    kept = {name: row[name] for name in ("session", "sequence", "role", "tokens", "stored_at")}
    gone = {"id": TOMBSTONE + digest(key, bytes(row["id"])), "fixed": 0, "links": None, "body": b""}
    leaf = leaf_of(row["witness"], bytes(row["sha256"]))
    return sealed(message, {**kept, **gone, "sha256": digest(key, bytes(row["sha256"])), "witness": leaf})


def _without(connection: sa.Connection, table: sa.Table, pk: int, numbers: Collection[int]) -> int:
    count = 0
    for part in _parts(numbers):
        gone = table.delete().where(table.c.session == pk, table.c.sequence.in_(part))
        count += connection.execute(gone).rowcount
    return count


def _silenced(connection: sa.Connection, pk: int, numbers: Collection[int]) -> set[int]:
    """The numbers of the summaries that stand for one of *numbers*; they say nothing any more."""
    spans = runs(sorted(numbers))
    touched = sa.or_(*(sa.and_(summary.c.first <= last, summary.c.last >= first) for first, last in spans[:CHUNK]))
    if len(spans) > CHUNK:  # more than a statement takes: all from the first to the last
        touched = sa.and_(summary.c.first <= spans[-1][1], summary.c.last >= spans[0][0])
    query = sa.select(summary).where(summary.c.session == pk, touched)
    spoiled: set[int] = set()
    for row in connection.execute(query).mappings().all():
        kept = {name: row[name] for name in row if name not in {"pk", "checksum"}}
        values = sealed(summary, kept | {"body": NOTHING, "witness": leaf_of(row["witness"], bytes(row["body"]))})
        connection.execute(summary.update().where(summary.c.pk == row["pk"]).values(**values))
        spoiled.add(row["number"])
    return spoiled


def _decided(
    connection: sa.Connection, row: SessionRow, numbers: Collection[int], spoiled: Collection[int], reason: str
) -> list[Decision]:
    """The decisions with their numbers: those that show what spoiled summaries stood for, then those that erase."""
    covers = [
        one
        for one in decisions.journal(connection, row.pk, kinds=["cover"])
        if one.reference in spoiled and not one.undone
    ]
    undone = [
        Decision(number=0, kind="undo", first=one.first, last=one.last, reference=one.number, reason=SPOILED)
        for one in covers
    ]
    erased = [
        Decision(number=0, kind="erase", first=first, last=last, reason=reason) for first, last in runs(sorted(numbers))
    ]
    return [replace(one, number=row.revision + place) for place, one in enumerate([*undone, *erased], start=1)]
