"""The clock: the only place that asks what time it is; or the caller's, whose answers are checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from tiermem.errors import ClockError, InvalidMessage
from tiermem.messages import moment


def system_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def checked(clock: Callable[[], Any]) -> Callable[[], datetime]:
    """*clock*, whose answers are plain datetimes with a zone; one without is a time of this machine's zone.

    They raise:
        ClockError: it raised, or said something that is no time.
    """

    def now() -> datetime:
        try:
            told = clock()
        except (Exception, SystemExit) as error:
            raise ClockError(f"the clock raised {type(error).__name__}: {error}") from error
        try:
            return moment(told.astimezone() if isinstance(told, datetime) and told.tzinfo is None else told)
        except (InvalidMessage, ValueError, OverflowError, OSError) as error:
            raise ClockError(f"the clock returned {told!r}, which is no time") from error

    return now


def stopwatch() -> float:
    """Seconds from some moment on, for durations: it never goes back."""
    return perf_counter()
