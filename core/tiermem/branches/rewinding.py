"""How a conversation goes back: what came after a message is hidden by one decision; a message is said otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import sqlalchemy as sa

from tiermem.branches import borders, forking
from tiermem.errors import InvalidBranch, StorageBusy
from tiermem.flows import reporting
from tiermem.flows.effects import Flow, Read, Transact
from tiermem.flows.services import Core
from tiermem.flows.writing import add as adding
from tiermem.flows.writing.commit import commit, writing
from tiermem.flows.writing.decide import RACES
from tiermem.messages import Content, Message
from tiermem.records import Decision
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import messages as log
from tiermem.storage.forks.rules import REWIND, apart, is_rewind
from tiermem.storage.sessions import SessionRow
from tiermem.window.view import within

SPOILED = "the summary tells what came after"


def rewind(core: Core, scope: Scope, to: str, reason: str) -> Flow[list[Decision]]:
    """See `Session.rewind`."""
    return (yield from writing(scope, _rewound(core, scope, to, reason, after=True)))


def edit(core: Core, scope: Scope, ref: str, content: Content, session_id: str | None) -> Flow[Message]:
    """See `Session.edit`."""
    said = yield Read(lambda connection: _said(connection, scope, ref))
    told = Message(role=said.role, content=content, name=said.name, origin=said.origin, pinned=said.pinned)
    yield from forking.fork(core, scope, None, session_id)
    yield from writing(scope, _rewound(core, scope, f"m{said.sequence}", "", after=False))
    (added,) = yield from writing(scope, adding.add(core, scope, [told]))
    return added


def _said(connection: sa.Connection, scope: Scope, ref: str) -> Message:
    """The message that is to be said otherwise."""
    row = sessions.find(connection, scope)
    number = borders.named(connection, row, ref)
    if within(decisions.hidden(connection, row), number):
        raise InvalidBranch(f"m{number} is hidden; what is not in view cannot be said otherwise")
    borders.check(connection, row, number - 1, ref)
    (said,) = log.sound(log.read(connection, row.pk, number, number))
    return said


def _rewound(core: Core, scope: Scope, ref: str, reason: str, *, after: bool) -> Flow[list[Decision]]:
    """Hides what came after the message behind *ref*, or from that message on."""
    for _ in range(RACES):
        row, planned = yield Read(lambda connection: _planned(connection, scope, ref, reason, after=after))
        if not planned:
            return []
        body = partial(_decided, core=core, scope=scope, row=row, planned=planned)
        decided: list[Decision] = yield Transact(body, partial(reporting.by_hand, scope))
        if decided:
            return decided
    raise StorageBusy(f"other decisions about this session came first {RACES} times; nothing was changed")


def _decided(
    connection: sa.Connection, core: Core, scope: Scope, row: SessionRow, planned: Sequence[Decision]
) -> list[Decision]:
    if sessions.find(connection, scope, lock=True).messages != row.messages:
        return []  # what came in meanwhile is to be hidden too
    made = commit(connection, core, scope, row, planned)
    if made:
        sessions.update(connection, row.pk, look_at=core.settings.compact_at)
    return made


def _planned(
    connection: sa.Connection, scope: Scope, ref: str, reason: str, *, after: bool
) -> tuple[SessionRow, list[Decision]]:
    row = sessions.find(connection, scope)
    number = borders.named(connection, row, ref)
    first = number + 1 if after else number
    made = decisions.journal(connection, row.pk, kinds=("cover", "hide"))
    away = next((one for one in made if is_rewind(one) and one.first <= number <= one.last), None)
    hidden = decisions.hidden(connection, row)
    if away is not None and within(hidden, number):
        raise InvalidBranch(
            f"m{number} was rewound by decision {away.number}: undo that first, or fork the session at m{number}"
        )
    borders.check(connection, row, first - 1, ref)
    shown = apart([(first, row.messages)], hidden) if first <= row.messages else []
    if not shown:
        return row, []
    spoiled = [one for one in made if one.kind == "cover" and not one.undone and one.first < first <= one.last]
    undone = [
        Decision(number=0, kind="undo", first=one.first, last=one.last, reference=one.number, reason=SPOILED)
        for one in spoiled
    ]
    told = reason or (f"rewound to m{first - 1}" if first > 1 else "rewound to the beginning")
    hide = Decision(number=0, kind="hide", first=shown[0][0], last=row.messages, strategy=REWIND, reason=told)
    return row, [*undone, hide]
