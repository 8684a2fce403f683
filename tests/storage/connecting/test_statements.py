"""What was compiled for one memory serves all that are opened on the same kind of database, and no other kind."""

from __future__ import annotations

import sqlite3
import types
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect

from tests.conftest import Open
from tiermem import Memory
from tiermem.storage.connecting.statements import COMPILED, MOST, Statements
from tiermem.storage.tables.columns import metadata


def dialect(of: Any, version: tuple[int, ...], driver: Any = sqlite3) -> Dialect:
    made: Dialect = of(dbapi=driver)
    made.server_version_info = version
    return made


def test_one_driver_and_version_is_one_kind() -> None:
    another = types.ModuleType("another")
    vars(another).update(vars(sqlite3))
    kept = Statements()
    kept[dialect(SQLiteDialect_pysqlite, (3, 51, 3)), "select", ("a",)] = "compiled"
    assert kept.get((dialect(SQLiteDialect_pysqlite, (3, 51, 3)), "select", ("a",))) == "compiled"
    for other in (
        (dialect(SQLiteDialect_pysqlite, (3, 50, 0)), "select", ("a",)),
        (dialect(SQLiteDialect_pysqlite, (3, 51, 3), another), "select", ("a",)),
        (dialect(PGDialect_psycopg, (3, 51, 3), None), "select", ("a",)),
        (dialect(SQLiteDialect_pysqlite, (3, 51, 3)), "select", ("b",)),
        (dialect(SQLiteDialect_pysqlite, (3, 51, 3)), "insert", ("a",)),
    ):
        assert kept.get(other) is None


def test_it_does_not_grow_for_ever() -> None:
    kept = Statements()
    for number in range(3 * MOST):
        kept["dialect", number] = number
        assert len(kept) <= MOST
    assert kept.get(("dialect", 3 * MOST - 1)) == 3 * MOST - 1


def test_a_second_memory_compiles_nothing_anew(target: str, store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def used(memory: Memory) -> None:
        session = memory.session("s")
        session.add("The lamp is in the kitchen.")
        assert "kitchen" in session.context("Where is the lamp?", 2_000).messages[-1].text
        assert session.search("lamp")

    used(store())
    compiled = dict(COMPILED)
    assert compiled
    with Memory.open(":memory:" if target == ":memory:" else target) as second:
        used(second)
    assert {key for key in COMPILED if key not in compiled} == set()


def test_an_empty_sqlite_database_gets_all_tables_and_indexes(file: Path) -> None:
    Memory.open(file).close()
    found = sa.inspect(sa.create_engine(f"sqlite:///{file}"))
    assert set(found.get_table_names()) == set(metadata.tables)
    for table in metadata.tables.values():
        assert [one["name"] for one in found.get_columns(table.name)] == [one.name for one in table.columns]
        assert {one["name"] for one in found.get_indexes(table.name)} == {one.name for one in table.indexes}
