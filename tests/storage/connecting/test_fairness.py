"""Who writes to a SQLite file gets a turn: threads in the order in which they came, processes soon."""

from __future__ import annotations

import os
import signal
import threading
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
import sqlalchemy as sa

from tests.memory.crowd import length
from tests.waiting import PATIENCE, until
from tiermem import Memory
from tiermem.settings import Settings
from tiermem.storage import sqlite
from tiermem.storage.connecting import lock
from tiermem.storage.connecting.writer import LARGEST_GROUP, Writer
from tiermem.storage.database import Database

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="a second process is a fork")
WRITES = 12  # of the process that must not starve
LONG = 0.02  # seconds of a transaction: long enough that SQLite's own busy handler asks ten times a second only


def writer_on(engine: sa.Engine) -> Writer:
    writer = Writer(engine.connect)
    writer.run(lambda connection: connection.exec_driver_sql("CREATE TABLE told (number INTEGER)"))
    return writer


@pytest.mark.parametrize("waiting", [1, 20, LARGEST_GROUP + 5])
def test_those_who_wait_are_served_in_order_and_share_commits(waiting: int) -> None:
    engine = sqlite.engine(None, Settings(), immediate=True)
    writer, commits, may_end, order = writer_on(engine), list[int](), threading.Event(), list[int]()
    sa.event.listen(engine, "commit", lambda _: commits.append(len(order)))

    def write(number: int) -> None:
        writer.run(lambda _: order.append(number))

    first = threading.Thread(target=writer.run, args=(lambda _: may_end.wait(PATIENCE),))
    first.start()
    until(lambda: writer._led and not writer._waiting)
    threads = [threading.Thread(target=write, args=(number,)) for number in range(waiting)]
    for number, thread in enumerate(threads):
        thread.start()
        until(lambda number=number: len(writer._waiting) == number + 1)
    may_end.set()
    for thread in (first, *threads):
        thread.join()
    assert order == list(range(waiting))
    assert commits == [0, *range(LARGEST_GROUP, waiting, LARGEST_GROUP), waiting]
    assert not writer._led


def test_a_thread_whose_body_fails_hands_over_as_well() -> None:
    engine = sqlite.engine(None, Settings(), immediate=True)
    writer, done = writer_on(engine), list[int]()

    def write(number: int) -> None:
        def body(connection: sa.Connection) -> None:
            if number % 3 == 0:
                raise ValueError(number)
            connection.exec_driver_sql(f"INSERT INTO told VALUES ({number})")

        try:
            writer.run(body)
        except ValueError as error:
            done.append(error.args[0])
        else:
            done.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = writer.run(lambda connection: connection.exec_driver_sql("SELECT number FROM told").scalars().all())
    assert sorted(done) == list(range(60))
    assert sorted(kept) == [number for number in range(60) if number % 3]


@posix
def test_a_process_that_writes_all_the_time_leaves_turns_to_another(file: Path) -> None:
    """How often the one wrote between two writes of the other: it was hundreds of times."""
    database = Database(str(file), Settings())
    database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE told (number INTEGER)"))
    greedy = os.fork()
    if not greedy:
        while True:
            database.write(insert_slowly)
    try:
        until(lambda: database.read(count))
        between = [database.write(count_and_insert) for _ in range(WRITES)]
    finally:
        os.kill(greedy, signal.SIGKILL)
        os.waitpid(greedy, 0)
        database.close()
    gaps = [later - earlier - 1 for earlier, later in pairwise(between)]
    assert median(gaps) <= 3
    assert max(gaps) <= 40  # a loaded machine may not run us at all for a while


def count(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("SELECT count(*) FROM told").scalar_one())


def insert_slowly(connection: sa.Connection) -> None:
    connection.exec_driver_sql("INSERT INTO told VALUES (1)")
    time.sleep(LONG)


def count_and_insert(connection: sa.Connection) -> int:
    number = count(connection)
    connection.exec_driver_sql("INSERT INTO told VALUES (2)")
    return number


def test_the_longer_one_waits_the_oftener_one_asks() -> None:
    newcomer, veteran = [lock.pause(0.0) for _ in range(200)], [lock.pause(5.0) for _ in range(200)]
    assert max(newcomer) <= lock.LONGEST < lock.PAUSE
    assert max(veteran) <= lock.SHORTEST < min(newcomer)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, 0), (0.25, 250), (30.0, 30_000), (float("inf"), lock.LONGEST_TIMEOUT)]
)
def test_patience_is_said_in_milliseconds(seconds: float, expected: int) -> None:
    assert lock.milliseconds(seconds) == expected


def test_an_add_does_not_index_what_others_add_meanwhile(file: Path) -> None:
    """Nor do two threads index the same: that is how an add in a crowd took as long as the crowd talked."""
    with Memory.open(file, counter=length, index_batch=2, pre_rot_threshold=1_000_000) as memory:
        session, core = memory.session("s"), memory.wiring[0]
        core.indexing.add(session.scope)
        session.add(["one", "two", "three"])
        assert session.stats().indexed == 0
        core.indexing.clear()
        session.add("four")
        assert session.stats().indexed == 4
        assert not core.indexing
