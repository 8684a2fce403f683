"""Every table of a server has the number of whose rows they are in its keys, and every statement that a user's verbs
send has it in its condition, for every table that it reads: nothing of a user is looked for but in one place.

The tables of which each place has a copy are the only ones without (`shards.tables.REFERENCE` says why).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.faults.cancelling.talk import OPTIONS, USER, VERBS, Talk
from tests.vector_stores.stores import ByPairs
from tiermem import Memory
from tiermem.errors import StorageCorrupt
from tiermem.storage.schema import message, metadata
from tiermem.storage.shards.tables import COLUMN, REFERENCE, of_servers
from tiermem.storage.shards.whose import SHARD

UNUSED = {"tiermem_blob", "tiermem_import", "tiermem_item_vector"}  # by these verbs
_NAMES = r"(tiermem_\w+)(?: AS (\w+))?"


def parts(statement: str) -> Iterator[str]:
    """*statement* and what it asks in brackets, each without those inside of it: each must say whose rows it reads."""
    inner = re.compile(r"\(((?:SELECT|DELETE|UPDATE)[^()]*(?:\((?!SELECT)[^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*)\)")
    while found := inner.search(statement):
        yield found[1]
        statement = statement[: found.start()] + "(…)" + statement[found.end() :]
    yield statement


def unkeyed(statement: str) -> Iterator[str]:
    """The tables that *statement* reads, changes or adds to without saying whose rows it means."""
    if added := re.match(r"INSERT INTO (tiermem_\w+) \((.*?)\)", statement):
        if added[1] not in REFERENCE and COLUMN not in added[2].split(", "):
            yield added[1]
        return
    for part in parts(statement):
        of = re.findall(rf"(?:FROM|JOIN|UPDATE|,) {_NAMES}(?= |$|,)", part)
        for table, alias in of:
            said = rf"\b{alias or table}\.{COLUMN} = %\({SHARD.key}\)s"
            if table in metadata.tables and table not in REFERENCE and not re.search(said, part):
                yield table


def test_every_statement_says_whose_rows_it_means(opened_url: str) -> None:
    statements = set[str]()
    with Memory.open(opened_url, embedder=ByPairs(), **OPTIONS) as memory:
        engine = memory.wiring[1]._database._transactions.engine
        sa.event.listen(engine, "before_cursor_execute", lambda *sent: statements.add(" ".join(sent[2].split())))
        talk = Talk(memory, 1)

        async def lived() -> None:
            for verb in [*sorted(VERBS), "undo", "restore", "context"]:
                await talk.step(verb, cancel=False)

        asyncio.run(lived())
        memory.settle()
        memory.profile(USER)
        memory.session("s", USER).add("after an erasure")
        memory.graph(USER).entities()
        memory.session("s", USER).verify()
        memory.sessions(USER)
        memory.erase(USER)
    named = {table for one in statements for table in re.findall(r"tiermem_\w+", one)}
    assert {table.name for table in metadata.sorted_tables} - named <= UNUSED
    wrong = {one: list(unkeyed(one)) for one in statements}
    assert {one: tables for one, tables in wrong.items() if tables} == {}


def test_every_key_has_the_number_of_whose_rows_they_are(opened_url: str) -> None:
    assert of_servers().tables.keys() == metadata.tables.keys()
    engine = sa.create_engine(sa.make_url(opened_url).set(drivername="postgresql+psycopg"))
    there = sa.inspect(engine)
    for table in metadata.sorted_tables:
        keys = [there.get_pk_constraint(table.name)["constrained_columns"]]
        keys += [one["column_names"] for one in there.get_unique_constraints(table.name)]
        keys += [one["column_names"] for one in there.get_indexes(table.name) if one["unique"]]
        has = [COLUMN in key for key in keys]
        assert any(has) is False if table.name in REFERENCE else all(has), table.name
        assert there.get_foreign_keys(table.name) == []
        assert COLUMN not in table.c  # a file has one place, and no such column
    engine.dispose()


def test_who_names_nobody_adds_no_row(opened_url: str) -> None:
    row = {"session": 1, "sequence": 1, "id": b"m", "role": b"user", "tokens": 1, "stored_at": "", "sha256": b""}
    with Memory.open(opened_url) as memory:
        database = memory.wiring[1]._database
        with pytest.raises(StorageCorrupt, match="nobody knows whose"):
            database.write(lambda connection: connection.execute(message.insert().values(**row, body=b"")))


_MINE = f"{COLUMN} = %({SHARD.key})s::BIGINT"


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("SELECT tiermem_message.body FROM tiermem_message WHERE tiermem_message.session = 1", ["tiermem_message"]),
        ("UPDATE tiermem_session SET floor=1 WHERE tiermem_session.pk = 1", ["tiermem_session"]),
        (f"DELETE FROM tiermem_fact WHERE tiermem_fact.{_MINE}", []),
        ("DELETE FROM tiermem_fact WHERE tiermem_fact.shard = 1", ["tiermem_fact"]),
        (f"SELECT 1 FROM tiermem_media JOIN tiermem_blob ON 1 = 1 WHERE tiermem_media.{_MINE}", ["tiermem_blob"]),
        (f"SELECT 1 FROM tiermem_media, tiermem_blob AS b WHERE tiermem_media.{_MINE} AND b.{_MINE}", []),
        (
            f"DELETE FROM tiermem_media WHERE tiermem_media.{_MINE} AND (EXISTS (SELECT * FROM tiermem_fork AS a))",
            ["tiermem_fork"],
        ),
        ("INSERT INTO tiermem_fact (session, pk) VALUES (1, 2)", ["tiermem_fact"]),
        ("INSERT INTO tiermem_fact (session, shard) VALUES (1, 2)", []),
        ("SELECT tiermem_meta.value FROM tiermem_meta", []),
    ],
)
def test_a_statement_without_it_is_noticed(statement: str, tables: list[str]) -> None:
    assert list(unkeyed(statement)) == tables
