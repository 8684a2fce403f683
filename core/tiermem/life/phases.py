"""The phases of a memory's life, observed: a listener that counts what events tell of.

phases = Phases()
stop = memory.subscribe(phases)
phases.seen["retrieval"].count, phases.active(within=1.0)
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from tiermem.events import Event

STORAGE: Final = "long-term storage"
NAMES: Final = (
    "sensory input",  # messages arrive
    "encoding",  # words are indexed
    "working memory",  # the window is brought below its threshold
    "consolidation",  # summaries are written, and merged
    STORAGE,  # what arrived is durable, and held
    "retrieval",  # something is looked for
    "sleep",
    "output",  # a context, a block or an answer of a tool is handed to a model
)
OF_EVENTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "added": ("sensory input", STORAGE),
        "indexed": ("encoding",),
        "extracted": ("encoding",),
        "compacted": ("working memory",),
        "summarised": ("consolidation",),
        "recalled": ("retrieval",),
        "slept": ("sleep",),
    }
)
HANDED_OUT: Final = frozenset({"context", "recall", "tool"})  # by whom what was recalled goes to a model


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase: how often it was seen, when it last began and ended, and how many milliseconds all of them took."""

    name: str
    count: int = 0
    began: datetime | None = None
    ended: datetime | None = None
    ms: float = 0.0


class Phases:
    """Counts the phases of the memories whose events it is given. Thread-safe; it keeps no event."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen = {name: Phase(name) for name in NAMES}

    def __call__(self, event: Event) -> None:
        """Count *event*."""
        names = OF_EVENTS.get(event.kind, ())
        if event.kind == "recalled" and event.fields.get("by") in HANDED_OUT:
            names = (*names, "output")
        ms = float(event.fields.get("ms", 0.0))
        began = event.at - timedelta(milliseconds=ms)
        with self._lock:
            for name in names:
                was = self._seen[name]
                self._seen[name] = replace(was, count=was.count + 1, began=began, ended=event.at, ms=was.ms + ms)

    @property
    def seen(self) -> Mapping[str, Phase]:
        """The phases by name, in their order."""
        with self._lock:
            return MappingProxyType(dict(self._seen))

    def active(self, now: datetime, within: float = 1.0) -> tuple[str, ...]:
        """The phases that ended in the last *within* seconds before *now*. One is always active: a memory that does
        nothing holds what is stored."""
        since = now - timedelta(seconds=within)
        lately = [one.name for one in self.seen.values() if one.ended is not None and since <= one.ended <= now]
        return tuple(lately) or (STORAGE,)
