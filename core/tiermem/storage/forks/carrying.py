"""What the journal of a fork begins with: the view of its parent at the fork, as decisions of its own.

Rule 1: what is shown, hidden or pinned of a message is what it is in the parent when the fork is made, and changes with
neither later.
Rule 2: what says something of later messages is left behind: a summary that reaches beyond the fork gives way to
those that it merged, or to what it stands for.
Rule 3: a rewind that took the fork's last message out of view does not count: who forks there wants what was before.
Rule 4: it costs what the decisions in force are, however long the conversation is and however many stubs are in view:
those are borrowed. At the newest message nothing is derived: the view is the parent's. Elsewhere its totals are sums
(`totals.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from tiermem.records import Decision
from tiermem.shared_history import base_of, shared_of
from tiermem.storage import decisions, facts, sessions
from tiermem.storage import stubs as stub_rows
from tiermem.storage.forks import borrowing, totals
from tiermem.storage.forks.rules import apart_from_stubs, clipped, hides, in_order, left_behind, restores
from tiermem.storage.schema import broken, sealed, summary
from tiermem.storage.sessions import SessionRow
from tiermem.storage.stubs import Loan

_COVERING = ("cover", "compact")
_HIDING = ("hide", "restore", "erase")


@dataclass(frozen=True, slots=True)
class Carried:
    """Decisions, numbered from 1; which stubs they borrow; rows of the summaries that they name, without their session.

    *same*: the view is that of the parent, so its totals are the fork's too.
    """

    decisions: Sequence[Decision]
    loans: Sequence[Loan]
    summaries: Sequence[dict[str, Any]]
    same: bool


def carried(connection: sa.Connection, row: SessionRow, at: int, used: Sequence[Decision] = ()) -> Carried:
    """What a fork of the session *row* at message *at* begins with; *used* is kept of it as well."""
    every = decisions.journal(connection, row.pk, kinds=_HIDING)
    dropped = {one.number for one in every if left_behind(one, at)}
    hiding = clipped([one for one in every if one.number not in dropped], at)
    told = [one for one in _outlines(connection, row.pk, summary.c.live == 1) if one.first <= at]
    kept, floor = _summaries_upto(connection, row, told, at)
    floor = min([floor, *(one.first - 1 for one in every if one.number in dropped)])
    same = at == row.messages and not dropped
    made = decisions.journal(connection, row.pk, above=floor, upto=at, kinds=_COVERING)
    parts = apart_from_stubs([one for one in made if one.kind == "cover" and one.last <= at], hiding, floor, at)
    covering = kept if same else {part.summary: int(row.pk) for part in parts if part.summary} | kept
    known = {loan.decision: loan for loan in stub_rows.loans(connection, row.pk)}
    compacts = [_upto(connection, row, one, at, known) for one in made if one.kind == "compact" and not one.undone]
    shown = in_order([*_covers(connection, covering), *compacts, *restores(hiding, parts)])
    planned = [*hides(hiding), *shown, *_pins(connection, row.pk, at), *used]
    numbered = [replace(one, number=place, undone=False) for place, one in enumerate(planned, start=1)]
    places = {one.number: made for one, made in zip(planned, numbered, strict=True) if one.kind == "compact"}
    loans = borrowing.lent_by(connection, row.pk, places, floor + 1, at)
    return Carried(numbered, loans, _summary_rows(connection, covering), same)


def keep(connection: sa.Connection, made: SessionRow, parent: SessionRow, what: Carried, now: datetime) -> None:
    """Write *what* is carried from *parent* into the session *made*, which has no decisions."""
    own = [_resealed(summary, one, int(made.pk)) for one in what.summaries]
    if own:
        connection.execute(summary.insert(), own)
    borrowing.keep(connection, made.pk, what.loans)
    decisions.record(connection, made.pk, what.decisions, now)
    revision = len(what.decisions)
    if what.same:
        same = {name: getattr(parent, name) for name in ("floor", "window_tokens", "look_at")}
        sessions.update(connection, made.pk, revision=revision, **same)
        return
    told = not base_of(parent.pk)
    found = totals.derived(connection, made.pk, made.messages, what.decisions, what.loans, told=told)
    if found is None:
        decisions.settle(connection, replace(made, revision=revision), 0)
        return
    if found.live != {one["number"] for one in what.summaries}:  # all were written as in force
        decisions.set_live(connection, made.pk, 0, found.live)
    sessions.update(connection, made.pk, floor=found.floor, window_tokens=found.tokens, revision=revision)


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


def _summaries_upto(
    connection: sa.Connection, row: SessionRow, live: Sequence[_Outline], at: int
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


class _Outline(NamedTuple):
    """What a summary stands for, without its words."""

    number: int
    first: int
    last: int
    children: str


_OUTLINE = tuple(summary.c[name] for name in _Outline._fields)


def _outlines(connection: sa.Connection, pk: int, which: sa.ColumnElement[bool]) -> list[_Outline]:
    query = sa.select(*_OUTLINE).where(summary.c.session == pk, which)
    return [_Outline(*row) for row in connection.execute(query.order_by(summary.c.first, summary.c.level))]


def _children(connection: sa.Connection, pk: int, merged: _Outline) -> list[tuple[_Outline, int]]:
    """The summaries that *merged* is made of, and whose rows they are: of a fork perhaps another's."""
    wanted = [int(child) for child in merged.children.split(",") if child.isdecimal()]
    for key in (int(pk), *(owner for owner, _ in reversed(shared_of(pk)))) if wanted else ():
        found = _outlines(connection, key, summary.c.number.in_(wanted))
        inside = all(merged.first <= one.first and one.last <= merged.last for one in found)
        if len(found) == len(wanted) and inside:
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


def _upto(connection: sa.Connection, row: SessionRow, one: Decision, at: int, known: Mapping[int, Loan]) -> Decision:
    """A decision to compact without the messages after *at*; *known*: those whose stubs the session *row* borrows."""
    if one.last <= at:
        return one
    lent = known.get(one.number, Loan(one.number, int(row.pk), one.number, one.first, at))
    low, high = max(one.first, lent.first), min(at, lent.last)
    found = totals.members(connection, row.pk, lent, low, high) if low <= high else totals.Members()
    return replace(one, last=found.last or at, tokens_before=found.before, tokens_after=found.after)


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
