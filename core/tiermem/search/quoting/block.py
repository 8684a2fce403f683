"""What of the hits a recalled block shows within its tokens, for contexts and agents. Pure.

Rule 1: messages come first, in order, those of other conversations of the user before those of this one, with the name
of their session before the reference; then the chunks of documents, source by source, in order.
Rule 2: that a statement is out of date is said behind its text, for which what fills the last tokens of the block gives
way: a fourteenth of them is kept for it.
Rule 3: what one says in several conversations word for word is quoted once.
Rule 4: the block that is handed out is counted as it stands; one that is too long is chosen again, smaller, and one
that leaves room, larger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from tiermem.records import Hit, Piece
from tiermem.search import packing, passages
from tiermem.search.passages import note
from tiermem.search.quoting.levels import lowered
from tiermem.search.quoting.places import places
from tiermem.search.quoting.quotes import Owner, Quotes
from tiermem.search.quoting.repeated import once
from tiermem.search.quoting.showing import Candidate, QuotedBlock
from tiermem.text.analyzer import query_terms
from tiermem.text.clipping import Count

FITTING = 12  # tries to make a rendered block fit, or to fill it
TRUSTED, SMALLER = 3, 0.9  # tries in which what is too much is taken off; after those, how much each leaves
NOTES = 14  # the part of a block that notes may take
SHORT = 40  # tokens of a short message with what stands before it
SPARE, PART = 8, 64  # tokens of room that nothing is looked for, at least, and as a part of the budget
NOBODY: Owner = ("", "", "")


def block(
    hits: Sequence[Hit],
    query: str,
    budget: int,
    count: Count,
    quotes: Quotes | None = None,
    owner: Owner = NOBODY,
    *,
    levels: bool = False,
) -> tuple[list[Piece], list[Hit]]:
    """What of *hits* fits into *budget* tokens, as one quoted block, and the hits that it shows.

    Args:
        hits: what was found, best first.
        query: the question.
        budget: tokens of the message that holds the block.
        count: the tokens of a text.
        quotes: those kept from question to question; they count with *count*, or are of no use here.
        owner: tenant, user and session that were asked.
        levels: whether what room is left is given to hits whose whole message does not fit, in less detail.
    """
    kept = quotes if quotes is not None and quotes.count is count else Quotes(count)
    candidates = _candidates(once(hits), query, budget, kept, owner)
    filled = _filled(candidates, kept, budget)
    if levels:
        chosen = {one.place for one in filled[0].best} if filled else set[int]()
        lower = lowered(candidates, chosen, budget, kept, partial(query_terms, query))
        filled = (lower, *_measured(lower, budget)[:2]) if lower else filled
    if filled is None:
        return [], []
    shown, tokens, text = filled
    return [shown.piece(tokens, text)], [one.hit for one in shown.best]


_Filled: TypeAlias = tuple[QuotedBlock, int, Callable[[], str]]


def _filled(candidates: Sequence[Candidate], kept: Quotes, budget: int) -> _Filled | None:
    """The block of *candidates* that fills *budget* tokens best, with its tokens and its text; None where none fits.

    What is chosen costs about as much as is thought, so it is chosen again by what the block really costs; larger only
    with no fewer notes.
    """
    costs = {place: quote.cost for _, quote, place in candidates}
    headers = _headers(candidates, kept)
    allowed = budget - passages.BLOCK_TOKENS
    order = packing.by_value({place: hit.score for hit, _, place in candidates}, costs, allowed)
    if notes := {place: kept.counted(words) for hit, _, place in candidates if (words := note(hit))}:
        outdated = notes.keys() & packing.fitting(order, costs, allowed, headers)
        allowed -= min(sum(notes[place] for place in outdated), budget // NOTES)
    best: _Filled | None = None
    chosen, noted = set[int](), -1
    for again in range(FITTING):
        before, chosen = chosen, packing.fitting(order, costs, allowed, headers)
        if not chosen or (chosen == before and best):
            break
        shown = QuotedBlock.of(candidates, chosen, kept)
        tokens, text, said, over = _measured(shown, budget)
        if over and best is None and again < TRUSTED and over <= budget // NOTES:  # so few tokens for notes
            allowed = _smaller(chosen, partial(packing.fitting, order, costs, headers=headers), allowed, over)
            continue
        if tokens > budget or said < noted:
            if best:
                break
            less = max(allowed // 2, allowed - (tokens - budget))  # what was thought may be off by more than there is
            allowed = min(less, int(allowed * SMALLER) if again > TRUSTED else allowed)
            continue
        best, noted = (shown, tokens, text), said
        if budget - tokens <= max(SPARE, budget // PART) or len(chosen) == len(candidates):
            break
        allowed += budget - tokens
    return best


def _smaller(chosen: set[int], fitting: Callable[[int], set[int]], allowed: int, over: int) -> int:
    """So much less than *allowed*, in steps of *over*, that something else than what was *chosen* fits; at most a short
    message less."""
    for less in range(allowed - over, allowed - SHORT, -over):
        if fitting(less) != chosen:
            return less
    return allowed - over


def _headers(candidates: Sequence[Candidate], kept: Quotes) -> packing.Headers:
    days = {place: _day(hit) for hit, _, place in candidates if not hit.source}
    return packing.Headers(passages.HEADER_TOKENS, _longer(candidates, kept), passages.DAY_TOKENS, days)


def _day(hit: Hit) -> int:
    return hit.message.when.toordinal() if hit.message.when else 0


def _candidates(hits: Sequence[Hit], query: str, budget: int, quotes: Quotes, owner: Owner) -> list[Candidate]:
    asked: list[list[str]] = []

    def question() -> list[str]:
        if not asked:
            asked.append(query_terms(query))
        return asked[0]

    return list(map(Candidate, hits, quotes.of(hits, owner, passages.longest(budget), question), places(hits)))


def _longer(candidates: Sequence[Candidate], quotes: Quotes) -> dict[int, int]:
    """The tokens of what stands before the references of those of other sessions, by place."""
    away = [one for one in candidates if not one.hit.home]
    return {one.place: quotes.counted(before) for one in away if (before := passages.prefix(one.hit))}


def _measured(shown: QuotedBlock, budget: int) -> tuple[int, Callable[[], str], int, int]:
    """Tokens and text of the block with as many notes as *budget* has room for, of the best hits first; how many those
    are, and how many tokens all of them would be too many."""
    notes, over = [(one.place, words) for one in shown.best if (words := note(one.hit))], 0
    while notes:
        tokens, text = shown.measured(dict(notes))
        if tokens <= budget:
            return tokens, text, len(notes), over
        over = over or tokens - budget
        notes = notes[: len(notes) // 2]
    return *shown.measured({}), 0, over
