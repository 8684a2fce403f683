"""Memory tools: what a model calls to search, expand, remember and forget, and what it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

__all__ = [
    "ARGUMENTS",
    "DESCRIPTIONS",
    "NAMES",
    "MemoryTool",
    "Resolve",
    "memory_tools",
]

if not TYPE_CHECKING:
    _NAMES = {
        "tools": (
            "ARGUMENTS",
            "DESCRIPTIONS",
            "MemoryTool",
            "NAMES",
            "Resolve",
            "memory_tools",
        ),
    }
    __getattr__, __dir__ = names_of(__name__, _NAMES)
else:
    from tiermem.tools.tools import ARGUMENTS, DESCRIPTIONS, NAMES, MemoryTool, Resolve, memory_tools
