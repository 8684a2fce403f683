"""Who may write, what is certain of it, and decisions written where the session is still as it was planned for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import sqlalchemy as sa

from tiermem.errors import OutcomeUnknown, StorageError
from tiermem.flows.effects import Flow, Transact
from tiermem.flows.services import Core
from tiermem.providers.calls import refuse_reentry
from tiermem.records import Decision, Summary
from tiermem.settings import Scope
from tiermem.storage import decisions as journal
from tiermem.storage import owners, sessions
from tiermem.storage import stubs as stub_rows
from tiermem.storage.sessions import SessionRow
from tiermem.storage.stubs import Stub
from tiermem.storage.talk import counting

T = TypeVar("T")
# Kinds of what is kept of a user (`validity/telling.py`): they change nothing that a session shows.
_SHOWING_NOTHING = frozenset({"state", "retract", "pin", "forget", "replace", "outcome", "use"})
_SHOWN_OTHERWISE = frozenset({"compact", "cover"})  # kinds that change how something is shown, and not what is known


def writing(scope: Scope, flow: Flow[T]) -> Flow[T]:
    """*flow*, refused from inside the session's own summariser, which would wait for itself."""
    refuse_reentry(scope)
    return (yield from flow)


def certain(append: Transact, ids: Iterable[str]) -> Flow[Any]:
    """What *append* gives, which appends messages with these *ids*: where nobody can say what became of it, it is done
    again, for adding twice is adding once.

    Raises:
        OutcomeUnknown: nor can it be done again now; it has the *ids*, for the caller to do so.
    """
    try:
        return (yield append)
    except OutcomeUnknown:
        pass
    try:
        return (yield append)
    except StorageError as error:
        raise OutcomeUnknown(f"nobody can say whether the messages are stored: {error}", ids) from error


def commit(
    connection: sa.Connection,
    core: Core,
    scope: Scope,
    planned: SessionRow,
    decisions: Sequence[Decision],
    *,
    stubs: Sequence[Stub] = (),
    summary: Summary | None = None,
) -> list[Decision]:
    """Write *decisions*, with *stubs* of the first of them and a *summary*, if the session is still at the revision
    that they were *planned* at; returns them with their numbers, or nothing when another one came first."""
    row = sessions.find(connection, scope, lock=True)
    if (row.pk, row.revision) != (planned.pk, planned.revision) or not decisions:
        return []  # it may have been erased, and begun anew under its name
    hides = any(decision.kind in {"hide", "restore", "undo"} for decision in decisions)
    hidden = journal.hidden(connection, row) if hides else []
    numbered = [replace(decision, number=row.revision + place) for place, decision in enumerate(decisions, start=1)]
    stub_rows.add(connection, row.pk, [replace(stub, decision=numbered[0].number) for stub in stubs])
    if summary is not None:
        journal.add_summary(connection, row.pk, summary)
    link = journal.record(connection, row.pk, numbered, core.now())
    for undo in (decision for decision in numbered if decision.kind == "undo"):
        journal.mark_undone(connection, row.pk, undo.reference)
    if hides:
        counting.shown(connection, scope, row.pk, hidden, journal.hidden(connection, row))
    if all(decision.kind in _SHOWING_NOTHING for decision in numbered):  # else each would cost what came before it
        sessions.update(connection, row.pk, revision=numbered[-1].number)
    else:
        floor = min(row.floor, *(decision.first - 1 for decision in numbered))  # hidden ones may show again
        window = journal.settle(connection, replace(row, revision=numbered[-1].number), floor)
        core.settled.put((row.pk, scope), (link, window))
    if any(decision.kind not in _SHOWN_OTHERWISE for decision in numbered):
        owners.changed(connection, scope, row.pk)
    return numbered
