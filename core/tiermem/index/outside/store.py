"""A vector database of the user's beside our own: what it is asked, and by what it knows a passage.

It is given numbers: the direction of a passage, by an id that says nothing, with whose it is as digests to filter by;
never a word of what was said. It names candidates. Our database stays the truth: each candidate is looked up there, and
scored by the vector that is kept there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple, Protocol
from uuid import UUID

from tiermem.index.cache import fork_lock

OWNER, SESSION = "owner", "session"  # what a question is limited to


class PassageKey(NamedTuple):
    """Where a passage is: the key of its session, its message, its number there, and the key of its embedder."""

    session: int
    sequence: int
    part: int
    embedder: int

    @property
    def text(self) -> str:
        """As our database notes it: "17.3.0.2"."""
        return ".".join(map(str, self))


_BITS = (36, 36, 8, 20)  # of a place; keys count from 1, and a message has 64 passages at most
_OWN = 128 - sum(_BITS)  # which database it is, so that two may share a collection


def place_of(text: str) -> PassageKey:
    """The inverse of `PassageKey.text`."""
    return PassageKey(*map(int, text.split(".")))


def point_id(database: str, place: PassageKey) -> str:
    """The id of a passage in a store: a UUID, which every store takes, the same each time it is added."""
    number = _database(database)
    for part, bits in zip(place, _BITS, strict=True):
        number = number << bits | int(part) & ((1 << bits) - 1)
    return str(UUID(int=number))


def placed(database: str, identifier: object) -> PassageKey | None:
    """The inverse of `point_id`; None of what is no id of a passage of that database."""
    try:
        number = UUID(str(identifier)).int
    except ValueError:
        return None
    parts: list[int] = []
    for bits in reversed(_BITS):
        parts.append(number & ((1 << bits) - 1))
        number >>= bits
    return PassageKey(*reversed(parts)) if number == _database(database) else None


def _database(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=16).digest()) >> (128 - _OWN)


def digest_of(*parts: str) -> str:
    """What stands for a user or a session in a store."""
    hashed = blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        hashed.update(b"%d:" % len(encoded) + encoded)
    return hashed.hexdigest()


@dataclass(frozen=True, slots=True)
class Point:
    """A passage as a store is given it: `id` is a UUID, `unit` has length 1, `owner` and `session` are to filter by."""

    id: str
    unit: tuple[float, ...]
    owner: str
    session: str


@dataclass(frozen=True, slots=True)
class Nearby:
    """What a store is asked: the *k* passages nearest to *unit* of those whose *field* (`OWNER` or `SESSION`) is
    *value*."""

    unit: tuple[float, ...]
    k: int
    field: str
    value: str


class VectorStore(Protocol):
    """A vector database. Each method may block; it may raise anything: then our own index answers."""

    def add(self, points: Sequence[Point]) -> object:
        """Keep *points*; those whose id is there already may be written again, never doubled."""
        ...

    def delete(self, ids: Sequence[str]) -> object:
        """Remove these; what is not there is no error."""
        ...

    def nearest(self, asked: Nearby) -> Sequence[str]:
        """The ids of the nearest, the filter applied before they are counted."""
        ...

    def present(self, ids: Sequence[str]) -> Collection[str]:
        """Which of *ids* are there; none, where it cannot say."""
        ...


class OneAtATime:
    """*store*, asked by one thread at a time: few of those that are embedded in a process bear several."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self._lock = fork_lock(self)

    def add(self, points: Sequence[Point]) -> None:
        """See `VectorStore.add`."""
        with self._lock:
            self._store.add(points)

    def delete(self, ids: Sequence[str]) -> None:
        """See `VectorStore.delete`."""
        with self._lock:
            self._store.delete(ids)

    def nearest(self, asked: Nearby) -> Sequence[str]:
        """See `VectorStore.nearest`."""
        with self._lock:
            return self._store.nearest(asked)

    def present(self, ids: Sequence[str]) -> Collection[str]:
        """See `VectorStore.present`."""
        with self._lock:
            return self._store.present(ids)


VERBS = ("add", "delete", "nearest", "present")
