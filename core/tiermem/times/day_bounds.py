"""Days as a model writes them: ISO dates and times, or the words of people in English and Chinese. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tiermem.text import late
from tiermem.times.nearness import mentioned, wall_clock

_MONTH = late.compile(r"(\d{4})-(\d{1,2})")
_DAY = late.compile(r"\d{4}-?\d{2}-?\d{2}")
_TICK = timedelta(microseconds=1)


def bound(text: str, now: datetime, *, upper: bool) -> datetime | None:
    """The first moment of the time that *text* names, or with *upper* its last; None where it names none.

    "2024-03-01T10:30" is that moment, with its zone where it has one; "2024-03-01", "2024-03", "2024", "last week",
    "上周", "3 May 2024" are whole days, months, years, by no particular clock. "last week" is counted from *now*.
    """
    moment = _exact(text)
    if moment is not None:
        return moment
    span = _month(text) or _named(text, now)
    if span is None or not upper:
        return span[0] if span else None
    return span[1] if span[1] == datetime.max else span[1] - _TICK


def _exact(text: str) -> datetime | None:
    try:
        return None if _DAY.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError:
        return None


def _month(text: str) -> tuple[datetime, datetime] | None:
    match = _MONTH.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= 12 or not 1 <= int(match[1]) < 9999:
        return None
    first = datetime(int(match[1]), int(match[2]), 1)
    return first, (first + timedelta(days=32)).replace(day=1)


def _named(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    if _DAY.fullmatch(text):
        try:
            day = datetime.fromisoformat(text)
            return day, day + timedelta(days=1)
        except (ValueError, OverflowError):
            return None
    spans = mentioned(text, wall_clock(now))
    if not spans:
        return None
    return _naive(min(span.start for span in spans)), _naive(max(span.end for span in spans))


def _naive(seconds: float) -> datetime:
    """The moment, or the first or last that there is: year 9999 ends beyond it."""
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return datetime.max if seconds > 0 else datetime.min
