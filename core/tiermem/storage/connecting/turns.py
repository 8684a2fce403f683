"""Who may use one of a few connections: those who ask, in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tiermem.errors import StorageBusy

LATER: Any = object()  # what reading answers that would wait for somebody, or take longer than was allowed


class Turns:
    """Lets in at most *places* threads at a time. SQLAlchemy's own pool lets newcomers overtake those who wait."""

    def __init__(self, places: int) -> None:
        self._places = self._free = places
        self._waiting: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def one(self, seconds: float) -> Iterator[None]:
        """A place, for which the caller waits *seconds*.

        Raises:
            StorageBusy: none became free in that time.
        """
        self._take(seconds)
        try:
            yield
        finally:
            self.give()

    def take_at_once(self) -> bool:
        """Whether a place was free; who has it must `give` it."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            return False

    def _take(self, seconds: float) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=min(max(0.0, seconds), threading.TIMEOUT_MAX)):
            return
        with self._lock:
            if turn not in self._waiting:
                return  # it was given at the last moment
            self._waiting.remove(turn)
        raise StorageBusy(f"none of {self._places} connections became free within {seconds:.3g} s")

    def give(self) -> None:
        """Hand the place to the one who waits longest, so that nobody takes it in between."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
