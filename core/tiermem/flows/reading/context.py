"""A context: what a model should read now, from the window, summaries and hits, under a budget, each with its origin.

A query is answered from the window (L1). Where something is left out of the context, the running summary stands for
it (L2) and passages come from the archive (L3). Stable parts come first and recalled ones right before the newest
turn, so that a provider's prompt cache keeps the prefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from tiermem.errors import BudgetTooSmall
from tiermem.flows import reporting, window_state
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.reading import steady
from tiermem.flows.reading.draft import (
    SMALLEST,
    ContextRequest,
    Draft,
    looked_up,
    message_pieces,
    summary_frame,
    summary_pieces,
    unseen,
)
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Context, Hit, Piece, Shown, Tier
from tiermem.search import quoting
from tiermem.settings import Scope
from tiermem.tokens.counting import message_tokens
from tiermem.window.assembly import Part, Scale, recent, shares
from tiermem.window.pairing import clear_of_results
from tiermem.window.pressure import clip_room
from tiermem.window.turns import USER_ROLES, groups, newest_step
from tiermem.window.view import Entry, Window


def assemble(core: Core, scope: Scope, request: ContextRequest) -> Flow[Context]:
    """The context for *request*.

    Raises:
        BudgetTooSmall: system prompts, goal and the newest message (clipped) do not fit, with both numbers.
    """
    budget = core.settings.context_budget if request.budget is None else request.budget
    if budget <= 0:
        raise BudgetTooSmall(1, budget, "a context")
    row, window = yield from window_state.load(core, scope)
    count = request.count or core.count
    fixed, moving = _split(window)
    tail = _tail(moving, budget)
    messages = yield from window_state.shown(core, row, [*fixed, *tail])
    known = {} if request.count else {entry.sequence: entry.shown_tokens for entry in [*fixed, *tail]}
    scale = Scale(count, known, messages)
    mandatory = yield Compute(lambda: _mandatory(request, fixed, scale))
    free = budget - request.reserved - sum(piece.tokens for piece in mandatory)
    if free < 0:
        raise BudgetTooSmall(budget - free, budget, "the system prompts, the goal and the reserved part")
    draft = Draft(core, scope, row, window, request, scale, free)
    try:
        fill = steady.fill(draft, tail) if request.steady else _fill(draft, moving, tail)
        middle, hits, degraded = yield from fill
    except BudgetTooSmall as error:
        what = "what must be shown, the newest message clipped to its ends,"
        raise BudgetTooSmall(error.needed + budget - free, budget, what) from None
    pieces = steady.ordered(mandatory, middle) if request.steady else _ordered(mandatory, middle)
    total = sum(piece.tokens for piece in pieces)
    asked = next((entry.sequence for entry in reversed(tail) if entry.role in USER_ROLES), 0)
    return Context(pieces=tuple(pieces), tokens=total, budget=budget, hits=tuple(hits), degraded=degraded, asked=asked)


def _split(window: Window) -> tuple[list[Entry], list[Entry]]:
    fixed = [entry for entry in window.entries if entry.fixed]
    return fixed, [entry for entry in window.entries if not entry.fixed]


def _tail(entries: Sequence[Entry], budget: int) -> list[Entry]:
    """The newest entries that could fit at all, and more for the border; the newest question is always among them."""
    step = newest_step(entries)  # whole, for its results would lose their call
    # Of what is longer than a view, only that is shown which it may take; of the results of a step, all together.
    left = 2 * budget - min(sum(entry.shown_tokens for entry in step), clip_room(budget))
    start = len(entries) - len(step)
    while start > 0 and (left > 0 or len(entries) - start < 2):
        start -= 1
        left -= max(1, min(entries[start].shown_tokens, clip_room(budget)))
    tail = list(entries[start:])
    if any(entry.role in USER_ROLES for entry in tail):
        return tail
    asked = next((entry for entry in reversed(entries[:start]) if entry.role in USER_ROLES), None)
    return [asked, *tail] if asked else tail


def _mandatory(request: ContextRequest, fixed: Sequence[Entry], scale: Scale) -> list[Piece]:
    system = [
        Piece(message=message, kind="system", tier=Tier.L1, tokens=message_tokens(message, scale.count))
        for message in request.system
    ]
    system += message_pieces(scale.parts(fixed, open_end=False), fixed, kind="system")
    if request.goal:
        goal = Message(role="system", content=f"Current goal: {request.goal}", id="goal")
        system.append(Piece(message=goal, kind="goal", tier=Tier.L1, tokens=message_tokens(goal, scale.count)))
    return system


def _fill(
    draft: Draft, moving: Sequence[Entry], tail: Sequence[Entry]
) -> Flow[tuple[list[Piece], list[Hit], tuple[str, ...]]]:
    whole = yield Compute(lambda: _everything(draft, moving, tail))
    if whole is not None and (not draft.request.recall or draft.request.reach.within == "conversation"):
        return whole, [], ()
    settings = draft.core.settings
    share = shares(draft.free, settings.summary_share, settings.recall_share if draft.request.recall else 0.0)
    newest = _newest(tail, settings.keep_recent_count) if draft.request.recall else tail
    parts, entries = yield Compute(lambda: _latest(draft, newest, share.recent))
    live = yield from window_state.live_summaries(draft.row)
    left = draft.free - sum(part.tokens for part in parts)
    says = max(share.summary, min(SMALLEST, draft.free // 4))
    frame = summary_frame(draft.scale.count)
    most = min(says + frame, left)  # the share is for what it says
    summary = yield Compute(lambda: summary_pieces(live, most, draft.scale.count))
    left -= sum(piece.tokens for piece in summary)
    room = draft.recallable(min(share.recalled, left))
    began = draft.core.timer()
    query, seen = yield from looked_up(draft, tail, entries, room, talk=whole is None)
    found = yield Compute(lambda: unseen(draft, seen.hits, entries))
    if whole is not None and not found:
        if query:
            yield reporting.recalled(draft.scope, "context", [], seen.degraded, draft.core.since(began))
        return whole, [], seen.degraded
    quote = partial(quoting.block, query=query, count=draft.scale.count, reading=draft.core.reading())
    recalled, hits = yield Compute(lambda: quote(found, budget=room))
    left -= sum(piece.tokens for piece in recalled)
    if left > 0:
        spent = sum(part.tokens for part in parts)
        with suppress(BudgetTooSmall):
            parts, entries = yield Compute(lambda: recent(tail, spent + left, draft.scale, spent + left))
        once = yield Compute(lambda: unseen(draft, hits, entries))
        if len(once) < len(hits):  # turns that came in with what was left over need not be quoted as well
            most = sum(piece.tokens for piece in recalled)
            recalled, hits = yield Compute(lambda: quote(once, budget=most))
    if query:
        spent = sum(piece.tokens for piece in recalled)
        yield reporting.recalled(draft.scope, "context", hits, seen.degraded, draft.core.since(began), spent)
    room = draft.free - sum(part.tokens for part in parts) - sum(piece.tokens for piece in recalled)
    if live and room > says + frame:  # what nothing else needs is the summary's
        summary = yield Compute(lambda: summary_pieces(live, room, draft.scale.count))
    return [*summary, *recalled, *message_pieces(parts, entries)], hits, seen.degraded


def _latest(draft: Draft, newest: Sequence[Entry], share: int) -> tuple[list[Part], list[Entry]]:
    """The newest turns within their *share*. One that is longer may take half of the context where something is asked,
    for the answer may lie elsewhere, and all of it where the turn itself goes on, or where half is too little."""
    if draft.request.query is not None and draft.request.recall:
        with suppress(BudgetTooSmall):
            return recent(newest, share, draft.scale, max(share, draft.free // 2))
    return recent(newest, share, draft.scale, draft.free)


def _newest(tail: Sequence[Entry], count: int) -> Sequence[Entry]:
    """The newest whole turns that hold *count* messages: where something is recalled, more of them come last."""
    chosen: list[Entry] = []
    for turn in reversed(groups(tail)):
        if chosen and len(chosen) >= count:
            break
        chosen = [*turn, *chosen]
    return chosen


def _everything(draft: Draft, moving: Sequence[Entry], tail: Sequence[Entry]) -> list[Piece] | None:
    """The whole window, when it fits and hides nothing: then there is nothing to summarise or recall."""
    untouched = not draft.window.covers and all(entry.shown is Shown.VERBATIM for entry in moving)
    if not untouched or len(tail) < len(moving):
        return None
    parts = draft.scale.parts(tail)
    return message_pieces(parts, tail) if sum(part.tokens for part in parts) <= draft.free else None


def _ordered(mandatory: Sequence[Piece], middle: Sequence[Piece]) -> list[Piece]:
    """System, summary, older turns, recalled passages, the goal, the newest turn."""
    system = [piece for piece in mandatory if piece.kind == "system"]
    goal = [piece for piece in mandatory if piece.kind == "goal"]
    summary = [piece for piece in middle if piece.kind == "summary"]
    recalled = [piece for piece in middle if piece.kind == "recalled"]
    turns = [piece for piece in middle if piece.kind == "message"]
    asked = next((i for i in range(len(turns) - 1, -1, -1) if turns[i].message.acts_as in USER_ROLES), 0)
    start = clear_of_results([piece.message for piece in turns], asked)
    return [*system, *summary, *turns[:start], *recalled, *goal, *turns[start:]]
