"""A database comes to a server where users' rows are found by a key that a file may never have needed."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tiermem import Memory
from tiermem.migration import copying, migrate
from tiermem.storage.shards.tables import COLUMN


@pytest.fixture
def young(tmp_path: Path) -> Path:
    """A file in which nothing was ever erased."""
    file = tmp_path / "young.db"
    with Memory.open(file) as memory:
        memory.session("s", "ann").add(["The pool has 50 connections.", "The fence is green."])
        memory.session("s", "bob").add("The lake has no pool.")
        memory.items("bob").put(("drinks",), "tea", {"text": "tea is green"})
    return file


def lives(url: str) -> None:
    """What came is found, and what is added now stands beside it."""
    with Memory.open(url) as memory:
        session = memory.session("s", "ann")
        assert [hit.ref for hit in session.search("pool", within="user")] == ["m1"]
        session.add("The pool has 60 connections.")
        assert [one.text for one in session.messages()][-2:] == ["The fence is green.", "The pool has 60 connections."]
        assert memory.items("bob").get(("drinks",), "tea") is not None
        assert all(proof.ok for proof in memory.verify().values())


def test_it_is_made_there(young: Path, postgres_url: str) -> None:
    assert migrate(young, postgres_url).ok
    lives(postgres_url)


def test_rows_move_where_the_source_came_to_need_one_meanwhile(
    young: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "ROWS", 2)

    def stopped(step: str, *_: int) -> None:
        if step == "comparing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(young, postgres_url, stopped)
    before = places(postgres_url)
    with Memory.open(young) as memory:
        memory.session("other", "bob").add("Words.")
        memory.session("other", "bob").erase()
    assert migrate(young, postgres_url).ok
    assert not before & places(postgres_url)
    lives(postgres_url)


def places(url: str) -> set[int]:
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT {COLUMN} FROM tiermem_message").scalars().all()
    engine.dispose()
    return set(found)
