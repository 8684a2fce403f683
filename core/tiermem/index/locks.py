"""Locks that a fork leaves open.

A forked child has no thread but its own, yet every lock that another thread held at that moment is held for ever there:
the background of the child would wait for a thread that does not exist. What such a lock guards here is never half
done for long, and only a cache; so the child starts with a fresh lock.
"""

from __future__ import annotations

import os
import threading
import weakref

_all: weakref.WeakSet[ForkLock] = weakref.WeakSet()


class ForkLock:
    """A lock for ``with``, fresh in a forked child."""

    def __init__(self) -> None:
        self.renew()
        _all.add(self)

    def renew(self) -> None:
        """Forget who holds it."""
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _renew() -> None:
    for one in list(_all):
        one.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
