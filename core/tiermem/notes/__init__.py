"""Notes of four kinds: what happened, what something means, how something is done, and what is in play now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

__all__ = [
    "AsyncNotes",
    "Concept",
    "Episode",
    "InPlay",
    "Notes",
    "PlainNote",
    "Procedure",
]

if not TYPE_CHECKING:
    _NAMES = {
        "notes": (
            "AsyncNotes",
            "Notes",
        ),
        "kinds": (
            "Concept",
            "Episode",
            "PlainNote",
            "Procedure",
        ),
        "in_play": ("InPlay",),
    }
    __getattr__, __dir__ = names_of(__name__, _NAMES)
else:
    from tiermem.notes.in_play import InPlay
    from tiermem.notes.kinds import Concept, Episode, PlainNote, Procedure
    from tiermem.notes.notes import AsyncNotes, Notes
