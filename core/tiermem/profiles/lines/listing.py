"""Lines in order, the most valuable first, and how some are exchanged without looking at the others. Pure.

Rule: lines are ordered by what they are about, then newest first; a line that comes in moves no other one past another,
so that what stands before it in a prompt stays as it is.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from tiermem.profiles.lines.line import SECTIONS, ProfileLine

_Place: TypeAlias = tuple[bool, int, int, float, str]
_SECTION = {section: place for place, section in enumerate(SECTIONS)}


def ordered(lines: Iterable[ProfileLine]) -> list[ProfileLine]:
    """*lines*, the most valuable first: pinned ones, then by section and what they are about, newest first."""
    return sorted(lines, key=_place)


def exchanged(
    lines: Sequence[ProfileLine], gone: Iterable[ProfileLine], come: Iterable[ProfileLine]
) -> list[ProfileLine]:
    """*lines*, which are ordered, without those *gone*, which are among them, and with those that *come*, in order."""
    left = list(lines)
    for line in gone:
        place = bisect_left(left, _place(line), key=_place)
        while left[place] != line:  # several may have the same place
            place += 1
        del left[place]
    for line in come:
        insort(left, line, key=_place)
    return left


def _place(line: ProfileLine) -> _Place:
    counted = line.section == "interest"  # each mention is newer than the last: among equals their names stay in order
    said = -math.inf if line.said_at is None or counted else line.said_at.timestamp()
    return (not line.pinned, _SECTION[line.section], line.rank, -said, line.key)
