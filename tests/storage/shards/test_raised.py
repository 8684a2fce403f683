"""A server's database of version 19 is raised: every row has the number of its user then, and nothing else changed."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import empty_database
from tests.storage import damage
from tests.storage.lowered import engine_of, lower_to_19
from tests.waiting import PATIENCE
from tiermem import Memory
from tiermem.errors import StorageError
from tiermem.settings import Settings
from tiermem.storage.database import Database
from tiermem.storage.migrated import placing
from tiermem.storage.schema import meta, metadata
from tiermem.storage.shards.tables import COLUMN, REFERENCE, of_servers

PROCESSES = 8


@pytest.fixture(scope="module")
def before(postgres: str, postgres_admin: sa.Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of a database of version 19 with something in every table, and its rows as version 20 had them."""
    with empty_database(postgres, postgres_admin) as url:
        damage.fill(url)
        rows = dumped(url, of_servers())
        assert [name for name, held in rows.items() if not held] == []
        lower_to_19(url)
        yield str(sa.make_url(url).database), rows


@pytest.fixture
def old(before: tuple[str, Any], postgres: str, postgres_admin: sa.Engine) -> Iterator[str]:
    """A copy of it."""
    with empty_database(postgres, postgres_admin, before[0]) as url:
        yield url


def dumped(url: str, tables: sa.MetaData) -> dict[str, list[Any]]:
    engine = engine_of(url)
    with engine.connect() as connection:
        rows = {
            table.name: connection.execute(sa.select(table).order_by(*table.primary_key)).all()
            for table in tables.sorted_tables
        }
    engine.dispose()
    return {name: [tuple(row) for row in held] for name, held in rows.items()}


def test_every_row_is_given_its_user_and_is_else_the_same(old: str, before: tuple[str, dict[str, Any]]) -> None:
    with damage.opened(old) as memory:
        assert memory.session("s", "ann").search("pool 7", within="everything")
        assert {scope: proof.problems for scope, proof in memory.verify().items() if not proof.ok} == {}
        assert memory.session("gone", "cid").messages() == []
    after = dumped(old, of_servers())
    assert {name for name in after if after[name] != before[1][name]} == set()
    shards = {row[-1] for name, rows in after.items() if name not in REFERENCE for row in rows}
    assert len(shards) == 4  # ann, bob, cid who is gone, and dan for whom something is imported
    assert 0 not in shards


def test_stopped_anywhere_it_is_as_it_was(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    was, real = dumped(old, metadata), placing._placed

    def stopped(connection: sa.Connection, table: str, expression: str) -> None:
        if table == "tiermem_media":
            raise StorageError("stopped")
        real(connection, table, expression)

    monkeypatch.setattr(placing, "_placed", stopped)
    with pytest.raises(StorageError, match="stopped"):
        Memory.open(old)
    assert dumped(old, metadata) == was
    there = sa.inspect(engine_of(old))
    assert not [name for name in metadata.tables if COLUMN in {one["name"] for one in there.get_columns(name)}]
    monkeypatch.undo()
    with damage.opened(old) as memory:
        assert all(proof.ok for proof in memory.verify().values())


def _opened(url: str) -> str:
    database = Database(url, Settings())
    version = database.read(lambda c: c.execute(sa.select(meta.c.value).where(meta.c.key == "version")).scalar_one())
    database.close()
    return str(version)


def test_eight_processes_raise_it_once(old: str, before: tuple[str, dict[str, Any]]) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "psycopg", "tiermem.storage.database"])
    with context.Pool(PROCESSES) as pool:
        assert pool.map_async(_opened, [old] * PROCESSES).get(PATIENCE) == ["20"] * PROCESSES
    after = dumped(old, of_servers())
    assert {name for name in after if name != "tiermem_meta" and after[name] != before[1][name]} == set()
