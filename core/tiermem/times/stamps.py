"""Days and hours as quotes show them. Pure.

Rule: by a clock of UTC they say so, since for many people the day is then another one; by any other clock, which
somebody chose, they are those of whoever reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

UTC_MARK = " UTC"


def stamp(when: datetime | None) -> str:
    """Day, hour and minute; "" where unknown."""
    return f"{when:%Y-%m-%d %H:%M}{_mark(when)}" if when else ""


def day(when: datetime | None) -> str:
    """The day; "" where unknown."""
    return f"{when.date().isoformat()}{_mark(when)}" if when else ""  # strftime takes five times as long


def days(moments: Sequence[datetime | None]) -> list[str]:
    """The day of each of *moments*, "" where unknown; where all are by UTC, the first one says it for all."""
    return marked_once([day(when) for when in moments])


def marked_once(told: Sequence[str]) -> list[str]:
    """The days *told*; where all that are known are by UTC, the first one says it for all."""
    if not all(text.endswith(UTC_MARK) for text in told if text):
        return [*told]
    first = next((place for place, text in enumerate(told) if text), 0)
    return [*told[: first + 1], *(text.removesuffix(UTC_MARK) for text in told[first + 1 :])]


def _mark(when: datetime) -> str:
    return UTC_MARK if when.tzinfo is UTC else ""
