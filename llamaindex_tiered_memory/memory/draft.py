"""The one working copy of the message that waits for its answer.

Agents write their state into the last message that `get` returned, and expect it in a later `get` of the same run. So
that message keeps its blocks until the next message comes; the log keeps the original.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.base.llms.types import ChatMessage


@dataclass
class _Copy:
    key: Any
    own: ChatMessage
    handed: ChatMessage | None = None
    blocks: list[int] = field(default_factory=list)  # identities of the blocks that were handed out


class Pending:
    """Keeps the working copy. Thread-safe."""

    def __init__(self) -> None:
        self._copy: _Copy | None = None
        self._lock = threading.Lock()

    def own(self, key: Any, fresh: ChatMessage) -> ChatMessage:
        """The working copy of message *key*; *fresh*, if it is not the one being worked on."""
        with self._lock:
            if self._copy is None or self._copy.key != key:
                self._copy = _Copy(key, fresh)
            return self._copy.own

    def hand_out(self, key: Any, message: ChatMessage) -> ChatMessage:
        """*message*, or the object handed out before: where it is equal, or its holder has exchanged its blocks."""
        with self._lock:
            copy = self._copy
            if copy is None or copy.key != key:
                return message
            before = copy.handed
            if before is not None and (before == message or [id(one) for one in before.blocks] != copy.blocks):
                return before
            copy.handed, copy.blocks = message, [id(one) for one in message.blocks]
            return message

    def drop(self) -> None:
        """Forget the working copy; the next `get` starts from the log."""
        with self._lock:
            self._copy = None
