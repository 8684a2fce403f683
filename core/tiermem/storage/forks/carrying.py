"""What the journal of a fork begins with: the view of its parent at the fork, as decisions of its own.

Rule 1: what is shown, hidden or pinned of a message is what it is in the parent when the fork is made, and changes with
neither later.
Rule 2: what says something of later messages is left behind: a summary that reaches beyond the fork gives way to
those that it merged, or to what it stands for.
Rule 3: a rewind that took the fork's last message out of view does not count: who forks there wants what was before.
Rule 4: it costs what the view costs, however long the conversation is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiermem.records import Decision, Shown, Summary
from tiermem.shared_history import shared_of
from tiermem.storage import decisions, entries, facts
from tiermem.storage.forks.rules import clipped, hides, left_behind
from tiermem.storage.schema import broken, sealed, stub, summary
from tiermem.storage.sessions import SessionRow
from tiermem.window.view import Span, paint

_VIEWING = ("compact", "cover", "hide", "restore", "erase")
_HIDING = ("hide", "restore", "erase")


@dataclass(frozen=True, slots=True)
class Carried:
    """Decisions, numbered from 1; rows of stubs and of summaries that they name, without their session."""

    decisions: Sequence[Decision]
    stubs: Sequence[dict[str, Any]]
    summaries: Sequence[dict[str, Any]]


def carried(connection: sa.Connection, row: SessionRow, at: int) -> Carried:
    """What a fork of the session *row* at message *at* begins with."""
    every = decisions.journal(connection, row.pk, kinds=_HIDING)
    dropped = {one.number for one in every if left_behind(one, at)}
    hiding = clipped([one for one in every if one.number not in dropped], at)
    told = [one for one in decisions.summaries(connection, row.pk, live=True) if one.first <= at]
    kept, floor = _summaries_upto(connection, row, told, at)
    floor = min([floor, *(one.first - 1 for one in every if one.number in dropped)])
    strokes = [
        one
        for one in _reaching(connection, row.pk, floor, at)
        if one.number not in dropped and not (one.kind == "cover" and one.last > at)
    ]
    parts = paint(floor + 1, at, strokes, _members(connection, row.pk, floor, at)) if floor < at else []
    covering = {part.summary: int(row.pk) for part in parts if part.summary} | kept
    planned = [*hides(hiding), *_covers(connection, covering)]
    compacts, stubs = _compacts(connection, row, parts)
    planned += compacts
    planned += [
        Decision(number=0, kind="restore", first=part.first, last=part.last, reason="shown word for word")
        for part in parts
        if part.shown is Shown.VERBATIM and part.decision
    ]
    planned += _pins(connection, row.pk, at)
    numbered = [replace(one, number=place, undone=False) for place, one in enumerate(planned, start=1)]
    places = {one.number: place for place, one in enumerate(planned, start=1) if one.kind == "compact"}
    stubs = [{**one, "decision": places[one["decision"]]} for one in stubs]
    return Carried(numbered, stubs, _summary_rows(connection, covering))


def keep(connection: sa.Connection, pk: int, what: Carried, now: datetime) -> None:
    """Write *what* is carried into the session *pk*, which has no decisions."""
    decisions.record(connection, pk, what.decisions, now)
    for table, rows in ((stub, what.stubs), (summary, what.summaries)):
        own = [_resealed(table, one, int(pk)) for one in rows]
        if own:
            connection.execute(table.insert(), own)


def _resealed(table: sa.Table, values: dict[str, Any], pk: int) -> dict[str, Any]:
    """A row as that of the session *pk*; what was damaged stays so."""
    damaged = values.pop("damaged")
    made = sealed(table, {**values, "session": pk})
    return made | {"checksum": b"damaged"} if damaged else made


def _rows(connection: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    found = connection.execute(sa.select(table).where(condition)).mappings().all()
    return [
        {name: value for name, value in row.items() if name not in {"pk", "checksum", "session"}}
        | {"damaged": broken(table, row)}
        for row in found
    ]


def _reaching(connection: sa.Connection, pk: int, floor: int, at: int) -> list[Decision]:
    """The decisions about messages above *floor* and up to *at*, as they concern those."""
    made = decisions.journal(connection, pk, above=floor, upto=at, kinds=_VIEWING)
    return [one if one.kind == "cover" else replace(one, last=min(one.last, at)) for one in made]


def _members(connection: sa.Connection, pk: int, floor: int, at: int) -> dict[int, list[int]]:
    replaced = decisions.members(connection, pk, floor, at)
    return {number: own for number, own in replaced.items() if own}


def _summaries_upto(
    connection: sa.Connection, row: SessionRow, live: Sequence[Summary], at: int
) -> tuple[dict[int, int], int]:
    """Of the summaries in force those that say nothing of what comes after *at*, by number, with whose rows they are;
    in place of one that does, those that it merged. And up to which message all is covered or hidden."""
    kept = {one.number: int(row.pk) for one in live if one.last <= at}
    floor = min(row.floor, at)
    reaching = [one for one in live if one.last > at]
    while reaching:
        one = reaching.pop()
        children = [(child, of) for child, of in _children(connection, row.pk, one) if child.first <= at]
        kept |= {child.number: of for child, of in children if child.last <= at}
        beyond = [child for child, _ in children if child.last > at]
        reaching += beyond
        if not beyond:
            floor = min(floor, max((child.last for child, _ in children), default=one.first - 1))
    return kept, floor


def _children(connection: sa.Connection, pk: int, merged: Summary) -> list[tuple[Summary, int]]:
    """The summaries that *merged* is made of, and whose rows they are: of a fork perhaps another's."""
    for key in (int(pk), *(owner for owner, _ in reversed(shared_of(pk)))) if merged.children else ():
        found = decisions.summaries(connection, key, numbers=merged.children)
        inside = all(merged.first <= one.first and one.last <= merged.last for one in found)
        if len(found) == len(merged.children) and inside:
            return [(one, key) for one in found]
    return []


def _covers(connection: sa.Connection, covering: dict[int, int]) -> list[Decision]:
    """The decisions by which the summaries *covering* something do, in their order."""
    found: dict[int, Decision] = {}
    for key in set(covering.values()):
        wanted = [number for number, of in covering.items() if of == key]
        rows = decisions.covering(connection, key, wanted)
        found |= {one.reference: one for one in rows if not one.undone or one.reference not in found}
    return sorted(found.values(), key=lambda one: one.number)


def _compacts(
    connection: sa.Connection, row: SessionRow, parts: Sequence[Span]
) -> tuple[list[Decision], list[dict[str, Any]]]:
    """The decisions to compact what *parts* show as stubs, and these; both with the numbers that they have here."""
    members: dict[int, list[int]] = {}
    for part in parts:
        if part.shown is Shown.COMPACTED:
            members.setdefault(part.decision, []).extend(range(part.first, part.last + 1))
    planned: list[Decision] = []
    rows: list[dict[str, Any]] = []
    for number, one in sorted(decisions.numbered(connection, row.pk, members).items()):
        own = set(members[number])
        of = sa.and_(stub.c.session == row.pk, stub.c.decision == number)
        kept = [made for made in _rows(connection, stub, of) if made["sequence"] in own]
        first, last = min(own), max(own)
        whole = entries.entries(connection, row.pk, first, last)
        before = sum(entry.tokens for entry in whole if entry.sequence in own)
        after = sum(made["tokens"] for made in kept)
        planned.append(replace(one, first=first, last=last, tokens_before=before, tokens_after=after))
        rows += kept
    return planned, rows


def _pins(connection: sa.Connection, pk: int, at: int) -> list[Decision]:
    pins = facts.pins(connection, pk, at)
    standing = [number for number, stands in pins.values() if stands]
    return sorted(decisions.numbered(connection, pk, standing).values(), key=lambda one: one.number)


def _summary_rows(connection: sa.Connection, covering: dict[int, int]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for key in set(covering.values()):
        numbers = [number for number, of in covering.items() if of == key]
        rows += _rows(connection, summary, sa.and_(summary.c.session == key, summary.c.number.in_(numbers)))
    return [{**one, "live": 1} for one in rows]
