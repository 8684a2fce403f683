"""Words of a user of very many messages, put on shelves: in the background, a bounded number of messages at a time.

Rule 1: what is on no shelf is found as ever, so a shelf that is not built, or that somebody else built, costs nothing
but time. Rule 2: shelves are put together as they grow, so that a word is looked up in few of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.flows.effects import Compute, Flow, Read, Transact
from tiermem.flows.services import Core
from tiermem.index.segment import Segment
from tiermem.index.shelves import packing
from tiermem.index.shelves.packing import MOST, Span
from tiermem.settings import Scope
from tiermem.storage import owners, sessions
from tiermem.storage.shelves import rows as shelves

MOST_GROWN = 10_000  # users of whom it is counted what came
MESSAGE = 450  # bytes of RAM that a message takes in an index, about


class _Planned(NamedTuple):
    spans: list[Span]
    absorbed: list[int]
    erasures: int
    there: int  # messages that are on a shelf already


def large(core: Core, messages: int) -> bool:
    """Whether the index of so many messages is more than may be kept."""
    return messages * MESSAGE > core.settings.index_memory


def shelvable(scope: Scope) -> bool:
    """Whether what *scope* names may have shelves: conversations of a user who is named."""
    return scope.kind == "conversation" and scope.named


def user_of(scope: Scope) -> Scope:
    """The user of *scope*, as they are noted."""
    return Scope(scope.tenant, scope.user, "-")


def grew(core: Core, scope: Scope, indexed: int) -> None:
    """Count so many messages of the user of *scope* that were *indexed*."""
    if shelvable(scope):
        user = user_of(scope)
        if len(core.grown) > MOST_GROWN:
            core.grown.clear()  # of each few came; what is missed is seen by their questions
        core.grown[user] = core.grown.get(user, 0) + indexed


def due(core: Core, scope: Scope) -> bool:
    """Whether the shelves of the user of *scope* are to be thought of: once in a while, as they are indexed, and where
    a question saw that much is on none."""
    user = user_of(scope)
    return user in core.unshelved or core.grown.get(user, 0) >= core.shelf_least // 2


def follow(core: Core, scope: Scope) -> Flow[None]:
    """Put on shelves what is on none of the user of *scope*, where that is much and their index would not fit."""
    while (yield from step(core, scope)):
        pass


def step(core: Core, scope: Scope) -> Flow[bool]:
    """Build one shelf, where one is to be built; whether there may be more to do."""
    user = user_of(scope)
    if user in core.shelving or not shelvable(scope):
        return False
    core.shelving.add(user)
    more = False
    try:
        planned: _Planned | None = yield Read(partial(_planned, core=core, scope=scope))
        if planned is not None:
            more = yield from _kept(scope, planned)
    finally:
        core.shelving.discard(user)
        if not more:
            core.grown.pop(user, None)
            core.unshelved.discard(user)
    return more


def _kept(scope: Scope, planned: _Planned) -> Flow[bool]:
    """Whether a shelf of what is *planned* was kept; of damage nothing can be made."""
    parts: list[tuple[int, Segment]] = yield Read(partial(shelves.stretches, spans=planned.spans))
    if sum(len(part) for _, part in parts) <= planned.there:
        return False
    bodies: list[bytes] = yield Compute(partial(packing.packed, parts))
    spans = packing.head(bodies[0]).spans
    adding = partial(
        shelves.add, scope=scope, bodies=bodies, spans=spans, absorbed=planned.absorbed, erasures=planned.erasures
    )
    return bool((yield Transact(adding)))


def _planned(connection: sa.Connection, core: Core, scope: Scope) -> _Planned | None:
    rows = [row for _, row in sessions.of_user(connection, scope.tenant, scope.user)]
    if not large(core, sum(row.messages for row in rows)) or any(row.foreign for row in rows):
        return None
    listed = shelves.heads(connection, owners.key_of(scope))
    spans, absorbed = plan(
        shelves.missing(rows, listed), {key: head.spans for key, head in listed.items()}, core.shelf_least
    )
    if not spans:
        return None
    there = sum(listed[key].messages for key in absorbed)
    return _Planned(spans, absorbed, rows[0].erasures, there)


def plan(missing: Sequence[Span], listed: Mapping[int, Sequence[Span]], least: int) -> tuple[list[Span], list[int]]:
    """What the next shelf has, in order, and which of those that are *listed* go into it: of what is *missing* as much
    as one takes, and shelves that are less than twice as large. Nothing where fewer than *least* are missing. Pure."""
    if sum(map(_size, missing)) < least:
        return [], []
    spans, held = list[Span](), 0
    for session, first, last in missing:
        upto = min(last, first + MOST - held - 1)
        if upto >= first:
            spans.append((session, first, upto))
            held += upto - first + 1
    absorbed = []
    for key, own in sorted(listed.items(), key=lambda one: sum(map(_size, one[1]))):
        size = sum(map(_size, own))
        if size >= 2 * held or held + size > MOST:
            break
        spans += own
        absorbed.append(key)
        held += size
    return packing.united(sorted(spans)), absorbed


def _size(span: Span) -> int:
    return span[2] - span[1] + 1
