"""What a message costs in tokens, by any counter of texts: for thresholds, budgets and statistics.

Rule: everything a provider is sent is counted; a base64 payload is never counted as text.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.messages import Content, Message, block_kind
from tiermem.text.clipping import Count
from tiermem.text.readable import arguments_text
from tiermem.tokens.beside import legacy_call, thoughts

OVERHEAD = 4
"""Tokens of one message besides its content: OpenAI's counting recipe adds 3, and the role is one more."""
OVERHEAD_CALL = 8
"""Tokens of one tool call besides name and arguments, for its type and id. Chosen; providers publish no number."""
IMAGE_TOKENS = 765
"""An image: OpenAI's 85 + 170 for each of the 4 tiles of 1024 x 1024 in high detail."""
AUDIO_TOKENS = 1_000
"""Sound; its length is not known here. Chosen: about half a minute at Google's 32 tokens a second."""
VIDEO_TOKENS = 2_600
"""Film; its length is not known here. Chosen: about ten seconds at Google's 258 tokens a frame, one frame a second."""
FILE_TOKENS = 2_000
"""A file or document that is no text. Chosen: one page, of which Anthropic says 1,500 to 3,000 for a PDF."""

_MEDIA = {
    "image": IMAGE_TOKENS, "image_url": IMAGE_TOKENS, "input_image": IMAGE_TOKENS,
    "audio": AUDIO_TOKENS, "audio_url": AUDIO_TOKENS, "input_audio": AUDIO_TOKENS,
    "video": VIDEO_TOKENS, "video_url": VIDEO_TOKENS, "input_video": VIDEO_TOKENS,
}  # fmt: skip
_FILES = frozenset({"file", "document", "input_file", "text-plain", "media"})
_REASONING = frozenset({"thinking", "reasoning", "reasoning_content"})
_REASONING_KEYS = ("thinking", "reasoning", "reasoning_content", "content", "summary", "text")
_CALLS = frozenset({"tool_use", "tool_call", "function_call", "server_tool_use", "server_tool_call"})
_RESULTS = frozenset({"tool_result", "server_tool_result", "citable"})
_TEXTS = frozenset({"text", "input_text", "output_text"})
_PAYLOAD = re.compile(
    r"(?:data:[^,\s]{0,200},)?[A-Za-z0-9+/_-]{60}[A-Za-z0-9+/_=\r\n-]*"
)  # base64 of one or many lines
_PAYLOAD_LENGTH = 1_000  # characters above which such a string is a payload; a hash or key below it is text


def message_tokens(message: Message, count: Count) -> int:
    """Tokens of *message* as a provider is sent it: overhead, name, content, tool calls, thoughts beside the content.

    A call that stands in the content (Anthropic's and LlamaIndex's form) and in `tool_calls` counts once. `state` is
    not sent and counts nothing, nor does the rest of `raw`.
    """
    calls = [(call.id, call.name) for call in message.tool_calls]
    total = OVERHEAD + (count(message.name) if message.name else 0)
    total += sum(_call_tokens(call.name, call.arguments, count) for call in message.tool_calls)
    total += sum(count(text) for text in thoughts(message.raw) if text)
    if not message.tool_calls and (call := legacy_call(message.raw)):
        total += _call_tokens(str(call.get("name")), call.get("arguments", ""), count)
    return total + _sum(message.content, count, calls)


def content_tokens(content: Content, count: Count) -> int:
    """Tokens of *content*: text by *count*, images and other media by fixed numbers, other blocks by their JSON."""
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
    return count(_json(content))


def _block_tokens(block: Mapping[str, Any], count: Count, calls: list[tuple[str, str]]) -> int:
    kind = block_kind(block)
    if kind in _MEDIA:
        return _MEDIA[kind]
    if kind in _CALLS:
        return _call_block_tokens(block, count, calls)
    if kind in _FILES:
        return _file_tokens(block, count, calls)
    if kind in _RESULTS:
        inner = block.get("content", block.get("output"))
        return _sum(block.get("title"), count, calls) + _sum(inner, count, calls)
    texts = _texts(block, kind)
    return count(_json(_without_payloads(block))) if texts is None else sum(count(text) for text in texts if text)


def _texts(block: Mapping[str, Any], kind: str) -> list[str] | None:
    """The texts of a text or reasoning block; None for a block of any other kind."""
    if kind in _REASONING:
        return list(_reasoning(block))
    return [block["text"]] if kind in _TEXTS and isinstance(block.get("text"), str) else None


def _call_tokens(name: str, arguments: Any, count: Count) -> int:
    return OVERHEAD_CALL + count(name) + count(arguments_text(arguments))


def _call_block_tokens(block: Mapping[str, Any], count: Count, calls: list[tuple[str, str]]) -> int:
    """0 if the block is one of *calls*, which is then struck off: a second block of that name is another call."""
    name = str(block.get("name") or block.get("tool_name") or "")
    identity = block.get("call_id") or block.get("tool_call_id") or block.get("id")
    for call in calls:
        if identity == call[0] or (not identity and name == call[1]):
            calls.remove(call)
            return 0
    values = (block[key] for key in ("input", "args", "arguments", "tool_kwargs", "partial_json") if key in block)
    return _call_tokens(name, next(values, {}), count)


def _reasoning(value: Any) -> Iterator[str]:
    """The texts of a reasoning block, nested summaries included; signatures and encrypted thoughts are no text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _reasoning(part)
    elif isinstance(value, Mapping):
        for key in _REASONING_KEYS:
            yield from _reasoning(value.get(key))


def _file_tokens(block: Mapping[str, Any], count: Count, calls: list[tuple[str, str]]) -> int:
    total = sum(count(block[key]) for key in ("title", "context") if isinstance(block.get(key), str))
    source = block.get("source")
    inner = source if isinstance(source, Mapping) else block
    if isinstance(inner.get("content"), (str, list)):  # Anthropic: a document made of blocks
        return total + _sum(inner["content"], count, calls)
    text = _file_text(inner)
    return total + (FILE_TOKENS if text is None else count(text))


def _file_text(source: Mapping[str, Any]) -> str | None:
    """The text of a text file: as it is, or out of base64; None for any other file."""
    if isinstance(source.get("text"), str):
        return str(source["text"])
    payload = next((source[key] for key in ("data", "base64") if isinstance(source.get(key), str)), None)
    if payload is None or source.get("type") == "text":
        return payload
    kinds = (source.get(key) for key in ("mime_type", "media_type", "document_mimetype"))
    if not any(isinstance(kind, str) and kind.startswith("text/") for kind in kinds):
        return None
    try:
        return base64.b64decode(payload, validate=True).decode()
    except (binascii.Error, ValueError):  # marked as text, but neither base64 nor UTF-8
        return None


def _without_payloads(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_payloads(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_payloads(inner) for inner in value]
    if isinstance(value, str) and len(value) > _PAYLOAD_LENGTH and _PAYLOAD.fullmatch(value):
        return ""
    return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
