"""Rows of a table in the order in which they were said. Pure.

Rule 1: where every row of a conversation has a time, times order it; a block that stands the other way round turns no
other.
Rule 2: rows of one time stand as the conversation runs, else as the file does; a question stands before its answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import NamedTuple, cast


class TimedRow(NamedTuple):
    """A row, when it was said, and whether a human said it (None: its table does not part humans from models)."""

    when: datetime | None
    cells: list[str]
    human: bool | None = None


def direction(rows: Iterable[TimedRow]) -> int:
    """How many more steps of *rows* go forward in time than back: below 0 the newest stand first."""
    times = [row.when for row in rows if row.when is not None]
    return sum((later > earlier) - (later < earlier) for earlier, later in pairwise(times))


def in_order(rows: Sequence[TimedRow], file: int = 0) -> list[TimedRow]:
    """*rows* of one conversation, the oldest first; *file* is the direction of all of its file."""
    runs = direction(rows) or _ends(rows) or file
    told = [*reversed(rows)] if runs < 0 or (not runs and _answer_first(rows)) else [*rows]
    if any(row.when is None for row in told):
        return told
    told.sort(key=_when)
    return [row for _, same in groupby(told, key=_when) for row in _asked_first([*same])]


def _when(row: TimedRow) -> datetime:
    return cast("datetime", row.when)  # asked of conversations in which every row has one


def _ends(rows: Sequence[TimedRow]) -> int:
    """As many steps forward as back: whether the last is later than the first."""
    times = [row.when for row in rows if row.when is not None]
    return (times[-1] > times[0]) - (times[-1] < times[0]) if times else 0


def _answer_first(rows: Sequence[TimedRow]) -> bool:
    return len(rows) > 1 and rows[0].human is False


def _asked_first(same: list[TimedRow]) -> list[TimedRow]:
    """Rows of one time, turned around where an answer begins them and a question ends them."""
    return same[::-1] if same[0].human is False and same[-1].human else same
