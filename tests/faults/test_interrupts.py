"""A signal that raises, and a fork, in the middle of somebody's write: nobody is locked out, nothing is lost."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.worker import opened
from tiermem import Memory
from tiermem.errors import StorageError
from tiermem.flows.effects import Transact
from tiermem.index.cache import Recent
from tiermem.storage import sqlite
from tiermem.storage.connecting import interrupts

ROOT = Path(__file__).parents[2]
DRIVERS = ("safe", "fallback")
LONG = 120.0  # seconds after which a hang is a hang, on however slow a machine
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="signals and forks are those of POSIX")


@pytest.fixture(params=DRIVERS)
def linked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which driver is used; `opened` exchanges it in this process too."""
    for name in ("driver", "journal_mode"):
        monkeypatch.setattr(sqlite, name, getattr(sqlite, name))
    monkeypatch.setenv("TIERMEM_TEST_DRIVER", request.param)
    return str(request.param)


def interrupted(file: Path, seed: int, times: int) -> str:
    """What the program says that is interrupted *times* times."""
    command = [sys.executable, "-m", "tests.faults.interrupted", str(file), str(seed), str(times)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=10 * LONG)
    return done.stdout.strip() + done.stderr


@posix
def test_interrupted_adds_lock_nobody_out_and_lose_nothing(linked: str, file: Path) -> None:
    assert interrupted(file, 1, 40) == "interrupted 40, lost 0, errors [], sound True"


@posix
@pytest.mark.soak
@pytest.mark.parametrize("seed", range(8))
def test_two_thousand_interrupts(linked: str, file: Path, seed: int) -> None:
    assert interrupted(file, seed, 250) == "interrupted 250, lost 0, errors [], sound True"


@posix
def test_an_interrupted_call_raises_at_once_and_its_work_is_seen_to_its_end() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        may_end.wait(LONG)
        ended.set()

    def interrupt() -> None:
        begun.wait(LONG)
        os.kill(os.getpid(), signal.SIGUSR1)

    def handler(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, handler)
    thread = threading.Thread(target=interrupt)
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            interrupts.uninterrupted(slow)
        assert not ended.is_set()
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)
    may_end.set()
    assert ended.wait(LONG)


def test_an_error_of_the_work_is_that_of_the_call() -> None:
    def fail() -> None:
        raise ValueError("as it was")

    with pytest.raises(ValueError, match="as it was"):
        interrupts.uninterrupted(fail)


def child_says(act: Callable[[], str]) -> str:
    """What *act* returns in a forked child."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            told = act()
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        if not select.select([pipe], [], [], LONG)[0]:
            os.kill(pid, signal.SIGKILL)  # it hangs; the test fails by what it says, and does not hang too
        told = pipe.read()
    os.waitpid(pid, 0)
    return told


def busy(memory: Memory, inside: threading.Event, may_end: threading.Event) -> threading.Thread:
    """A thread in the middle of a transaction until *may_end*."""

    def body(connection: object) -> None:
        inside.set()
        may_end.wait(LONG)

    thread = threading.Thread(target=lambda: memory.wiring[1].act(Transact(body)), daemon=True)
    thread.start()
    assert inside.wait(LONG)
    return thread


@posix
def test_a_fork_waits_for_the_write_of_another_thread_and_its_child_can_write(linked: str, file: Path) -> None:
    with opened(file) as memory:
        session = memory.session("s")
        session.add("start")
        may_end = threading.Event()
        thread = busy(memory, threading.Event(), may_end)
        threading.Timer(0.2, may_end.set).start()
        assert child_says(lambda: session.add("of the child")[0].text) == "of the child"
        thread.join()
        session.add("of the parent")
        assert [message.text for message in session.messages()] == ["start", "of the child", "of the parent"]


@posix
def test_forks_under_writing_threads_leave_every_child_able_to_write(linked: str, file: Path) -> None:
    with opened(file) as memory:
        session, stop = memory.session("s"), threading.Event()

        def write(name: str) -> None:
            own = memory.session(name)
            while not stop.is_set():
                own.add("beside")

        threads = [threading.Thread(target=write, args=(name,), daemon=True) for name in "abc"]
        for thread in threads:
            thread.start()
        told = [child_says(lambda: session.add("child")[0].text) for _ in range(12)]
        stop.set()
        for thread in threads:
            thread.join()
        assert told == ["child"] * 12
        assert len(session.messages()) == 12
        assert all(found.ok for found in memory.verify().values())


@posix
def test_a_child_forked_while_a_transaction_hangs_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "LONGEST_WAIT", 0.05)
    with opened(file) as memory:
        session = memory.session("s")
        session.add("start")
        may_end = threading.Event()
        thread = busy(memory, threading.Event(), may_end)
        told = child_says(lambda: session.add("of the child")[0].text)
        may_end.set()
        thread.join()
        assert told.startswith(StorageError.__name__)
        assert "forked in the middle of a transaction" in told
        assert session.add("of the parent")


class Stop(Exception):
    """What the handler raises."""


def _stop(*_: object) -> None:
    raise Stop


@posix
def test_a_signal_leaves_no_lock_of_a_cache_held() -> None:
    """The handler may run between any two steps of Python, so a lock must be taken and given in one step of C."""
    cache: Recent[int] = Recent(4)
    before = signal.signal(signal.SIGALRM, _stop)
    try:
        for number in range(4_000):
            with contextlib.suppress(Stop):
                try:
                    signal.setitimer(signal.ITIMER_REAL, 2e-6 + number % 40 * 1e-6)
                    for key in range(60):
                        cache.put(key % 5, key)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            assert not cache._lock.locked()
    finally:
        signal.signal(signal.SIGALRM, before)
