"""Several processes open the same new place at the same moment: each gets it, and it is made once."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Iterator
from multiprocessing.pool import Pool
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
import sqlalchemy as sa

import tiermem.storage.sqlite as opening
from tests.waiting import PATIENCE
from tiermem.errors import StorageBusy, StorageError
from tiermem.settings import Settings
from tiermem.storage.database import Database
from tiermem.storage.schema import meta
from tiermem.storage.sqlite import driver
from tiermem.storage.tables.columns import metadata

PROCESSES = 8
FILES = 150  # before openings were repeated, one file in about 100 failed for somebody
_start: Barrier


def ready(start: Barrier, driver: str) -> None:
    global _start  # noqa: PLW0603  # what a process of a pool is given when it starts
    _start = start
    if driver == "fallback":
        setattr(opening, "driver", lambda: sqlite3)  # noqa: B010  # names that the module imported, not its own
        setattr(opening, "journal_mode", lambda *_: ("DELETE", "EXTRA"))  # noqa: B010


def race(targets: list[str]) -> list[str]:
    """Open *targets* in turn: who is behind finds them made and catches up, so that all meet at the first new one."""
    _start.wait(PATIENCE)
    return [_open(target) for target in targets]


def _open(target: str) -> str:
    """What the database calls itself, or the error."""
    try:
        database = Database(target, Settings())
        name = database.read(lambda c: c.execute(sa.select(meta.c.value).where(meta.c.key == "database")).scalar_one())
        database.close()
    except StorageError as error:
        return f"{type(error).__name__}: {error}"
    return str(name)


def crowd(driver: str) -> Iterator[Pool]:
    how = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(how)
    if how == "forkserver":  # two dozen processes need not import the same each by itself
        context.set_forkserver_preload(["pytest", "psycopg", "tiermem.storage.database"])
    with context.Pool(PROCESSES, ready, (context.Barrier(PROCESSES), driver)) as pool:
        yield pool


@pytest.fixture(scope="module", params=["safe", "fallback"])
def processes(request: pytest.FixtureRequest) -> Iterator[Pool]:
    yield from crowd(request.param)


@pytest.fixture(scope="module")
def clients() -> Iterator[Pool]:
    yield from crowd("safe")


def race_all(pool: Pool, targets: list[str]) -> list[set[str]]:
    """What the processes told of each target."""
    told = pool.map(race, [targets] * PROCESSES, chunksize=1)
    return [set(one) for one in zip(*told, strict=True)]


@pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_who_opens_a_new_file_waits_for_the_one_who_writes_in_it(file: Path, how: str) -> None:
    """Leaving the rollback journal is the one thing for which SQLite does not wait by itself."""
    holder = driver().connect(file, isolation_level=None, check_same_thread=False)
    holder.execute(how)
    released = threading.Event()

    def let_go() -> None:
        released.set()
        holder.rollback()

    release = threading.Timer(0.4, let_go)
    release.start()
    Database(str(file), Settings(busy_timeout=PATIENCE)).close()
    assert released.is_set()
    release.join()
    holder.close()


@pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_who_opens_a_new_file_waits_no_longer_than_the_setting_says(file: Path, how: str) -> None:
    holder = driver().connect(file, isolation_level=None)
    holder.execute(how)
    began = time.monotonic()
    with pytest.raises(StorageBusy):
        Database(str(file), Settings(busy_timeout=0.5))
    assert 0.4 < time.monotonic() - began < Settings().busy_timeout
    holder.close()


def test_no_time_to_wait_for_a_server_is_not_for_ever(postgres_url: str) -> None:
    admin = sa.create_engine(sa.make_url(postgres_url).set(drivername="postgresql+psycopg"))
    Database(postgres_url, Settings()).close()
    with admin.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE tiermem_meta")
        with pytest.raises(StorageBusy):
            Database(postgres_url, Settings(busy_timeout=0))
    admin.dispose()


def test_processes_that_make_a_file_at_once_all_get_it(processes: Pool, tmp_path: Path) -> None:
    targets = [str(tmp_path / str(number) / "memory.db") for number in range(FILES)]
    told = race_all(processes, targets)
    assert [one for one in told if len(one) != 1 or ":" in next(iter(one))] == []
    for target in targets:
        with sqlite3.connect(target) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            keys = [key for (key,) in connection.execute("SELECT key FROM tiermem_meta")]
            assert sorted(keys) == ["check.database", "database", "version"]
        connection.close()


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_processes_that_make_the_tables_of_a_server_at_once_all_get_them(
    clients: Pool, postgres_url: str, isolation: str
) -> None:
    admin = sa.create_engine(sa.make_url(postgres_url).set(drivername="postgresql+psycopg"))
    name = sa.make_url(postgres_url).database
    with admin.begin() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_isolation = '{isolation}'")
    told = []
    for _ in range(5):
        told += race_all(clients, [postgres_url])
        with admin.begin() as connection:
            metadata.drop_all(connection)
    admin.dispose()
    assert [one for one in told if len(one) != 1 or ":" in next(iter(one))] == []
    assert len(set.union(*told)) == len(told)
