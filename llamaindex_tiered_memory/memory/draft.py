"""The one working copy of the message that waits for its answer, and originals that the log has in part only.

Agents write their state into the last message that `get` returned, and expect it in a later `get` of the same run. So
that message keeps its blocks until the next message comes; the log keeps the original. A message above the log's limit,
or with objects in it, is still sent as it was put as long as this process goes on.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from llama_index.core.base.llms.types import ChatMessage

from tiermem import Message, Piece, Shown
from tiermem.blocks.completeness import incomplete

ORIGINALS = 16  # newest messages whose originals are held, for they may be large


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
        self._originals: OrderedDict[str, ChatMessage] = OrderedDict()
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

    def keep(
        self, stored: Sequence[Message], given: Sequence[ChatMessage], fits: Callable[[ChatMessage], bool]
    ) -> None:
        """Hold those of *given* that are *stored* in part only, and that fit what a model is sent."""
        for message, chat in zip(stored, given, strict=True):
            if incomplete(message) and fits(chat):
                with self._lock:
                    self._originals[message.id] = chat.model_copy()
                    while len(self._originals) > ORIGINALS:
                        self._originals.popitem(last=False)

    def original(self, piece: Piece) -> ChatMessage | None:
        """A copy of what was put, where *piece* shows all that the log has of it, and that is not all."""
        held = None if piece.clipped or piece.shown is not Shown.VERBATIM else self._originals.get(piece.message.id)
        return None if held is None else held.model_copy(update={"blocks": list(held.blocks)})

    def drop(self) -> None:
        """Forget the working copy; the next `get` starts from the log."""
        with self._lock:
            self._copy = None
