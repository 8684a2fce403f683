"""Proof of one session: everything derived again from messages and decisions, everything else against checksums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from tiermem.errors import StorageCorrupt
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.verifying import chained, log, rows
from tiermem.flows.verifying.facts import extraction_differs, facts_differ
from tiermem.flows.verifying.journal import view_differs
from tiermem.flows.verifying.names import names_differ
from tiermem.flows.verifying.talk import conversation_differs
from tiermem.messages import Message
from tiermem.reports.state import Verification
from tiermem.settings import Scope
from tiermem.shared_history import parts
from tiermem.storage import sessions
from tiermem.storage.chain.checking import OTHERWISE, Ranges, Walk, anchored
from tiermem.storage.chain.links import START, Head, link, read_head
from tiermem.storage.forks import borrowing
from tiermem.storage.forks import rows as forks
from tiermem.storage.schema import segment, session, summary
from tiermem.storage.sessions import SessionRow
from tiermem.storage.shards.whose import everybodys

BATCH = 2_000
OTHER_ANALYSER = "tiermem_segment: derived by another analyser than this process has, so its terms were not compared"


def verify(scope: Scope, key: int | None = None, chain: str | None = None) -> Flow[Verification]:
    """Every hash, link, view, total and index of a session, derived again and compared; *key* names its row, *chain* is
    a head that was kept.

    Raises:
        InvalidSettings: *chain* is no head.
        StorageError: the database itself cannot be read.
    """
    head = None if chain is None else read_head(chain)
    try:
        row = yield Read(lambda c: sessions.find(c, scope) if key is None else _by_key(c, key))
    except StorageCorrupt as error:
        return Verification(messages=0, decisions=0, summaries=0, indexed=0, problems=(str(error),))
    problems: list[str] = []
    notes = {OTHER_ANALYSER} if row.foreign else set[str]()
    tokens, at = 0, head.messages if head else -1
    walk = Walk((yield Read(lambda c: chained.before(c, row))), at)
    if key is None:  # else they are proved with the sessions that they are of
        problems += yield from _shared(row, walk)
    for first in range(row.base + 1, row.messages + 1, BATCH):
        messages, wrong = yield from _batch(scope, row, first, min(first + BATCH - 1, row.messages), notes, walk)
        problems += wrong
        tokens += sum(message.tokens for message in messages if isinstance(message.tokens, int))
    if tokens != row.tokens and not problems:
        problems.append(f"tiermem_session: the total is {row.tokens} tokens, its messages have {tokens}")
    if walk.last is not None and walk.last != link(row.chain):
        problems.append(f"tiermem_session, row {row.pk}: {OTHERWISE}: its messages end otherwise than it says")
    problems += yield Read(partial(_rest, scope=scope, pk=row.pk, head=head, walk=walk))
    notes.update((yield Read(partial(chained.since, row=row, head=head))))
    counts = yield Read(partial(_counts, pk=row.pk))
    return Verification(
        messages=row.messages,
        decisions=row.revision,
        summaries=counts[0],
        indexed=counts[1],
        problems=rows.listed(sorted(problems, key=_later)),
        notes=tuple(sorted(notes)),
    )


def _by_key(connection: sa.Connection, key: int) -> SessionRow:
    everybodys(connection)  # its names may be damaged
    return sessions.by_key(connection, key)


def _later(problem: str) -> bool:
    """What is wrong with the session's own row comes first: by a wrong owner every vector is of another text."""
    return not problem.startswith("tiermem_session")


def _shared(row: SessionRow, own: Walk) -> Flow[list[str]]:
    """What is wrong with the messages that the session *row* shares with others, before its *own*."""
    problems: list[str] = []
    there = yield Read(lambda connection: sessions.sharing(connection, row.pk))
    walk = Walk(START, own.at)
    for owner, low, high in parts(row.pk, 1, row.base):
        if owner not in there:
            walk.pass_by(high, None)
        for first in range(low, high + 1, BATCH) if owner in there else ():
            last = min(first + BATCH - 1, high)
            stored, gone = yield Read(partial(_read, pk=owner, first=first, last=last))
            problems += rows.guarded("a link", partial(chained.walked, walk, stored, first, last, gone))
            messages = yield Compute(partial(log.legible, stored))
            problems += rows.guarded("a message", partial(log.differences, stored, messages, first, last))
            problems += yield Read(partial(_media, owner=owner, messages=messages))
    own.seen = walk.seen
    return problems


def _media(connection: sa.Connection, owner: int, messages: list[Message]) -> list[str]:
    return rows.guarded("a medium", lambda: log.media_differ(connection, owner, messages))


def _read(connection: sa.Connection, pk: int, first: int, last: int) -> tuple[log.Rows, Ranges]:
    """The rows of these messages, and which the journal says were erased, in one snapshot."""
    return log.read(connection, pk, first, last), chained.erased(connection, pk)


def _batch(
    scope: Scope, row: SessionRow, first: int, last: int, notes: set[str], walk: Walk
) -> Flow[tuple[list[Message], list[str]]]:
    stored, gone = yield Read(partial(_read, pk=row.pk, first=first, last=last))
    messages: list[Message] = yield Compute(lambda: log.legible(stored))
    wrong = rows.guarded("a link", lambda: chained.walked(walk, stored, first, last, gone))
    wrong += rows.guarded("a message", lambda: log.differences(stored, messages, first, last))

    def derived(connection: sa.Connection) -> list[str]:
        indexed = sessions.by_key(connection, row.pk).indexed  # the background may have come further, or begun anew
        now = replace(row, indexed=indexed)
        return [
            *rows.guarded("the word index", lambda: log.words_differ(connection, row.pk, messages, indexed)),
            *rows.guarded("a fact", lambda: facts_differ(connection, scope, now, messages)),
            *rows.guarded("a medium", lambda: log.media_differ(connection, row.pk, messages)),
            *rows.guarded("a name", lambda: names_differ(connection, scope, row, messages)),
            *rows.guarded("a passage", lambda: log.passages_differ(connection, scope, row.pk, messages, notes)),
        ]

    wrong += yield Read(derived)
    return messages, wrong


def _rest(connection: sa.Connection, scope: Scope, pk: int, head: Head | None, walk: Walk) -> list[str]:
    """What hangs together beyond single messages; one snapshot of its own."""
    if not pk:
        return list(anchored(head, walk, ()))
    row = sessions.by_key(connection, pk)
    problems = rows.changed(connection, session, session.c.pk == pk)
    for table in rows.OF_A_SESSION:
        problems += rows.changed(connection, table, table.c.session == pk)
    problems += rows.guarded("what stands beyond the session", lambda: log.strays(connection, row))
    problems += rows.guarded("what an extractor read", lambda: extraction_differs(connection, row))
    problems += rows.guarded("what is counted", lambda: conversation_differs(connection, scope, row))
    problems += rows.guarded("what it shares", lambda: forks.differ(connection, row))
    problems += rows.guarded("what it borrows", lambda: borrowing.differ(connection, row.pk))
    problems += rows.guarded("the chain", lambda: chained.differs(connection, row, head, walk))
    problems += rows.guarded("the record of failures", lambda: _failures_differ(row))
    return problems + rows.guarded("the view", lambda: view_differs(connection, row))


def _failures_differ(row: SessionRow) -> Iterator[str]:
    if not bool(row.failures) == bool(row.failed_at) == bool(row.last_error):
        yield f"tiermem_session, row {row.pk}: the number, the time and the text of failures do not belong together"


def _counts(connection: sa.Connection, pk: int) -> tuple[int, int]:
    summaries = sa.select(sa.func.count()).select_from(summary).where(summary.c.session == pk)
    indexed = sa.select(sa.func.sum(segment.c.last - segment.c.first + 1)).where(segment.c.session == pk)
    return int(connection.execute(summaries).scalar_one()), int(connection.execute(indexed).scalar() or 0)
