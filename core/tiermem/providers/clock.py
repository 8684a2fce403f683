"""The clock: the only place that asks what time it is."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter


def system_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Seconds from some moment on, for durations: it never goes back."""
    return perf_counter()
