"""In how much detail a hit is quoted whose whole message has no room: the passages for the question, or one line. Pure.

Rule 1: whole messages come first, as they do without levels: nothing that would be quoted whole is quoted in part.
Rule 2: what is left of the block goes to the best of the others, each in the most detail that fits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from tiermem.search import passages
from tiermem.search.quoting.quotes import Question, Quotes
from tiermem.search.quoting.showing import Candidate, QuotedBlock

DETAILS: Final = (480, 160)  # characters of a hit's passages and of its line: about 120 and 40 tokens
TRIED: Final = 12  # hits that are tried, best first
LEAST: Final = 24  # tokens of room below which nothing is worth quoting


def lowered(
    candidates: Sequence[Candidate], chosen: Collection[int], budget: int, quotes: Quotes, question: Question
) -> QuotedBlock | None:
    """The block of those *chosen*, which are whole, and in less detail of others; None where there is no room for
    others in *budget* tokens."""
    shown = QuotedBlock.of(candidates, chosen, quotes)
    left = budget - (shown.measured({})[0] if chosen else passages.BLOCK_TOKENS)
    others = sorted((one for one in candidates if one.place not in chosen), key=lambda one: -one.hit.score)
    added: list[Candidate] = []
    for other in others[:TRIED]:
        if left < LEAST:
            break
        if (fits := _in_less(other, left, quotes, question)) is not None:
            added.append(fits)
            left -= fits.quote.cost + passages.HEADER_TOKENS
    return _measured(candidates, chosen, added, budget, quotes)


def _in_less(one: Candidate, left: int, quotes: Quotes, question: Question) -> Candidate | None:
    for limit in DETAILS:
        quote = quotes.in_part(one.hit, limit, question)
        if quote is not None and quote.cost + passages.HEADER_TOKENS <= left:
            return one._replace(quote=quote)
    return None


def _measured(
    candidates: Sequence[Candidate], chosen: Collection[int], added: list[Candidate], budget: int, quotes: Quotes
) -> QuotedBlock | None:
    while added:
        instead = {one.place: one for one in added}
        block = QuotedBlock.of([instead.get(one.place, one) for one in candidates], {*chosen, *instead}, quotes)
        if block.measured({})[0] <= budget:
            return block
        added.pop()
    return None
