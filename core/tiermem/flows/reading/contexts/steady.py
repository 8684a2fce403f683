"""A context for an agent: the whole window first, in an order that only grows until the next decision.

A provider's prompt cache keeps what the next prompt begins with. So the window is shown as it stands; what is recalled
for a question stands before it and stays there; and nothing older is taken in or left out from call to call.
The thresholds keep the window within the budget. Where they did not, older turns are left out all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tiermem.errors import BudgetTooSmall
from tiermem.flows import reporting, standing
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.reading.contexts import likelihood
from tiermem.flows.reading.contexts.draft import Draft, Filled, looked_up, message_pieces, unseen, verbatim
from tiermem.flows.reading.request import SearchResult
from tiermem.flows.standing import StandingRules
from tiermem.messages import Message
from tiermem.records import Hit, Piece, Tier
from tiermem.search import quoting
from tiermem.search.passages import NOTE
from tiermem.search.query import asks
from tiermem.tokens.counting import message_tokens
from tiermem.window.assembly import Part, recent
from tiermem.window.pairing import clear_of_results
from tiermem.window.turns import USER_ROLES
from tiermem.window.view import Entry

SUMMARY_SHARE = 0.5  # of what is free: the thresholds count summaries too, so this is a guard and no plan
# Of `relevance_threshold`, which the best hit must reach. Of 60 questions of a LoCoMo conversation it keeps all 51
# right blocks, and of 60 statements out of another one it quotes for 24; with 1 it is 51 and 56, with 2.8 44 and 6.
SURE = 2.0
# Of the best hit's score, which the others must reach. Over 150 questions of three conversations, in blocks of 400
# tokens, 82.1 % of the evidence stands there with and without it, and blocks are 8 % shorter; with 0.6 it is 79.8 %.
CLOSE = 0.5
IN_VIEW = (
    0.75  # of the best score in view, which a missing page must exceed: a request has the words of its answer, too
)


ROUNDS = 4  # times that turns give way to what was laid down in turns that gave way


class _Begun(NamedTuple):
    """What stands in a context before anything is looked up."""

    summary: list[Piece]
    parts: list[Part]
    entries: list[Entry]
    blocks: dict[int, Piece]


def fill(draft: Draft) -> Flow[Filled]:
    """What was laid down, summaries, the window, and the quoted blocks in it: those given, and one for the newest
    question."""
    begun: _Begun = yield Compute(lambda: _begun(draft))
    rules, draft, begun = yield from _beside_rules(draft, begun)
    summary, parts, entries, blocks = begun
    asked = next((entry.sequence for entry in reversed(entries) if entry.role in USER_ROLES), 0)
    hits: list[Hit] = []
    degraded: tuple[str, ...] = ()
    seen: SearchResult | None = None
    if draft.request.recall and asked and f"m{asked}" not in draft.request.quoted and _hides(draft, entries):
        left = draft.free - sum(piece.tokens for piece in (*summary, *blocks.values()))
        left -= sum(part.tokens for part in parts)
        began, room = draft.core.timer(), _room(draft, left)
        query, result = yield from looked_up(draft, [], room)
        sure = SURE * draft.core.settings.relevance_threshold

        def quoted() -> tuple[list[Piece], list[Hit]]:
            missing = unseen(draft, _missing(result.hits, verbatim(entries), sure), entries)
            return draft.quoted(_untold(missing, blocks.values()), query, room)

        block, hits = yield Compute(quoted)
        degraded, seen = result.degraded, result if query else None
        if query:
            spent = sum(piece.tokens for piece in block)
            yield reporting.recalled(
                draft.core, draft.scope, "context", query, hits, degraded, draft.core.since(began), spent
            )
        if block:
            blocks[asked] = block[0]
    pieces = [*rules, *summary, *_placed(message_pieces(draft.scale, parts, entries), blocks)]
    likely = (yield Compute(lambda: likelihood.of_context(draft, seen, pieces, hits, entries))) if seen else None
    return Filled(pieces, hits, degraded, likely)


def _beside_rules(draft: Draft, begun: _Begun) -> Flow[tuple[list[Piece], Draft, _Begun]]:
    """What was laid down and is not shown, and the draft and what stands in it beside that. Nothing where all is shown:
    then it has been said."""
    if not _leaves_out(draft, begun):
        return [], draft, begun
    laid_down = yield from standing.of(draft.core, draft.scope, draft.opening.row)
    settled: tuple[list[Piece], Draft, _Begun] = yield Compute(lambda: _settled(draft, begun, laid_down))
    return settled


def _settled(draft: Draft, begun: _Begun, laid_down: StandingRules) -> tuple[list[Piece], Draft, _Begun]:
    """What needs room takes it of the turns; those that go then may need a line themselves."""
    room = int(draft.free * draft.core.settings.rules_share)
    free, rules, inside = draft, list[Piece](), draft
    for _ in range(ROUNDS):
        shown = standing.told_by(
            draft.opening.shown.window.fixed, message_pieces(draft.scale, begun.parts, begun.entries)
        )
        wanted = free.rules(laid_down, shown, room)
        if sum(piece.tokens for piece in wanted) <= draft.free - inside.free:
            return wanted, inside, begun
        try:
            narrow = draft.beside(wanted)
            begun, rules, inside = _begun(narrow), wanted, narrow
        except BudgetTooSmall:  # what must be shown comes first
            return [], draft, _begun(draft)
    return rules, inside, begun


def _leaves_out(draft: Draft, begun: _Begun) -> bool:
    """Whether anything of the window is not shown as it was said."""
    window = draft.opening.shown.window
    whole = len(begun.entries) == len(window.moving) == len(verbatim(begun.entries))
    return bool(window.covers) or not whole or any(part.clipped for part in begun.parts)


def _begun(draft: Draft) -> _Begun:
    """What stands before anything is looked up: the summary, the turns beside it, and the given blocks that fit."""
    tail = draft.opening.shown.tail
    summary = draft.summary(int(draft.free * SUMMARY_SHARE))
    summary, parts, entries = _window(draft, tail, summary)
    left = draft.free - sum(piece.tokens for piece in summary) - sum(part.tokens for part in parts)
    blocks = _fitting(_blocks(draft, tail), {entry.sequence for entry in entries}, left)
    return _Begun(summary, parts, entries, blocks)


def _missing(hits: Sequence[Hit], shown: set[int], sure: float) -> list[Hit]:
    """The hits that answer about as well as what is in view, or better, if the best is *sure*: else it is enough.

    An agent has tools to look further; a block that repeats what is known costs tokens and a changed prefix.
    """
    seen = [hit for hit in hits if hit.home and not hit.source and hit.message.sequence in shown]
    best = max((hit.score for hit in seen if not asks(hit.message.text)), default=0.0)
    missing = [hit for hit in hits if hit not in seen and hit.score > IN_VIEW * best]
    if not missing or missing[0].score < sure:
        return [hit for hit in missing if hit.source.startswith(NOTE)]  # kept on purpose, for just this
    return [hit for hit in missing if hit.score >= CLOSE * missing[0].score]


def _untold(hits: Sequence[Hit], blocks: Iterable[Piece]) -> list[Hit]:
    """The *hits* that do not stand in one of the *blocks* quoted for an older question, which stay where they are."""
    texts = [piece.message.text for piece in blocks]
    return [hit for hit in hits if not any(quoting.told(hit, text) for text in texts)]


def _window(draft: Draft, tail: Sequence[Entry], summary: list[Piece]) -> tuple[list[Piece], list[Part], list[Entry]]:
    """The summary and the turns beside it; where the newest turn needs its room, the lines that still fit."""
    left = draft.free - sum(piece.tokens for piece in summary)
    try:
        return summary, *recent(tail, left, draft.scale, left)
    except BudgetTooSmall:
        parts, entries = recent(tail, draft.free, draft.scale, draft.free)
        spent = sum(part.tokens for part in parts)
        return draft.summary(draft.free - spent), parts, entries


def _room(draft: Draft, left: int) -> int:
    """Tokens for a new block: as long as no summary would be due, and with room for what the counter does not know."""
    settings = draft.core.settings
    upto = int(draft.free * settings.summarization_trigger) - (draft.free - left)
    return draft.recallable(max(0, min(upto, int(draft.free * settings.recall_share))))


def _hides(draft: Draft, entries: Sequence[Entry]) -> bool:
    """Whether there is anything that is not shown as it was said, or that lies beside the conversation."""
    window = draft.opening.shown.window
    whole = not window.covers and len(entries) == len(window.moving) == len(verbatim(entries))
    return draft.request.reach.within != "conversation" or not whole


def _blocks(draft: Draft, tail: Sequence[Entry]) -> dict[int, Piece]:
    """The given blocks by the number of the message that they stand before."""
    numbers = {f"m{entry.sequence}": entry.sequence for entry in tail}
    quoted: Mapping[str, str] = draft.request.quoted
    return {numbers[ref]: _block(text, draft) for ref, text in quoted.items() if ref in numbers and text}


def _block(text: str, draft: Draft) -> Piece:
    message = Message(role="user", content=text, id="recalled", origin="retrieved")
    return Piece(message=message, kind="recalled", tier=Tier.L3, tokens=message_tokens(message, draft.scale.count))


def _fitting(blocks: Mapping[int, Piece], shown: set[int], room: int) -> dict[int, Piece]:
    """The newest blocks that stand before a message that is *shown* and fit together."""
    chosen: dict[int, Piece] = {}
    for number in sorted(shown & blocks.keys(), reverse=True):
        room -= blocks[number].tokens
        if room < 0:
            break
        chosen[number] = blocks[number]
    return chosen


def _placed(pieces: Sequence[Piece], blocks: Mapping[int, Piece]) -> list[Piece]:
    placed, messages = list(pieces), [piece.message for piece in pieces]
    for place in reversed(range(len(messages))):
        if messages[place].sequence in blocks:
            placed.insert(clear_of_results(messages, place), blocks[messages[place].sequence])
    return placed


def ordered(mandatory: Sequence[Piece], middle: Sequence[Piece]) -> list[Piece]:
    """System prompts and profile, then all else as it stands; the goal before the newest question and its quotes."""
    system = [piece for piece in mandatory if piece.kind != "goal"]
    goal = [piece for piece in mandatory if piece.kind == "goal"]
    asked = [
        place for place, piece in enumerate(middle) if piece.message.acts_as in USER_ROLES and piece.kind == "message"
    ]
    start = clear_of_results([piece.message for piece in middle], asked[-1]) if asked else 0
    if start and middle[start - 1].kind == "recalled":
        start -= 1
    return [*system, *middle[:start], *goal, *middle[start:]]
