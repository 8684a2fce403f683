"""One thread in the background that does what nobody should wait for, a step at a time.

Rule 1: nothing waits for it but who asks to, and `close`, and that only for `JOIN` seconds; the process may end at any
moment.
Rule 2: it holds its owner weakly between two steps, so whoever drops a memory without closing it loses the thread too.
Rule 3: a fork has no thread; the child starts its own when it first has something to do.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from time import monotonic

from tiermem.settings import Scope

JOIN = 5.0  # seconds that `close` waits for the step that runs
AGAIN = 30.0  # seconds after which scopes whose step failed are tried again

_Bell = SimpleQueue[Scope | None]
_all: weakref.WeakSet[Follower] = weakref.WeakSet()


class Follower:
    """Calls *step* with each scope that was named, until it says that nothing is left. Thread-safe.

    Args:
        step: does one small part for a scope; True: there is more, False: nothing is left, None: try again later.
            It must not raise. It has the context variables of who named the scope, so that those who collect events
            there, and spans, get what it sets off.
        name: of the thread.
    """

    def __init__(self, step: Callable[[Scope], bool | None], name: str = "tiermem-follower") -> None:
        self.step = step
        self.closed = False
        self._name = name
        self._start()
        _all.add(self)

    def _start(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._bell: _Bell = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._named: dict[Scope, Context] = {}  # in the bell, and not begun
        self._stepping: Scope | None = None

    def wake(self, scope: Scope) -> None:
        """See to *scope* soon."""
        if self._pid != os.getpid():
            self._start()
        with self._lock:
            if self.closed or scope in self._named:
                return
            self._named[scope] = copy_context()
            self._bell.put(scope)
            if self._thread is None or not self._thread.is_alive():  # a step may end its thread: SystemExit, a panic
                weakref.finalize(self, self._bell.put, None)
                self._thread = threading.Thread(
                    target=_follow, args=(weakref.ref(self), self._bell), name=self._name, daemon=True
                )
                self._thread.start()

    def busy(self, scope: Scope | None = None) -> bool:
        """Whether it sees to *scope*, or to any, or soon will; not where that failed and is tried again later."""
        if not self.running:
            return False
        with self._lock:
            if scope is None:
                return bool(self._named) or self._stepping is not None
            return scope in self._named or self._stepping == scope

    def close(self) -> None:
        """Let the step that runs come to its end, for at most `JOIN` seconds, and end the thread."""
        self.closed = True
        if self._pid != os.getpid():
            return
        with self._lock:
            thread = self._thread
            self._bell.put(None)
        if thread is not None and thread is not threading.current_thread():
            thread.join(JOIN)

    @property
    def running(self) -> bool:
        """True while this process has a thread for it."""
        return self._pid == os.getpid() and self._thread is not None and self._thread.is_alive()

    def begin(self, scope: Scope) -> bool | None:
        """One step for *scope*; a `wake` from now on counts as new."""
        with self._lock:
            context = self._named.pop(scope, None) or copy_context()
            self._stepping = scope
        try:
            more = context.run(self.step, scope)
            if more:
                context.run(self.wake, scope)  # behind the others, so that a long session does not keep them waiting
            return more
        finally:
            self._stepping = None


def _follow(owner: weakref.ref[Follower], bell: _Bell) -> None:
    later: dict[Scope, float] = {}
    while True:
        scope = _next(bell, later)
        follower = owner()
        if scope is None or follower is None or follower.closed:
            return
        later.pop(scope, None)
        if follower.begin(scope) is None:
            later[scope] = monotonic() + AGAIN
        del follower


def _next(bell: _Bell, later: dict[Scope, float]) -> Scope | None:
    """Who is next: of those whose step failed the first whose time has come, else who rings."""
    if not later:
        return bell.get()
    first, due = next(iter(later.items()))  # all wait equally long, so they are due in the order they were put in
    left = due - monotonic()
    if left <= 0:
        return first
    try:
        return bell.get(timeout=left)
    except Empty:
        return first


@atexit.register
def _end() -> None:
    """Daemon threads are stopped wherever they are when the interpreter ends; inside a library that can abort it."""
    for follower in list(_all):
        follower.close()
