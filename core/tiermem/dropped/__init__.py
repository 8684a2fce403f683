"""What compaction and summaries took from a window: the difference of two views, the weightiest first."""

from tiermem.dropped.record import Dropped

__all__ = ["Dropped"]
