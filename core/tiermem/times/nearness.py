"""Dates and times that a question names, and how near to them each message is. English and Chinese.

Times are wall-clock seconds, as the message's own clock showed them: a question means the day that was on the calendar.
A message is near to a time when it was said then or soon after, and when it talks about that time (`mentioned`).
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tiermem.text import late
from tiermem.times.calendar import DAY
from tiermem.times.intervals import Interval, intervals, mentioned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Interval",
    "Mentions",
    "elapsed",
    "intervals",
    "mentioned",
    "near",
    "nearness",
    "wall_clock",
]  # fmt: skip

# People speak of a time when it is over, or plan it: how well such a message fits at first, and the days it fades in.
AFTER, AFTER_DAYS = 0.8, 7.0
BEFORE, BEFORE_DAYS = 0.5, 4.0
ELAPSED_FADE = 600.0  # seconds in which the nearness to an elapsed time falls to 1/e
MOST_YEARS = 100  # of a conversation that a date without a year is tried in

# From 24 on, hours are no time of day but time since the conversation began, as in logs of a flight or of a run.
_ELAPSED = late.compile(r"(?<![\d:.])(?P<hours>\d{2,3}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?(?![\d:])")
_HOURS = late.compile(r"\b(?:at|about|around|after) (?P<hours>\d{2,3}) hours\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mentions:
    """What messages talk about, as columns of equal length: the message's place (from 0), start and end."""

    place: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Iterable[tuple[int, Interval]]) -> Mentions:
        """The columns of (place, interval) pairs."""
        import numpy as np

        table = np.array([(index, interval.start, interval.end) for index, interval in rows], dtype="float64").reshape(
            -1, 3
        )
        return cls(table[:, 0].astype("int64"), table[:, 1], table[:, 2])


def wall_clock(when: datetime | None) -> float:
    """Seconds since 1970 of what the clock showed, whatever its zone; NaN for None."""
    return float(timegm(when.timetuple())) if when else float("nan")


def elapsed(text: str) -> list[int]:
    """The times since the beginning that *text* names ("68:45", "at 102 hours"), in seconds; 24 hours and more only."""
    moments = []
    for match in [*_ELAPSED.finditer(text), *_HOURS.finditer(text)]:
        part = match.groupdict()
        hours = int(part["hours"])
        if hours >= 24:
            moments.append(hours * 3600 + int(part.get("minutes") or 0) * 60 + int(part.get("seconds") or 0))
    return moments


def nearness(
    text: str,
    said: NDArray[np.float64],
    now: float | None = None,
    talked: Mentions | None = None,
    years: Callable[[], Sequence[int]] | None = None,
) -> NDArray[np.float64] | None:
    """How near (0 to 1) each message is to the times that *text* names; None when it names none.

    Args:
        text: the question.
        said: when each message was said, wall-clock seconds; NaN where unknown.
        now: when the question is asked; without it (None, NaN) "last week" names nothing.
        talked: what messages talk about; without it only when they were said counts.
        years: gives the years in which they were said, where these are known already.

    What fits most of the conversation tells nothing, so the values are lessened by the share of messages that fit.
    """
    import numpy as np

    named, offsets = intervals(text, now, _Years(years or (lambda: _years(said)))), elapsed(text)
    if not (named or offsets):
        return None
    known = said[np.isfinite(said)]
    if not len(known):
        return None
    fits = near(named, said, talked)
    for seconds in offsets:
        away = np.abs(said - (float(known[0]) + seconds))
        fits = np.maximum(fits, np.where(np.isfinite(away), np.exp(-np.nan_to_num(away) / ELAPSED_FADE), 0.0))
    lessened: NDArray[np.float64] = fits * (1.0 - fits.mean())
    return lessened


def near(named: Iterable[Interval], said: NDArray[np.float64], talked: Mentions | None = None) -> NDArray[np.float64]:
    """How well (0 to 1) each message fits the best of the *named* intervals; 0 where nothing is known."""
    import numpy as np

    fits = np.zeros(len(said))
    for interval in named:
        fits = np.maximum(fits, _said_in(interval, said))
        if talked is not None and len(talked.place):
            np.maximum.at(fits, talked.place, _talked_of(interval, talked))
    return fits


class _Years(Sequence[int]):
    """The first `MOST_YEARS` years of a conversation, looked for only where a date is named that has none."""

    def __init__(self, find: Callable[[], Sequence[int]]) -> None:
        self._find = find

    @cached_property
    def _found(self) -> Sequence[int]:
        return self._find()[:MOST_YEARS]

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, place: Any) -> Any:
        return self._found[place]


def _years(said: NDArray[np.float64]) -> list[int]:
    """The years of a conversation."""
    import numpy as np

    known = said[np.isfinite(said)]
    years = np.unique(known.astype("int64").astype("datetime64[s]").astype("datetime64[Y]").astype(int) + 1970)
    return [int(year) for year in years]


def _said_in(interval: Interval, said: NDArray[np.float64]) -> NDArray[np.float64]:
    """The interval's fit inside, less in the days around it, unknown times not at all."""
    import numpy as np

    after = np.ceil((said - interval.end) / DAY + 1e-9)  # 1 for the whole day after
    before = np.ceil((interval.start - said) / DAY)
    value = np.where(after > 0, AFTER * (1 - (after - 1) / AFTER_DAYS), 1.0)
    value = np.where(before > 0, BEFORE * (1 - (before - 1) / BEFORE_DAYS), value)
    fits: NDArray[np.float64] = interval.fit * np.where(np.isfinite(said), np.clip(value, 0.0, 1.0), 0.0)
    return fits


def _talked_of(interval: Interval, talked: Mentions) -> NDArray[np.float64]:
    """The share of what is talked about that lies in the interval; roots, because a mention is no accident."""
    import numpy as np

    common = np.minimum(interval.end, talked.end) - np.maximum(interval.start, talked.start)
    share = np.clip(common / np.maximum(talked.end - talked.start, 1.0), 0.0, 1.0)
    value: NDArray[np.float64] = np.sqrt(interval.fit * share)
    return value
