"""As of a time: which messages of a session had not been said by then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tiermem.flows import window_state
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.storage.sessions import SessionRow
from tiermem.times.nearness import wall_clock

if TYPE_CHECKING:
    from tiermem.index.postings import WordIndex

# The index keeps what each message's own clock showed. Two clocks are at most this far apart: Python allows an offset
# of nearly a day to either side. Only messages within it are read.
APART = timedelta(days=2).total_seconds()


@dataclass(frozen=True, slots=True)
class Later:
    """Messages that are too late: all above number `upto`, and `among` those below it."""

    upto: int
    among: frozenset[int] = frozenset()


def later(core: Core, row: SessionRow, index: WordIndex, as_of: datetime | None) -> Flow[Later]:
    """What was said after *as_of*. Of a very long session, what the index does not know counts as later too."""
    if as_of is None:
        return Later(row.messages)
    early, unsure = yield Compute(lambda: _sorted(index, row.messages, as_of))
    read = yield from window_state.bodies(core, row, unsure)
    early |= {number for number, one in read.items() if not after(one, as_of)}
    upto = max(early, default=0)
    return Later(upto, frozenset(range(1, upto + 1)) - early)


def after(message: Message, as_of: datetime) -> bool:
    """Whether *message* was said after *as_of*; one without a zone is read by the message's own clock."""
    when = message.when
    if when is None:
        return True
    return when > as_of if as_of.tzinfo else when.replace(tzinfo=None) > as_of


def _sorted(index: WordIndex, count: int, as_of: datetime) -> tuple[set[int], list[int]]:
    """Numbers of messages that were surely said by then, and of those of which the clock alone cannot tell."""
    import numpy as np

    said, limit = index.talk(count).said, wall_clock(as_of)
    apart = APART if as_of.tzinfo else 1.0  # the index keeps whole seconds
    early = np.flatnonzero(said < limit - apart) + 1
    unsure = np.flatnonzero(np.abs(said - limit) <= apart) + 1
    return set(early.tolist()), unsure.tolist()
