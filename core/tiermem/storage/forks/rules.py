"""Forks and rewinds as decisions: which of a journal's a fork keeps, and where a conversation can be parted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tiermem.records import Decision, Shown
from tiermem.window.turns import steps
from tiermem.window.view import Entry, Span, hidden_ranges, paint

REWIND = "rewind"  # the strategy of a decision to hide what came after a message
NEAR = 256  # messages on either side of a border that are looked at for a step which it would part


def is_rewind(decision: Decision) -> bool:
    """Whether *decision* is a rewind that is in force."""
    return decision.kind == "hide" and decision.strategy == REWIND and not decision.undone


def left_behind(decision: Decision, at: int) -> bool:
    """Whether a fork at message *at* does without *decision*: it is a rewind that took that message out of view."""
    return is_rewind(decision) and decision.first <= at <= decision.last


def clipped(decisions: Iterable[Decision], at: int) -> list[Decision]:
    """Those in force about messages up to *at*, as they concern these."""
    return [
        replace(one, last=min(one.last, at))
        for one in decisions
        if not one.undone and one.first <= at and one.last >= 1
    ]


def hides(hiding: Sequence[Decision]) -> list[Decision]:
    """The decisions that hide what *hiding*, in order, hides: rewinds as they are, for a fork of the fork asks for
    them; all others as ranges; what was erased last, for nothing shows that again."""
    rewinds = [one for one in hiding if is_rewind(one)]
    erased = [one for one in hiding if one.kind == "erase"]
    said = [(one.kind != "restore", one.first, one.last) for one in sorted(hiding, key=_erases)]
    hidden = hidden_ranges(said)
    rewound = hidden_ranges([(True, one.first, one.last) for one in rewinds])
    back = [
        Decision(number=0, kind="restore", first=a, last=b, reason="shown again") for a, b in apart(rewound, hidden)
    ]
    more = [Decision(number=0, kind="hide", first=a, last=b, reason="hidden") for a, b in apart(hidden, rewound)]
    return [*rewinds, *back, *more, *erased]


def apart_from_stubs(covers: Sequence[Decision], hiding: Sequence[Decision], floor: int, at: int) -> list[Span]:
    """What covers, hides and shows the messages above *floor* and up to *at*, as if none was compacted.

    A decision to compact changes nothing of what is hidden, and of others the last one of a message shows it. So a view
    is what `hides` says, and behind that `in_order` the covers that are found here, `restores` and those to compact:
    how many messages they compacted need not be known.
    """
    return paint(floor + 1, at, in_order([*covers, *hiding]), {}) if floor < at else []


def restores(hiding: Sequence[Decision], parts: Sequence[Span]) -> list[Decision]:
    """The decisions that *parts* are shown word for word by, as they concern those."""
    made = {one.number: one for one in hiding}
    shown = (part for part in parts if part.shown is Shown.VERBATIM and part.decision)
    told = "shown word for word"  # that somebody asked for it is told by a use
    return [replace(made[part.decision], first=part.first, last=part.last, reason=told) for part in shown]


def in_order(decisions: Iterable[Decision]) -> list[Decision]:
    """*decisions* in the order in which they were taken."""
    return sorted(decisions, key=lambda one: one.number)


def _erases(decision: Decision) -> bool:
    return decision.kind == "erase"


def apart(ranges: Sequence[tuple[int, int]], without: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of *ranges* is in none of *without*; both in order and apart."""
    return hidden_ranges([*((True, *one) for one in ranges), *((False, *one) for one in without)])


def parted(near: Sequence[Entry], at: int) -> tuple[int, int] | None:
    """The first and the last message of the step that a border behind message *at* would part; None where it parts
    none. *near* are messages on both sides."""
    step = next((one for one in steps(near) if one[0].sequence <= at < one[-1].sequence), None)
    return (step[0].sequence, step[-1].sequence) if step else None
