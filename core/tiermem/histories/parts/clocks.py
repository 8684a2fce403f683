"""Times that name no zone: of programs that write what the clock on the wall said. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def local(when: datetime, zone: tzinfo | None) -> datetime:
    """*when*, which names no zone, by the clocks of *zone*; UTC where the caller names none.

    The zone of this machine is never taken: the same file would have other times on another one.
    """
    return when.replace(tzinfo=zone or UTC) if when.tzinfo is None else when


def shifted(when: datetime | None, zone: tzinfo | None, *, said: bool) -> datetime | None:
    """*when*, read as UTC because its text has no zone; with *said* it has one, and stays."""
    return when if when is None or said or zone is None else when.replace(tzinfo=zone)
