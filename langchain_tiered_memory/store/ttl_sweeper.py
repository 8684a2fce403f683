"""A thread that calls a function every few minutes until it is told to stop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from threading import Event, Thread

logger = logging.getLogger("tiermem.langchain")


class Sweeper:
    """Calls *sweep* every *minutes*, in a daemon thread that starts at once."""

    def __init__(self, sweep: Callable[[], object], minutes: float) -> None:
        self.done: Future[None] = Future()
        self._stop = Event()
        self._thread = Thread(target=self._run, args=(sweep, minutes * 60), name="tiermem-sweeper", daemon=True)
        self._thread.start()

    def stop(self, seconds: float | None = None) -> bool:
        """Ask the thread to end, and wait up to *seconds* for it; True when it has ended."""
        self._stop.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self, sweep: Callable[[], object], pause: float) -> None:
        while not self._stop.wait(pause):
            try:
                sweep()
            except Exception:  # a full disk may have room again later; what has expired is not found meanwhile
                logger.warning("expired items could not be removed; trying again later", exc_info=True)
        self.done.set_result(None)
