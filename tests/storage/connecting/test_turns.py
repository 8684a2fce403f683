"""Connections are few: who asks for one waits in order, and no longer than it should."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from tests.memory.crowd import length
from tests.waiting import PATIENCE, until
from tiermem import AsyncMemory, Memory
from tiermem.errors import StorageBusy, StorageError
from tiermem.flows.effects import Flow, Read
from tiermem.storage.connecting.turns import Turns


def test_who_came_first_is_first() -> None:
    turns, order = Turns(1), list[int]()

    def wait(number: int) -> None:
        with turns.one(PATIENCE):
            order.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(20)]
    with turns.one(0):
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda number=number: len(turns._waiting) == number + 1)
        with pytest.raises(StorageBusy):
            turns._take(0)  # who comes last does not overtake
    for thread in threads:
        thread.join()
    assert order == list(range(20))


@pytest.mark.parametrize("places", [1, 2, 5])
def test_as_many_as_there_are_places_are_inside(places: int) -> None:
    turns = Turns(places)
    for _ in range(3):
        with ExitStack() as inside:
            for _ in range(places):
                inside.enter_context(turns.one(0))
            with pytest.raises(StorageBusy, match=f"none of {places} connections"), turns.one(0.01):
                pass


def test_no_place_is_lost_when_waiting_ends_as_one_becomes_free() -> None:
    turns = Turns(1)

    def hold() -> None:
        with turns.one(PATIENCE):
            pass

    for _ in range(300):
        thread = threading.Thread(target=hold)
        thread.start()
        try:
            with turns.one(0.00001):
                pass
        except StorageBusy:
            pass
        thread.join()
    with turns.one(0):
        pass


@pytest.mark.parametrize("place", ["file", "postgres"])
def test_readers_wait_for_a_connection_as_long_as_the_setting_says(
    place: str, request: pytest.FixtureRequest, file: object
) -> None:
    target = str(file) if place == "file" else request.getfixturevalue("opened_url")
    with Memory.open(target, counter=length, pool_size=1, max_overflow=1, busy_timeout=0.2) as memory:
        session, may_end, inside = memory.session("s"), threading.Event(), threading.Semaphore(0)
        session.add("hello")

        def body(connection: sa.Connection) -> None:
            inside.release()
            may_end.wait(PATIENCE)

        threads = [threading.Thread(target=lambda: memory.wiring[1].act(Read(body))) for _ in range(2)]
        for thread in threads:
            thread.start()
            assert inside.acquire(timeout=PATIENCE)
        with pytest.raises(StorageBusy):
            session.messages()
        threading.Timer(0.05, may_end.set).start()
        assert [message.text for message in session.messages()] == ["hello"]
        for thread in threads:
            thread.join()


def test_a_crowd_of_threads_shares_the_connections_that_the_settings_name(opened_url: str, postgres: str) -> None:
    admin = sa.create_engine(sa.make_url(postgres).set(drivername="postgresql+psycopg"))
    name, most, stop = sa.make_url(opened_url).database, [0], threading.Event()

    def count() -> None:
        query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name")
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not stop.is_set():
                most[0] = max(most[0], connection.execute(query, {"name": name}).scalar_one())

    counting = threading.Thread(target=count)
    counting.start()
    errors: list[StorageError] = []
    with Memory.open(opened_url, counter=length, pool_size=2, max_overflow=1) as memory:

        def add(number: int) -> None:
            try:
                memory.session(f"s{number}").add("hello")
            except StorageError as error:
                errors.append(error)

        threads = [threading.Thread(target=add, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    stop.set()
    counting.join()
    admin.dispose()
    assert errors == []
    assert 0 < most[0] <= 3


def test_async_callers_use_as_many_connections_as_the_settings_name(opened_url: str) -> None:
    inside, all_there = threading.Semaphore(0), threading.Barrier(12)

    def body(connection: sa.Connection) -> None:
        all_there.wait(PATIENCE)  # breaks where fewer are in a transaction at once
        inside.release()

    def flow() -> Flow[None]:
        yield Read(body)

    async def asked() -> None:
        async with await AsyncMemory.open(opened_url, counter=length, pool_size=8, max_overflow=4) as memory:
            await asyncio.gather(*[memory.drive_async(flow()) for _ in range(12)])

    asyncio.run(asked())
    assert all(inside.acquire(blocking=False) for _ in range(12))
