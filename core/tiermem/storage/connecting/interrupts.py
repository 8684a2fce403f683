"""Keeps signals and forks out of transactions: where database work runs, and when a process may fork.

Rule 1: what a signal raises (Ctrl-C, `signal.setitimer`, a worker's soft time limit) reaches the caller, never the
middle of a transaction. Python runs the handlers of signals in the main thread alone, so work of the main thread is
done by another one while it waits. An interrupted call may have been stored: what runs is seen to its end. What is
brief and waits for nobody is done by the main thread itself, with the handlers put off until it has ended: to hand work
to another thread costs more than a small transaction.
Rule 2: a process forks between transactions. SQLite's own table of locks is inherited: a child that was forked in the
middle of one believes for ever that somebody in its process holds the lock.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # without the enums of `signal`, which cost more than the rest
import _thread
import atexit
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
LONGEST_WAIT = 30.0  # seconds that a fork waits for transactions under way; a hanging one must not hang the process
# Seconds that the main thread waits at a time. A signal that comes right before the wait does not end it (nor one that
# another thread received), so its handler would run only after the work.
SLICE = 0.05


class _Work:
    """What the main thread waits for: its value, or the error that it raised."""

    __slots__ = ("body", "done", "error", "value")

    def __init__(self, body: Callable[[], Any]) -> None:
        self.body = body
        self.value: Any = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def run(self) -> None:
        try:
            self.value = self.body()
        except BaseException as error:  # noqa: BLE001  # raised by the thread that waits
            self.error = error
        finally:
            self.done.release()


_NUMBERS = tuple(map(int, sorted(_signal.valid_signals())))
_queue: SimpleQueue[_Work] = SimpleQueue()
_free: list[None] = []  # one for each helper that will take the next work at once
_ending: list[None] = []


def _serve(queue: SimpleQueue[_Work]) -> None:
    while True:
        work = queue.get()
        work.run()
        del work  # what it holds is not kept until the next one comes
        _free.append(None)


def uninterrupted(body: Callable[[], T]) -> T:
    """What *body* returns; run where no signal can interrupt it."""
    if threading.current_thread() is not threading.main_thread() or _ending:
        return body()
    work = _Work(body)
    try:
        _free.pop()  # each step here is one of the interpreter, so that nothing is half done when a signal raises
    except IndexError:  # at first, and while what was interrupted goes on
        _thread.start_new_thread(_serve, (_queue,))  # `Thread.start` waits, and complains when it is interrupted
    _queue.put(work)
    while not work.done.acquire(timeout=SLICE):
        pass  # the interpreter looks for signals here
    if work.error is not None:
        raise work.error
    value: T = work.value
    return value


class _PutOff:
    """Stands for the handlers of signals while something brief runs. One that was left behind, because a signal raised
    while it was taken away, does what its handler does, and goes with the next one."""

    def __init__(self) -> None:
        self.handlers: dict[int, Any] = {}
        self.came: list[tuple[int, Any]] = []
        self.running = True

    def __call__(self, number: int, frame: Any) -> None:
        if self.running:
            self.came.append((number, frame))
        else:
            self.handlers[number](number, frame)


def brief(body: Callable[[], T]) -> T:
    """What *body* returns, which takes no longer than some milliseconds; in the main thread, with signals put off."""
    if threading.current_thread() is not threading.main_thread():
        return body()
    put_off = _PutOff()
    try:
        for number in _NUMBERS:
            handler = _signal.getsignal(number)
            if callable(handler):
                put_off.handlers[number] = handler.handlers[number] if isinstance(handler, _PutOff) else handler
                _signal.signal(number, put_off)
        return body()
    finally:
        put_off.running = False
        for number, handler in put_off.handlers.items():
            _signal.signal(number, handler)
        for number, frame in put_off.came:
            put_off.handlers[number](number, frame)  # raises here what it would have raised


class Transactions:
    """Counts the transactions under way on one database, so that a fork can wait for their end."""

    def __init__(self) -> None:
        self._turn = threading.Condition(threading.Lock())
        self._running = 0
        self._forking = False
        self.unsound = False
        _all.add(self)

    @contextmanager
    def one(self) -> Iterator[None]:
        """One transaction; it begins after a fork that is under way."""
        with self._turn:
            while self._forking:
                self._turn.wait()
            self._running += 1
        try:
            yield
        finally:
            with self._turn:
                self._running -= 1
                self._turn.notify_all()

    @property
    def open(self) -> bool:
        """Whether one may begin at once: no fork is under way."""
        return not self._forking

    def pause(self) -> None:
        """Let none begin, and wait until none runs."""
        with self._turn:
            self._forking = True
            self._turn.wait_for(lambda: self._running == 0, LONGEST_WAIT)

    def go_on(self) -> None:
        """Let them begin again."""
        with self._turn:
            self._forking = False
            self._turn.notify_all()

    def renew(self) -> None:
        """In a forked child, which has no thread but its own; `unsound` where a transaction did not end in time."""
        self.unsound = self._running > 0
        self._turn = threading.Condition(threading.Lock())
        self._running = 0
        self._forking = False


_all: weakref.WeakSet[Transactions] = weakref.WeakSet()
_paused: list[Transactions] = []


def _before_fork() -> None:
    _paused[:] = _all
    for transactions in _paused:
        transactions.pause()


def _after_in_parent() -> None:
    for transactions in _paused:
        transactions.go_on()
    _paused.clear()


def _after_in_child() -> None:
    global _queue  # noqa: PLW0603  # the parent's may hold work of the parent
    _queue = SimpleQueue()
    _free.clear()
    for transactions in list(_all):
        transactions.renew()
    _paused.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child)


@atexit.register
def _end() -> None:
    """No thread can be started any more: what still writes does it by itself."""
    _ending.append(None)
