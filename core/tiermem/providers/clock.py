"""The clock: the only place that asks what time it is; or the caller's, whose answers are checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tiermem.errors import ClockError, InvalidMessage, InvalidSettings, brief_repr, described
from tiermem.messages import moment
from tiermem.times.zone_names import meant


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
            raise ClockError(f"the clock raised {described(error)}") from error
        try:
            return moment(told.astimezone() if isinstance(told, datetime) and told.tzinfo is None else told)
        except (InvalidMessage, ValueError, OverflowError, OSError) as error:
            raise ClockError(f"the clock returned {brief_repr(told)}, which is no time") from error

    return now


def zone_of(given: str | tzinfo | None) -> tzinfo | None:
    """The zone that *given* names: an IANA name ("Asia/Shanghai"), or a zone itself; None stays None.

    Raises:
        InvalidSettings: it names none, or this machine has no time zone database.
    """
    if given is None or isinstance(given, tzinfo):
        return given
    if not isinstance(given, str):
        raise InvalidSettings(f"timezone takes a name like Asia/Shanghai, or a tzinfo, not {type(given).__name__}")
    try:
        return ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = available_timezones()
        if not known:
            raise InvalidSettings("this machine has no time zone database: pip install tzdata") from error
        hint = meant(given, known)
        told = f"; {hint}" if hint else ""
        raise InvalidSettings(f"timezone {brief_repr(given)} is no IANA name like Asia/Shanghai{told}") from error


def stopwatch() -> float:
    """Seconds from some moment on, for durations: it never goes back."""
    return perf_counter()
