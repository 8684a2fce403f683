"""What is told of a conversation that shares messages with others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One of the conversations that come from the same one.

    Args:
        session: its id.
        parent: the id of the conversation that it was forked from; "" for the first one, and where that was erased.
        at: the number of the last message that it shares with others; 0 for the first one.
        messages: how many it has, with those that it shares.
        forked_at: when; None for the first one.
    """

    session: str
    parent: str = ""
    at: int = 0
    messages: int = 0
    forked_at: datetime | None = None

    def __repr__(self) -> str:
        made = f", forked from {self.parent or 'what was erased'!r} at m{self.at}" if self.at else ""
        return f"<Branch {self.session!r}, {self.messages} messages{made}>"
