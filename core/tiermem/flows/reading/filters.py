"""Filters of a search: which messages may be found at all, by when they were said and by whom. Exact, before the best
are chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from tiermem.blocks.roles import folded, nearest
from tiermem.errors import UnknownRole
from tiermem.flows import window_state
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.search.ranking.field import Field
from tiermem.settings import Scope
from tiermem.settings import nearest as near_name
from tiermem.storage import entries as entry_rows
from tiermem.storage import sessions
from tiermem.text.analyzer import terms
from tiermem.text.readable import TOOL_ROLES
from tiermem.times.nearness import wall_clock
from tiermem.window.turns import USER_ROLES
from tiermem.window.voices import voices

Mask: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = Mapping[int, Sequence[int]]  # of messages, by session

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


def spelt(scope: Scope, role: str, *, everywhere: bool) -> Flow[None]:
    """Refuses a *role* that is another one's word misspelt, which would find nothing and not say why.

    A message may have any role, so one that a message of *scope* has (or of any of the user's conversations, where
    *everywhere* is looked) is none, nor is one that is like no other.

    Raises:
        UnknownRole: it names the role that is meant.
    """
    meant = "" if folded(role) or role == DOCUMENT else nearest(role) or near_name(role, [DOCUMENT])
    if not meant:
        return

    def body(connection: sa.Connection) -> bool:
        if not everywhere:
            return bool(entry_rows.by_role(connection, [sessions.find(connection, scope).pk], [role]))
        rows = sessions.of_user(connection, scope.tenant, scope.user)
        return bool(entry_rows.by_role(connection, [row.pk for _, row in rows], [role]))

    if not (yield Read(body)):
        raise UnknownRole(role, meant)


def outside(core: Core, field: Field, only: Only, asked: Collection[str]) -> Flow[Mask]:
    """Which messages of *field* *only* leaves out, where these terms are *asked* for; by place."""
    mask: Mask = np.zeros(len(field), dtype=bool)
    if only.role:
        named = yield from _by_role(core, field, only, asked)
        mask = mask | ~named
    if only.since is not None or only.until is not None:
        untimely, unsure = yield Compute(lambda: _sorted(field, only, mask))
        read = yield from read_at(core, field, unsure)
        mask = mask | untimely
        mask[[place for place, message in read.items() if not only.timely(message)]] = True
    return mask


def read_at(core: Core, field: Field, places: Sequence[int]) -> Flow[dict[int, Message]]:
    """The messages at *places*, by place."""
    wanted = field.at(places)
    found = yield from window_state.bodies_of(core, wanted)
    return {place: found[key] for place, key in zip(places, wanted, strict=True) if key in found}


def _by_role(core: Core, field: Field, only: Only, asked: Collection[str]) -> Flow[Mask]:
    """Which messages are of that role; where tools speak beside a user, those in which the one that is meant says what
    is *asked* for."""
    beside = [*USER_ROLES] if {*only.roles} & {*USER_ROLES, *TOOL_ROLES} else []

    def listed(connection: sa.Connection) -> tuple[Numbers, Numbers]:
        mixed = entry_rows.beside_results(connection, field.sessions, beside) if beside else {}
        return entry_rows.by_role(connection, field.sessions, only.roles), mixed

    every, mixed = yield Read(listed)
    named = _marked(field, every)
    unsure = np.flatnonzero(_marked(field, mixed))
    read = yield from read_at(core, field, unsure.tolist())
    named[unsure] = False
    named[[place for place, one in read.items() if _speaks(one, only, asked)]] = True
    return named


def _marked(field: Field, numbers: Numbers) -> Mask:
    mask: Mask = np.zeros(len(field), dtype=bool)
    for key, own in numbers.items():
        mask[field.find(key, own)] = True
    return mask


def _speaks(message: Message, only: Only, asked: Collection[str]) -> bool:
    """Whether who is meant says a word of what is *asked* in *message*, or nobody in it does and it is theirs."""
    sides: dict[bool, set[str]] = {True: set(), False: set()}
    for voice in voices(message):
        sides[voice.acts_as in only.roles].update(terms(voice.text))
    own = bool(sides[True].intersection(asked))
    return own or (message.acts_as in only.roles and not sides[False].intersection(asked))


def _sorted(field: Field, only: Only, out: Mask) -> tuple[Mask, list[int]]:
    """Messages that were surely not said in time; and the places of those of which the clock alone cannot tell."""
    untimely, unsure = np.isnan(field.said), np.zeros(len(field), dtype=bool)
    for limit, side in ((only.since, -1.0), (only.until, 1.0)):
        if limit is not None:
            apart = APART if limit.tzinfo else 1.0  # the index keeps whole seconds
            late = side * (field.said - wall_clock(limit))
            untimely |= late > apart
            unsure |= np.abs(late) <= apart
    return untimely, np.flatnonzero(unsure & ~untimely & ~out).tolist()


# The index keeps what each message's own clock showed. Two clocks are at most this far apart: Python allows an offset
# of nearly a day to either side. Only messages within it are read.
APART = timedelta(days=2).total_seconds()


def too_late(core: Core, field: Field, as_of: datetime | None) -> Flow[Mask]:
    """Which messages of *field* were said after *as_of*, or at no known time; by place."""
    if as_of is None:
        return np.zeros(len(field), dtype=bool)
    limit, apart = wall_clock(as_of), APART if as_of.tzinfo else 1.0  # the index keeps whole seconds
    late = ~(field.said < limit - apart)
    unsure = np.flatnonzero(np.abs(field.said - limit) <= apart).tolist()
    read = yield from read_at(core, field, unsure)
    late[[place for place, message in read.items() if not after(message, as_of)]] = False
    return late


def after(message: Message, as_of: datetime) -> bool:
    """Whether *message* was said after *as_of*; one without a zone is read by the message's own clock."""
    when = message.when
    if when is None:
        return True
    return when > as_of if as_of.tzinfo else when.replace(tzinfo=None) > as_of
