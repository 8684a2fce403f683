"""Which spans of a window fade, and which come back. Pure.

Rule 1: only what lies behind what the thresholds reached fades: turns with stubs, or older than one, and summaries; the
rest of the window is left to the thresholds. The newest messages, and what is hidden, fixed or protected, are never
touched. Turns fade whole, so that a call keeps its results.
Rule 2: a summary fades line by line: one stays while a message that it rests on is active. Where nothing under it is,
nothing of it stays, and neighbours of which nothing stays become one span.
Rule 3: what faded comes back when a message that it rests on is active again; what is not fades anew around it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from tiermem.records import Shown, StructuredSummary, Summary
from tiermem.summaries.lines import lines_of, provenance_in, structured
from tiermem.window import planning
from tiermem.window.turns import groups
from tiermem.window.view import Cover, Entry, Span

FADED = "faded"  # the strategy of a summary that says nothing of what it covers
Active = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Fade:
    """Messages `first`..`last` of which only the lines of `left` are shown any more, or nothing: so many `messages`,
    that cost so many `tokens`, under the summaries `children`."""

    first: int
    last: int
    messages: int
    tokens: int
    children: tuple[int, ...] = ()
    left: StructuredSummary | None = None


@dataclass(frozen=True, slots=True)
class _Unit:
    first: int
    last: int
    tokens: int
    messages: int
    child: int = 0
    fades: bool = False
    stays: bool = False  # it may stand inside of a span: fixed, or hidden


def fades(
    entries: Sequence[Entry], covers: Sequence[Cover], spans: Sequence[Span], active: Active, recent: int
) -> list[Fade]:
    """The spans that fade, oldest first: of visible *entries* but the newest *recent*, and of *covers* in force;
    *spans* are all of the view."""
    covered = _covered(spans)
    going = _going(entries, covers, active, recent)
    units = [_of_entry(entry, going) for entry in entries]
    units += [_of_cover(cover, covered.get(cover.number, []), active) for cover in covers]
    units += [_Unit(s.first, s.last, 0, 0, stays=True) for s in spans if s.shown is Shown.HIDDEN]
    found: list[Fade] = []
    run: list[_Unit] = []
    for unit in sorted(units, key=lambda unit: (unit.first, -unit.last)):
        if unit.fades:
            run.append(unit)
        elif not unit.stays:
            found += _joined(run)
            run = []
    return [*found, *_joined(run)]


def _covered(spans: Sequence[Span]) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    for span in spans:
        if span.shown is Shown.COVERED:
            found.setdefault(span.summary, []).append(span)
    return found


def _going(entries: Sequence[Entry], covers: Sequence[Cover], active: Active, recent: int) -> set[int]:
    """The messages that stand in the window and fade."""
    moving = [entry for entry in entries if not entry.fixed]
    kept = {entry.sequence for entry in moving[len(moving) - recent :]} if recent else set()
    stubs = [entry.sequence for entry in moving if entry.shown is Shown.COMPACTED]
    reached = max([*stubs, *(cover.last for cover in covers)], default=0)
    found: set[int] = set()
    for turn in groups(moving):
        numbers = {entry.sequence for entry in turn}
        whole = all(not entry.restored and not active(entry.sequence) for entry in turn)
        if whole and not numbers & kept and min(numbers) <= reached:
            found |= numbers
    return found


def _of_entry(entry: Entry, going: Collection[int]) -> _Unit:
    number = entry.sequence
    return _Unit(number, number, entry.shown_tokens, 1, fades=number in going, stays=entry.fixed)


def _of_cover(cover: Cover, spans: Sequence[Span], active: Active) -> _Unit:
    numbers = _numbers(spans)
    fading = bool(numbers) and not any(active(number) for number in numbers)
    return _Unit(cover.first, cover.last, cover.tokens, len(numbers), cover.number, fades=fading)


def _joined(run: Sequence[_Unit]) -> list[Fade]:
    """The span of a *run* of units that fade; nothing where nothing is gained: it faded before."""
    tokens = sum(unit.tokens for unit in run)
    if not tokens:
        return []
    children = tuple(unit.child for unit in run if unit.child)
    messages = sum(unit.messages for unit in run if unit.tokens)
    return [Fade(run[0].first, max(unit.last for unit in run), messages, tokens, children)]


def partly(live: Sequence[Summary], spans: Sequence[Span], active: Active) -> list[Fade]:
    """The summaries of which some lines fade, each by itself: those that save enough by it."""
    covered = _covered(spans)
    found = []
    for summary in live:
        numbers = _numbers(covered.get(summary.number, []))
        inactive = [number for number in numbers if not active(number)]
        if summary.strategy == FADED or not inactive or len(inactive) == len(numbers):
            continue
        left = _left(summary.structure, active)
        share = len(lines_of(left)) / max(1, len(lines_of(summary.structure)))
        if planning.worth(summary.tokens, round(share * summary.tokens)):
            ends = summary.first, summary.last
            found.append(Fade(*ends, len(inactive), summary.tokens, (summary.number,), left))
    return found


def _numbers(spans: Sequence[Span]) -> list[int]:
    return [number for span in spans for number in range(span.first, span.last + 1)]


def _left(structure: StructuredSummary, active: Active) -> StructuredSummary:
    """*structure* with the lines that rest on something active, or on nothing that is known."""
    kept = [line for line in lines_of(structure) if not line.sources or any(map(active, line.sources))]
    return structured(kept, provenance_in(structure), structure.timestamp)


def wakes(live: Sequence[Summary], behind: Mapping[int, Summary], spans: Sequence[Span], active: Active) -> list[int]:
    """The numbers of those summaries among the *live* ones that are faded and would say more now; *behind* has the
    summaries that they took the place of."""
    covered = _covered(spans)
    found = []
    for summary in (one for one in live if one.strategy == FADED):
        numbers = _numbers(covered.get(summary.number, []))
        if not summary.text:
            more = any(map(active, numbers))
        else:
            was = behind[summary.children[0]]
            more = len(lines_of(_left(was.structure, active))) > len(lines_of(summary.structure))
        if more:
            found.append(summary.number)
    return found
