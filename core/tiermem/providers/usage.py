"""What a model's calls cost, counted from several threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class Usage:
    """What a writer's summaries, or an extractor's batches, cost so far.

    Args:
        summaries: summaries asked for.
        batches: batches of messages whose facts were asked for.
        calls: calls of the model.
        repairs: calls among them that sent an unusable answer back.
        failed: calls that raised.
        rejected: answers that could not be used.
        fallbacks: summaries that were written without the model in the end, where the adapter did so itself.
        dropped_lines: lines left out because they name figures or files that nobody named.
        input_tokens, output_tokens: as the model reported them, or else as we count them.
        estimated_calls: calls whose tokens were counted by us.
    """

    summaries: int = 0
    batches: int = 0
    calls: int = 0
    repairs: int = 0
    failed: int = 0
    rejected: int = 0
    fallbacks: int = 0
    dropped_lines: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated_calls: int = 0
    _lock: Any = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, **numbers: int) -> None:
        """Add to the fields named; safe from several threads."""
        with self._lock:
            for name, number in numbers.items():
                setattr(self, name, getattr(self, name) + number)

    def as_dict(self) -> dict[str, int]:
        """The numbers, by name."""
        with self._lock:
            return {
                counter.name: getattr(self, counter.name)
                for counter in fields(self)
                if not counter.name.startswith("_")
            }

    def __getstate__(self) -> dict[str, int]:
        return self.as_dict()  # a lock is neither copied nor pickled

    def __setstate__(self, state: dict[str, int]) -> None:
        self.__init__(**state)  # type: ignore[misc]
