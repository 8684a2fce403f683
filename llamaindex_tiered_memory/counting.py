"""Tokens of a ChatMessage by the tokenizer in use: everything that a provider is sent counts.

Which one that is: the one that was given, or else LlamaIndex's own, which counts everywhere around a memory. That one
is looked up at each count, since `set_global_tokenizer` may be called after a memory was made.

Text, thinking, tool calls (their JSON), `additional_kwargs` and cited blocks are counted as text; media by a fixed
size each, as in LlamaIndex's `Memory` (its `*_token_size_estimate` parameters and defaults).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import llama_index.core
from llama_index.core.base.llms.types import (
    ChatMessage,
    CitableBlock,
    CitationBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.utils import get_tokenizer

from llamaindex_tiered_memory.blocks import Block, block_json
from tiermem import Memory, Settings
from tiermem.agents.encoding import dumped
from tiermem.providers.tokenizers import SLICE, Counter, encoding_counter, slices
from tiermem.runtime.options import OpenOptions

Tokenizer = Callable[[str], Any]
MEDIA_SIZES = {"image": 256, "audio": 256, "video": 256, "document": 2048}  # LlamaIndex's own defaults
REMEMBERED = 8_192  # texts whose count is kept: counting a window again at every get would cost more than the get


_log = logging.getLogger("tiermem.tokenizers")
_unavailable: list[str] = []  # why LlamaIndex has no tokenizer: said and tried once, since it may be a download


def llama_index_tokens(text: str) -> Any:
    """The tokens of *text* by LlamaIndex's tokenizer: `set_global_tokenizer`'s, or that of gpt-3.5-turbo."""
    tokenizer = in_force(llama_index_tokens)
    if len(text) <= SLICE:
        return tokenizer(text)
    return [token for piece in slices(text) for token in tokenizer(piece)]  # tiktoken panics on some longer ones


def in_force(tokenizer: Tokenizer) -> Tokenizer:
    """*tokenizer* itself; where that is LlamaIndex's own, the one that this is at the moment."""
    if tokenizer is not llama_index_tokens:
        return tokenizer
    if _unavailable and llama_index.core.global_tokenizer is None:
        return _o200k
    try:
        return get_tokenizer()
    except (ImportError, OSError, ValueError) as error:
        _unavailable.append(type(error).__name__)
        _log.warning("LlamaIndex has no tokenizer (%s: %s); o200k_base counts", type(error).__name__, error)
        return _o200k


def names_encoding(options: OpenOptions) -> bool:
    """Whether *options* choose an encoding: by name, or by settings that have another one than the default."""
    settings = options.get("settings") or Settings()
    return "encoding" in options or settings.encoding != Settings().encoding


def with_counter(options: OpenOptions) -> OpenOptions:
    """*options* of `Memory.open`; where they choose no counter, LlamaIndex's tokenizer is it."""
    if options.get("counter") is not None or names_encoding(options):
        return options
    return {**options, "counter": llama_index_tokens}


def tokenizer_for(memory: Memory, *, encoding_named: bool) -> Tokenizer:
    """What counts where no tokenizer was given: that of an open *memory*, if its opener chose one, or LlamaIndex's."""
    given = memory.counter.given
    chosen = given is not None or encoding_named or names_encoding({"settings": memory.settings})
    if given is llama_index_tokens or not chosen:
        return llama_index_tokens
    return TokensOf(memory.counter)  # which gives tokens, as LlamaIndex's engines want them, where *given* counts


def counts_with(memory: Memory, tokenizer: Tokenizer) -> bool:
    """Whether the core counts with *tokenizer* too, as `Memory.open` was given it, or in LlamaIndex's form."""
    counter = tokenizer.counter if isinstance(tokenizer, TokensOf) else tokenizer
    return counter is memory.counter or counter is memory.counter.given


@dataclass(frozen=True)
class TokensOf:
    """A tokenizer of LlamaIndex's form (`len` of what it returns is the count) for a function that only counts."""

    counter: Callable[[str], int]

    def __call__(self, text: str) -> range:
        """As many numbers as *text* has tokens."""
        return range(self.counter(text))


_o200k = TokensOf(encoding_counter("o200k_base"))


class Tally:
    """Counts with one tokenizer and one set of media sizes."""

    def __init__(self, tokenizer: Tokenizer, media: Mapping[str, int] = MEDIA_SIZES) -> None:
        self.tokenizer = tokenizer
        self._media = dict(media)
        self._known: dict[str, int] = {}
        self._known_by = in_force(tokenizer)

    @property
    def name(self) -> tuple[Any, ...]:
        """Equal for those that count alike at the moment."""
        return in_force(self.tokenizer), *self._media.items()

    def text(self, text: str) -> int:
        """Tokens of *text*: the tokenizer returns the tokens, or how many there are."""
        if not text:
            return 0
        if in_force(self.tokenizer) is not self._known_by:
            self._known, self._known_by = {}, in_force(self.tokenizer)
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


class OwnCounter:
    """The counter of a tally for the core, which has counted with another one: it knows what messages cost by it."""

    def __init__(self) -> None:
        self._made: tuple[tuple[Any, ...], Counter] | None = None

    def of(self, tally: Tally) -> Counter:
        """The same counter, as long as *tally* counts alike."""
        if self._made is None or self._made[0] != tally.name:
            self._made = tally.name, Counter(given=tally.text, remembering=True)
        return self._made[1]
