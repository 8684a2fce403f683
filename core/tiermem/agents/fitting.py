"""A framework's message that is above the archive's limit, made to fit: words stand for its heaviest parts.

Rule 1: what fits is not touched; what does not is the same each time, for it is compared with what was stored.
Rule 2: what was left out is told by its kind, its size and its SHA-256, there and by `LEFT_OUT` in `raw`; of long text
  the beginning stays.
Rule 3: a block without its payload would be refused by a provider, so text stands for the whole block.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from tiermem.agents.encoding import BYTES
from tiermem.messages import Content, Message
from tiermem.plain_json import LEFT_OUT, dumps

SMALL = 500  # bytes below which nothing is left out: the words for it would be half as long
BEGINNING = 20_000  # characters of a long text that stay, where there is room
_KINDS = ("mime_type", "media_type", "mimetype", "document_mimetype", "image_mimetype", "audio_mimetype", "format")
_ESCAPED = 6  # bytes that a character takes at most
Swap: TypeAlias = Callable[[Any], str | None]
"""What stands for a value, None where it stays."""


def fitted(message: Message, limit: int) -> Message:
    """*message*, or what of it has at most *limit* bytes as it is stored.

    The heaviest texts, payloads and blocks are left out first, and only as many as must be; where that is not enough,
    whole fields. A message that is above the limit by its ids and names alone is as it was.
    """
    if len(message.canonical) <= limit:
        return message
    for whole in (False, True):
        made = _lighter(message, limit, whole=whole)
        if len(made.canonical) <= limit:
            return made
    return message


def _lighter(message: Message, limit: int, *, whole: bool) -> Message:
    sizes: list[int] = []
    _rewritten(message, lambda value: sizes.append(len(dumps(value))), whole=whole)
    least, count, left = _heaviest(sizes, len(message.canonical), limit)
    beginning = min(BEGINNING, max(0, limit - left) // (_ESCAPED * max(1, count)))
    told: list[str] = []

    def swap(value: Any) -> str | None:
        if len(dumps(value)) < least:
            return None
        words = _words(value)
        told.append(words)
        text = value if isinstance(value, str) and _payload(value) is None else ""
        return f"{text[:beginning]}{'… ' if text else ''}[left out: {words}]"

    changes = _rewritten(message, swap, whole=whole)
    changes["raw"][LEFT_OUT] = told[:9]
    return replace(message, **changes)


def _heaviest(sizes: list[int], total: int, limit: int) -> tuple[int, int, int]:
    """The size from which on to leave out, how many values those are, and the bytes that are then left."""
    left, least = total + 3 * SMALL, max(sizes, default=0) + 1  # and the words again in `raw`
    taken = 0
    for size in sorted((size for size in sizes if size > SMALL), reverse=True):
        if left <= limit and size < least:
            break
        left, least, taken = left - size + SMALL, size, taken + 1
    return least, taken, left


def _rewritten(message: Message, swap: Swap, *, whole: bool) -> dict[str, Any]:
    """The fields of *message* with what *swap* says in place of their parts; *whole*: of fields and
    blocks as they are."""
    fields = _branch if whole else _leaves
    calls = tuple(
        call if isinstance(call.arguments, str) else replace(call, arguments=_each(call.arguments, swap, fields))
        for call in message.tool_calls
    )
    return {
        "content": _content(message.content, swap, whole=whole),
        "tool_calls": calls,
        "state": _each(message.state, swap, fields),
        "raw": _raw(message.raw or {}, swap, fields),
    }


def _raw(raw: Mapping[str, Any], swap: Swap, fields: Callable[[Any, Swap], Any]) -> dict[str, Any]:
    """The fields of the framework's own message, which stands one or two levels deep."""
    return {
        key: _raw(value, swap, fields)
        if key in {"message", "data"} and isinstance(value, dict)
        else fields(value, swap)
        for key, value in raw.items()
    }


def _each(values: Mapping[str, Any], swap: Swap, fields: Callable[[Any, Swap], Any]) -> dict[str, Any]:
    return {key: fields(value, swap) for key, value in values.items()}


def _content(content: Content, swap: Swap, *, whole: bool) -> Content:
    if isinstance(content, str):
        return content if (words := swap(content)) is None else words
    return None if content is None else [_block(block, swap, whole=whole) for block in content]


def _block(block: Any, swap: Swap, *, whole: bool) -> Any:
    if isinstance(block, str):
        return block if (words := swap(block)) is None else words
    text, inner = block.get("text"), block.get("content")
    if not whole and isinstance(text, str):
        return block if (words := swap(text)) is None else {**block, "text": words}
    if not whole and isinstance(inner, list):
        parts = [_block(part, swap, whole=False) if isinstance(part, str | dict) else part for part in inner]
        return {**block, "content": parts}
    words = swap(block)
    return block if words is None else {"block_type" if "block_type" in block else "type": "text", "text": words}


def _leaves(value: Any, swap: Swap) -> Any:
    if isinstance(value, str) or _is_bytes(value):
        return value if (words := swap(value)) is None else words
    if isinstance(value, dict):
        return _each(value, swap, _leaves)
    return [_leaves(part, swap) for part in value] if isinstance(value, list) else value


def _branch(value: Any, swap: Swap) -> Any:
    words = swap(value)
    if words is None:
        return value
    if isinstance(value, dict):
        return {LEFT_OUT: words}
    return [] if isinstance(value, list) else words


# --- the words for a value


def _words(value: Any) -> str:
    strings = list(_strings(value))
    held = max((text for _, text in strings), key=len, default="")
    payload = _payload(held)
    if payload is not None:
        kind = _data_kind(held) or next((text for key, text in strings if key in _KINDS), "") or "bytes"
    else:
        payload = (value if isinstance(value, str) else "").encode("utf-8", "surrogatepass") or dumps(value)
        kind = "text" if isinstance(value, str) else "values"
    return f"{kind[:80]}, {len(payload)} bytes, sha256 {hashlib.sha256(payload).hexdigest()}"


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _strings(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part, key)


def _payload(text: str) -> bytes | None:
    """The bytes that *text* has as base64, or as a data URL."""
    coded = text.split(",", 1)[1] if text.startswith("data:") and "," in text[:300] else text
    if len(coded) < SMALL:
        return None
    try:
        return base64.b64decode(coded.replace("\r", "").replace("\n", "").encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _data_kind(text: str) -> str:
    return text[5:300].partition(";")[0].partition(",")[0] if text.startswith("data:") else ""


def _is_bytes(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and BYTES in value
