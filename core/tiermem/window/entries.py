"""The entries of a window as they grow: each window is a value, and the next one shares all that it has in common.

Rule: one more entry costs the same at 10 and at 100,000. They stand in chunks; a new window copies the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
V = TypeVar("V")
CHUNK = 256


class Chunked(Sequence[T], Generic[T]):
    """An immutable sequence; `extended` makes the longer one."""

    __slots__ = ("_chunks", "_count")

    def __init__(self, elements: Iterable[T] = ()) -> None:
        listed = tuple(elements)
        self._chunks = tuple(listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK))
        self._count = len(listed)

    def extended(self, elements: Sequence[T]) -> Chunked[T]:
        """This sequence with *elements* behind it."""
        if not elements:
            return self
        whole = self._count // CHUNK
        tail = Chunked[T](chain(*self._chunks[whole:], elements))
        longer = Chunked[T]()
        longer._chunks = self._chunks[:whole] + tail._chunks  # of its own kind
        longer._count = self._count + len(elements)
        return longer

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._chunks)

    def __reversed__(self) -> Iterator[T]:
        return chain.from_iterable(map(reversed, reversed(self._chunks)))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return self._slice(*index.indices(self._count))
        place = index + self._count if index < 0 else index
        if not 0 <= place < self._count:
            raise IndexError("no such entry")
        return self._chunks[place // CHUNK][place % CHUNK]

    def _slice(self, start: int, stop: int, step: int) -> list[T]:
        if step != 1 or start >= stop:
            return [self[place] for place in range(start, stop, step)]
        first = start // CHUNK
        near = [*chain.from_iterable(self._chunks[first : (stop - 1) // CHUNK + 1])]
        return near[start - first * CHUNK : stop - first * CHUNK]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chunked) and self._count == other._count and self._chunks == other._chunks

    def __hash__(self) -> int:
        return hash((self._count, self._chunks[-1:]))

    def __repr__(self) -> str:
        return f"<{self._count} entries>"


class Generations(Generic[V]):
    """Values by key: those that were asked for of this one, and of the one *before*, from which they are taken over."""

    __slots__ = ("_before", "_now")

    def __init__(self, before: Generations[V] | None = None) -> None:
        self._now: dict[Any, V] = {}
        self._before: Mapping[Any, V] = {} if before is None else before.newest

    @property
    def newest(self) -> Mapping[Any, V]:
        """Those that were asked for of this one."""
        return self._now

    def get(self, key: Any) -> V | None:
        """The value of *key*, or None."""
        value = self._now.get(key)
        if value is None and (value := self._before.get(key)) is not None:
            self._now[key] = value
        return value

    def put(self, key: Any, value: V) -> V:
        """Keep *value*."""
        self._now[key] = value
        return value
