"""Which stretch of what a vector store or pgvector should have is compared next: all in turn, a little a question.

A question over few passages sees by itself that one is missing. One over very many is named some, and cannot. So after
each of these a stretch of `PASSAGES` is compared by ids in the background, of the session that was compared the longest
ago, at most one a second; the next question has the next one compared. Where something was missing, all of its session
is compared at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from tiermem.index.cache import fork_lock

Kept: TypeAlias = tuple[int, int]  # the key of a session, and of its embedder

PASSAGES = 500  # of one turn: what a store is asked for at once
PAUSE = 1.0  # seconds from one turn to the next
SLOW = 60.0  # the same, where nobody can say what is there: then all of a stretch is given again


class Rounds:
    """How far each session was compared, and what is to be compared now. Thread-safe."""

    def __init__(self) -> None:
        self._lock = fork_lock(self)
        self._above: dict[Kept, int] = {}  # messages that its round has behind it
        self._turns: dict[Kept, int] = {}  # when its last turn was, in turns
        self._due: dict[Kept, bool] = {}  # what is to be compared; whether all of it
        self._turn = 0
        self._last = float("-inf")
        self._slow = False

    def begin(self, sizes: Mapping[Kept, int], now: float) -> list[Kept]:
        """Have the next stretch of these sessions, which have so many passages, compared; which ones it is of."""
        with self._lock:
            if abs(now - self._last) < (SLOW if self._slow else PAUSE):
                return []
            begun, left = [], PASSAGES
            for key in sorted((key for key, size in sizes.items() if size), key=lambda key: self._turns.get(key, -1)):
                if left <= 0:
                    break
                left -= sizes[key]
                self._due.setdefault(key, False)
                begun.append(key)
            for key in begun:
                self._turns[key] = self._turn
            self._turn += 1
            self._last = now
            return begun

    def lacking(self, key: Kept) -> None:
        """Something is missing in a session: have all of it compared."""
        with self._lock:
            self._due[key] = True
            self._above[key] = 0

    def slowly(self) -> None:
        """A stretch was compared of which nothing was there, so that nobody knows whether anything was lost."""
        self._slow = True

    def due(self, key: Kept) -> int | None:
        """The message above which a session is to be compared; None where it is not its turn."""
        with self._lock:
            return self._above.get(key, 0) if key in self._due else None

    def compared(self, key: Kept, through: int, last: int, *, missing: bool = False) -> bool:
        """A session was compared up to message *through* of *last*; whether there is more to compare now."""
        with self._lock:
            whole = self._due.get(key, False) or missing
            self._above[key] = 0 if through >= last else through
            if whole and through < last:
                self._due[key] = True
                return True
            self._due.pop(key, None)
            return False
