"""Our messages -> those of OpenAI's chat API, which most programs read: the way out of `variants` and `shapes`. Pure.

Rule 1: what the form has no place for is left out: thoughts, times, state. Whoever wants these takes our own export.
Rule 2: each line is taken by the API as it is: calls stand beside the content, each result is a message of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.blocks.forms import Sort
from tiermem.blocks.reading import read, words
from tiermem.blocks.roles import folded
from tiermem.messages import Message, ToolCall
from tiermem.window.separation import separated

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_OWN = frozenset({"image_url", "input_audio", "file"})  # blocks that the API takes, where they are in its own form
_NO_NAME = re.compile(r"[\s<|\\/>]+")  # what the API refuses in a name


def lines(message: Message) -> Iterator[bytes]:
    """*message* as lines of JSON, each a message of the API; none where it has nothing but thoughts."""
    for one in separated(message):
        if (record := _record(one)) is not None:
            yield json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _record(message: Message) -> dict[str, Any] | None:
    word = folded(message.role) or message.role
    role = word if word in _ROLES else "user"
    if role == "tool" and not message.tool_call_id:  # a result that names no call is refused there
        role = "user"
    content, calls = _content(message), [_call(call) for call in message.tool_calls]
    if content is None and not calls:
        return None
    name = message.name or ("" if word in _ROLES else message.role)
    record: dict[str, Any] = {"role": role, "content": "" if content is None and role == "tool" else content}
    record |= {"tool_calls": calls} if calls and role == "assistant" else {}
    record |= {"tool_call_id": message.tool_call_id} if role == "tool" else {}
    record |= {"name": _NO_NAME.sub("_", name)[:64]} if name and role != "tool" else {}
    return record


def _call(call: ToolCall) -> dict[str, Any]:
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, ensure_ascii=False)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _content(message: Message) -> str | list[dict[str, Any]] | None:
    if not isinstance(message.content, list):
        return message.content
    parts = [part for block in message.content for part in _parts(block)]
    if all(part["type"] == "text" for part in parts):
        return "\n".join(part["text"] for part in parts) or None
    return parts


def _parts(block: str | dict[str, Any]) -> Iterator[dict[str, Any]]:
    if isinstance(block, dict):
        kind = read(block)
        if kind.sort is Sort.THOUGHT:
            return
        if kind.kind in _OWN and isinstance(block.get(kind.kind), Mapping):
            yield block
            return
        if (url := _url(block)) and kind.sort is Sort.IMAGE:
            yield {"type": "image_url", "image_url": {"url": url}}
            return
    if text := "\n".join(words([block])):
        yield {"type": "text", "text": text}


def _url(block: Mapping[str, Any]) -> str:
    """The address of a picture, or its bytes as one, in the forms of Anthropic and of LangChain."""
    source = block["source"] if isinstance(block.get("source"), Mapping) else block
    mime, data = source.get("media_type") or source.get("mime_type"), source.get("data") or source.get("base64")
    if isinstance(data, str) and isinstance(mime, str):
        return f"data:{mime};base64,{data}"
    return source["url"] if isinstance(source.get("url"), str) else ""
