"""The zone of the user whose agent runs, asked of the caller; a run does not die of the answer.

Rule: whose memory it is must be known, by which clock its days are told need not: quotes by another one are still true.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from tiermem import Session
from tiermem.providers.clock import zone_of

MODE = "timezone"  # of the event
_log = logging.getLogger("tiermem.agents")


def own_zone(ask: Callable[[Any], Any], runtime: Any) -> tuple[tzinfo | None, Exception | None]:
    """The zone that *ask* names, None for that of the memory; and what went wrong, where it names none."""
    try:
        return zone_of(ask(runtime)), None
    except Exception as error:  # noqa: BLE001  # the caller's own code, which knows of users that we do not
        return None, error


def zone_untold(session: Session, error: Exception) -> None:
    """Tells by the log and by an event that days of *session* are by the memory's own zone."""
    reason = type(error).__name__
    _log.warning("days are by the memory's own zone, since timezone_of failed: %s", reason, exc_info=error)
    _, performer = session.memory.wiring
    performer.listeners.tell("degraded", session.scope, lambda: {"mode": MODE, "reason": reason})
