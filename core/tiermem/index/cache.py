"""Small caches of what the store can give again, for flows and indexes: the values used last, whatever the thread."""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """The values used last, at most *size* of them. Thread-safe; losing one costs a read, never an answer."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Any, V] = OrderedDict()
        self._lock = fork_lock(self)

    def get(self, key: Any) -> V | None:
        """The value of *key*, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def pick(self, keys: Iterable[Any]) -> list[V | None]:
        """The value of each of *keys*, or None: `get` of many at once."""
        with self._lock:
            values = self._values
            picked: list[V | None] = []
            for key in keys:
                value = values.get(key)
                if value is not None:
                    values.move_to_end(key)
                picked.append(value)
            return picked

    def values(self) -> list[V]:
        """All that is kept."""
        with self._lock:
            return list(self._values.values())

    def swap(self, key: Any, value: V) -> V | None:
        """Keep *value*; returns what was there before."""
        with self._lock:
            before = self._values.get(key)
            self._put(key, value)
            return before

    def clear(self) -> None:
        """Drop all that is kept."""
        with self._lock:
            self._values.clear()

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


class Sized(Protocol):
    """Has a size."""

    @property
    def nbytes(self) -> int:
        """Bytes of RAM, about."""


S = TypeVar("S", bound=Sized)


class Weighed(Generic[S]):
    """Values by key, as many of those used last as a number of bytes holds. Thread-safe."""

    def __init__(self) -> None:
        self._values: OrderedDict[Any, S] = OrderedDict()
        self._lock = fork_lock(self)

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Any, make: Callable[[], S]) -> S:
        """The value of *key*, made where there is none."""
        with self._lock:
            if key not in self._values:
                self._values[key] = make()
            self._values.move_to_end(key)
            return self._values[key]

    def known(self, key: Any) -> S | None:
        """The value of *key*, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Any, value: S) -> None:
        """Keep *value*, in place of what was there."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)

    def drop(self, key: Any) -> None:
        """Forget the value of *key*."""
        with self._lock:
            self._values.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._values.clear()

    def trim(self, most: int, alone: int = 0) -> None:
        """Drop those unused for longest until all have at most *most* bytes together, the newest one too; where it is
        the last that is left, *alone* is as good."""
        with self._lock:
            weights = {key: value.nbytes for key, value in self._values.items()}
            left = sum(weights.values())
            for key, weight in weights.items():
                if left <= most or (left == weight and weight <= alone):
                    return
                del self._values[key]
                left -= weight


_owners: weakref.WeakSet[Any] = weakref.WeakSet()


def fork_lock(owner: Any) -> threading.Lock:
    """A lock for *owner* to keep as ``_lock`` and to use by ``with``; it has a fresh one in a forked child.

    It is the interpreter's own, never a class around one: a signal that raises between the steps of a method would
    leave it held for ever.
    """
    _owners.add(owner)
    return threading.Lock()


def _renew() -> None:
    for owner in list(_owners):
        owner._lock = threading.Lock()  # noqa: SLF001  # what `fork_lock` was given to make


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
