"""Brief work of the main thread: done by itself, with signals put off to their end, where nobody is waited for."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import PATIENCE
from tiermem import Memory
from tiermem.errors import StorageCorrupt
from tiermem.settings import Settings
from tiermem.storage.connecting import interrupts
from tiermem.storage.connecting.turns import LATER
from tiermem.storage.database import Database

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="signals are those of POSIX")


class Stop(Exception):
    """What the handler raises."""


def stop(*_: object) -> None:
    raise Stop


@pytest.fixture
def stopping() -> Iterator[None]:
    """SIGUSR1 raises."""
    before = signal.signal(signal.SIGUSR1, stop)
    yield
    signal.signal(signal.SIGUSR1, before)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGUSR1)


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in sorted(signal.valid_signals())]


def test_a_signal_raises_after_the_work_and_the_handlers_are_back(stopping: None) -> None:
    before, done = handlers(), list[str]()

    def body() -> None:
        kill()
        done.append("after the signal")

    with pytest.raises(Stop):
        interrupts.brief(body)
    assert done == ["after the signal"]
    assert handlers() == before
    assert interrupts.brief(lambda: "again") == "again"
    assert handlers() == before


def test_a_handler_that_was_left_behind_does_what_its_handler_does_and_goes_with_the_next(stopping: None) -> None:
    left = interrupts._PutOff()
    left.handlers[int(signal.SIGUSR1)], left.running = stop, False
    signal.signal(signal.SIGUSR1, left)
    with pytest.raises(Stop):
        kill()
    interrupts.brief(lambda: None)
    assert signal.getsignal(signal.SIGUSR1) is stop


def test_what_was_interrupted_is_stored_and_nobody_is_locked_out(file: Path, stopping: None) -> None:
    database = Database(str(file), Settings())
    database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE told (number INTEGER)"))

    def body(connection: object) -> None:
        connection.exec_driver_sql("INSERT INTO told VALUES (1)")  # type: ignore[attr-defined]
        kill()

    with pytest.raises(Stop):
        database.write(body, brief=True)
    assert database.read(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM told").scalar()) == 1
    database.write(lambda connection: connection.exec_driver_sql("INSERT INTO told VALUES (2)"), brief=True)
    database.close()


def test_who_would_have_to_wait_is_interrupted_at_once(file: Path, stopping: None) -> None:
    with Memory.open(file) as memory:
        session, held, may_end = memory.session("s"), threading.Event(), threading.Event()
        session.add("start")
        other = Database(str(file), Settings())

        def hold(_: object) -> None:
            held.set()
            may_end.wait(PATIENCE)

        holder = threading.Thread(target=other.write, args=(hold,))
        holder.start()
        assert held.wait(PATIENCE)
        timer = threading.Timer(0.2, kill)
        timer.start()
        with pytest.raises(Stop):
            session.add("waits for the lock of another connection")
        assert not may_end.is_set()
        may_end.set()
        holder.join()
        other.close()
        assert len(session.add("and then")) == 1
        assert [message.text for message in session.messages()][-1] == "and then"


def reader(_: object) -> threading.Thread:
    return threading.current_thread()


@pytest.mark.parametrize("target", ["file", ":memory:"])
def test_what_is_brief_is_read_by_who_asks_and_what_is_not_by_another(file: Path, target: str) -> None:
    database = Database(str(file) if target == "file" else target, Settings())
    database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE told (number INTEGER)"))
    if database.read(lambda c: c.exec_driver_sql("PRAGMA journal_mode").scalar()) not in {"wal", "memory"}:
        pytest.skip("this SQLite has no log that is safe")
    assert database.read(reader, reader) is threading.main_thread()
    assert database.read(reader, lambda _: LATER) is not threading.main_thread()
    assert database.read(reader) is not threading.main_thread()
    database.close()


def test_a_signal_raises_after_a_brief_read(file: Path, stopping: None) -> None:
    database = Database(str(file), Settings())
    done: list[str] = []

    def body(_: object) -> None:
        kill()
        done.append("after the signal")

    with pytest.raises(Stop):
        database.read(body, body)
    assert done == ["after the signal"]
    assert database.read(lambda _: "again", lambda _: "again") == "again"
    database.close()


def test_where_all_readers_are_in_use_a_brief_read_waits_like_any_other(file: Path) -> None:
    database = Database(str(file), Settings(pool_size=1, max_overflow=0))
    database.read(reader)
    held, may_end = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        held.set()
        may_end.wait(PATIENCE)

    thread = threading.Thread(target=database.read, args=(hold,))
    thread.start()
    assert held.wait(PATIENCE)
    threading.Timer(0.05, may_end.set).start()
    assert database.read(reader, reader) is not threading.main_thread()
    thread.join()
    assert database.read(reader, reader) is threading.main_thread()
    database.close()


def test_a_damaged_row_is_told_by_a_brief_read_too(file: Path) -> None:
    database = Database(str(file), Settings())
    database.read(reader)

    def body(_: object) -> int:
        return int("not a number")

    with pytest.raises(StorageCorrupt):
        database.read(body, body)
    database.close()
