"""tiermem: memory for chat applications that never loses a word.

Nothing is imported until it is used, so `import tiermem` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "tiermem.knowledge.knowledge": ("Knowledge",),
    "tiermem.memory": ("AsyncMemory", "Memory"),
    "tiermem.session": ("AsyncSession", "Session"),
    "tiermem.messages": ("Message", "ToolCall"),
    "tiermem.records": (
        "Compacted",
        "Context",
        "Decision",
        "Explanation",
        "Hit",
        "Original",
        "Piece",
        "Recalled",
        "Report",
        "Shown",
        "Stats",
        "StructuredSummary",
        "Summary",
        "Tier",
        "TimeRange",
        "Verification",
        "View",
    ),
    "tiermem.settings": ("Settings", "Thresholds", "Weights"),
    "tiermem.errors": ("TiermemError",),
}
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = sorted([*_HOME, "__version__"])  # noqa: PLE0605  # one list, in one place

if TYPE_CHECKING:
    from tiermem.errors import TiermemError as TiermemError
    from tiermem.knowledge.knowledge import Knowledge as Knowledge
    from tiermem.memory import AsyncMemory as AsyncMemory
    from tiermem.memory import Memory as Memory
    from tiermem.messages import Message as Message
    from tiermem.messages import ToolCall as ToolCall
    from tiermem.records import Compacted as Compacted
    from tiermem.records import Context as Context
    from tiermem.records import Decision as Decision
    from tiermem.records import Explanation as Explanation
    from tiermem.records import Hit as Hit
    from tiermem.records import Original as Original
    from tiermem.records import Piece as Piece
    from tiermem.records import Recalled as Recalled
    from tiermem.records import Report as Report
    from tiermem.records import Shown as Shown
    from tiermem.records import Stats as Stats
    from tiermem.records import StructuredSummary as StructuredSummary
    from tiermem.records import Summary as Summary
    from tiermem.records import Tier as Tier
    from tiermem.records import TimeRange as TimeRange
    from tiermem.records import Verification as Verification
    from tiermem.records import View as View
    from tiermem.session import AsyncSession as AsyncSession
    from tiermem.session import Session as Session
    from tiermem.settings import Settings as Settings
    from tiermem.settings import Thresholds as Thresholds
    from tiermem.settings import Weights as Weights


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'tiermem' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return list(__all__)
