"""Filters of a search: which messages may be found at all, by when they were said and by whom. Exact, before the best
are chosen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tiermem.blocks.roles import folded, nearest
from tiermem.errors import UnknownRole
from tiermem.flows import window_state
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.settings import nearest as near_name
from tiermem.storage import messages as log
from tiermem.storage import sessions
from tiermem.storage.sessions import SessionRow
from tiermem.text.analyzer import terms
from tiermem.text.readable import TOOL_ROLES
from tiermem.times.nearness import wall_clock
from tiermem.window.turns import USER_ROLES
from tiermem.window.voices import voices

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tiermem.index.postings import WordIndex

    Mask = NDArray[np.bool_]

_SAME = (("user", "human"), ("assistant", "ai"))  # words of the frameworks for one role


@dataclass(frozen=True, slots=True)
class Only:
    """Messages said from *since* to *until*, both included, by *role*; None and "" are any.

    A time without a zone is read by each message's own clock.
    """

    since: datetime | None = None
    until: datetime | None = None
    role: str = ""

    @property
    def roles(self) -> tuple[str, ...]:
        """The role with its other names."""
        role = folded(self.role) or self.role
        return next((names for names in _SAME if role in names), tuple(dict.fromkeys([self.role, role])))

    def timely(self, message: Message) -> bool:
        """Whether *message* was said in time."""
        when = message.when
        if when is None or (self.until is not None and after(message, self.until)):
            return False
        if self.since is None:
            return True
        return when >= self.since if self.since.tzinfo else when.replace(tzinfo=None) >= self.since


ANY = Only()
DOCUMENT = "document"  # the role of documents and notes


def spelt(scope: Scope, role: str) -> Flow[None]:
    """Refuses a *role* that is another one's word misspelt, which would find nothing and not say why.

    A message may have any role, so one that a message of *scope* has is none, nor is one that is like no other.

    Raises:
        UnknownRole: it names the role that is meant.
    """
    meant = "" if folded(role) or role == DOCUMENT else nearest(role) or near_name(role, [DOCUMENT])
    if not meant:
        return

    def body(connection: sa.Connection) -> list[int]:
        row = sessions.find(connection, scope)
        return log.by_role(connection, row.pk, [role], row.messages)

    if not (yield Read(body)):
        raise UnknownRole(role, meant)


def outside(core: Core, row: SessionRow, index: WordIndex, only: Only, asked: Collection[str]) -> Flow[Mask]:
    """Which of the messages 1 to `row.messages` *only* leaves out, where these terms are *asked* for.

    Of a very long session, what the index does not know was said at no known time.
    """
    mask: Mask = yield Compute(lambda: _none(row.messages))
    if only.role:
        numbers = yield from _by_role(core, row, only, asked)
        mask = yield Compute(lambda: mask | _all_but(numbers, row.messages))
    if only.since is not None or only.until is not None:
        untimely, unsure = yield Compute(lambda: _sorted(index, row.messages, only, mask))
        read = yield from window_state.bodies(core, row, unsure)
        mask = yield Compute(lambda: mask | untimely | _all_of(read, only, row.messages))
    return mask


def _by_role(core: Core, row: SessionRow, only: Only, asked: Collection[str]) -> Flow[list[int]]:
    """The numbers of the messages of that role; where tools speak beside a user, those in which the one that is meant
    says what is *asked* for."""
    numbers = set((yield Read(lambda connection: log.by_role(connection, row.pk, only.roles, row.messages))))
    if not {*only.roles} & {*USER_ROLES, *TOOL_ROLES}:
        return sorted(numbers)
    mixed = yield Read(lambda connection: log.beside_results(connection, row.pk, [*USER_ROLES], row.messages))
    read = yield from window_state.bodies(core, row, mixed)
    meant = yield Compute(lambda: {number for number, one in read.items() if _speaks(one, only, asked)})
    return sorted(numbers - set(mixed) | meant)


def _speaks(message: Message, only: Only, asked: Collection[str]) -> bool:
    """Whether who is meant says a word of what is *asked* in *message*, or nobody in it does and it is theirs."""
    sides: dict[bool, set[str]] = {True: set(), False: set()}
    for voice in voices(message):
        sides[voice.acts_as in only.roles].update(terms(voice.text))
    own = bool(sides[True].intersection(asked))
    return own or (message.acts_as in only.roles and not sides[False].intersection(asked))


def _none(count: int) -> Mask:
    import numpy as np

    return np.zeros(count, dtype=bool)


def _all_but(numbers: list[int], count: int) -> Mask:
    import numpy as np

    mask = np.ones(count, dtype=bool)
    mask[np.array(numbers, dtype=np.int64) - 1] = False
    return mask


def _sorted(index: WordIndex, count: int, only: Only, out: Mask) -> tuple[Mask, list[int]]:
    """Messages that were surely not said in time; and the numbers of those of which the clock alone cannot tell."""
    import numpy as np

    said = index.talk(count).said
    untimely, unsure = np.isnan(said), np.zeros(count, dtype=bool)
    for limit, side in ((only.since, -1.0), (only.until, 1.0)):
        if limit is not None:
            apart = APART if limit.tzinfo else 1.0  # the index keeps whole seconds
            late = side * (said - wall_clock(limit))
            untimely |= late > apart
            unsure |= np.abs(late) <= apart
    return untimely, (np.flatnonzero(unsure & ~untimely & ~out) + 1).tolist()


def _all_of(read: dict[int, Message], only: Only, count: int) -> Mask:
    import numpy as np

    mask = np.zeros(count, dtype=bool)
    mask[[number - 1 for number, message in read.items() if not only.timely(message)]] = True
    return mask


# The index keeps what each message's own clock showed. Two clocks are at most this far apart: Python allows an offset
# of nearly a day to either side. Only messages within it are read.
APART = timedelta(days=2).total_seconds()


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Which messages are too late: all above number `upto`, and `among` those below it."""

    upto: int
    among: frozenset[int] = frozenset()


def cutoff(core: Core, row: SessionRow, index: WordIndex, as_of: datetime | None) -> Flow[Cutoff]:
    """What was said after *as_of*. Of a very long session, what the index does not know counts as later too."""
    if as_of is None:
        return Cutoff(row.messages)
    early, unsure = yield Compute(lambda: _said_by(index, row.messages, as_of))
    read = yield from window_state.bodies(core, row, unsure)
    early |= {number for number, message in read.items() if not after(message, as_of)}
    upto = max(early, default=0)
    return Cutoff(upto, frozenset(range(1, upto + 1)) - early)


def after(message: Message, as_of: datetime) -> bool:
    """Whether *message* was said after *as_of*; one without a zone is read by the message's own clock."""
    when = message.when
    if when is None:
        return True
    return when > as_of if as_of.tzinfo else when.replace(tzinfo=None) > as_of


def _said_by(index: WordIndex, count: int, as_of: datetime) -> tuple[set[int], list[int]]:
    """Numbers of messages that were surely said by then, and of those of which the clock alone cannot tell."""
    import numpy as np

    said, limit = index.talk(count).said, wall_clock(as_of)
    apart = APART if as_of.tzinfo else 1.0  # the index keeps whole seconds
    early = np.flatnonzero(said < limit - apart) + 1
    unsure = np.flatnonzero(np.abs(said - limit) <= apart) + 1
    return set(early.tolist()), unsure.tolist()
