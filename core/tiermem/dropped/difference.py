"""The difference of two views: which messages are shown as less than they were, and since when. Pure.

Rule: only what compaction and summaries took counts; what somebody hid or restored was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tiermem.records import Decision, Shown
from tiermem.text import late
from tiermem.window.planning import REASON
from tiermem.window.view import Span

_LESS = {Shown.VERBATIM: 0, Shown.COMPACTED: 1, Shown.COVERED: 2}
_WINDOW = late.compile(rf"{REASON} ([\d,]+) tokens")
_BETWEEN = frozenset({"pin"})  # decisions that change no view


def taken(before: Sequence[Span], after: Sequence[Span]) -> list[tuple[int, int, Span, Span]]:
    """The stretches of messages that are shown as less *after* than *before*, both partitions of the same messages:
    first, last, and the spans that they were and are in."""
    found: list[tuple[int, int, Span, Span]] = []
    old, new = 0, 0
    while old < len(before) and new < len(after):
        one, other = before[old], after[new]
        first, last = max(one.first, other.first), min(one.last, other.last)
        if first <= last and _LESS.get(one.shown, 3) < _LESS.get(other.shown, 0):
            found.append((first, last, one, other))
        old += one.last <= other.last
        new += other.last <= one.last
    return found


def as_of(journal: Sequence[Decision], number: int) -> list[Decision]:
    """The decisions up to *number*, undone as far as they were then."""
    made = [decision for decision in journal if decision.number <= number]
    undone = {decision.reference for decision in made if decision.kind == "undo"}
    return [replace(decision, undone=decision.number in undone) for decision in made]


def before_last_run(journal: Sequence[Decision]) -> int:
    """The number of the decision before the last run of managing that is in force; where none is, of the last one.

    The decisions of a run follow each other, and each finds the window as the one before left it.
    """
    last = journal[-1].number if journal else 0
    begun = 0
    for decision in reversed([one for one in journal if one.kind not in _BETWEEN]):
        if begun and not _continues(decision, journal[begun - 1]):
            break
        if _is_run(decision):
            begun = decision.number
        elif begun:
            break
    return begun - 1 if begun else last


def _is_run(decision: Decision) -> bool:
    return decision.kind in {"compact", "cover"} and not decision.undone and decision.reason.startswith(REASON)


def _continues(decision: Decision, following: Decision) -> bool:
    """Whether *following* found the window as *decision* left it."""
    window, then = _window(decision), _window(following)
    return window > 0 and then == window - decision.tokens_before + decision.tokens_after


def _window(decision: Decision) -> int:
    found = _WINDOW.match(decision.reason)
    return int(found[1].replace(",", "")) if found else 0
