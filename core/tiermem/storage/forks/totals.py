"""Totals of a fork that is made in the middle of a conversation: sums that the database works out, of what the fork's
decisions say, without reading its view.

Rule: they are what `decisions.settle` derives. Where sums cannot tell, as where a view is of very many pieces, there
are none, and the view is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.records import Decision, Shown
from tiermem.shared_history import parts
from tiermem.storage import entries
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.schema import message, stub, summary
from tiermem.storage.stubs import Loan
from tiermem.window.view import Span, floor_of, paint

MOST = 64  # sums that are asked for; a view of more pieces is read as fast


@dataclass(frozen=True, slots=True)
class ForkTotals:
    """Up to which message nothing is visible, what the window costs, and which summaries are in force."""

    floor: int
    tokens: int
    live: frozenset[int]


class Members(NamedTuple):
    """Of the messages that a decision compacted: how many, what they cost before and after, the last one's number."""

    number: int = 0
    before: int = 0
    after: int = 0
    last: int = 0


_MEMBERS = Prepared(
    sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(message.c.tokens), 0),
        sa.func.coalesce(sa.func.sum(stub.c.tokens), 0),
        sa.func.coalesce(sa.func.max(stub.c.sequence), 0),
    ).where(
        stub.c.session == sa.bindparam("lender"),
        stub.c.decision == sa.bindparam("number"),
        stub.c.sequence.between(sa.bindparam("low"), sa.bindparam("high")),
        message.c.session == sa.bindparam("owner"),
        message.c.sequence == stub.c.sequence,
    )
)
_TOKENS = Prepared(
    sa.select(sa.func.coalesce(sa.func.sum(message.c.tokens), 0)).where(
        message.c.session == sa.bindparam("owner"),
        message.c.sequence.between(sa.bindparam("low"), sa.bindparam("high")),
    )
)


def members(connection: sa.Connection, pk: int, lent: Loan, first: int, last: int) -> Members:
    """Of the messages `first`..`last` of the session *pk* those that have a stub of *lent*."""
    found = Members()
    for owner, low, high in parts(pk, first, last):
        values = {"lender": lent.owner, "number": lent.number, "low": low, "high": high, "owner": owner}
        count, before, after, newest = map(int, _MEMBERS.rows(connection, values)[0])
        found = Members(found.number + count, found.before + before, found.after + after, max(found.last, newest))
    return found


def derived(
    connection: sa.Connection, pk: int, at: int, made: Sequence[Decision], lent: Sequence[Loan], *, told: bool
) -> ForkTotals | None:
    """The totals of the fork *pk* at message *at*, of its decisions *made* and what is *lent* to it; None where its
    view has to be read.

    *told*: who lends has the stubs of its decisions, so that these say what they saved. A fork may be without: it
    borrows none of what a summary covers.
    """
    parted = paint(1, at, [one for one in made if one.kind != "compact"], {})
    compacts = {one.number: one for one in made if one.kind == "compact"}
    again = _again(connection, pk, compacts, lent)
    if len(parted) > MOST or again is None:
        return None
    saved = _saved(connection, pk, parted, compacts, lent, told=told)
    if saved is None:
        return None
    saved -= _outdone(parted, again)
    live = frozenset(part.summary for part in parted if part.summary)
    shown = [part for part in parted if part.visible]
    said = sum(_tokens(connection, pk, part.first, part.last) for part in shown)
    tokens = said - saved + _pinned(connection, pk, at, parted) + _summaries(connection, pk, live)
    return ForkTotals(floor_of(parted, at), tokens, live)


def _reach(one: Decision, loan: Loan) -> tuple[int, int]:
    """The messages among which those are that the decision *one* compacts in the fork."""
    return max(one.first, loan.first), min(one.last, loan.last)


class Twice(NamedTuple):
    """One of several stubs of a message: the number of its decision in the fork, and what it saves."""

    sequence: int
    decision: int
    saved: int


def _again(
    connection: sa.Connection, pk: int, compacts: Mapping[int, Decision], lent: Sequence[Loan]
) -> list[Twice] | None:
    """The stubs of messages that have several, as where one was restored and compacted again; None where nobody can say
    without looking at all: stubs of two sessions that reach over each other, or too many."""
    reaches = sorted((*_reach(compacts[loan.decision], loan), loan.owner) for loan in lent)
    if not any(one[1] >= other[0] for one, other in pairwise(reaches)):
        return []
    if len({owner for *_, owner in reaches}) > 1:
        return None
    here = {loan.number: loan for loan in lent}
    low, high = reaches[0][0], max(reach[1] for reach in reaches)
    mine = sa.and_(stub.c.session == reaches[0][2], stub.c.sequence.between(low, high), stub.c.decision.in_(list(here)))
    several = sa.select(stub.c.sequence).where(mine).group_by(stub.c.sequence).having(sa.func.count() > 1)
    query = sa.select(stub.c.sequence, stub.c.decision, stub.c.tokens).where(mine, stub.c.sequence.in_(several))
    found = connection.execute(query.limit(MOST + 1)).all()
    if len(found) > MOST:
        return None
    return [
        Twice(number, here[of].decision, _tokens(connection, pk, number, number) - tokens)
        for number, of, tokens in found
        if here[of].first <= number <= here[of].last
    ]


def _outdone(parted: Sequence[Span], again: Sequence[Twice]) -> int:
    """What `_saved` counts of stubs that a newer one of their message takes the place of."""
    counted: dict[int, list[Twice]] = {}
    for one in sorted(again, key=lambda one: one.decision):
        part = next(part for part in parted if part.first <= one.sequence <= part.last)
        if part.visible and part.decision < one.decision:
            counted.setdefault(one.sequence, []).append(one)
    return sum(one.saved for several in counted.values() for one in several[:-1])


def _saved(
    connection: sa.Connection,
    pk: int,
    parted: Sequence[Span],
    compacts: Mapping[int, Decision],
    lent: Sequence[Loan],
    *,
    told: bool,
) -> int | None:
    """What stubs save of the messages that are shown; None where a summary that is older than a stub covers it."""
    saved, asked = 0, 0
    for loan in lent:
        one = compacts[loan.decision]
        for part, low, high in _within(parted, one, loan):
            if part.shown is Shown.HIDDEN or part.decision > one.number:
                continue
            if told and part.visible and (low, high) == (one.first, one.last):
                saved += one.tokens_before - one.tokens_after
                continue
            asked += 1
            found = members(connection, pk, loan, low, high) if asked <= MOST else Members(1)
            if asked > MOST or (found.number and not part.visible):
                return None
            saved += found.before - found.after
    return saved


def _within(parted: Sequence[Span], one: Decision, loan: Loan) -> Iterator[tuple[Span, int, int]]:
    """The parts that the decision *one* reaches into, and from where to where."""
    first, last = _reach(one, loan)
    for part in parted:
        low, high = max(part.first, first), min(part.last, last)
        if low <= high:
            yield part, low, high


def _tokens(connection: sa.Connection, pk: int, first: int, last: int) -> int:
    """What the messages `first`..`last` cost word for word."""
    ranges = ({"owner": owner, "low": low, "high": high} for owner, low, high in parts(pk, first, last))
    return sum(int(_TOKENS.rows(connection, one)[0][0]) for one in ranges)


def _pinned(connection: sa.Connection, pk: int, at: int, parted: Sequence[Span]) -> int:
    """What the system prompts and pinned messages cost that a summary covers: they stay in view."""
    covered = [part for part in parted if part.shown is Shown.COVERED]
    if not covered:
        return 0
    return sum(
        entry.tokens
        for entry in entries.fixed(connection, pk, at)
        if any(part.first <= entry.sequence <= part.last for part in covered)
    )


def _summaries(connection: sa.Connection, pk: int, live: frozenset[int]) -> int:
    if not live:
        return 0
    mine = sa.and_(summary.c.session == pk, summary.c.number.in_(sorted(live)))
    added = sa.select(sa.func.coalesce(sa.func.sum(summary.c.tokens), 0)).where(mine)
    return int(connection.execute(added).scalar_one())
