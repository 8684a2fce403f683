"""Small caches of what the store can give again, for flows and indexes: the values used last, whatever the thread."""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """The values used last, at most *size* of them. Thread-safe; losing one costs a read, never an answer."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Any, V] = OrderedDict()
        self._lock = ForkLock()

    def get(self, key: Any) -> V | None:
        """The value of *key*, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def swap(self, key: Any, value: V) -> V | None:
        """Keep *value*; returns what was there before."""
        with self._lock:
            before = self._values.get(key)
            self._put(key, value)
            return before

    def put(self, key: Any, value: V) -> V:
        """Keep *value*, dropping the one unused for longest when there are too many."""
        with self._lock:
            self._put(key, value)
        return value

    def _put(self, key: Any, value: V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._values.popitem(last=False)


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
    for cache in list(_all):
        cache.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
