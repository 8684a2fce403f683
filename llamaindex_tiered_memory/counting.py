"""Tokens of a ChatMessage by the user's own tokenizer: everything that a provider is sent counts.

Text, thinking, tool calls (their JSON), `additional_kwargs` and cited blocks are counted as text; media by a fixed
size each, as in LlamaIndex's `Memory` (its `*_token_size_estimate` parameters and defaults).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    CitableBlock,
    CitationBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from llamaindex_tiered_memory.blocks import Block, block_json
from llamaindex_tiered_memory.plain import dumped

Tokenizer = Callable[[str], Any]
MEDIA_SIZES = {"image": 256, "audio": 256, "video": 256, "document": 2048}  # LlamaIndex's own defaults
REMEMBERED = 8_192  # texts whose count is kept: counting a window again at every get would cost more than the get


def tokens_of(count: Callable[[str], int]) -> Callable[[str], range]:
    """A tokenizer of LlamaIndex's form (`len` of what it returns is the count) for a function that only counts."""
    return lambda text: range(count(text))


class Tally:
    """Counts with one tokenizer and one set of media sizes."""

    def __init__(self, tokenizer: Tokenizer, media: Mapping[str, int] = MEDIA_SIZES) -> None:
        self.tokenizer = tokenizer
        self._media = dict(media)
        self._known: dict[str, int] = {}

    def text(self, text: str) -> int:
        """Tokens of *text*: the tokenizer returns the tokens, or how many there are."""
        if not text:
            return 0
        known = self._known.get(text)
        if known is not None:
            return known
        counted = self.tokenizer(text)
        size = counted if isinstance(counted, int) else len(counted)
        if len(self._known) >= REMEMBERED:
            self._known = {}
        self._known[text] = size
        return size

    def message(self, message: ChatMessage) -> int:
        """Tokens of *message*, its `additional_kwargs` included."""
        kwargs = message.additional_kwargs
        extra = self.text(json.dumps(dumped(kwargs), ensure_ascii=False)) if kwargs else 0
        return extra + self.blocks(message.blocks)

    def messages(self, messages: Iterable[ChatMessage]) -> int:
        """Tokens of *messages*."""
        return sum(map(self.message, messages))

    def blocks(self, blocks: Iterable[Block]) -> int:
        """Tokens of *blocks*."""
        return sum(map(self._block, blocks))

    def _block(self, block: Block) -> int:
        if isinstance(block, TextBlock):
            return self.text(block.text)
        if isinstance(block, ThinkingBlock):
            return max(self.text(block.content or ""), block.num_tokens or 0)
        if isinstance(block, ToolCallBlock):
            return self.text(json.dumps(block_json(block), ensure_ascii=False))
        if isinstance(block, CitableBlock):
            return self.blocks(block.content)
        if isinstance(block, CitationBlock):
            return self._block(block.cited_content)
        return self._media.get(getattr(block, "block_type", ""), 0)
