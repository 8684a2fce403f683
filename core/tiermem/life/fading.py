"""Which spans of a window fade, and which messages come back. Pure.

Rule 1: only what lies behind what the thresholds reached fades: turns with stubs, or older than one, and summaries; the
rest of the window is left to the thresholds. The newest messages, and what is hidden, fixed or protected, are never
touched. Turns fade whole, so that a call keeps its results.
Rule 2: a summary fades line by line: one stays while a message that it rests on is active. Where no line is left,
nothing of it stays, and neighbours of which nothing stays become one span.
Rule 3: what is used comes back itself, where a faded span covers it and has no line of it. It fades again when it is
no longer active. So planning again, without news, plans nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from tiermem.records import Shown, StructuredSummary, Summary
from tiermem.summaries.lines import FADED, lines_of, provenance_in, structured
from tiermem.window import planning
from tiermem.window.turns import groups
from tiermem.window.view import Entry, Span

Active = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Fade:
    """Messages `first`..`last` of which only the lines of `left` are shown any more, or nothing.

    They cost so many `tokens`, of which about `saves` go; `messages` of them left the window with it. `children` are
    the summaries that this one takes the place of, and `kept` the messages inside that stay in view.
    """

    first: int
    last: int
    messages: int
    tokens: int
    saves: int
    children: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    left: StructuredSummary | None = None


@dataclass(frozen=True, slots=True)
class InView:
    """What a session shows: visible `entries`, summaries in force (`live`), the `spans` of the whole partition."""

    entries: Sequence[Entry]
    live: Sequence[Summary]
    spans: Sequence[Span]

    def under(self, summary: Summary) -> list[int]:
        """The messages that *summary* covers, but the fixed ones, which stay visible."""
        fixed = {entry.sequence for entry in self.entries if entry.fixed}
        mine = (span for span in self.spans if span.shown is Shown.COVERED and span.summary == summary.number)
        return [number for span in mine for number in range(span.first, span.last + 1) if number not in fixed]


@dataclass(frozen=True, slots=True)
class _Unit:
    first: int
    last: int
    tokens: int
    messages: int
    child: int = 0
    fades: bool = False
    stays: bool = False  # it may stand inside of a span: fixed, hidden, or kept in view


def fades(view: InView, active: Active, recent: int) -> list[Fade]:
    """The spans that fade, oldest first; the newest *recent* messages are let be."""
    going = _going(view, active, recent)
    inside = [(one.first, one.last) for one in view.live]
    units = [_of_entry(entry, going, inside) for entry in view.entries]
    units += [_Unit(span.first, span.last, 0, 0, stays=True) for span in view.spans if span.shown is Shown.HIDDEN]
    partly: list[Fade] = []
    for summary in view.live:
        under = view.under(summary)
        left = _left(summary.structure, active) if any(map(active, under)) else None
        whole = bool(under) and (left is None or not lines_of(left))
        units.append(_Unit(summary.first, summary.last, summary.tokens, len(under), summary.number, fades=whole))
        if not whole and left is not None:
            partly += _partly(summary, left, [number for number in under if not active(number)])
    found = [*_joined_all(units), *partly]
    placed = ((fade, _kept(view, fade, going)) for fade in found)
    return [replace(fade, kept=kept) for fade, kept in placed if kept is not None]


def _kept(view: InView, fade: Fade, going: Collection[int]) -> tuple[int, ...] | None:
    """The messages inside of *fade* that stay in view; None where one is a stub there, which a cover would take."""
    within = [
        entry
        for entry in view.entries
        if fade.first <= entry.sequence <= fade.last and not entry.fixed and entry.sequence not in going
    ]
    if any(entry.shown is not Shown.VERBATIM for entry in within):
        return None
    return tuple(entry.sequence for entry in within)


def _going(view: InView, active: Active, recent: int) -> set[int]:
    """The messages that stand in the window and fade."""
    moving = [entry for entry in view.entries if not entry.fixed]
    kept = {entry.sequence for entry in moving[len(moving) - recent :]} if recent else set()
    stubs = [entry.sequence for entry in moving if entry.shown is Shown.COMPACTED]
    reached = max([*stubs, *(one.last for one in view.live)], default=0)
    found: set[int] = set()
    for turn in groups(moving):
        numbers = {entry.sequence for entry in turn}
        if not any(map(active, numbers)) and not numbers & kept and min(numbers) <= reached:
            found |= numbers
    return found


def _of_entry(entry: Entry, going: Collection[int], inside: Sequence[tuple[int, int]]) -> _Unit:
    number = entry.sequence
    fades = number in going
    within = any(first <= number <= last for first, last in inside)  # taken out of a summary: it goes with it, or stays
    return _Unit(number, number, entry.shown_tokens, 1, fades=fades, stays=entry.fixed or (within and not fades))


def _joined_all(units: Sequence[_Unit]) -> list[Fade]:
    found: list[Fade] = []
    run: list[_Unit] = []
    for unit in sorted(units, key=lambda unit: (unit.first, -unit.last)):
        if unit.fades:
            run.append(unit)
        elif not unit.stays:
            found += _joined(run)
            run = []
    return [*found, *_joined(run)]


def _joined(run: Sequence[_Unit]) -> list[Fade]:
    """The span of a *run* of units that fade; nothing where nothing is gained: it faded before."""
    tokens = sum(unit.tokens for unit in run)
    if not tokens:
        return []
    children = tuple(unit.child for unit in run if unit.child)
    messages = sum(unit.messages for unit in run if unit.tokens)
    return [Fade(run[0].first, max(unit.last for unit in run), messages, tokens, tokens, children)]


def _partly(summary: Summary, left: StructuredSummary, inactive: Sequence[int]) -> list[Fade]:
    """*summary* with the lines of *left* alone, where that saves enough."""
    share = len(lines_of(left)) / max(1, len(lines_of(summary.structure)))
    after = round(share * summary.tokens)
    if not planning.worth(summary.tokens, after):
        return []
    saves = summary.tokens - after
    ends = summary.first, summary.last
    return [Fade(*ends, len(inactive), summary.tokens, saves, (summary.number,), left=left)]


def _left(structure: StructuredSummary, active: Active) -> StructuredSummary:
    """*structure* with the lines that rest on something active, or on nothing that is known."""
    kept = [line for line in lines_of(structure) if not line.sources or any(map(active, line.sources))]
    return structured(kept, provenance_in(structure), structure.timestamp)


def returns(view: InView, used: Collection[int], active: Active) -> list[int]:
    """The *used* messages that are active and lie under a faded summary without a line of theirs."""
    found: list[int] = []
    for summary in (one for one in view.live if one.strategy == FADED):
        told = {number for line in lines_of(summary.structure) for number in line.sources} if summary.text else set()
        found += [number for number in view.under(summary) if number in used and number not in told and active(number)]
    return sorted(found)
