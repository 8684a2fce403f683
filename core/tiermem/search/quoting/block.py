"""What of the hits a recalled block shows within its tokens, for contexts and agents. Pure.

Rule 1: messages come first, in order, those of other conversations of the user before those of this one, with the name
of their session before the reference; then the chunks of documents, source by source, in order.
Rule 2: that a statement is out of date is said behind its text, and only where there is room for it: it takes nothing
out of the block.
Rule 3: what one says in several conversations word for word is quoted once.
Rule 4: the block that is handed out is counted as it stands; one that is too long is chosen again, smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

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

FITTING, SMALLER = 12, 0.9  # tries to make a rendered block fit, and how much of it each leaves
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
    scores = {place: hit.score for hit, _, place in candidates}
    costs = {place: quote.cost for _, quote, place in candidates}
    longer = _longer(candidates, kept)
    allowed = budget - passages.BLOCK_TOKENS
    for _ in range(FITTING):
        chosen = set(packing.by_value(scores, costs, allowed, passages.HEADER_TOKENS, longer))
        shown = lowered(candidates, chosen, budget, kept, partial(query_terms, query)) if levels else None
        if shown is None and not chosen:
            break
        shown = shown or QuotedBlock.of(candidates, chosen, kept)
        tokens, text = shown.measured({})
        if tokens <= budget:
            hits_shown = [one.hit for one in shown.best]
            return [shown.piece(*_noted(shown, hits_shown, budget) or (tokens, text))], hits_shown
        allowed = int(allowed * SMALLER)
    return [], []


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


def _noted(shown: QuotedBlock, hits: Sequence[Hit], budget: int) -> tuple[int, Callable[[], str]] | None:
    """The block with as many notes as it has room for, of the best *hits* first; None where no note fits."""
    notes = [(one.place, words) for one, hit in zip(shown.best, hits, strict=True) if (words := note(hit))]
    while notes:
        measured = shown.measured(dict(notes))
        if measured[0] <= budget:
            return measured
        notes = notes[: len(notes) // 2]
    return None
