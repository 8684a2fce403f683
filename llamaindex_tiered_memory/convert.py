"""ChatMessage and Message: exact in both directions.

Rule 1: `to_chat_message(to_message(chat)) == chat` for every block type and every JSON value in `additional_kwargs`;
  objects in there come back as the plain values they hold (`plain`).
Rule 2: what LlamaIndex has and the core has not stands in `raw`; text and tool calls are kept once.
Rule 3: the caller's message is never changed, and nothing of ours is ever written into `additional_kwargs`.
Rule 4: a message stored by another framework converts from its core fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from llamaindex_tiered_memory.blocks import Block, InsertedTextBlock, block_from, block_json
from llamaindex_tiered_memory.plain import dumped, restored
from tiermem import Message, ToolCall

FORMAT = "llamaindex"
Content: TypeAlias = "str | list[str | dict[str, Any]] | None"
_CORE_ROLES = {"developer": "system", "function": "tool", "chatbot": "assistant", "model": "assistant"}
_ROLES = {role.value: role for role in MessageRole} | {"human": MessageRole.USER, "ai": MessageRole.ASSISTANT}


def to_message(chat: ChatMessage, **fields: Any) -> Message:
    """The core's message for *chat*. *fields* are further fields of `Message` (id, created_at, origin, …)."""
    blocks = [block for block in chat.blocks if not isinstance(block, InsertedTextBlock)]
    kwargs = chat.additional_kwargs
    return Message(
        role=_CORE_ROLES.get(chat.role.value, chat.role.value),
        content=_content([block for block in blocks if not isinstance(block, ToolCallBlock)]),
        name=kwargs["name"] if isinstance(kwargs.get("name"), str) else None,
        tool_calls=tuple(_calls(blocks, kwargs)),
        tool_call_id=_answered(chat),
        raw=_raw(chat, blocks),
        **fields,
    )


def to_chat_message(message: Message) -> ChatMessage:
    """The ChatMessage for *message*; a new object each time."""
    own = _own(message)
    blocks = [_block(value) for value in _listed(message.content)]
    if own is None:
        return ChatMessage(
            role=_ROLES.get(message.role, MessageRole.USER),
            blocks=[*blocks, *_call_blocks(message)],
            additional_kwargs=_foreign_kwargs(message),
        )
    calls = _call_blocks(message)
    for call, (position, has_id) in zip(calls, own.get("calls", ()), strict=False):
        call.tool_call_id = call.tool_call_id if has_id else None
        blocks.insert(min(position, len(blocks)), call)
    role = _ROLES.get(own.get("role", message.role), MessageRole.USER)
    return ChatMessage(role=role, blocks=blocks, additional_kwargs=_own_kwargs(own))


def same(left: Message, right: Message) -> bool:
    """True when both say the same: equal but for their ids, times and states."""
    return _said(left) == _said(right)


def starts_with(chats: Sequence[ChatMessage], kept: Sequence[Message]) -> bool:
    """True when *chats* begin with everything that was *kept*."""
    if len(chats) < len(kept):
        return False
    return all(_is(chat, one) for chat, one in zip(chats, kept, strict=False))


def _is(chat: ChatMessage, kept: Message) -> bool:
    made = to_message(chat)
    return same(made, kept) or same(made, to_message(to_chat_message(kept)))  # a message of another framework


def _said(message: Message) -> tuple[Any, ...]:
    return (message.role, message.content, message.name, message.tool_calls, message.tool_call_id, _own(message))


def _content(blocks: Sequence[Block]) -> Content:
    if not blocks:
        return None
    if len(blocks) == 1 and isinstance(blocks[0], TextBlock):
        return blocks[0].text
    return [block_json(block) for block in blocks]


def _raw(chat: ChatMessage, blocks: Sequence[Block]) -> dict[str, Any] | None:
    """What only LlamaIndex knows; None where the core's fields say it all."""
    own: dict[str, Any] = {}
    if chat.role.value in _CORE_ROLES:
        own["role"] = chat.role.value
    kwargs = {key: value for key, value in chat.additional_kwargs.items() if key != "images"}  # they are blocks
    if kwargs:
        own["additional_kwargs"] = dumped(kwargs)
    calls = [[i, block.tool_call_id is not None] for i, block in enumerate(blocks) if isinstance(block, ToolCallBlock)]
    if calls:
        own["calls"] = calls
    return {"format": FORMAT, "message": own} if own or blocks else None


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


def _answered(chat: ChatMessage) -> str | None:
    """The call that a tool result answers. An assistant's own `tool_call_id` (return_direct) is not an answer."""
    answered = chat.additional_kwargs.get("tool_call_id")
    return answered if isinstance(answered, str) and chat.role in {MessageRole.TOOL, MessageRole.FUNCTION} else None


def _calls(blocks: Sequence[Block], kwargs: Mapping[str, Any]) -> Iterator[ToolCall]:
    seen = set()
    for block in blocks:
        if isinstance(block, ToolCallBlock):
            seen.add(block.tool_call_id)
            yield ToolCall(block.tool_call_id or "", block.tool_name, dumped(block.tool_kwargs))
    listed = kwargs.get("tool_calls")
    for call in listed if isinstance(listed, (list, tuple)) else ():
        found = _call_of(dumped(call))
        if found is not None and found.id not in seen:
            yield found


def _call_of(call: Any) -> ToolCall | None:
    """A call of `additional_kwargs`: LlamaIndex's ToolSelection, OpenAI's, Anthropic's or LangChain's shape."""
    if not isinstance(call, dict):
        return None
    function = call.get("function")
    named = function if isinstance(function, dict) else call
    name = named.get("name") or call.get("tool_name")
    if not isinstance(name, str):
        return None
    keys = ("arguments", "tool_kwargs", "args", "input")
    arguments: Any = next((held[key] for held in (named, call) for key in keys if held.get(key) is not None), {})
    identifier = call.get("id") or call.get("tool_id") or call.get("tool_call_id") or ""
    return ToolCall(str(identifier), name, _arguments(arguments))


def _arguments(arguments: Any) -> dict[str, Any] | str:
    if isinstance(arguments, dict):
        return arguments
    try:
        read = json.loads(arguments)
    except (TypeError, ValueError):
        return str(arguments)
    return read if isinstance(read, dict) else str(arguments)


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
    return [one for one in content if isinstance(one, str) or one.get("type") not in {"tool_use", "tool_call"}]


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
    return block_from(value)


def _url(value: Mapping[str, Any]) -> str | None:
    held = value.get("image_url", value.get("url"))
    url = held.get("url") if isinstance(held, dict) else held
    return url if isinstance(url, str) else None
