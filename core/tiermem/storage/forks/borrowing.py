"""Stubs that a fork borrows: those of a decision to compact that was taken where it was forked.

Rule 1: stubs never change, so a fork names the session and the decision that they are of, and copies none: a fork costs
the same with no stub in view and with thousands.
Rule 2: who borrows from a fork that borrows is told the session that has the rows, so that nobody asks twice.
Rule 3: before a session is erased, who borrows of it has the rows for its own; stubs of an erased message are gone
from whoever has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from tiermem.records import Decision
from tiermem.storage.chain.writing import taken_over
from tiermem.storage.schema import broken, decision, sealed, stub
from tiermem.storage.stubs import Loan, borrowed_ones, loans
from tiermem.storage.tables.forks import borrowed
from tiermem.window.view import within


def whole(
    connection: sa.Connection, pk: int, *conditions: sa.ColumnElement[bool]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """`borrowed_ones` with all columns, by their names."""
    names = [column.name for column in stub.columns]
    for number, row in borrowed_ones(connection, pk, [*stub.columns], *conditions):
        yield number, dict(zip(names, row, strict=True))


def lent_by(connection: sa.Connection, pk: int, compacts: Mapping[int, Decision], first: int, last: int) -> list[Loan]:
    """What a fork of the session *pk* borrows, of messages `first`..`last`, for its decisions to compact that are
    *compacts* by the number that they have in that session."""
    known = {loan.decision: loan for loan in loans(connection, pk)}
    made: list[Loan] = []
    for number, one in compacts.items():
        loan = known.get(number, Loan(number, int(pk), number, first, last))
        low, high = max(loan.first, first), min(loan.last, last)
        if low <= high:
            made.append(Loan(one.number, loan.owner, loan.number, low, high))
    return made


def keep(connection: sa.Connection, pk: int, made: Sequence[Loan]) -> None:
    """Write that the session *pk* borrows what *made* says."""
    rows = [sealed(borrowed, {"session": int(pk), **loan._asdict()}) for loan in made]
    if rows:
        connection.execute(borrowed.insert(), rows)


def borrowers(connection: sa.Connection, owner: int) -> list[int]:
    """The plain keys of the sessions that borrow from the session *owner*."""
    query = sa.select(borrowed.c.session).where(borrowed.c.owner == owner).distinct().order_by(borrowed.c.session)
    return list(connection.execute(query).scalars())


def take_over(connection: sa.Connection, pk: int, owner: int, gone: Sequence[tuple[int, int]]) -> None:
    """Have the locked session *pk* keep as its own what it borrows from *owner*, but stubs of the messages that are
    *gone*: ranges in order. What was damaged stays so."""
    taken_over(connection, int(pk), owner)
    rows: list[dict[str, Any]] = []
    for here, row in whole(connection, pk, stub.c.session == owner):
        if not within(gone, row["sequence"]):
            values = {name: row[name] for name in row if name not in {"pk", "checksum"}}
            own = sealed(stub, values | {"session": int(pk), "decision": here})
            rows.append(own | ({"checksum": b"damaged"} if broken(stub, row) else {}))
    if rows:
        connection.execute(stub.insert(), rows)
    connection.execute(borrowed.delete().where(borrowed.c.session == int(pk), borrowed.c.owner == owner))


def differ(connection: sa.Connection, pk: int) -> Iterator[str]:
    """What the session *pk* says that it borrows, and cannot."""
    for loan in loans(connection, pk):
        for session, number in ((int(pk), loan.decision), (loan.owner, loan.number)):
            there = sa.select(decision.c.kind).where(decision.c.session == session, decision.c.number == number)
            if connection.execute(there).scalar() != "compact":
                yield f"tiermem_borrowed, session {int(pk)}: decision {number} of session {session} compacted nothing"
    damaged = [row["sequence"] for _, row in whole(connection, pk) if broken(stub, row)]
    yield from (f"tiermem_stub, the stub of message {one}, which is borrowed: not as it was written" for one in damaged)
