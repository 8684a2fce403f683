"""The clock: the only place that asks what time it is."""

from __future__ import annotations

from datetime import UTC, datetime


def system_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)
