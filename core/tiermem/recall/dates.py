"""Dates and times that a question names, and how near to them each message was said. English and Chinese.

Times are wall-clock seconds, as the message's own clock showed them: a question means the day that was on the calendar.
"""

from __future__ import annotations

import re
from calendar import monthrange, timegm
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DAY = 86_400.0
AFTER = {
    0: 1.0,
    1: 0.8,
    2: 0.8,
}  # people speak of a day on that day or soon after; days after it, and how well they fit
WEEK, MONTH, YEAR = 0.5, 0.5, 0.2  # within a week after or two days before; the month; the year alone
ELAPSED_FADE = 600.0  # seconds in which the nearness to an elapsed time falls to 1/e

_MONTHS = {
    name: number + 1
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        )
    )
    for name in names
}
_MONTH = "(?P<name>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?P<year>(?:19|20)\d{2})\b"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
# Most telling first: what one pattern reads is taken out before the next one looks.
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})\b",
        r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})[日号號])?",
        rf"\b{_DAY}(?: of)? {_MONTH}(?:,? {_YEAR})?",
        rf"\b{_MONTH} {_DAY}(?:,? {_YEAR})?",
        rf"\b{_MONTH},? {_YEAR}",
        rf"\b(?:in|of|during|since|until|last|this|early|late|mid) {_MONTH}",
        rf"\b{_YEAR}|(?P<cjk>(?:19|20)\d{{2}})年",
    )
)
# From 24 on, hours are no time of day but time since the conversation began, as in logs of a flight or of a run.
_ELAPSED = re.compile(r"(?<![\d:.])(?P<hours>\d{2,3}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?(?![\d:])")
_HOURS = re.compile(r"\b(?:at|about|around|after) (?P<hours>\d{2,3}) hours\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it was given; None for what was not."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


def wall_clock(when: datetime | None) -> float:
    """Seconds since 1970 of what the clock showed, whatever its zone; NaN for None."""
    return float(timegm(when.timetuple())) if when else float("nan")


def days(text: str) -> list[Day]:
    """The dates that *text* names, in no particular order; impossible ones (31 June) are left out."""
    found: list[Day] = []
    for pattern in _PATTERNS:
        found += [made for match in pattern.finditer(text) if (made := _day(match.groupdict()))]
        text = pattern.sub(" ", text)
    return found


def elapsed(text: str) -> list[int]:
    """The times since the beginning that *text* names ("68:45", "at 102 hours"), in seconds; 24 hours and more only."""
    found = []
    for match in [*_ELAPSED.finditer(text), *_HOURS.finditer(text)]:
        part = match.groupdict()
        hours = int(part["hours"])
        if hours >= 24:
            found.append(hours * 3600 + int(part.get("minutes") or 0) * 60 + int(part.get("seconds") or 0))
    return found


def nearness(text: str, said: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """How near (0 to 1) each message is to the times that *text* names; None when it names none.

    What fits most of the conversation tells nothing, so the values are lessened by the share of messages that fit.
    """
    import numpy as np

    named, offsets = days(text), elapsed(text)
    if not (named or offsets) or not np.isfinite(said).any():
        return None
    fits = np.zeros(len(said))
    for one in named:
        fits = np.maximum(fits, _fit(one, said))
    start = float(said[np.isfinite(said)][0])
    for seconds in offsets:
        away = np.abs(said - (start + seconds))
        fits = np.maximum(fits, np.where(np.isfinite(away), np.exp(-np.nan_to_num(away) / ELAPSED_FADE), 0.0))
    lessened: NDArray[np.float64] = fits * (1.0 - fits.mean())
    return lessened


def _day(part: dict[str, str | None]) -> Day | None:
    year = part.get("year") or part.get("cjk")
    name = part.get("name")
    month = _MONTHS[name.lower()] if name else int(part.get("month") or 0)
    day = int(part.get("day") or 0)
    if month > 12 or day > 31 or (day and month and day > monthrange(int(year or 2000), month)[1]):
        return None
    return Day(int(year) if year else None, month or None, day or None)


def _fit(day: Day, said: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    known = np.isfinite(said)
    when = np.where(known, said, 0.0).astype("int64").astype("datetime64[s]")
    years = when.astype("datetime64[Y]").astype(int) + 1970
    months = when.astype("datetime64[M]").astype(int) % 12 + 1
    fits = known & ((years == day.year) if day.year else True)
    if day.month is None:
        return np.where(fits, YEAR, 0.0)
    if day.day is None:
        return np.where(fits & (months == day.month), MONTH, 0.0)
    best = np.zeros(len(said))
    for year in {day.year} if day.year else set(years[known].tolist()):
        best = np.maximum(best, np.where(known, _near(when, f"{year:04d}-{day.month:02d}-{day.day:02d}", year), 0.0))
    return best


def _near(when: NDArray[np.datetime64], date: str, year: int) -> NDArray[np.float64]:
    import numpy as np

    if date.endswith("02-29") and monthrange(year, 2)[1] < 29:
        return np.zeros(len(when))
    apart = (when.astype("datetime64[D]") - np.datetime64(date, "D")).astype(int)
    fits = np.where((apart >= -2) & (apart <= 7), WEEK, 0.0)
    for distance, value in AFTER.items():
        fits = np.where(apart == distance, value, fits)
    return fits
