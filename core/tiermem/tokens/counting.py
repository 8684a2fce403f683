"""What a message costs in tokens, by any counter of texts: for thresholds, budgets and statistics.

Rule: everything a provider is sent is counted; a base64 payload is never counted as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiermem.blocks.forms import Sort
from tiermem.blocks.reading import ReadBlock, arguments_text, as_json, is_blocks, read
from tiermem.messages import Content, Message
from tiermem.text.clipping import Count
from tiermem.tokens.beside import legacy_call, thoughts
from tiermem.tokens.media import image_tokens

OVERHEAD = 4
"""Tokens of one message besides its content: OpenAI's counting recipe adds 3, and the role is one more."""
OVERHEAD_CALL = 8
"""Tokens of one tool call besides name and arguments, for its type and id. Chosen; providers publish no number."""
AUDIO_TOKENS = 1_000
"""Sound; its length is not known here. Chosen: about half a minute at Google's 32 tokens a second."""
VIDEO_TOKENS = 2_600
"""Film; its length is not known here. Chosen: about ten seconds at Google's 258 tokens a frame, one frame a second."""
FILE_TOKENS = 2_000
"""A file or document that is no text. Chosen: one page, of which Anthropic says 1,500 to 3,000 for a PDF."""

REMEMBERED = 2_000
"""Tokens of the largest message whose count a counter remembers, for it holds the message: as large as those in RAM."""

_MEDIA = {Sort.AUDIO: AUDIO_TOKENS, Sort.VIDEO: VIDEO_TOKENS, Sort.FILE: FILE_TOKENS}


def message_tokens(message: Message, count: Count) -> int:
    """Tokens of *message* as a provider is sent it: overhead, name, content, tool calls, thoughts beside the content.

    A call that stands in the content (Anthropic's and LlamaIndex's form) and in `tool_calls` counts once. `state` is
    not sent and counts nothing, nor does the rest of `raw`. A counter that remembers messages counts each once.
    """
    by_message = getattr(count, "by_message", None)
    if by_message is None or message.tokens > REMEMBERED:
        return _message_tokens(message, count)
    known = by_message.get(id(message))
    if known is not None and known[0] is message:
        return int(known[1])
    tokens = _message_tokens(message, count)
    by_message.put(id(message), (message, tokens))
    return tokens


def _message_tokens(message: Message, count: Count) -> int:
    calls = [(call.id, call.name) for call in message.tool_calls]
    total = OVERHEAD + (count(message.name) if message.name else 0)
    total += sum(_call_tokens(call.name, call.arguments, count) for call in message.tool_calls)
    total += sum(count(text) for text in thoughts(message.raw) if text)
    if not message.tool_calls and (call := legacy_call(message.raw)):
        total += _call_tokens(str(call.get("name")), call.get("arguments", ""), count)
    return total + _sum(message.content, count, calls)


def content_tokens(content: Content, count: Count) -> int:
    """Tokens of *content*: text by *count*, images by size, other media by fixed numbers, others by their JSON."""
    return _sum(content, count, [])


def _sum(content: Any, count: Count, calls: list[tuple[str, str]]) -> int:
    if content is None or content == "":
        return 0
    if isinstance(content, str):
        return count(content)
    if isinstance(content, Mapping):
        return _block_tokens(content, count, calls)
    if isinstance(content, list):
        return sum(_sum(block, count, calls) for block in content)
    return count(as_json(content))


def _block_tokens(fields: Mapping[str, Any], count: Count, calls: list[tuple[str, str]]) -> int:
    block = read(fields)
    if block.sort is Sort.OTHER or (block.sort is Sort.TEXT and not (block.texts or block.inner or block.data)):
        return count(as_json(fields)) if block.sort is Sort.OTHER else 0
    media = image_tokens(fields) if block.sort is Sort.IMAGE else _MEDIA.get(block.sort, 0)
    total = media + sum(map(count, block.texts)) + _sum(list(block.inner), count, calls)
    if block.sort is Sort.CALL or (block.sort is Sort.DEED and block.name and block.arguments):
        total += _call_block_tokens(block, count, calls)
    return total + sum(_data_tokens(value, count, calls) for value in block.data)


def _data_tokens(value: Any, count: Count, calls: list[tuple[str, str]]) -> int:
    """What a tool answers: blocks and text as such, anything else as JSON."""
    return _sum(value, count, calls) if is_blocks(value) else count(as_json(value)) if value else 0


def _call_tokens(name: str, arguments: Any, count: Count) -> int:
    return OVERHEAD_CALL + count(name) + count(arguments_text(arguments))


def _call_block_tokens(block: ReadBlock, count: Count, calls: list[tuple[str, str]]) -> int:
    """0 if the block is one of *calls*, which is then struck off: a second block of that name is another call."""
    for call in calls:
        if block.id == call[0] or (not block.id and block.name == call[1]):
            calls.remove(call)
            return 0
    return _call_tokens(block.name, block.arguments, count)
