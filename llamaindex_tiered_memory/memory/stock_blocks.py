"""LlamaIndex's memory blocks beside our tiers: asked at every get, given every message that a summary covers.

Rule 1: a block's text may use the share of the limit that `chat_history_token_ratio` leaves; blocks of the lowest
  priority (the highest number) give way first, those of priority 0 never.
Rule 2: a block that fails to take messages gets them again; a message reaches a block once.
Rule 3: blocks see copies; what they write into messages does not reach the log.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, TextBlock
from llama_index.core.memory.memory import DEFAULT_MEMORY_BLOCKS_TEMPLATE

from llamaindex_tiered_memory.blocks import Block, InsertedTextBlock
from llamaindex_tiered_memory.convert import to_chat_message
from llamaindex_tiered_memory.counting import Tally
from llamaindex_tiered_memory.memory.arranging import Extra
from tiermem import AsyncSession

_log = logging.getLogger(__name__)


class StockBlocks:
    """The memory blocks of one chat memory."""

    def __init__(self, blocks: Sequence[Any], template: Any, session_id: str, *, in_system: bool) -> None:
        self.blocks = list(blocks)
        self._in_system = in_system
        self._template = template or DEFAULT_MEMORY_BLOCKS_TEMPLATE
        self._session = session_id
        self._taken: dict[str, int] = {}

    async def shown(self, history: list[ChatMessage], room: int, tally: Tally, **kwargs: Any) -> Extra:
        """What the blocks say about *history*, in at most *room* tokens (blocks of priority 0 in any number)."""
        contents = {}
        for block in sorted(self.blocks, key=lambda one: -one.priority):
            content = await block.aget(history, session_id=self._session, **kwargs)
            if content:
                contents[block.name] = content
        await self._shorten(contents, room, tally)
        messages = [message for content in contents.values() for message in _messages(content)]
        return Extra(self._rendered(contents), messages, self._in_system)

    async def follow(self, session: AsyncSession) -> None:
        """Give the blocks what a summary of *session* covers now."""
        window = await session.view()
        last = max((one.last for one in window.summaries), default=0)
        if last <= self.taken:
            return
        shown = {one.sequence for one in window.messages}
        messages = await session.messages(self.taken + 1, last)
        await self.take([(one.sequence, to_chat_message(one)) for one in messages if one.sequence not in shown])

    async def take(self, covered: Sequence[tuple[int, ChatMessage]]) -> None:
        """Give every block the covered messages that it has not had. *covered*: sequence number and a fresh copy."""
        for block in self.blocks:
            fresh = [(number, message) for number, message in covered if number > self._taken.get(block.name, 0)]
            if not fresh:
                continue
            messages = [one.model_copy(deep=True) for _, one in fresh]
            try:
                await block.aput(messages, from_short_term_memory=True, session_id=self._session)
            except Exception:  # noqa: BLE001  # a user's block: the turn goes on, it gets them with the next put
                _log.warning("memory block %r did not take %d messages", block.name, len(fresh), exc_info=True)
            else:
                self._taken[block.name] = fresh[-1][0]

    @property
    def taken(self) -> int:
        """The number up to which every block has had the covered messages."""
        return min((self._taken.get(block.name, 0) for block in self.blocks), default=0)

    def start_at(self, number: int) -> None:
        """Messages up to *number* are known to the blocks (they were covered before this object was made)."""
        self._taken = {block.name: number for block in self.blocks}

    async def _shorten(self, contents: dict[str, Any], room: int, tally: Tally) -> None:
        for block in sorted(self.blocks, key=lambda one: -one.priority):
            excess = sum(_size(content, tally) for content in contents.values()) - room
            if excess <= 0:
                return
            if block.priority == 0 or block.name not in contents:
                continue
            shorter = await block.atruncate(contents[block.name], excess)
            before = _size(contents[block.name], tally)
            if shorter and before - _size(shorter, tally) >= excess:
                contents[block.name] = shorter
            else:
                del contents[block.name]

    def _rendered(self, contents: dict[str, Any]) -> list[Block]:
        named = [(block.name, _content_blocks(contents[block.name])) for block in self.blocks if block.name in contents]
        listed = [(name, blocks) for name, blocks in named if blocks]
        if not listed:
            return []
        made = self._template.format_messages(memory_blocks=listed)
        blocks = made[0].blocks if made else []
        return [InsertedTextBlock(text=block.text) if isinstance(block, TextBlock) else block for block in blocks]


def _messages(content: Any) -> list[ChatMessage]:
    return [message for message in content if isinstance(message, ChatMessage)] if isinstance(content, list) else []


def _content_blocks(content: Any) -> list[Block]:
    if isinstance(content, str):
        return [TextBlock(text=content)]
    return [block for block in content if not isinstance(block, ChatMessage)]


def _size(content: Any, tally: Tally) -> int:
    if isinstance(content, str):
        return tally.text(content)
    return tally.messages(_messages(content)) + tally.blocks(_content_blocks(content))
