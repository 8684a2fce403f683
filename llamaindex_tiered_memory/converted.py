"""Chat messages of stored messages, converted and counted once, and handed out as copies.

Rule 1: what is handed out shares nothing that can be changed with what is kept, nor with another copy.
Rule 2: what a number is shown as may change (a stub, a clipped message, another zone), so what is kept is used for a
  message that is equal in every field, and for no other.
"""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, TextBlock

from llamaindex_tiered_memory.blocks import Block, InsertedTextBlock, VerbatimTextBlock
from llamaindex_tiered_memory.convert import to_chat_message
from llamaindex_tiered_memory.counting import Tally
from tiermem import Message

LARGEST = 32_000_000  # bytes of what is kept, about: 12,000 messages of a few sentences
OBJECTS = 2_000  # bytes of the objects of one message, measured with tracemalloc: ChatMessage, block, Message
_TEXTS = (TextBlock, VerbatimTextBlock, InsertedTextBlock)
_FIXED = (str, int, float, bool, type(None))


class _KeptChat:
    """One message, its chat message, and the tokens that this has by the tally that was asked last."""

    __slots__ = ("chat", "counted_by", "message", "tokens", "weight")

    def __init__(self, message: Message, chat: ChatMessage) -> None:
        self.message = message
        self.chat = chat
        self.counted_by: object = None
        self.tokens = 0
        self.weight = OBJECTS + len(message.text)

    def of(self, message: Message) -> bool:
        """Whether *message* would be converted to the same."""
        mine = self.message
        return mine is message or (
            (mine.sequence, mine.stored_at, mine.zone) == (message.sequence, message.stored_at, message.zone)
            and mine == message
        )


class KeptChats:
    """The chat messages of the messages that were shown last, whatever memory asked. Thread-safe."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._kept: OrderedDict[tuple[str, int, bool], _KeptChat] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def chat(self, message: Message) -> ChatMessage:
        """The chat message of *message*: a new object each time."""
        return copied(self._of(message).chat)

    def counted(self, message: Message, tally: Tally) -> tuple[ChatMessage, int]:
        """The same, and its tokens by *tally*."""
        kept = self._of(message)
        if kept.counted_by != tally.name:
            kept.tokens = tally.message(kept.chat)
            kept.counted_by = tally.name
        return copied(kept.chat), kept.tokens

    def _of(self, message: Message) -> _KeptChat:
        # A stub has its message's id and number, and both are shown in one prompt when a tool asked for the original.
        key = message.id, message.sequence, bool(message.state)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.of(message):
                self._kept.move_to_end(key)
                return kept
        fresh = _KeptChat(message, to_chat_message(message))
        with self._lock:
            before = self._kept.pop(key, None)
            self._weight += fresh.weight - (before.weight if before is not None else 0)
            self._kept[key] = fresh
            while self._weight > self._largest and len(self._kept) > 1:
                self._weight -= self._kept.popitem(last=False)[1].weight
        return fresh


class Counted:
    """The chat messages of one view as they are made, and their tokens by *tally*."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._sizes: dict[int, tuple[ChatMessage, int]] = {}  # which it holds, so that no other has its identity

    def chat(self, message: Message) -> ChatMessage:
        """The chat message of *message*: a new object each time. Who changes its words must make another of it."""
        chat, size = CONVERTED.counted(message, self.tally)
        self._sizes[id(chat)] = chat, size
        return chat

    def tokens(self, chats: Iterable[ChatMessage]) -> int:
        """Tokens of *chats*; those that were not made here are counted now."""
        return sum(known[1] if (known := self._sizes.get(id(chat))) else self.tally.message(chat) for chat in chats)


def copied(chat: ChatMessage) -> ChatMessage:
    """A copy of *chat* that shares nothing with it that can be changed."""
    made = chat.__copy__()
    fields = vars(made)  # assigning to a field of a model takes as long as all of this
    fields["blocks"] = [_block(block) for block in chat.blocks]
    fields["additional_kwargs"] = _plain(chat.additional_kwargs)
    return made


def _block(block: Block) -> Block:
    made = block.__copy__()
    if type(block) not in _TEXTS:
        fields = vars(made)
        for name, value in fields.items():
            fields[name] = _plain(value)
    return made


def _plain(value: Any) -> Any:
    """A copy of what JSON is made of; deep, and of other things as they copy themselves."""
    kind = type(value)
    if kind in _FIXED:
        return value
    if kind is dict:
        return {key: _plain(part) for key, part in value.items()}
    if kind is list:
        return [_plain(part) for part in value]
    return copy.deepcopy(value)


CONVERTED = KeptChats()
