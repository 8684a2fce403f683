"""An agent's run does not die of its archive: what fails there is told, and the run goes on with what it has.

Raised all the same is what a person must mend or decide, and what a run would hide: arguments and settings that make no
sense, a namespace that is missing, a limit that nothing fits, a memory that was closed. Of opening a database only what
may pass by itself ends no run: a file of another program is an error of whoever named it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from tiermem.errors import (
    BudgetTooSmall,
    Closed,
    InvalidNamespace,
    InvalidSettings,
    MissingExtra,
    MissingNamespace,
    TiermemError,
)
from tiermem.session import AsyncSession, Session

T = TypeVar("T")
Asked = TypeVar("Asked")
MODE = "agent"  # of the event
ON_PURPOSE = (BudgetTooSmall, Closed, InvalidNamespace, InvalidSettings, MissingExtra, MissingNamespace)
_log = logging.getLogger("tiermem.agents")


def surviving(
    procedure: Generator[Asked, Any, T],
    otherwise: T,
    tell: Callable[[Exception], object],
    passing: tuple[type[Exception], ...] = (),
) -> Generator[Asked, Any, T]:
    """What *procedure* comes to; *otherwise*, where it fails, which *tell* is told.

    Raises:
        TiermemError: one of `ON_PURPOSE`; and what is of the kinds *passing*.
    """
    try:
        return (yield from procedure)
    except Exception as error:  # whatever an archive raises, the agent has its messages
        if isinstance(error, (*ON_PURPOSE, *passing)):
            raise
        tell(error)
        return otherwise


def opened_later(error: Exception) -> bool:
    """Whether a database that could not be opened for *error* may be there at the next try."""
    return isinstance(error, TiermemError) and error.retryable


def told(session: Session | AsyncSession | None, error: Exception) -> None:
    """Tells by the log, and where there is a *session* by an event, that a run went on without its archive."""
    _log.warning("an agent's run goes on without its archive: %s", type(error).__name__, exc_info=error)
    if session is not None:
        reason = type(error).__name__
        _, performer = session.memory.wiring
        performer.listeners.tell("degraded", session.scope, lambda: {"mode": MODE, "reason": reason})
