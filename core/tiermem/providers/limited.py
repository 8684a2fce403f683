"""The caller's small parts (compactor, `keep`, `store_summary`, listeners): none may hang a turn, or end it."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from tiermem.providers import calls
from tiermem.settings import Scope

V = TypeVar("V")
T = TypeVar("T")


class Limited(Generic[V, T]):
    """*function*, of which each call may take *seconds*, in a thread of its own with the caller's context variables.

    While a call that took longer still hangs it is not called again: a turn waits once for what hangs for ever.
    """

    def __init__(self, function: Callable[[V], T], seconds: float) -> None:
        self._function = function
        self._seconds = seconds
        self._hanging: set[Future[Any]] = set()
        _all.add(self)

    def forget(self) -> None:
        """In a forked child, which has no thread that could hang."""
        self._hanging = set()

    def __call__(self, value: V, scope: Scope | None) -> T:
        """What the function says of *value*; from within, it may not write to *scope*.

        Raises:
            TimeoutError: it took longer, or an earlier call still does.
            Exception: what it raised; RuntimeError for what is no Exception, such as SystemExit.
        """
        if self._hanging:
            raise TimeoutError("an earlier call still hangs")
        future = calls.started(self._function, value, scope)
        try:
            result: T = calls.result(future, self._seconds)
        finally:
            if not future.done():
                self._hanging.add(future)
                future.add_done_callback(self._hanging.discard)
        return result


_all: weakref.WeakSet[Limited[Any, Any]] = weakref.WeakSet()


def _forget() -> None:
    for part in list(_all):
        part.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def limited(function: Callable[[V], T] | None, seconds: float) -> Limited[V, T] | None:
    """`Limited`, or None where there is no function."""
    return None if function is None else Limited(function, seconds)
