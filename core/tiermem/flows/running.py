"""The running summary within a budget: all of it, or the newest summaries that fit, each cut to its telling lines.

What a summary says is read and counted once and kept with it; so is what a budget held of the same summaries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Piece, Shown, Summary, Tier
from tiermem.summaries.merging import Fitting, bare
from tiermem.text.clipping import Count
from tiermem.tokens.counting import OVERHEAD, message_tokens
from tiermem.tokens.lines import CountedText, add_up
from tiermem.window.provenance import lowest
from tiermem.window.quotation import CLOSE, running

SMALLEST = 80  # tokens in which a summary says anything: its header and two lines or three


@dataclass(frozen=True, slots=True)
class KnownSummary:
    """A summary as it was read: its lines, all of its text, and whether that says nothing."""

    summary: Summary
    fitting: Fitting
    whole: CountedText
    bare: bool

    @classmethod
    def of(cls, summary: Summary, count: Count) -> KnownSummary:
        """*summary*, counted by *count*."""
        fitting = Fitting(summary.structure, summary.first, summary.last, summary.ref, count)
        return cls(summary, fitting, CountedText.of(summary.text, count), bare(summary, fitting.header))

    def within(self, budget: int) -> CountedText:
        """As much of it as *budget* tokens hold; no text where that is nothing."""
        return self.whole if self.whole.tokens <= budget else self.fitting.within(budget)


def frame(core: Core, count: Count) -> int:
    """What the block around a running summary costs."""
    return OVERHEAD + _counted(core, count)(running((), lowest(())))


def pieces(core: Core, live: Sequence[Summary], budget: int, count: Count) -> list[Piece]:
    """The running summary of those in force within *budget* tokens, as one piece; nothing where nothing fits."""
    if not live:
        return []
    key = id(live), id(count), budget
    known = core.running.get(key)
    if known is not None and known[0] is live and known[1] is count:
        return [*known[2]]
    return [*core.running.put(key, (live, count, _pieces(core, live, budget, count)))[2]]


def _pieces(core: Core, live: Sequence[Summary], budget: int, count: Count) -> list[Piece]:
    chosen: list[tuple[Summary, CountedText]] = []
    left = budget - frame(core, count)
    telling = [known for known in (_known(core, summary, count) for summary in live) if not known.bare]
    for position, known in enumerate(reversed(telling)):
        rest = _rest(telling, position)
        others = 0 if position == len(telling) - 1 else min(left // 2, rest, max(0, left - SMALLEST))
        fitted = known.within(left - others)
        if not fitted.text:  # older ones would get less; trying all of a long session's summaries took 200 ms
            break
        chosen.append((known.summary, fitted))
        left -= fitted.tokens + 1
    while chosen:
        piece = _piece(core, chosen[::-1], count)
        if piece.tokens <= budget:
            return [piece]
        chosen.pop()
    return []


def _known(core: Core, summary: Summary, count: Count) -> KnownSummary:
    key = id(summary), id(count)
    known = core.summaries.get(key)
    if known is None or known.summary is not summary or known.fitting.count is not count:
        known = core.summaries.put(key, KnownSummary.of(summary, count))
    return known


def _rest(telling: Sequence[KnownSummary], position: int) -> int:
    return sum(known.summary.tokens + 1 for known in telling[: len(telling) - 1 - position])


def _piece(core: Core, chosen: Sequence[tuple[Summary, CountedText]], count: Count) -> Piece:
    text = running([fitted.text for _, fitted in chosen], lowest(summary.structure.trust for summary, _ in chosen))
    message = Message(role="user", content=text, id="summary", origin="model_inference")
    refs = tuple(summary.ref for summary, _ in chosen)
    tokens = _added_up(core, text, [fitted for _, fitted in chosen], count)
    tokens = message_tokens(message, count) if tokens is None else tokens
    return Piece(message=message, kind="summary", tier=Tier.L2, tokens=tokens, shown=Shown.COVERED, refs=refs)


def _added_up(core: Core, text: str, chosen: Sequence[CountedText], count: Count) -> int | None:
    """What a message of *text* costs, which encloses those *chosen*; None where their tokens say nothing of it."""
    opening, _, rest = text.partition("\n")
    unchanged = rest == "".join(f"{fitted.text}\n" for fitted in chosen) + CLOSE
    if not unchanged or any(fitted.ended < 0 for fitted in chosen) or not add_up(count, (), len(text)):
        return None
    counted = _counted(core, count)
    return OVERHEAD + counted(f"{opening}\n") + sum(fitted.ended for fitted in chosen) + counted(CLOSE)


def _counted(core: Core, count: Count) -> Callable[[str], int]:
    """*count* for a few texts that come again and again."""
    return core.quotes.counted if core.quotes.count is count else count
