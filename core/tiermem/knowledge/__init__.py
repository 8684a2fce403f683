"""Knowledge: the documents of a user, beside the conversations, cut into chunks and found with their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

__all__ = [
    "AsyncKnowledge",
    "Knowledge",
    "Trial",
    "trials",
]

if not TYPE_CHECKING:
    _NAMES = {
        "knowledge": (
            "AsyncKnowledge",
            "Knowledge",
        ),
        "chunk_trials": (
            "Trial",
            "trials",
        ),
    }
    __getattr__, __dir__ = names_of(__name__, _NAMES)
else:
    from tiermem.knowledge.chunk_trials import Trial, trials
    from tiermem.knowledge.knowledge import AsyncKnowledge, Knowledge
