"""Stubs: what is shown in place of compacted messages, one row each; of a fork those too that it borrows
(`forks/borrowing.py`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from tiermem.messages import Content
from tiermem.plain_json import dumps, loads
from tiermem.records import Compacted
from tiermem.shared_history import ForkKey
from tiermem.storage import messages
from tiermem.storage.chain.writing import salt
from tiermem.storage.log.legible import DAMAGED
from tiermem.storage.schema import Stored, broken, sealed, stub
from tiermem.storage.tables.forks import borrowed


@dataclass(frozen=True, slots=True)
class Stub:
    """What is shown in place of one message."""

    sequence: int
    tokens: int
    strategy: str
    content: Content
    decision: int = 0


def add(connection: sa.Connection, pk: int, stubs: Iterable[Stub]) -> None:
    """Write stubs, each with the number of its decision."""
    rows = [
        sealed(
            stub,
            {
                "session": pk,
                "decision": made_stub.decision,
                "sequence": made_stub.sequence,
                "tokens": made_stub.tokens,
                "strategy": made_stub.strategy,
                "content": dumps(made_stub.content),  # type: ignore[arg-type]
                "witness": salt(),
            },
        )
        for made_stub in stubs
    ]
    if rows:
        connection.execute(stub.insert(), rows)


class Loan(NamedTuple):
    """The stubs of messages `first`..`last` that a fork's decision borrows: those of decision `number` of the session
    with the plain key `owner`."""

    decision: int
    owner: int
    number: int
    first: int
    last: int


_LOAN = tuple(borrowed.c[name] for name in Loan._fields)


def loans(connection: sa.Connection, pk: int) -> list[Loan]:
    """What the session *pk* borrows, in the order of its decisions; nothing where it is no fork."""
    if not isinstance(pk, ForkKey):
        return []
    query = sa.select(*_LOAN).where(borrowed.c.session == pk).order_by(borrowed.c.decision)
    return [Loan(*row) for row in connection.execute(query)]


def borrowed_ones(
    connection: sa.Connection, pk: int, columns: Sequence[sa.Column[Any]], *conditions: sa.ColumnElement[bool]
) -> Iterator[tuple[int, Any]]:
    """The *columns*, with `sequence` and `decision` among them, of the stubs that the session *pk* borrows and that
    meet *conditions*; each with the number that its decision has here."""
    here: dict[int, dict[int, Loan]] = {}
    for loan in loans(connection, pk):
        here.setdefault(loan.owner, {})[loan.number] = loan
    for owner, lent in here.items():
        low, high = min(loan.first for loan in lent.values()), max(loan.last for loan in lent.values())
        mine = (stub.c.session == owner, stub.c.sequence.between(low, high), stub.c.decision.in_(sorted(lent)))
        for row in connection.execute(sa.select(*columns).where(*mine, *conditions).order_by(stub.c.sequence)):
            loan = lent[row.decision]
            if loan.first <= row.sequence <= loan.last:
                yield loan.decision, row


def _selected(
    connection: sa.Connection, pk: int, columns: list[sa.Column[Any]], *conditions: sa.ColumnElement[bool]
) -> Iterator[tuple[int, Any]]:
    """The *columns* of the stubs of the session *pk* that meet *conditions*, each with the number of its decision."""
    own = sa.select(*columns).where(stub.c.session == pk, *conditions).order_by(stub.c.sequence)
    for row in connection.execute(own):
        yield row.decision, row
    yield from borrowed_ones(connection, pk, columns, *conditions)


def members(connection: sa.Connection, pk: int, above: int, upto: int | None = None) -> dict[int, list[int]]:
    """For each decision to compact the messages it replaced, of those beyond *above* and up to *upto*, where given."""
    replaced: dict[int, list[int]] = defaultdict(list)
    for number, row in _selected(connection, pk, [stub.c.decision, stub.c.sequence], _reaching(above, upto)):
        replaced[number].append(row.sequence)
    return replaced


def sizes(
    connection: sa.Connection, pk: int, above: int, upto: int | None = None, decision: int | None = None
) -> dict[tuple[int, int], int]:
    """Tokens of the stubs beyond message *above*, by (message, decision); those up to *upto*, and of one *decision*
    alone, where given."""
    columns = [stub.c.sequence, stub.c.decision, stub.c.tokens]
    rows = _selected(connection, pk, columns, _reaching(above, upto))
    return {(row.sequence, number): row.tokens for number, row in rows if decision in {None, number}}


def _reaching(above: int, upto: int | None) -> sa.ColumnElement[bool]:
    return stub.c.sequence > above if upto is None else sa.and_(stub.c.sequence > above, stub.c.sequence <= upto)


def of_messages(connection: sa.Connection, pk: int, sequences: Iterable[int]) -> dict[tuple[int, int], Stub]:
    """The stubs of these messages, by (message, decision)."""
    wanted = sorted(set(sequences))
    stubs: dict[tuple[int, int], Stub] = {}
    for start in range(0, len(wanted), messages.CHUNK):
        part = stub.c.sequence.in_(wanted[start : start + messages.CHUNK])
        for number, row in _selected(connection, pk, [*stub.columns], part):
            stubs[row.sequence, number] = _stub(dict(zip(_NAMES, row, strict=True)), number)
    return stubs


_NAMES = [column.name for column in stub.columns]


def _stub(row: Stored, number: int) -> Stub:
    sequence, tokens = row["sequence"], row["tokens"]
    try:
        content = None if broken(stub, row) else loads(bytes(row["content"]))
    except (ValueError, TypeError):
        content = None
    if content is None:
        return Stub(sequence, tokens, DAMAGED, f"[the stub of m{sequence} is damaged; expand m{sequence}]", number)
    return Stub(sequence, tokens, row["strategy"], content, number)


def compacted(made_stub: Stub) -> Compacted:
    """The stub as the compactor made it."""
    return Compacted(content=made_stub.content, strategy=made_stub.strategy)
