"""How old the messages of a session are, what they were used, and what cannot fade: all that decides on what is active.

Time counts from when a message was stored, which is not before it was said, so that an import does not fade on arrival.
Messages are stored in order, so what is old enough to be faded without use is a beginning of the session: no message of
it is read. Only those are whose importance decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from tiermem.conversations.weighing.importance import Importance, importance
from tiermem.facts.rules.record import LaidDown
from tiermem.flows import standing, window_state
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.services import Core
from tiermem.flows.writing import used as used_messages
from tiermem.life import uses
from tiermem.life.forgetting import Forgetting, spaced
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import entries as entry_rows
from tiermem.storage.sessions import SessionRow
from tiermem.validity import asking
from tiermem.window.turns import USER_ROLES
from tiermem.window.voices import own_text

LOWEST = 0.5  # I0 of what says nothing that matters; in `benchmarks/forgetting.py` this keeps most evidence in a window
STRETCH = 500  # messages that are read at once
LAID_DOWN, FACT = "laid down", "fact"
READ = 5_000  # messages of a session whose importance is read in one sleep, newest last


@dataclass(frozen=True, slots=True)
class Ages:
    """What is known of a session at one time, in days since 1970.

    `gone` is up to which message everything is inactive without use, whatever it says; from `alive` on nothing is.
    Between them the importance decides: `initial` has I0 of those that were read, and `stored` when they came.
    """

    curve: Forgetting
    now: float
    gone: int
    alive: int
    used: Mapping[int, list[float]]
    protected: Mapping[int, str]
    stored: Mapping[int, float]
    initial: Mapping[int, float]

    def active(self, number: int) -> bool:
        """Whether message *number* is active."""
        if number in self.protected or number >= self.alive:
            return True
        days = self.used.get(number, [])
        if not days and number <= self.gone:
            return False
        since = days[-1] if days else self.stored.get(number, self.now)
        initial = self.initial.get(number, LOWEST if number <= self.gone else 1.0)
        return self.curve.importance(self.now - since, spaced(days), initial) >= self.curve.prune


def of_session(core: Core, scope: Scope, row: SessionRow, curve: Forgetting) -> Flow[Ages]:
    """What is known of the session *row* now."""
    now = uses.day_of(core.now())
    protected = yield from protection(core, scope)
    used: dict[int, list[float]] = uses.by_message(
        (yield Read(lambda connection: used_messages.uses(connection, row.pk)))
    )
    gone, alive = yield Read(partial(_borders, row=row, now=now, curve=curve))
    unsure = [number for number in range(max(gone + 1, alive - READ), alive) if number not in protected]
    stored: dict[int, float] = {}
    initial: dict[int, float] = {}
    for start in range(0, len(unsure), STRETCH):
        some = yield from window_state.bodies(core, row, unsure[start : start + STRETCH])
        stored |= {number: uses.day_of(one.stored_at) for number, one in some.items() if one.stored_at}
        initial |= yield Compute(partial(_initials, some))
    return Ages(curve, now, gone, alive, used, protected, stored, initial)


def _borders(connection: sa.Connection, row: SessionRow, now: float, curve: Forgetting) -> tuple[int, int]:
    """Up to which message all are inactive without use, and from which on none is."""
    ends = (now - curve.lasts(), now - curve.lasts(initial=LOWEST))
    gone, young = (entry_rows.stored_before(connection, row.pk, row.messages, end * uses.DAY) for end in ends)
    return gone, young + 1


def _initials(messages: Mapping[int, Message]) -> dict[int, float]:
    return {number: initial(message).value for number, message in messages.items()}


def initial(message: Message) -> Importance:
    """I0 of *message*, from `LOWEST` to 1: what its speaker says decides where that is a user, or an assistant."""
    found = importance(own_text(message)) if message.acts_as in (*USER_ROLES, "assistant") else Importance(0.0, {})
    return Importance(LOWEST + (1 - LOWEST) * found.value, found.why)


def protection(core: Core, scope: Scope) -> Flow[dict[int, str]]:
    """The messages of the session of *scope* that cannot fade, and why: what was laid down or is known of the user, and
    holds."""
    found: dict[int, str] = {}
    if scope.named:
        facts = yield from asking.current(core, scope, asking.Wish())
        found |= {number: FACT for one in facts if (number := _of_here(one.ref, scope.session))}
    laid: list[LaidDown] = yield from standing.listed(core, scope)
    return found | {int(one.ref.rpartition("m")[2]): LAID_DOWN for one in laid if one.holds}


def _of_here(ref: str, session: str) -> int:
    """The number of the message that *ref* names, where it is one of *session*; else 0."""
    before, _, own = ref.rpartition("/")
    return int(own[1:]) if before == session and own[:1] == "m" and own[1:].isdigit() else 0
