"""ChatMessage and Message: exact in both directions.

Rule 1: `to_chat_message(to_message(chat)) == chat` for every block type and every JSON value in `additional_kwargs`;
  objects in there come back as the plain values they hold (`plain`).
Rule 2: what LlamaIndex has and the core has not stands in `raw`; text and tool calls are kept once.
Rule 3: the caller's message is never changed, and nothing of ours is ever written into `additional_kwargs`.
Rule 4: a message stored by another framework converts from its core fields; where LlamaIndex has no word for its role,
  as a quotation on the user's side.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from llamaindex_tiered_memory.blocks import Block, InsertedTextBlock, block_from, block_json
from tiermem import Message
from tiermem.agents.encoding import dumped, restored
from tiermem.agents.fitting import fitted
from tiermem.blocks.forms import MEDIA
from tiermem.blocks.reading import read
from tiermem.importers.llamaindex import FORMAT, message_of
from tiermem.messages import Content, content_text
from tiermem.plain_json import LEFT_OUT
from tiermem.window.quotation import quoted
from tiermem.window.separation import separated

_ROLES = {role.value: role for role in MessageRole} | {"human": MessageRole.USER, "ai": MessageRole.ASSISTANT}


def to_message(chat: ChatMessage, **fields: Any) -> Message:
    """The core's message for *chat*. *fields* are further fields of `Message` (id, created_at, origin, …)."""
    blocks = [block_json(block) for block in chat.blocks if not isinstance(block, InsertedTextBlock)]
    kwargs = {key: value for key, value in chat.additional_kwargs.items() if key != "images"}  # they are blocks
    return message_of(chat.role.value, blocks, dumped(kwargs), **fields)


def to_chat_message(message: Message) -> ChatMessage:
    """The ChatMessage for *message*; a new object each time."""
    own = _own(message)
    if own is None:
        message = _foreign(message)
    blocks = [_block(value) for value in _listed(message.content)]
    if own is None:
        return ChatMessage(
            role=_ROLES[message.acts_as],
            blocks=[*blocks, *_call_blocks(message)],
            additional_kwargs=_foreign_kwargs(message),
        )
    calls = _call_blocks(message)
    for call, (position, has_id) in zip(calls, own.get("calls", ()), strict=False):
        call.tool_call_id = call.tool_call_id if has_id else None
        blocks.insert(min(position, len(blocks)), call)
    role = _ROLES.get(own.get("role", message.role), MessageRole.USER)
    return ChatMessage(role=role, blocks=blocks, additional_kwargs=_own_kwargs(own))


def _foreign(message: Message) -> Message:
    """*message*, which came by another way, as far as one message of LlamaIndex can hold it."""
    first, *others = separated(message)
    if message.acts_as not in _ROLES or others:
        return _quoted(message)
    return first


def _quoted(message: Message) -> Message:
    """*message* of a role that LlamaIndex has no word for: as a quotation, or its words would pass for the user's."""
    rest = [block for block in _listed(message.content) if isinstance(block, dict) and read(block).sort in MEDIA]
    block = quoted(message, message.text)
    return block.shown_as([block.text, *rest] if message.text else [*rest], role="user")


def same(left: Message, right: Message) -> bool:
    """True when both say the same: equal but for their ids, times and states."""
    return _said(left) == _said(right)


def says(chat: ChatMessage, kept: Message, limit: int = sys.maxsize) -> bool:
    """True when *chat* says what was *kept*, also where it came by way of another framework, or was above *limit*."""
    made = to_message(chat)
    if LEFT_OUT in (kept.raw or {}):
        made = fitted(made, limit)
    return same(made, kept) or same(made, to_message(to_chat_message(kept)))  # a message of another framework


def _said(message: Message) -> tuple[Any, ...]:
    return (message.role, message.content, message.name, message.tool_calls, message.tool_call_id, _own(message))


def _own(message: Message) -> dict[str, Any] | None:
    raw = message.raw or {}
    own = raw.get("message")
    return own if raw.get("format") == FORMAT and isinstance(own, dict) else None


def _own_kwargs(own: Mapping[str, Any]) -> dict[str, Any]:
    kwargs = restored(own.get("additional_kwargs", {}))
    return kwargs if isinstance(kwargs, dict) else {}


def _foreign_kwargs(message: Message) -> dict[str, Any]:
    kwargs = {"name": message.name, "tool_call_id": message.tool_call_id}
    return {key: value for key, value in kwargs.items() if value is not None}


def _call_blocks(message: Message) -> list[ToolCallBlock]:
    """The calls as blocks: those that stood in blocks for our own messages, all of them for foreign ones."""
    own = _own(message)
    calls = message.tool_calls if own is None else message.tool_calls[: len(own.get("calls", ()))]
    return [
        ToolCallBlock(tool_call_id=call.id, tool_name=call.name, tool_kwargs=restored(call.arguments)) for call in calls
    ]


def _listed(content: Content) -> list[str | dict[str, Any]]:
    if content is None:
        return []
    if isinstance(content, str):
        return [content]
    return [block for block in content if isinstance(block, str) or block.get("type") not in {"tool_use", "tool_call"}]


def _block(value: str | dict[str, Any]) -> Block:
    if isinstance(value, str):
        return TextBlock(text=value)
    if "block_type" in value:
        return block_from(value)
    kind = value.get("type")
    if kind in {"image_url", "image"} and (url := _url(value)):
        return block_from({"block_type": "image", "url": url})
    if kind in {"thinking", "reasoning"}:
        text = value.get("thinking") or value.get("reasoning") or value.get("text")
        return ThinkingBlock(content=text if isinstance(text, str) else None, additional_information={"block": value})
    if kind == "image" and isinstance(value.get("base64"), str):
        return ImageBlock(image=value["base64"].encode(), image_mimetype=value.get("mime_type"))
    return _told(value)


def _told(value: dict[str, Any]) -> Block:
    """A block that LlamaIndex has no form for as its words, or by the name of what it is; else its JSON."""
    sort = read(value).sort
    text = content_text([value]) or (f"[{sort}]" if sort in MEDIA else "")
    return TextBlock(text=text) if text else block_from(value)


def _url(value: Mapping[str, Any]) -> str | None:
    held = value.get("image_url", value.get("url"))
    url = held.get("url") if isinstance(held, dict) else held
    return url if isinstance(url, str) else None
