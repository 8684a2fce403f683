"""The chain of a session: each row against its link, and all of them against a head that somebody kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from tiermem.flows.verifying.log import Rows
from tiermem.shared_history import owner_of
from tiermem.storage.chain.checking import (
    OTHERWISE,
    Ranges,
    Walk,
    anchored,
    decisions_differ,
    erased_by,
    erased_since,
    summary_differs,
)
from tiermem.storage.chain.links import START, Head, LinkedRow, link
from tiermem.storage.chain.writing import CHUNK, Attached, linked
from tiermem.storage.schema import decision, stub, summary
from tiermem.storage.sessions import SessionRow
from tiermem.storage.tables.forks import fork


def erased(connection: sa.Connection, pk: int) -> Ranges:
    """The ranges of messages that the journal of a session says were erased."""
    columns = (decision.c.kind, decision.c.first, decision.c.last)
    mine = sa.and_(decision.c.session == int(pk), decision.c.kind == "erase")
    return erased_by(connection.execute(sa.select(*columns).where(mine)).mappings().all())


def before(connection: sa.Connection, row: SessionRow) -> bytes:
    """The link that the first of the messages rests on that the session *row* stores itself."""
    if not row.base:
        return START
    return link(connection.execute(sa.select(fork.c.chain).where(fork.c.session == int(row.pk))).scalar())


def walked(walk: Walk, rows: Rows, first: int, last: int, gone: Ranges) -> Iterator[str]:
    """What is wrong with the links of the messages `first`..`last`; those that are missing are told elsewhere."""
    for number in range(first, last + 1):
        if number in rows:
            yield from walk.step(rows[number], gone)
        else:
            walk.pass_by(number, None)


def differs(connection: sa.Connection, row: SessionRow, head: Head | None, walk: Walk) -> Iterator[str]:
    """What is wrong with the journal's links, and with the ends of both chains; one snapshot of its own."""
    mine = decision.c.session == int(row.pk)
    rows = connection.execute(sa.select(decision).where(mine).order_by(decision.c.number)).mappings().all()
    gone, last = erased_by(rows), START
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        yield from decisions_differ(some, Attached(connection, row.pk, some), last, gone)
        last = link(some[-1]["chain"])
    if last != link(row.journal_chain):
        yield f"tiermem_session, row {row.pk}: {OTHERWISE}: its journal ends otherwise than it says"
    yield from _belong(connection, row, rows, gone)
    yield from _forked(connection, row)
    yield from anchored(head, walk, rows)


def since(connection: sa.Connection, row: SessionRow, head: Head | None) -> list[str]:
    """What was erased since *head* was taken."""
    if head is None:
        return []
    mine = decision.c.session == int(row.pk)
    rows = connection.execute(sa.select(decision).where(mine).order_by(decision.c.number)).mappings().all()
    return list(erased_since(head, rows))


def _belong(connection: sa.Connection, row: SessionRow, decisions: Sequence[LinkedRow], gone: Ranges) -> Iterator[str]:
    covered = {one["reference"] for one in decisions if one["kind"] == "cover"}
    for told in connection.execute(sa.select(summary).where(summary.c.session == int(row.pk))).mappings():
        yield from summary_differs(told, gone)
        if told["number"] not in covered:
            yield f"tiermem_summary, summary {told['number']}: {OTHERWISE}: no decision shows it"
    compacted = [one["number"] for one in decisions if one["kind"] == "compact"]
    found = connection.execute(sa.select(stub.c.decision).where(stub.c.session == int(row.pk)).distinct()).scalars()
    for number in sorted(set(found) - set(compacted), key=str):
        yield f"tiermem_stub, those of decision {number}: {OTHERWISE}: no decision shows them"


def _forked(connection: sa.Connection, row: SessionRow) -> Iterator[str]:
    """Where a fork does not go on from the one that it shares messages with."""
    if not row.base:
        return
    owner = owner_of(row.pk, row.base)
    expected = linked(connection, owner, row.base) if owner > 0 else None
    if expected is not None and expected != before(connection, row):
        yield f"tiermem_fork, session {row.pk}: {OTHERWISE}: it does not go on from message {row.base}"
