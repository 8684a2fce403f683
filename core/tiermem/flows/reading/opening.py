"""What a question finds when it opens a session: read in one transaction, and kept until something changes.

Rule 1: everything that a question needs of the store is of one snapshot.
Rule 2: what only decisions change is read once a revision; of the messages, only those that came in since are read. A
session in which nothing happened costs one statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from tiermem.flows import window_state
from tiermem.flows.effects import FEW, Flow, Read
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Summary
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage.connecting.turns import LATER
from tiermem.storage.sessions import SessionRow
from tiermem.text.clipping import Count
from tiermem.window.assembly import Scale, newest
from tiermem.window.view import Entry, Window

STALE = -1  # the budget of what is kept from before: its summaries hold, and its messages, as far as it has them
SCALES = 3  # counters that are remembered: the memory's, and that of a framework
KEPT = 64_000  # tokens of messages that are kept with an opening; more are looked for among all that are in memory


@dataclass(frozen=True, slots=True)
class Visible:
    """What a context of up to *budget* tokens may show of a session.

    Args:
        budget: those tokens.
        window: all that is visible.
        live: the summaries in force, without what is hidden.
        tail: the newest entries that could fit, without fixed ones.
        messages: those of the tail and the fixed ones, as the window shows them, by number.
        scales: what they cost, by `id` of a counter, as far as somebody asked.
        older: the same of the opening before, of the same revision.
    """

    budget: int
    window: Window
    live: Sequence[Summary]
    tail: Sequence[Entry]
    messages: Mapping[int, Message]
    scales: dict[int, Scale] = field(default_factory=dict, compare=False, repr=False)
    older: Mapping[int, Scale] = field(default_factory=dict, compare=False, repr=False)

    def scale(self, count: Count, *, stored: bool) -> Scale:
        """What messages cost by *count*; *stored*: it is the memory's own, whose costs stand in the window."""
        scale = self.scales.get(id(count))
        if scale is None or scale.count is not count:
            entries = (*self.window.fixed, *self.tail) if stored else ()
            known = {entry.sequence: entry.shown_tokens for entry in entries}
            before = self.older.get(id(count))
            if before is not None and before.count is count and bool(before.known) is stored:
                scale = before.grown(known, self.messages)
            else:
                scale = Scale(count, known, self.messages)
            if len(self.scales) >= SCALES:
                self.scales.clear()
            self.scales[id(count)] = scale
        return scale


NOTHING = Visible(0, Window(0, 0, (), ()), (), (), {})


@dataclass(frozen=True, slots=True)
class Opening:
    """A session as a question finds it: its row, the ranges that are hidden in it, and what a context may show, where
    one was asked for."""

    row: SessionRow
    hidden: Sequence[tuple[int, int]] = ()
    shown: Visible = field(default=NOTHING)

    def upto(self, last: int) -> Opening:
        """The same session as if nothing had been said after message *last*."""
        return replace(self, row=replace(self.row, messages=last, indexed=min(self.row.indexed, last)))


def load(core: Core, scope: Scope, budget: int = 0) -> Flow[Opening]:
    """The session of *scope*, and where *budget* is above 0 what a context of so many tokens may show of it."""
    opening: Opening = yield Read(
        lambda connection: read(core, scope, budget, connection),
        lambda connection: read(core, scope, budget, connection, few=True),
    )
    return opening


def read(core: Core, scope: Scope, budget: int, connection: sa.Connection, *, few: bool = False) -> Opening:
    """`load`, inside a transaction. What else a question reads, it reads here: it has the row, and the snapshot.

    *few*: `LATER`, where more is to be read than what a few messages brought.
    """
    row = sessions.find(connection, scope)
    if not row.pk:
        return Opening(row)
    core.noticed(row.erasures)
    known = core.openings.get((row.pk, scope))
    if known is not None and (known.row.revision != row.revision or known.row.messages > row.messages):
        known = None
    if known is not None and known.row == row and (not budget or known.shown.budget == budget):
        return known
    if few and not _little(row, budget, known):
        return LATER  # type: ignore[no-any-return]
    hidden = _hidden(row, known, connection)
    shown = _shown(core, scope, row, budget, hidden, known, connection) if budget else NOTHING
    opening = Opening(row, hidden, shown)
    kept = _kept(shown, known)
    core.openings.put((row.pk, scope), opening if kept is shown else replace(opening, shown=kept))
    return opening


def _little(row: SessionRow, budget: int, known: Opening | None) -> bool:
    """Whether little is to be read beyond what is *known*."""
    return known is not None and row.messages - known.row.messages <= FEW and (not budget or bool(known.shown.messages))


def _kept(shown: Visible, known: Opening | None) -> Visible:
    """What the next opening may use of what is *shown*, or else of what was *known* before."""
    if shown is NOTHING:
        return NOTHING if known is None else replace(known.shown, budget=STALE)
    if sum(message.tokens for message in shown.messages.values()) > KEPT:
        return replace(shown, budget=STALE, messages={}, scales={}, older={})
    return shown


def _hidden(row: SessionRow, known: Opening | None, connection: sa.Connection) -> Sequence[tuple[int, int]]:
    """The ranges that are hidden. Those up to the end may be longer now, where a decision was damaged."""
    if known is None or (known.hidden and known.hidden[-1][1] >= known.row.messages):
        return tuple(decisions.hidden(connection, row))
    return known.hidden


def _shown(
    core: Core,
    scope: Scope,
    row: SessionRow,
    budget: int,
    hidden: Sequence[tuple[int, int]],
    known: Opening | None,
    connection: sa.Connection,
) -> Visible:
    before = known.shown if known is not None and known.shown.budget else None
    window = window_state.of(core, scope, row, connection)
    live = tuple(window_state.read_live(connection, row, hidden)) if before is None else before.live
    tail = newest(window.moving, budget)
    wanted = [*window.fixed, *tail]
    messages = dict(before.messages) if before is not None else {}
    fresh = [entry for entry in wanted if entry.sequence not in messages]
    if fresh:
        messages |= window_state.read_shown(core, row.pk, fresh, connection)
    visible = {entry.sequence: messages[entry.sequence] for entry in wanted}
    return Visible(budget, window, live, tail, visible, older=before.scales if before is not None else {})
