"""Reading the window: from memory while no decision was taken, with the new messages added; else from the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import sqlalchemy as sa

from tiermem.flows.effects import Flow, Read
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Decision, Shown, Summary
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import messages as log
from tiermem.storage.sessions import SessionRow
from tiermem.summaries import merging
from tiermem.window.stubs import as_stub
from tiermem.window.view import Entry, Window

CACHED_TOKENS = 2_000  # a message kept in memory; larger ones are read again, so that memory use stays bounded


def load(core: Core, scope: Scope) -> Flow[tuple[SessionRow, Window]]:
    """The session's row and its window, of one snapshot."""
    loaded = yield Read(lambda connection: read(core, scope, connection))
    row, window = loaded
    if row.pk:
        core.windows.put((row.pk, scope), window)
    return row, window


def read(core: Core, scope: Scope, connection: sa.Connection) -> tuple[SessionRow, Window]:
    """`load`, inside a transaction."""
    row = sessions.find(connection, scope)
    known = core.windows.get((row.pk, scope))
    if not row.pk:
        return row, Window(0, 0, (), ())
    if known is None or known.revision != row.revision or known.last > row.messages:
        return row, decisions.window(connection, row)
    fresh = tuple(log.entries(connection, row.pk, known.last + 1, row.messages)) if known.last < row.messages else ()
    return row, replace(known, last=row.messages, entries=known.entries + fresh)


def bodies(core: Core, row: SessionRow, sequences: Iterable[int]) -> Flow[dict[int, Message]]:
    """The original messages with these numbers, read once and then kept in memory."""
    wanted = list(sequences)
    known = {sequence: body for sequence in wanted if (body := core.bodies.get((row.pk, sequence))) is not None}
    missing = [sequence for sequence in wanted if sequence not in known]
    if missing:
        fresh = yield Read(lambda connection: log.pick(connection, row.pk, missing))
        known |= {message.sequence: message for message in fresh}
        for message in fresh:
            if message.tokens <= CACHED_TOKENS:
                core.bodies.put((row.pk, message.sequence), message)
    return known


def shown(core: Core, row: SessionRow, entries: Iterable[Entry]) -> Flow[dict[int, Message]]:
    """The messages of *entries* as the window shows them: originals, or stubs that carry them in their state."""
    listed = list(entries)
    originals = yield from bodies(core, row, (entry.sequence for entry in listed))
    compacted = [entry for entry in listed if entry.shown is Shown.COMPACTED]
    if not compacted:
        return originals
    stubs = yield Read(lambda c: decisions.stubs_of(c, row.pk, (entry.sequence for entry in compacted)))
    taken = yield Read(lambda c: _times(c, row.pk, {entry.decision for entry in compacted}))
    return originals | {entry.sequence: _stubbed(entry, originals[entry.sequence], stubs, taken) for entry in compacted}


def _times(connection: sa.Connection, pk: int, numbers: set[int]) -> dict[int, Decision]:
    compactions = decisions.journal(connection, pk, kinds=("compact",))
    return {decision.number: decision for decision in compactions if decision.number in numbers}


def _stubbed(
    entry: Entry,
    original: Message,
    stubs: Mapping[tuple[int, int], decisions.Stub],
    taken: Mapping[int, Decision],
) -> Message:
    stub = stubs[entry.sequence, entry.decision]
    when = taken[entry.decision].decided_at
    compacted = decisions.compacted(stub)
    return as_stub(original, compacted, tokens_saved=original.tokens - stub.tokens, compacted_at=when)


def live_summaries(row: SessionRow) -> Flow[list[Summary]]:
    """The summaries in force, oldest span first, without what they say of hidden messages."""
    live, hidden = yield Read(
        lambda c: (decisions.summaries(c, row.pk, live=True), decisions.hidden(c, row) if row.pk else [])
    )
    return [merging.without(summary, hidden) for summary in live] if hidden else list(live)
