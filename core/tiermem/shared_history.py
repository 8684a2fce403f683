"""Keys of sessions, and what a session shares with those it was forked from: messages by reference, never copied.

The key of a session that shares nothing is a plain number. That of a fork knows whose messages come first, so every
reader of messages finds them without being told; nobody else pays for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

Shared: TypeAlias = tuple[tuple[int, int], ...]  # keys of sessions, each with the number up to which its messages count


class ForkKey(int):
    """The key of a fork. It equals its number; `shared` are the sessions whose messages come before its own, the oldest
    first: those of the first up to its number, those of the next from there up to its own, and so on."""

    shared: Shared

    @classmethod
    def of(cls, key: int, shared: Shared) -> ForkKey:
        """The key *key* of a fork that begins with what is *shared*."""
        made = cls(key)
        made.shared = shared
        return made


def shared_of(key: int) -> Shared:
    """What the session of that key shares; nothing where it is no fork."""
    return key.shared if isinstance(key, ForkKey) else ()


def base_of(key: int) -> int:
    """The number of the last message that a session shares: where it was forked; 0 where it is no fork."""
    return key.shared[-1][1] if isinstance(key, ForkKey) else 0


def parts(key: int, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Where the messages `first`..`last` of a session are stored: plain keys, each with a first and a last number."""
    low = 1
    for owner, upto in (*shared_of(key), (int(key), last)):
        if (start := max(low, first)) <= (end := min(upto, last)):
            yield owner, start, end
        low = upto + 1


def owner_of(key: int, number: int) -> int:
    """The plain key of the session that stores message *number* of a session."""
    return next((owner for owner, upto in shared_of(key) if number <= upto), int(key))


def forked_at(key: int, number: int) -> Shared:
    """What a fork of the session *key* at message *number* shares."""
    return tuple((owner, last) for owner, _, last in parts(key, 1, number))


def without(shared: Shared, key: int) -> Shared:
    """*shared*, where the session *key* was erased: it is a negative number then, which no session has."""
    return tuple((-owner if owner == key else owner, upto) for owner, upto in shared)


def written(shared: Shared) -> str:
    """*shared* as it is stored."""
    return " ".join(f"{key}:{upto}" for key, upto in shared)


def read(stored: str) -> Shared:
    """The inverse of `written`.

    Raises:
        ValueError: it is damaged.
    """
    pairs = [part.split(":") for part in stored.split(" ")]
    shared = tuple((int(key), int(upto)) for key, upto in pairs)
    ends = [0, *(upto for _, upto in shared)]
    if any(not key for key, _ in shared) or any(one >= other for one, other in pairwise(ends)):
        raise ValueError("it is no ascending list of keys and numbers")
    return shared
