"""The rows of shelves: which there are of a user, what a question reads of them, written and felled.

Rule 1: a shelf without its head is none. Who erases removes the heads in the transaction that erases, and the rest, if
that is much, a batch at a time.
Rule 2: no key is used twice, so what is kept of a shelf in memory is never that of another one.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import sqlalchemy as sa

from tiermem.index.segment import Segment
from tiermem.index.shelves import packing
from tiermem.index.shelves.gone import ShelfGone
from tiermem.index.shelves.packing import COLUMNS, HEAD, ROOM, SPELLING, Posted, ShelfColumns, ShelfHead, Spelling
from tiermem.settings import Scope
from tiermem.storage import owners, segments, sessions
from tiermem.storage.schema import broken, sealed, shelf
from tiermem.storage.sessions import SessionRow
from tiermem.storage.shards.whose import of_scope
from tiermem.text.analyzer import analyser

CHUNK = 500  # bound values a statement
BATCH = 500  # rows that one transaction removes
_CHANCE = ROOM.bit_length() - 1 + 10  # bits of a key below the time: ten by chance, and those of the parts

Listed = dict[int, ShelfHead]  # by the key of the head


def keys(connection: sa.Connection, scope: Scope) -> tuple[int, ...]:
    """The keys of the shelves of the user of *scope*."""
    of_scope(connection, scope)
    return tuple(connection.execute(_KEYS, {"whose": owners.key_of(scope)}).scalars())


_MINE = sa.and_(shelf.c.owner == sa.bindparam("whose"), shelf.c.part == HEAD)
_KEYS = sa.select(shelf.c.pk).where(_MINE).order_by(shelf.c.pk)
_HEADS = sa.select(shelf).where(_MINE).order_by(shelf.c.pk)


def heads(connection: sa.Connection, whose: bytes) -> Listed:
    """The shelves of a user, by their `owners.key_of`; not those whose head is damaged."""
    found: Listed = {}
    for row in connection.execute(_HEADS, {"whose": whose}).mappings():
        try:
            found[row["pk"]] = packing.head(_sound(row))
        except (ShelfGone, ValueError):
            continue
    return found


def _sound(row: sa.RowMapping) -> bytes:
    if broken(shelf, row):
        raise ShelfGone
    return bytes(row["body"])


def columns(connection: sa.Connection, key: int) -> tuple[ShelfColumns, Spelling]:
    """The columns of the shelf *key*, and its terms that are spelt in pieces.

    Raises:
        ShelfGone: it is not there.
    """
    bodies = _bodies(connection, [key + COLUMNS, key + SPELLING])
    try:
        return packing.columns(bodies[key + COLUMNS]), packing.spelling(bodies[key + SPELLING])
    except ValueError as error:
        raise ShelfGone from error


def _bodies(connection: sa.Connection, wanted: Sequence[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for start in range(0, len(wanted), CHUNK):
        query = sa.select(shelf).where(shelf.c.pk.in_(wanted[start : start + CHUNK]))
        found |= {row["pk"]: _sound(row) for row in connection.execute(query).mappings()}
    if len(found) < len(wanted):
        raise ShelfGone
    return found


def postings(
    connection: sa.Connection, shelves: Mapping[int, tuple[int, ShelfHead, Sequence[str]]]
) -> dict[str, list[Posted]]:
    """Where terms stand in *shelves* (by key the first row, the head and the terms): of each shelf that has one.

    Raises:
        ShelfGone: one of them is not there any more.
    """
    wanted: dict[int, list[str]] = {}
    firsts: dict[int, int] = {}
    for key, (first, head, terms) in shelves.items():
        for term in terms:
            place = key + head.part_of(term)
            wanted.setdefault(place, []).append(term)
            firsts[place] = first
    found: dict[str, list[Posted]] = {}
    places = sorted(wanted)
    try:
        for start in range(0, len(places), CHUNK):
            for place, body in _bodies(connection, places[start : start + CHUNK]).items():
                for term, posted in packing.postings(body, wanted[place], firsts[place]).items():
                    found.setdefault(term, []).append(posted)
    except ValueError as error:
        raise ShelfGone from error
    return found


def add(
    connection: sa.Connection,
    scope: Scope,
    bodies: Sequence[bytes],
    spans: Sequence[packing.Span],
    absorbed: Sequence[int],
    erasures: int,
) -> bool:
    """Keep a shelf of these *bodies*, by part, in place of those *absorbed*; whether it was kept: nothing that was read
    before the erasure after number *erasures* is, nor what another one has put on a shelf meanwhile, nor the terms of
    another analyser."""
    for key in sorted({session for session, _, _ in spans}):  # who erases holds these too
        sessions.lock(connection, key)
    whose = owners.key_of(scope)
    if sessions.erasures(connection) != erasures or segments.made_by(connection) != analyser():
        return False
    there = heads(connection, whose)
    if not there.keys() >= set(absorbed) or overlapping(
        [*spans, *(span for key, head in there.items() if key not in absorbed for span in head.spans)]
    ):
        return False
    for key in absorbed:
        _remove(connection, key)
    first = ((time.time_ns() // 1_000_000) << _CHANCE) | (secrets.randbits(10) * ROOM)
    rows = [
        sealed(shelf, {"pk": first + part, "owner": whose, "part": part, "body": body})
        for part, body in enumerate(bodies)
    ]
    connection.execute(shelf.insert(), rows)
    return True


def overlapping(spans: Sequence[packing.Span]) -> bool:
    """Whether a message is in two of *spans*."""
    ordered = sorted(spans)
    return any(one[0] == other[0] and other[1] <= one[2] for one, other in pairwise(ordered))


def _remove(connection: sa.Connection, key: int) -> int:
    return int(connection.execute(shelf.delete().where(shelf.c.pk.between(key, key + ROOM - 1))).rowcount)


def felled(connection: sa.Connection, scope: Scope, session: int | None = None, number: int = 1) -> int:
    """Remove the heads of the user's shelves: of all, or of those with a message of that *session* from *number* on.
    `purge` removes what is left of them. How many they were."""
    whose = owners.key_of(scope)
    if session is None:
        return int(connection.execute(shelf.delete().where(shelf.c.owner == whose, shelf.c.part == HEAD)).rowcount)
    count = 0
    for row in connection.execute(_HEADS, {"whose": whose}).mappings().all():
        try:
            spans = packing.head(_sound(row)).spans
        except (ShelfGone, ValueError):  # nobody can say what is in it
            spans = [(int(session), number, number)]
        if any(key == session and last >= number for key, _, last in spans):
            count += connection.execute(shelf.delete().where(shelf.c.pk == row["pk"])).rowcount
    return count


def rewind(connection: sa.Connection, row: SessionRow, number: int) -> None:
    """Remove the shelves of whoever has the session *row* that have messages of it from *number* on."""
    scope = sessions.scope_of_key(connection, row.pk)
    if felled(connection, scope, row.pk, number):
        while purge(connection, owners.key_of(scope)):
            pass


def purge(connection: sa.Connection, whose: bytes | None = None) -> int:
    """Remove some rows of shelves that have no head, of one user or of all; how many."""
    above = shelf.alias()
    whole = sa.exists().where(above.c.pk == shelf.c.pk - shelf.c.part)
    query = sa.select(shelf.c.pk).where(shelf.c.part > HEAD, ~whole).limit(BATCH)
    if whose is not None:
        query = query.where(shelf.c.owner == whose)
    lost = list(connection.execute(query).scalars())
    for start in range(0, len(lost), CHUNK):
        connection.execute(shelf.delete().where(shelf.c.pk.in_(lost[start : start + CHUNK])))
    return len(lost)


def pages(connection: sa.Connection) -> Iterator[Sequence[int]]:
    """The keys of all rows of shelves, so many at a time as are read at once."""
    last = 0
    query = sa.select(shelf.c.pk).where(shelf.c.pk > sa.bindparam("last")).order_by(shelf.c.pk).limit(BATCH)
    while found := list(connection.execute(query, {"last": last}).scalars()):
        yield found
        last = found[-1]


def missing(rows: Sequence[SessionRow], listed: Listed) -> list[packing.Span]:
    """What of the own messages of *rows* that are indexed is on no shelf, in order."""
    there: dict[int, list[tuple[int, int]]] = {}
    for head in listed.values():
        for session, first, last in head.spans:
            there.setdefault(session, []).append((first, last))
    left: list[packing.Span] = []
    for row in rows:
        low = row.base + 1
        for first, last in sorted(there.get(int(row.pk), ())):
            if low < first:
                left.append((int(row.pk), low, min(first - 1, row.indexed)))
            low = max(low, last + 1)
        if low <= row.indexed:
            left.append((int(row.pk), low, row.indexed))
    return [span for span in left if span[1] <= span[2]]


def stretches(connection: sa.Connection, spans: Sequence[packing.Span]) -> list[tuple[int, Segment]]:
    """The segments of *spans*, cut to them; without what is damaged."""
    found: list[tuple[int, Segment]] = []
    for session, first, last in spans:
        parts = segments.between(connection, session, first, last)
        found += [(session, part) for part in parts]
    return found
