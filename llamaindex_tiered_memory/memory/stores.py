"""Chat stores of LlamaIndex: the user's own, kept in step with the log; and the log itself, seen as a chat store.

Rule: the log is the truth. It is written first; a chat store follows, and gets copies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core.async_utils import asyncio_run
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.storage.chat_store.base import BaseChatStore
from llama_index.core.storage.chat_store.base_db import AsyncDBChatStore

if TYPE_CHECKING:
    from llamaindex_tiered_memory.memory.memory import TieredChatMemory


class Mirror:
    """A user's chat store (`BaseChatStore` or `AsyncDBChatStore`), written after the log."""

    def __init__(self, store: Any, key: str) -> None:
        self.store = store
        self._key = key
        self._native = isinstance(store, AsyncDBChatStore)

    def messages(self) -> list[ChatMessage]:
        """Everything that the store has under the key, archived messages first."""
        if not self._native:
            return list(self.store.get_messages(self._key))
        messages: list[ChatMessage] = asyncio_run(self._all())
        return messages

    def add(self, messages: Sequence[ChatMessage]) -> None:
        """Append copies of *messages*."""
        if self._native:
            asyncio_run(self.store.add_messages(self._key, _copies(messages)))
            return
        for message in _copies(messages):
            self.store.add_message(self._key, message)

    def replace(self, messages: Sequence[ChatMessage]) -> None:
        """Make copies of *messages* all that the store has under the key."""
        if self._native:
            asyncio_run(self._replace(_copies(messages)))
        elif messages:
            self._set(_copies(messages))
        else:
            self.store.delete_messages(self._key)

    async def aadd(self, messages: Sequence[ChatMessage]) -> None:
        """`add`, without blocking the event loop."""
        if self._native:
            await self.store.add_messages(self._key, _copies(messages))
        else:
            await asyncio.to_thread(self.add, messages)

    async def areplace(self, messages: Sequence[ChatMessage]) -> None:
        """`replace`, without blocking the event loop."""
        if self._native:
            await self._replace(_copies(messages))
        else:
            await asyncio.to_thread(self.replace, messages)

    def _set(self, messages: list[ChatMessage]) -> None:
        """There are stores whose `set_messages` appends (`findings/llamaindex-sqlite-store-appends.sh`). Deleting first
        would leave every other store empty where a process ends in between, so that is done for these alone."""
        self.store.set_messages(self._key, messages)
        if len(self.store.get_messages(self._key)) > len(messages):
            self.store.delete_messages(self._key)
            self.store.set_messages(self._key, messages)

    async def _all(self) -> list[ChatMessage]:
        from llama_index.core.storage.chat_store.base_db import MessageStatus

        archived = await self.store.get_messages(self._key, status=MessageStatus.ARCHIVED)
        return [*archived, *await self.store.get_messages(self._key, status=MessageStatus.ACTIVE)]

    async def _replace(self, messages: list[ChatMessage]) -> None:
        await self.store.delete_messages(self._key)
        if messages:
            await self.store.add_messages(self._key, messages)


class TieredChatStore(BaseChatStore):
    """What `memory.chat_store` is when none was given: the log of one session, live, under the memory's key."""

    _memory: TieredChatMemory = PrivateAttr()

    def __init__(self, memory: TieredChatMemory) -> None:
        super().__init__()
        self._memory = memory

    @classmethod
    def class_name(cls) -> str:
        """The name in dumps."""
        return "TieredChatStore"

    def set_messages(self, key: str, messages: list[ChatMessage]) -> None:
        """Replace the log's messages."""
        self._check(key)
        self._memory.set(messages)

    def get_messages(self, key: str) -> list[ChatMessage]:
        """All originals; none under another key."""
        return self._memory.get_all() if key == self._memory.chat_store_key else []

    def add_message(self, key: str, message: ChatMessage, idx: int | None = None) -> None:
        """Append, or put at *idx* (which replaces the log's messages)."""
        self._check(key)
        if idx is None:
            self._memory.put(message)
            return
        messages = self._memory.get_all()
        messages.insert(idx, message)
        self._memory.set(messages)

    def delete_messages(self, key: str) -> list[ChatMessage] | None:
        """Hide every message, and return them."""
        messages = self.get_messages(key)
        if messages:
            self._memory.reset()
        return messages or None

    def delete_message(self, key: str, idx: int) -> ChatMessage | None:
        """Hide the message at *idx*, and return it; None where there is none."""
        messages = self.get_messages(key)
        if not -len(messages) <= idx < len(messages):
            return None
        gone = messages.pop(idx)
        self._memory.set(messages)
        return gone

    def delete_last_message(self, key: str) -> ChatMessage | None:
        """Hide the last message, and return it."""
        return self.delete_message(key, -1)

    def get_keys(self) -> list[str]:
        """The one key."""
        return [self._memory.chat_store_key]

    def _check(self, key: str) -> None:
        if key != self._memory.chat_store_key:
            raise ValueError(f"this chat store holds one session, under {self._memory.chat_store_key!r}, not {key!r}")


def _copies(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    return [message.model_copy(deep=True) for message in messages]
