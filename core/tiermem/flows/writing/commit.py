"""Decisions written where the session is still as it was planned for; and who may write at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import sqlalchemy as sa

from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.providers.calls import refuse_reentry
from tiermem.records import Decision, Summary
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage.decisions import Stub
from tiermem.storage.sessions import SessionRow

T = TypeVar("T")


def writing(scope: Scope, flow: Flow[T]) -> Flow[T]:
    """*flow*, refused from inside the session's own summariser, which would wait for itself."""
    refuse_reentry(scope)
    return (yield from flow)


def commit(
    connection: sa.Connection,
    core: Core,
    scope: Scope,
    planned: SessionRow,
    made: Sequence[Decision],
    *,
    stubs: Sequence[Stub] = (),
    summary: Summary | None = None,
    floor: int | None = None,
) -> bool:
    """Write decisions that were planned at revision `planned.revision`; False when another one came first."""
    row = sessions.find(connection, scope, lock=True)
    if row.revision != planned.revision:
        return False
    now = core.now()
    decisions.record(connection, row.pk, made, now)
    decisions.add_stubs(connection, row.pk, [replace(one, decision=made[0].number) for one in stubs])
    if summary is not None:
        decisions.add_summary(connection, row.pk, summary)
    at = row.floor if floor is None else min(floor, row.floor)
    decisions.settle(connection, replace(row, revision=made[-1].number), at)
    return True
