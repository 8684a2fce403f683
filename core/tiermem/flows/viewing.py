"""A session's view: its summaries and messages as the window shows them, kept by revision. One that is asked for again
reads the session's row, and what was added since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tiermem.flows import standing, window_state
from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.records import Piece, Shown, View
from tiermem.settings import Scope
from tiermem.storage.sessions import SessionRow
from tiermem.window.view import Entry, Window

# Tokens for which a message stands beside its text: with its fields it takes some 2,300 bytes of 64-bit CPython 3.11
# (tracemalloc, 2,962 messages of 75 characters), and o200k has four characters a token.
OBJECT = 500


@dataclass(frozen=True, slots=True)
class KnownView:
    """A *view* of the messages up to number *last*, after *revision* decisions."""

    view: View
    revision: int
    last: int

    def holds(self, row: SessionRow) -> bool:
        """Whether it is a beginning of what *row*'s session shows now."""
        return self.revision == row.revision and self.last <= row.messages


def view(core: Core, scope: Scope) -> Flow[View]:
    """The window as it is shown now, by the user's clock.

    As long as no decision is taken, each view begins with the message objects of the one before.
    """
    row, window = yield from window_state.load(core, scope)
    if not row.pk:
        return View(summaries=(), messages=(), tokens=0)
    key = row.pk, scope, core.zone
    known = core.views.get(key)
    if known is not None and known.holds(row):
        grown = yield from _grown(core, row, known, _beyond(window.entries, known.last))
    else:
        grown = yield from _whole(core, scope, row, window)
    if grown is not known:
        core.views.put(key, grown, grown.view.tokens + OBJECT * len(grown.view.messages))
    return grown.view


def _whole(core: Core, scope: Scope, row: SessionRow, window: Window) -> Flow[KnownView]:
    shown = yield from window_state.shown(core, row, window.entries)
    live = yield from window_state.live_summaries(row)
    originals = yield from window_state.with_media(core, row.pk, [shown[entry.sequence] for entry in window.entries])
    messages = tuple(core.local(originals))
    rules = yield from _rules(core, scope, row, window)
    whole = View(summaries=tuple(live), messages=messages, tokens=window.tokens, rules=rules)
    return KnownView(whole, row.revision, window.last)


def _rules(core: Core, scope: Scope, row: SessionRow, window: Window) -> Flow[tuple[Piece, ...]]:
    """What was laid down in messages that *window* does not show as they were said, within its share of a context."""
    shown = {entry.sequence: None for entry in window.entries if entry.shown is Shown.VERBATIM}
    if len(shown) == row.messages:
        return ()
    laid_down = yield from standing.of(core, scope, row)
    room = int(core.settings.context_budget * core.settings.rules_share)
    return tuple(laid_down.pieces(laid_down.unseen(shown), room, core.count))


def _grown(core: Core, row: SessionRow, known: KnownView, fresh: Sequence[Entry]) -> Flow[KnownView]:
    if not fresh:
        return known
    shown = yield from window_state.shown(core, row, fresh)
    originals = yield from window_state.with_media(core, row.pk, [shown[entry.sequence] for entry in fresh])
    messages = (*known.view.messages, *core.local(originals))
    tokens = known.view.tokens + sum(entry.shown_tokens for entry in fresh)
    return KnownView(replace(known.view, messages=messages, tokens=tokens), row.revision, fresh[-1].sequence)


def _beyond(entries: Sequence[Entry], last: int) -> Sequence[Entry]:
    """Those of *entries* with a higher number than *last*; they are in order."""
    start = len(entries)
    while start and entries[start - 1].sequence > last:
        start -= 1
    return entries[start:]
