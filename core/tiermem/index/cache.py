"""A small cache of what the store can give again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Generic, TypeVar

from tiermem.index.locks import ForkLock

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
