"""tiermem: memory for chat applications that never loses a word.

Nothing is imported until it is used, so `import tiermem` costs next to nothing.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

__version__ = "0.1.0"

_NAMES = {
    "knowledge.knowledge": ("Knowledge",),
    "memory": ("AsyncMemory", "Memory"),
    "session": ("AsyncSession", "Session"),
    "messages": ("Message", "ToolCall"),
    "records": (
        "Compacted",
        "Context",
        "Decision",
        "Explanation",
        "Hit",
        "Original",
        "Piece",
        "Recalled",
        "Shown",
        "StructuredSummary",
        "Summary",
        "Tier",
        "TimeRange",
        "View",
    ),
    "reports.state": ("Report", "Stats", "Verification"),
    "settings": ("Settings", "Thresholds", "Weights"),
    "errors": ("TiermemError",),
}

__all__ = sorted([*chain.from_iterable(_NAMES.values()), "__version__"])  # noqa: PLE0605  # one list, in one place

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_of(__name__, _NAMES)
else:
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
    from tiermem.records import Shown as Shown
    from tiermem.records import StructuredSummary as StructuredSummary
    from tiermem.records import Summary as Summary
    from tiermem.records import Tier as Tier
    from tiermem.records import TimeRange as TimeRange
    from tiermem.records import View as View
    from tiermem.reports.state import Report as Report
    from tiermem.reports.state import Stats as Stats
    from tiermem.reports.state import Verification as Verification
    from tiermem.session import AsyncSession as AsyncSession
    from tiermem.session import Session as Session
    from tiermem.settings import Settings as Settings
    from tiermem.settings import Thresholds as Thresholds
    from tiermem.settings import Weights as Weights
