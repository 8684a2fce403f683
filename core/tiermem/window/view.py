"""The view: what each message is shown as, derived from the decisions and nothing else.

Rule 1: the newest decision that is not undone wins; a message that no decision names is verbatim. But what is hidden
stays so until it is restored or the hiding undone: a summary over its neighbours does not show it again. What was
erased stays so for good, whatever was decided later.
Rule 2: `paint` returns a partition: every sequence number is in exactly one span.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tiermem.records import Decision, Shown
from tiermem.window.entries import Chunked

SHOWN_BY_KIND = {
    "compact": Shown.COMPACTED,
    "cover": Shown.COVERED,
    "hide": Shown.HIDDEN,
    "erase": Shown.HIDDEN,
    "restore": Shown.VERBATIM,
}
_PASSED_OVER = frozenset({Shown.COMPACTED, Shown.COVERED})  # planned of what is visible, never of what is hidden


@dataclass(frozen=True, slots=True)
class Span:
    """Messages `first`..`last` are shown as `shown` because of `decision` (0: none); `summary` covers them, if any."""

    first: int
    last: int
    shown: Shown
    decision: int = 0
    summary: int = 0

    @property
    def visible(self) -> bool:
        """True when the messages themselves stand in the window, verbatim or as stubs."""
        return self.shown in {Shown.VERBATIM, Shown.COMPACTED}


@dataclass(frozen=True, slots=True)
class Entry:
    """A message that stands in the window: what planning needs to know of it, without its text.

    `calls` are the tool calls it makes, `answers` those it answers. `shown_tokens` is what it costs as shown.
    """

    sequence: int
    role: str
    tokens: int
    shown: Shown = Shown.VERBATIM
    shown_tokens: int = 0
    decision: int = 0
    calls: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    pinned: bool = False

    @property
    def restored(self) -> bool:
        """True when somebody asked for this message to be verbatim."""
        return self.shown is Shown.VERBATIM and self.decision > 0

    @property
    def fixed(self) -> bool:
        """True when no decision may touch it: system prompts and pinned messages."""
        return self.pinned or self.role in {"system", "developer"}


@dataclass(frozen=True, slots=True)
class Cover:
    """A summary that is in force: the span it stands for, its level, and its cost in the window."""

    number: int
    first: int
    last: int
    level: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What is read out of a window's entries: those that no decision may touch and the others, each in order, the
    tokens of all as shown, and whether all others are verbatim."""

    fixed: tuple[Entry, ...] = ()
    moving: Chunked[Entry] = field(default_factory=Chunked)
    tokens: int = 0
    verbatim: bool = True

    def extended(self, entries: Sequence[Entry]) -> Parts:
        """The same with *entries* behind it."""
        moving = [entry for entry in entries if not entry.fixed]
        return Parts(
            (*self.fixed, *(entry for entry in entries if entry.fixed)) if len(moving) < len(entries) else self.fixed,
            self.moving.extended(moving),
            self.tokens + sum(entry.shown_tokens for entry in entries),
            self.verbatim and all(entry.shown is Shown.VERBATIM for entry in moving),
        )


@dataclass(frozen=True, slots=True, init=False)
class Window:
    """The visible part of a session: live summaries, then every visible message, in order.

    Messages that come in make the next window of it, at the cost of what is new.
    """

    last: int
    revision: int
    entries: Chunked[Entry]
    covers: tuple[Cover, ...]
    parts: Parts = field(compare=False, repr=False)

    def __init__(
        self,
        last: int,
        revision: int,
        entries: Iterable[Entry],
        covers: Iterable[Cover],
        parts: Parts | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "last", last)
        put(self, "revision", revision)
        put(self, "entries", entries if isinstance(entries, Chunked) else Chunked(entries))
        put(self, "covers", tuple(covers))
        put(self, "parts", Parts().extended(self.entries) if parts is None else parts)

    def extended(self, last: int, fresh: Sequence[Entry]) -> Window:
        """This window with the messages up to *last*, which are *fresh*, behind it."""
        return Window(last, self.revision, self.entries.extended(fresh), self.covers, self.parts.extended(fresh))

    @property
    def fixed(self) -> tuple[Entry, ...]:
        """What no decision may touch: system prompts and pinned messages."""
        return self.parts.fixed

    @property
    def moving(self) -> Chunked[Entry]:
        """All other messages."""
        return self.parts.moving

    @property
    def tokens(self) -> int:
        """What the window costs as shown."""
        return self.parts.tokens + sum(cover.tokens for cover in self.covers)


def paint(first: int, last: int, decisions: Iterable[Decision], stubs: Mapping[int, Sequence[int]]) -> list[Span]:
    """The partition of `first`..`last` that *decisions* (in order of number) lead to.

    Args:
        first, last: the sequence numbers to partition.
        decisions: those that touch them; undone ones are passed over.
        stubs: for each decision of kind "compact", the sequence numbers it replaced.
    """
    last_word = sorted(decisions, key=lambda decision: decision.kind == "erase")
    strokes = [stroke for decision in last_word for stroke in _strokes(decision, stubs, first, last)]
    borders = sorted({first, last + 1} | {s.first for s in strokes} | {s.last + 1 for s in strokes})
    colours: list[Span | None] = [None] * (len(borders) - 1)
    for stroke in strokes:
        low, high = bisect_left(borders, stroke.first), bisect_left(borders, stroke.last + 1)
        stays = Shown.HIDDEN if stroke.shown in _PASSED_OVER else None
        colours[low:high] = [was if was and was.shown is stays else stroke for was in colours[low:high]]
    return _joined(borders, colours)


def _strokes(decision: Decision, stubs: Mapping[int, Sequence[int]], first: int, last: int) -> list[Span]:
    if decision.undone or decision.kind not in SHOWN_BY_KIND:
        return []
    shown = SHOWN_BY_KIND[decision.kind]
    if decision.kind == "compact":
        members = stubs.get(decision.number, ())
        return [Span(member, member, shown, decision.number) for member in members if first <= member <= last]
    low, high = max(first, decision.first), min(last, decision.last)
    summary = decision.reference if decision.kind == "cover" else 0
    return [Span(low, high, shown, decision.number, summary)] if low <= high else []


def _joined(borders: list[int], colours: list[Span | None]) -> list[Span]:
    spans: list[Span] = []
    for start, end, stroke in zip(borders, borders[1:], colours, strict=False):
        span = Span(start, end - 1, Shown.VERBATIM)
        if stroke is not None:
            span = Span(start, end - 1, stroke.shown, stroke.decision, stroke.summary)
        previous = spans[-1] if spans else None
        if previous and (previous.shown, previous.decision) == (span.shown, span.decision):
            spans[-1] = Span(previous.first, span.last, span.shown, span.decision, span.summary)
        else:
            spans.append(span)
    return spans


def hidden_ranges(decisions: Sequence[tuple[bool, int, int]]) -> list[tuple[int, int]]:
    """The ranges that are hidden, in order and apart: what `paint` says of the decisions to hide and to restore alone.

    Args:
        made: those in force, in order of number: whether it hides, first, last. A session may have thousands, and each
            context asks.
    """
    borders = sorted({border for _, first, last in decisions for border in (first, last + 1)})
    hidden = bytearray(len(borders))
    for hides, first, last in decisions:
        low, high = bisect_left(borders, first), bisect_left(borders, last + 1)
        hidden[low:high] = bytes([hides]) * (high - low)
    ranges: list[tuple[int, int]] = []
    for inside, (first, end) in zip(hidden, pairwise(borders), strict=False):
        if inside and ranges and ranges[-1][1] + 1 == first:
            ranges[-1] = (ranges[-1][0], end - 1)
        elif inside:
            ranges.append((first, end - 1))
    return ranges


def within(ranges: Sequence[tuple[int, int]], number: int) -> bool:
    """Whether *number* lies in one of *ranges*, which are in order and apart."""
    place = bisect_right(ranges, number, key=lambda span: span[0])
    return place > 0 and number <= ranges[place - 1][1]


def visible_ranges(spans: Iterable[Span]) -> list[tuple[int, int]]:
    """The ranges of sequence numbers that stand in the window, adjacent ones joined."""
    ranges: list[tuple[int, int]] = []
    for span in spans:
        if not span.visible:
            continue
        if ranges and ranges[-1][1] + 1 == span.first:
            ranges[-1] = (ranges[-1][0], span.last)
        else:
            ranges.append((span.first, span.last))
    return ranges


def floor_of(spans: Sequence[Span], last: int) -> int:
    """The sequence number up to which nothing is visible: windows are loaded from the next one on."""
    return next((span.first - 1 for span in spans if span.visible), last)
