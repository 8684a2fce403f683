"""A cache bounded by what its values weigh, for values of very different sizes: the views of sessions."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Generic, TypeVar

from tiermem.index.cache import fork_lock

V = TypeVar("V")


class Bounded(Generic[V]):
    """The values used last, whose weights are at most *most* together; a heavier one is not kept. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        self._values: OrderedDict[Any, tuple[V, int]] = OrderedDict()
        self._lock = fork_lock(self)

    @property
    def weight(self) -> int:
        """What is kept weighs that much."""
        return self._weight

    def get(self, key: Any) -> V | None:
        """The value of *key*, or None."""
        with self._lock:
            known = self._values.get(key)
            if known is None:
                return None
            self._values.move_to_end(key)
            return known[0]

    def clear(self) -> None:
        """Drop all that is kept."""
        with self._lock:
            self._values.clear()
            self._weight = 0

    def put(self, key: Any, value: V, weight: int) -> V:
        """Keep *value*, dropping those unused for longest when all are too heavy."""
        with self._lock:
            self._weight += weight - self._values.pop(key, (None, 0))[1]
            self._values[key] = (value, weight)
            while self._weight > self._most:
                self._weight -= self._values.popitem(last=False)[1][1]
        return value
