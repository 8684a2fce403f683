"""Statements that the driver runs itself say and store the same as SQLAlchemy's, and fail as they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tiermem import Memory, Message
from tiermem.errors import StorageError
from tiermem.flows.effects import Read, Transact
from tiermem.storage import messages, sessions
from tiermem.storage.connecting.prepared import Prepared

TABLE = sa.Table(
    "told",
    sa.MetaData(),
    sa.Column("number", sa.BigInteger),
    sa.Column("body", sa.LargeBinary),
    sa.Column("at", sa.Text),
)
ROWS: list[dict[str, Any]] = [
    {"number": 2**62, "body": b"\x00\xff'", "at": "2024-01-01T00:00:00+00:00"},
    {"number": -1, "body": b"", "at": "é \U0001f600"},
    {"number": 0, "body": None, "at": "'; DROP TABLE told; --"},
]


@pytest.fixture(params=["file", "postgres"])
def memory(request: pytest.FixtureRequest, file: Path) -> Memory:
    """A memory on either database."""
    target = str(file) if request.param == "file" else str(request.getfixturevalue("postgres_url"))
    return Memory.open(target)


def test_rows_are_written_and_read_as_by_sqlalchemy(memory: Memory) -> None:
    insert = Prepared(TABLE.insert(), ["number", "body", "at"])
    above = sa.select(TABLE).where(TABLE.c.number > sa.bindparam("least"), TABLE.c.at != sa.literal("x"))

    def body(connection: sa.Connection) -> None:
        TABLE.create(connection)
        insert.run(connection, ROWS[:1])
        insert.run(connection, ROWS[1:])
        for least in (-2, 0, 2**62):
            expected = connection.execute(above, {"least": least}).all()
            assert [tuple(row) for row in Prepared(above).rows(connection, {"least": least})] == expected
        assert connection.execute(sa.select(TABLE)).mappings().all() == ROWS
        TABLE.drop(connection)

    with memory:
        memory.drive(iter_one(Transact(body)))


def iter_one(effect: Any) -> Any:
    """A flow of one effect."""
    return (yield effect)


def test_what_the_driver_refuses_is_a_storage_error_and_nothing_is_kept(memory: Memory) -> None:
    with memory:
        session = memory.session("s")
        kept = session.add(Message(role="user", content="kept", id="a"))[0]

        def twice(connection: sa.Connection) -> None:
            row = sessions.find(connection, session.scope)
            again = messages._values(kept, row.pk, 2, 1, kept.stored_at)  # type: ignore[arg-type]
            messages._INSERT.run(connection, [again | {"witness": b"", "chain": b""}])

        with pytest.raises(StorageError):
            memory.drive(iter_one(Transact(twice)))
        wrong = Prepared(sa.text("SELECT nothing FROM nowhere"))
        with pytest.raises(StorageError):
            memory.drive(iter_one(Read(lambda connection: wrong.rows(connection, {}))))
        assert session.messages() == [kept]
