"""A context: what a model should read now, from the window, summaries and hits, under a budget, each with its origin.

A query is answered from the window (L1). Where something is left out of the context, the running summary stands for
it (L2) and passages come from the archive (L3). Stable parts come first and recalled ones right before the newest
turn, so that a provider's prompt cache keeps the prefix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from tiermem.errors import BudgetTooSmall
from tiermem.flows import reporting, running, standing, window_state
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.reading import opening as opened
from tiermem.flows.reading.contexts import likelihood, steady
from tiermem.flows.reading.contexts.draft import (
    ContextRequest,
    Draft,
    Filled,
    looked_up,
    message_pieces,
    unseen,
)
from tiermem.flows.reading.opening import Opening
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Context, Hit, Piece, Tier
from tiermem.settings import Scope
from tiermem.text.clipping import Count
from tiermem.tokens.counting import OVERHEAD, message_tokens
from tiermem.window.assembly import SMALLEST_CLIP, Part, Scale, Shares, recent, shares
from tiermem.window.media.showing import again, shown_once
from tiermem.window.pairing import clear_of_results
from tiermem.window.turns import USER_ROLES
from tiermem.window.view import Entry

LINE = 24  # tokens that a line of a summary takes
AGAIN = 1_000  # characters that a message weighs which says where its media are


def assemble(core: Core, scope: Scope, request: ContextRequest, opening: Opening | None = None) -> Flow[Context]:
    """The context for *request*; *opening* is what the caller has opened just now, for the same budget.

    Raises:
        BudgetTooSmall: system prompts, goal and the newest message (clipped) do not fit, with both numbers.
    """
    budget = core.settings.context_budget if request.budget is None else request.budget
    if budget <= 0:
        raise BudgetTooSmall(1, budget, "a context")
    if opening is None:
        opening = yield from opened.load(core, scope, budget)
    tail, fixed = opening.shown.tail, opening.shown.window.fixed
    scale = opening.shown.scale(request.count or core.count, stored=request.count is None)
    mandatory = yield Compute(lambda: _mandatory(request, fixed, scale))
    free = budget - request.reserved - sum(piece.tokens for piece in mandatory)
    if free < 0:
        raise BudgetTooSmall(budget - free, budget, "the system prompts, the goal and the reserved part")
    mandatory += yield Compute(lambda: _profile(request, scale, free))
    free = budget - request.reserved - sum(piece.tokens for piece in mandatory)
    draft = Draft(core, scope, opening, request, scale, free)
    try:
        filled = yield from steady.fill(draft) if request.steady else _fill(draft)
    except BudgetTooSmall as error:
        what = "what must be shown, the newest message clipped to its ends,"
        raise BudgetTooSmall(error.needed + budget - free, budget, what) from None
    pieces = steady.ordered(mandatory, filled.middle) if request.steady else _ordered(mandatory, filled.middle)
    pieces = yield from _with_media(draft, pieces)
    total = sum(piece.tokens for piece in pieces)
    asked = next((entry.sequence for entry in reversed(tail) if entry.role in USER_ROLES), 0)
    return Context(
        pieces=tuple(pieces),
        tokens=total,
        budget=budget,
        hits=tuple(filled.hits),
        degraded=filled.degraded,
        asked=asked,
        likely=filled.likely,
    )


def _with_media(draft: Draft, pieces: list[Piece]) -> Flow[list[Piece]]:
    """*pieces* with the bytes of media, each where it stands first; where it comes again, a word says where."""
    if not any(piece.message.pointers for piece in pieces):
        return pieces
    once = yield Compute(lambda: shown_once([piece.message for piece in pieces], partial(_again, draft.core)))
    messages = yield from window_state.with_media(draft.core, draft.opening.row.pk, once)

    count = None if draft.request.count is None else draft.scale.count

    def counted() -> list[Piece]:
        return [
            piece if message is piece.message else replace(piece, message=message, tokens=_least(piece, said, count))
            for piece, said, message in zip(pieces, once, messages, strict=True)
        ]

    made: list[Piece] = yield Compute(counted)
    return made


def _least(piece: Piece, said: Message, count: Count | None) -> int:
    """The tokens of *piece* once it is *said* with words in place of media: never more than before."""
    if said is piece.message:
        return piece.tokens
    return min(piece.tokens, said.tokens if count is None else message_tokens(said, count))


def _again(core: Core, message: Message, places: Mapping[str, int]) -> Message:
    """`again` with its tokens, made once: a context is asked for again and again."""
    key = id(message), tuple(places.items())
    kept = core.media.get(key)
    if kept is None or kept[0] is not message:
        made = again(message, places)
        kept = core.media.put(key, (message, made.beside(tokens=message_tokens(made, core.count))), AGAIN)
    return kept[1]


def _mandatory(request: ContextRequest, fixed: Sequence[Entry], scale: Scale) -> list[Piece]:
    system = [
        Piece(message=message, kind="system", tier=Tier.L1, tokens=message_tokens(message, scale.count))
        for message in request.system
    ]
    system += message_pieces(scale, scale.parts(fixed, open_end=False), fixed, kind="system")
    if request.goal:
        goal = Message(role="system", content=f"Current goal: {request.goal}", id="goal")
        system.append(Piece(message=goal, kind="goal", tier=Tier.L1, tokens=message_tokens(goal, scale.count)))
    return system


def _profile(request: ContextRequest, scale: Scale, free: int) -> list[Piece]:
    """What is known of the user, in no more than the tokens asked for, nor a quarter of what is *free*."""
    most = min(request.profile, free // 4)
    if request.profiled is None or most <= OVERHEAD:
        return []
    text, refs = request.profiled(most - OVERHEAD, scale.count)
    message = Message(role="user", content=text, id="profile", origin="retrieved")
    tokens = message_tokens(message, scale.count)
    if not text or tokens > most:
        return []
    return [Piece(message=message, kind="profile", tier=Tier.L3, tokens=tokens, refs=refs)]


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What a context holds before anything is looked up: the newest turns, the summary, and what that may take."""

    parts: list[Part]
    entries: list[Entry]
    summary: list[Piece]
    share: int


def _fill(draft: Draft) -> Flow[Filled]:
    request = draft.request
    whole = yield Compute(lambda: _everything(draft))
    if whole is not None:
        if not request.recall or request.reach.within == "conversation":
            return Filled(whole, [], ())
        return (yield from _chosen(draft, whole))
    laid_down = yield from standing.of(draft.core, draft.scope, draft.opening.row)
    beside, most = draft.with_rules(laid_down)
    try:
        filled = yield from _chosen(beside, None)
    except BudgetTooSmall:  # what must be shown comes first
        if beside.free == draft.free:
            raise
        return (yield from _chosen(draft, None))
    shown = standing.told_by(draft.opening.shown.window.fixed, filled.middle)
    left = draft.rules(laid_down, shown, min(most, draft.free - _sum(filled.middle)))
    return filled._replace(middle=[*left, *filled.middle])


def _chosen(draft: Draft, whole: list[Piece] | None) -> Flow[Filled]:
    """Turns, summary and recalled passages; *whole* is the window, where all of it fits."""
    request, settings = draft.request, draft.core.settings
    share = shares(draft.free, settings.summary_share, settings.recall_share if request.recall else 0.0)
    begun: _Beginning = yield Compute(lambda: _begun(draft, share))
    left = draft.free - _sum(begun.parts) - _sum(begun.summary)
    spare = share.summary if share.recalled and not begun.summary else 0
    room = left if share.recalled and draft.tight else min(share.recalled + spare, left)
    room = draft.recallable(room)
    began = draft.core.timer()
    beside = None if whole is None or not request.reach.across else (yield from _beside(draft, whole, room))
    if beside is not None:
        return beside
    query, seen = yield from looked_up(draft, begun.entries, room, talk=whole is None)
    found = yield Compute(lambda: unseen(draft, seen.hits, begun.entries))
    if whole is not None and not found:
        if query:
            yield reporting.recalled(
                draft.core, draft.scope, "context", query, [], seen.degraded, draft.core.since(began)
            )
        return Filled(
            whole, [], seen.degraded, likelihood.of_context(draft, seen, whole, (), begun.entries) if query else None
        )
    recalled, hits, rest = yield Compute(
        lambda: _filled(draft, begun, query, likelihood.wanted(draft, seen, found), room, left)
    )
    pieces = [*rest.summary, *recalled, *message_pieces(draft.scale, rest.parts, rest.entries)]
    if not query:
        return Filled(pieces, hits, seen.degraded)
    likely = yield Compute(lambda: likelihood.of_context(draft, seen, pieces, hits, rest.entries))
    yield reporting.recalled(
        draft.core, draft.scope, "context", query, hits, seen.degraded, draft.core.since(began), _sum(recalled)
    )
    return Filled(pieces, hits, seen.degraded, likely)


def _beside(draft: Draft, whole: Sequence[Piece], room: int) -> Flow[Filled | None]:
    """The *whole* window, and what other conversations and documents say; None where it does not fit beside it. What is
    in view anyway must not push its own turns out."""
    began, tail = draft.core.timer(), draft.opening.shown.tail
    query, seen = yield from looked_up(draft, tail, room, talk=False)
    found = yield Compute(lambda: unseen(draft, seen.hits, tail))
    found = likelihood.wanted(draft, seen, found)
    recalled, hits = (yield Compute(lambda: draft.quoted(found, query, room))) if found else ([], [])
    if _sum(recalled) > draft.free - _sum(whole):
        return None
    if query:
        yield reporting.recalled(
            draft.core, draft.scope, "context", query, hits, seen.degraded, draft.core.since(began), _sum(recalled)
        )
    pieces = [*recalled, *whole]
    likely = (yield Compute(lambda: likelihood.of_context(draft, seen, pieces, hits, tail))) if query else None
    return Filled(pieces, hits, seen.degraded, likely)


def _begun(draft: Draft, share: Shares) -> _Beginning:
    tail, live = draft.opening.shown.tail, draft.opening.shown.live
    newest = _newest(draft.scale.groups(tail), draft.core.settings.keep_recent_count) if draft.request.recall else tail
    parts, entries = _latest(draft, newest, share.recent)
    if not live:
        return _Beginning(parts, entries, [], 0)
    says, frame = share.summary, running.frame(draft.core, draft.scale.count)
    if not draft.request.recall:
        says = max(says, min(running.SMALLEST, draft.free // 4)) + frame  # the share is for what it says
    elif draft.tight or says < frame + LINE:  # as many tokens of passages say more; what those leave over is for it
        says = 0
    summary = draft.summary(min(says, draft.free - _sum(parts)))
    return _Beginning(parts, entries, summary, says)


def _filled(
    draft: Draft, begun: _Beginning, query: str, found: Sequence[Hit], room: int, left: int
) -> tuple[list[Piece], list[Hit], _Beginning]:
    """The recalled block with its hits; and the summary and the turns, in which what nothing else needs is used, where
    the caller wants all that fits."""
    recalled, hits = draft.quoted(found, query, room)
    left -= _sum(recalled) + draft.owed
    parts, entries, summary = begun.parts, begun.entries, begun.summary
    sufficient = draft.request.sufficient
    if sufficient and not any(part.clipped for part in parts):
        return recalled, hits, begun
    if left > 0:
        most = _sum(parts) + left
        with suppress(BudgetTooSmall):
            more = recent(entries if sufficient else draft.opening.shown.tail, most, draft.scale, most)
            if {entry.sequence for entry in entries} <= {entry.sequence for entry in more[1]}:
                parts, entries = more
        once = unseen(draft, hits, entries)
        if len(once) < len(hits):  # turns that came in with what was left over need not be quoted as well
            recalled, hits = draft.quoted(once, query, _sum(recalled))
    room = draft.free - _sum(parts) - _sum(recalled) - draft.owed
    if draft.opening.shown.live and room > begun.share and not sufficient:
        summary = draft.summary(room)
    return recalled, hits, _Beginning(parts, entries, summary, begun.share)


def _sum(several: Sequence[Piece] | Sequence[Part]) -> int:
    return sum(one.tokens for one in several)


def _latest(draft: Draft, newest: Sequence[Entry], share: int) -> tuple[list[Part], list[Entry]]:
    """The newest turns within their *share*. Where something else is asked the answer may lie elsewhere, and a turn
    that is longer is clipped to half of the share, its question alone where that is too little for both sides; what
    is left over makes the turn whole again. It may take all of the context where it goes on or holds the question, or
    where less is too little."""
    if draft.request.recall and draft.asks_else:
        least = max(share // 2, SMALLEST_CLIP)
        asked = _question(draft, newest, share) if least < 2 * SMALLEST_CLIP else ()
        for most in (least, 2 * least, 3 * SMALLEST_CLIP, draft.free // 4, draft.free // 2):
            with suppress(BudgetTooSmall):
                return recent(asked or newest, min(share, draft.free), draft.scale, min(most, draft.free))
    return recent(newest, share, draft.scale, draft.free)


def _question(draft: Draft, newest: Sequence[Entry], share: int) -> Sequence[Entry]:
    """The question of the last turn, where that is longer than *share*; nothing where tools are called in it, for whose
    results a model waits."""
    if not newest:
        return ()
    turn = draft.scale.groups(newest)[-1]
    cost = draft.scale.turn(turn)
    return turn[:1] if cost.tokens > share and cost.apart and turn[0].role in USER_ROLES else ()


def _newest(turns: Sequence[list[Entry]], count: int) -> Sequence[Entry]:
    """The newest whole *turns* that hold *count* messages: where something is recalled, more of them come last."""
    chosen: list[Entry] = []
    for turn in reversed(turns):
        if chosen and len(chosen) >= count:
            break
        chosen = [*turn, *chosen]
    return chosen


def _everything(draft: Draft) -> list[Piece] | None:
    """The whole window, when it fits and hides nothing: then there is nothing to summarise or recall."""
    shown = draft.opening.shown
    if shown.window.covers or len(shown.tail) < len(shown.window.moving) or not shown.window.parts.verbatim:
        return None
    parts = draft.scale.parts(shown.tail)
    return message_pieces(draft.scale, parts, shown.tail) if _sum(parts) <= draft.free else None


def _ordered(mandatory: Sequence[Piece], middle: Sequence[Piece]) -> list[Piece]:
    """System, profile, what was laid down, summary, older turns, recalled passages, the goal, the newest turn."""
    system = [piece for piece in mandatory if piece.kind != "goal"]
    goal = [piece for piece in mandatory if piece.kind == "goal"]
    summary = [piece for piece in middle if piece.kind in {"rules", "summary"}]
    recalled = [piece for piece in middle if piece.kind == "recalled"]
    turns = [piece for piece in middle if piece.kind == "message"]
    asked = next((i for i in range(len(turns) - 1, -1, -1) if turns[i].message.acts_as in USER_ROLES), 0)
    start = clear_of_results([piece.message for piece in turns], asked)
    return [*system, *summary, *turns[:start], *recalled, *goal, *turns[start:]]
