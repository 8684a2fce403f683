"""A stretch of a conversation: each message as it was said, and why the window shows it as it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.browsing.records import ShownMessage
from tiermem.flows.effects import Flow, Read
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Decision, Shown, Summary
from tiermem.runtime.opening import Opened
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import entries as entry_rows
from tiermem.storage import messages as log
from tiermem.storage import stubs as stub_rows
from tiermem.storage.listed import lately
from tiermem.storage.log.legible import DAMAGED, ERASED
from tiermem.storage.stubs import Stub
from tiermem.window.view import Span, paint


class _StoredStretch(NamedTuple):
    """What of a stretch is read: messages, how they are shown, and what says so."""

    messages: Sequence[Message]
    parts: Sequence[Span]
    taken: Mapping[int, Decision]
    stubs: Mapping[tuple[int, int], Stub]
    fixed: frozenset[int]


def stretch(memory: Opened, scope: Scope, first: int, last: int) -> list[ShownMessage]:
    """The messages `first`..`last` of a conversation that are there, in order; hidden, erased and damaged ones too."""
    return memory.drive(_stretch(memory.wiring[0], scope, first, last))


def _stretch(core: Core, scope: Scope, first: int, last: int) -> Flow[list[ShownMessage]]:
    stored: _StoredStretch = yield Read(partial(_read, scope=scope, first=first, last=last))
    spans = {number: part for part in stored.parts for number in range(part.first, part.last + 1)}
    return [_shown(stored, message, spans[message.sequence]) for message in core.local(stored.messages)]


def _read(connection: sa.Connection, scope: Scope, first: int, last: int) -> _StoredStretch:
    row = sessions.find(connection, scope)
    low, high = max(1, first), min(last, row.messages)
    if not row.pk or low > high:
        return _StoredStretch([], [], {}, {}, frozenset())
    journal = decisions.journal(connection, row.pk, above=low - 1, upto=high)
    parts = paint(low, high, journal, stub_rows.members(connection, row.pk, low - 1, high))
    compacted = [n for part in parts if part.shown is Shown.COMPACTED for n in range(part.first, part.last + 1)]
    fixed = (entry.sequence for entry in entry_rows.entries(connection, row.pk, low, high) if entry.fixed)
    stubs = stub_rows.of_messages(connection, row.pk, compacted)
    return _StoredStretch(
        log.read(connection, row.pk, low, high),
        parts,
        {decision.number: decision for decision in journal},
        stubs,
        frozenset(fixed),
    )


def _shown(stored: _StoredStretch, message: Message, part: Span) -> ShownMessage:
    gone = message.origin == ERASED
    if message.sequence in stored.fixed and part.shown is not Shown.HIDDEN:
        return ShownMessage(message=message, fixed=True)
    stub = stored.stubs.get((message.sequence, part.decision))
    return ShownMessage(
        message=message,
        shown=part.shown,
        decision=stored.taken.get(part.decision),
        stub=stub.content if stub and isinstance(stub.content, str) else "",
        stub_tokens=stub.tokens if stub else 0,
        summary=part.summary,
        erased=gone,
        damaged=message.origin == DAMAGED,
    )


def summaries(memory: Opened, scope: Scope, numbers: Sequence[int] | None = None) -> list[Summary]:
    """The summaries of a conversation with these numbers, or those in force; oldest span first."""

    def flow() -> Flow[list[Summary]]:
        return list((yield Read(partial(_summaries, scope=scope, numbers=numbers))))

    return memory.drive(flow())


def _summaries(connection: sa.Connection, scope: Scope, numbers: Sequence[int] | None) -> list[Summary]:
    row = sessions.find(connection, scope)
    if not row.pk:
        return []
    return decisions.summaries(connection, row.pk, numbers=numbers, live=numbers is None)


def journal(memory: Opened, scope: Scope, before: int = 0, limit: int = 50) -> list[Decision]:
    """The newest *limit* decisions of a conversation with a number below *before* (0: of all), newest first."""

    def flow() -> Flow[list[Decision]]:
        return list((yield Read(partial(_journal, scope=scope, before=before, limit=limit))))

    return memory.drive(flow())


def _journal(connection: sa.Connection, scope: Scope, before: int, limit: int) -> list[Decision]:
    row = sessions.find(connection, scope)
    return lately.journal(connection, row.pk, before, limit) if row.pk else []
