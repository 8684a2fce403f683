"""The life of a memory: its levels, what fades without use, and what sleep does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

__all__ = [
    "AsyncLife",
    "Forgetting",
    "Level",
    "Levels",
    "Life",
    "MemoryLife",
    "Phase",
    "Phases",
    "Placed",
    "Placement",
    "Slept",
]

if not TYPE_CHECKING:
    _NAMES = {
        "life": (
            "AsyncLife",
            "Life",
        ),
        "forgetting": ("Forgetting",),
        "phases": (
            "Phase",
            "Phases",
        ),
        "placement": (
            "Placed",
            "Placement",
        ),
        "records": (
            "Level",
            "Levels",
            "MemoryLife",
            "Slept",
        ),
    }
    __getattr__, __dir__ = names_of(__name__, _NAMES)
else:
    from tiermem.life.forgetting import Forgetting
    from tiermem.life.life import AsyncLife, Life
    from tiermem.life.phases import Phase, Phases
    from tiermem.life.placement import Placed, Placement
    from tiermem.life.records import Level, Levels, MemoryLife, Slept
