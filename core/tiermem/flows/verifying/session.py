"""Proof of one session: everything derived again from messages and decisions, everything else against checksums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from tiermem.errors import StorageCorrupt
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.verifying import log, rows
from tiermem.flows.verifying.facts import extraction_differs, facts_differ
from tiermem.flows.verifying.journal import view_differs
from tiermem.flows.verifying.talk import conversation_differs
from tiermem.messages import Message
from tiermem.reports.state import Verification
from tiermem.settings import Scope
from tiermem.shared_history import parts
from tiermem.storage import sessions
from tiermem.storage.forks import borrowing
from tiermem.storage.forks import rows as forks
from tiermem.storage.schema import segment, session, summary
from tiermem.storage.sessions import SessionRow

BATCH = 2_000
OTHER_ANALYSER = "tiermem_segment: derived by another analyser than this process has, so its terms were not compared"


def verify(scope: Scope, key: int | None = None) -> Flow[Verification]:
    """Every hash, view, total and index of a session, derived again and compared; *key* names its row.

    Raises:
        StorageError: the database itself cannot be read.
    """
    try:
        row = yield Read(lambda c: sessions.find(c, scope) if key is None else sessions.by_key(c, key))
    except StorageCorrupt as error:
        return Verification(messages=0, decisions=0, summaries=0, indexed=0, problems=(str(error),))
    problems: list[str] = []
    notes = {OTHER_ANALYSER} if row.foreign else set[str]()
    tokens = 0
    if key is None:  # else they are proved with the sessions that they are of
        problems += yield from _shared(row)
    for first in range(row.base + 1, row.messages + 1, BATCH):
        messages, wrong = yield from _batch(scope, row, first, min(first + BATCH - 1, row.messages), notes)
        problems += wrong
        tokens += sum(message.tokens for message in messages if isinstance(message.tokens, int))
    if tokens != row.tokens and not problems:
        problems.append(f"tiermem_session: the total is {row.tokens} tokens, its messages have {tokens}")
    problems += yield Read(partial(_rest, scope=scope, pk=row.pk))
    counts = yield Read(partial(_counts, pk=row.pk))
    return Verification(
        messages=row.messages,
        decisions=row.revision,
        summaries=counts[0],
        indexed=counts[1],
        problems=rows.listed(problems),
        notes=tuple(sorted(notes)),
    )


def _shared(row: SessionRow) -> Flow[list[str]]:
    """What is wrong with the messages that the session *row* shares with others."""
    problems: list[str] = []
    there = yield Read(lambda connection: sessions.sharing(connection, row.pk))
    for owner, low, high in parts(row.pk, 1, row.base):
        for first in range(low, high + 1, BATCH) if owner in there else ():
            last = min(first + BATCH - 1, high)
            stored = yield Read(partial(log.read, pk=owner, first=first, last=last))
            messages = yield Compute(partial(log.legible, stored))
            problems += rows.guarded("a message", partial(log.differences, stored, messages, first, last))
    return problems


def _batch(
    scope: Scope, row: SessionRow, first: int, last: int, notes: set[str]
) -> Flow[tuple[list[Message], list[str]]]:
    stored = yield Read(lambda c: log.read(c, row.pk, first, last))
    messages: list[Message] = yield Compute(lambda: log.legible(stored))
    wrong = rows.guarded("a message", lambda: log.differences(stored, messages, first, last))

    def derived(connection: sa.Connection) -> list[str]:
        indexed = sessions.by_key(connection, row.pk).indexed  # the background may have come further, or begun anew
        now = replace(row, indexed=indexed)
        return [
            *rows.guarded("the word index", lambda: log.words_differ(connection, row.pk, messages, indexed)),
            *rows.guarded("a fact", lambda: facts_differ(connection, scope, now, messages)),
            *rows.guarded("a passage", lambda: log.passages_differ(connection, row.pk, messages, notes)),
        ]

    wrong += yield Read(derived)
    return messages, wrong


def _rest(connection: sa.Connection, scope: Scope, pk: int) -> list[str]:
    """What hangs together beyond single messages; one snapshot of its own."""
    if not pk:
        return []
    row = sessions.by_key(connection, pk)
    problems = rows.changed(connection, session, session.c.pk == pk)
    for table in rows.OF_A_SESSION:
        problems += rows.changed(connection, table, table.c.session == pk)
    problems += rows.guarded("what stands beyond the session", lambda: log.strays(connection, row))
    problems += rows.guarded("what an extractor read", lambda: extraction_differs(connection, row))
    problems += rows.guarded("what is counted", lambda: conversation_differs(connection, scope, row))
    problems += rows.guarded("what it shares", lambda: forks.differ(connection, row))
    problems += rows.guarded("what it borrows", lambda: borrowing.differ(connection, row.pk))
    problems += rows.guarded("the record of failures", lambda: _failures_differ(row))
    return problems + rows.guarded("the view", lambda: view_differs(connection, row))


def _failures_differ(row: SessionRow) -> Iterator[str]:
    if not bool(row.failures) == bool(row.failed_at) == bool(row.last_error):
        yield f"tiermem_session, row {row.pk}: the number, the time and the text of failures do not belong together"


def _counts(connection: sa.Connection, pk: int) -> tuple[int, int]:
    summaries = sa.select(sa.func.count()).select_from(summary).where(summary.c.session == pk)
    indexed = sa.select(sa.func.sum(segment.c.last - segment.c.first + 1)).where(segment.c.session == pk)
    return int(connection.execute(summaries).scalar_one()), int(connection.execute(indexed).scalar() or 0)
