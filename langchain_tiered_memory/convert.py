"""LangChain messages to core messages and back, exactly.

Rule 1: `to_langchain(to_core(m))` has the same `message_to_dict` as *m*, for every message type of LangChain.
Rule 2: the message that the caller handed over is never changed; ids that the core needs stay in the core.
Rule 3: what the core keeps anyway (content, tool calls, name) is not kept a second time in `raw`.
Rule 4: a value that is no JSON never costs the message: it is kept as `tiermem.agents.encoding` writes it, and `raw`
  says so, for messages of JSON alone are kept as they are.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    messages_from_dict,
)

from tiermem import Message
from tiermem.agents.encoding import AS_IS, dumped, restored
from tiermem.blocks.reading import kind_of
from tiermem.errors import InvalidMessage
from tiermem.importers.langchain import FORMAT, TYPES, calls_json, message_of
from tiermem.messages import content_text
from tiermem.window.separation import separated

_WORDED = frozenset({"refusal", "input_text", "output_text", "summary_text"})  # of OpenAI's Responses
SOURCE_KEY = "lc_source"  # the key by which LangChain's own middleware marks messages that it made up
ENCODING = "encoding"  # the key in `raw` of messages that hold values which are no JSON

_BASES: tuple[tuple[type[BaseMessage], str], ...] = (
    (HumanMessage, "human"),
    (AIMessage, "ai"),
    (SystemMessage, "system"),
    (ToolMessage, "tool"),
    (FunctionMessage, "function"),
)


def to_core(message: BaseMessage) -> Message:
    """The core's form of a LangChain message; the LangChain form is kept beside it for the exact way back.

    `Message.id` is the message's own id where it has one, else a fresh one that LangChain never sees. A subclass of
    a LangChain message is kept with all its attributes, and comes back as the LangChain class that it extends. Bytes,
    NaN, tuples and the like come back equal; an object of the caller's own as the plain values it holds, or else as
    what it says of itself.

    Raises:
        InvalidMessage: it is no message of LangChain's: a field is of another kind than there.
    """
    kind, identity = _kind(message), message.id or uuid.uuid4().hex
    values = _without_defaults(_values(message), type(message))
    try:
        return message_of(kind, values, identity)
    except InvalidMessage:  # it holds what is no JSON
        encoded = {name: dumped(value) for name, value in values.items()}
        if isinstance(encoded.get("content"), list):
            encoded["content"] = [
                block if isinstance(block, str | dict) else {AS_IS: block} for block in encoded["content"]
            ]
        made = message_of(kind, encoded, identity)
        return replace(made, raw={**(made.raw or {}), ENCODING: 1})


def to_langchain(message: Message) -> BaseMessage:
    """The LangChain form of a core message: a new object each time.

    A compacted message keeps its class, ids and tool calls and has the stub as content. A message that came into the
    session by another way than LangChain is built from the core's fields.
    """
    raw = message.raw or {}
    if raw.get("format") != FORMAT:
        first, *others = separated(message)
        return _from_fields(message if others else first)
    kind, data = raw["message"]["type"], dict(raw["message"]["data"])
    data["content"] = "" if message.content is None else _copy(message.content)
    if message.name is not None:
        data["name"] = message.name
    if message.tool_call_id is not None:
        data["tool_call_id"] = message.tool_call_id
    if message.tool_calls and "tool_calls" not in data:
        data["tool_calls"] = calls_json(message.tool_calls)
        data.setdefault("invalid_tool_calls", _broken(message))
    copied = {name: restored(value) for name, value in data.items()} if ENCODING in raw else _copy(data)
    return messages_from_dict([{"type": kind, "data": copied}])[0]


def all_langchain(message: Message) -> list[BaseMessage]:
    """`to_langchain`, and of a message that has the results of several tools in its content, as Anthropic's have,
    a message for each."""
    return [to_langchain(one) for one in separated(message, FORMAT)]


def _values(message: BaseMessage) -> dict[str, Any]:
    """The fields of *message* as LangChain dumps them; as they are, where an object in them does not let itself be."""
    try:
        return message.model_dump(warnings="none")
    except Exception:  # noqa: BLE001  # a serialiser of the caller's may raise anything
        return {name: getattr(message, name) for name in type(message).model_fields} | (message.model_extra or {})


def given_id(message: Message) -> str:
    """The id that LangChain gave a core message; "" where it gave none, and `to_core` made one."""
    raw = message.raw or {}
    return str(raw["message"]["data"].get("id") or "") if raw.get("format") == FORMAT else ""


def _kind(message: BaseMessage) -> str:
    """The type by which LangChain restores *message*; for a type of the caller's own, that of the class it extends."""
    if message.type in TYPES:
        return message.type
    return next((kind for base, kind in _BASES if isinstance(message, base)), "chat")


@cache
def _defaults(kind: type[BaseMessage]) -> dict[str, Any]:
    """The empty values of a class; only those are left out, since LangChain will not give them another meaning."""
    defaults = {name: field.get_default(call_default_factory=True) for name, field in kind.model_fields.items()}
    return {name: value for name, value in defaults.items() if value is None or value in ([], {}, False)}


def _without_defaults(values: Mapping[str, Any], kind: type[BaseMessage]) -> dict[str, Any]:
    empty = _defaults(kind)
    return {
        name: value
        for name, value in values.items()
        if name != "type" and not (name in empty and type(value) is type(empty[name]) and value == empty[name])
    }


def _copy(value: Any) -> Any:
    """A copy of a JSON value: the core's messages are immutable, LangChain's are not."""
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value


def _from_fields(message: Message) -> BaseMessage:
    content = _blocks(message.content)
    fields: dict[str, Any] = {"name": message.name}
    role = message.acts_as
    if role == "assistant":
        return _assistant(message, content)
    if message.role == "tool":
        return ToolMessage(content=content, tool_call_id=message.tool_call_id or "", **fields)
    if role == "function":
        return FunctionMessage(content=content, name=message.name or "function")
    if role == "developer":  # the mark by which LangChain's OpenAI classes send this role
        return SystemMessage(content=content, additional_kwargs={"__openai_role__": "developer"}, **fields)
    kind = {"user": HumanMessage, "tool": HumanMessage, "system": SystemMessage}.get(role)
    return kind(content=content, **fields) if kind else ChatMessage(content=content, role=message.role, **fields)


def _assistant(message: Message, content: str | list[str | dict[str, Any]]) -> AIMessage:
    calls = _copy(calls_json(message.calls))
    return AIMessage(content=content, name=message.name, tool_calls=calls, invalid_tool_calls=_broken(message))


def _broken(message: Message) -> list[dict[str, Any]]:
    return [
        {"name": call.name, "args": call.arguments, "id": call.id, "error": None, "type": "invalid_tool_call"}
        for call in message.calls
        if isinstance(call.arguments, str)
    ]


def _blocks(content: str | Sequence[str | dict[str, Any]] | None) -> str | list[str | dict[str, Any]]:
    """Content of another framework as LangChain's: text where there is only text, else blocks."""
    if content is None or isinstance(content, str):
        return content or ""
    blocks = [_block(block) for block in content]
    texts = [block if isinstance(block, str) else block.get("text") for block in blocks if _is_text(block)]
    return "\n".join(str(text) for text in texts) if len(texts) == len(blocks) else blocks


def _is_text(block: str | dict[str, Any]) -> bool:
    return isinstance(block, str) or (block.get("type") == "text" and set(block) <= {"type", "text"})


def _block(block: str | dict[str, Any]) -> str | dict[str, Any]:
    """LlamaIndex names its blocks by ``block_type``, Bedrock and Google by a key; of a block that LangChain has no form
    for its words are shown, or its kind in brackets."""
    if isinstance(block, str) or _is_langchain(block):
        return _copy(block)  # type: ignore[no-any-return]
    kind = str(block.get("block_type", kind_of(block)))
    if kind in {"image", "audio", "video"} and isinstance(block.get("url"), str):
        return {"type": kind, "url": block["url"]}
    inline, mime = block.get(kind), block.get(f"{kind}_mimetype") or block.get("mimetype")
    if kind in {"image", "audio", "video"} and isinstance(inline, str):
        return {"type": kind, "base64": inline} | ({"mime_type": mime} if mime else {})
    words = content_text([block])
    return {"type": "text", "text": words or ("" if kind == "text" else f"[{kind}]")}


def _is_langchain(block: Mapping[str, Any]) -> bool:
    """Whether *block* is of a kind that LangChain's classes may know; a typed one of a provider may be."""
    kind = block.get("type")
    return isinstance(kind, str) and kind not in _WORDED and (kind != "text" or isinstance(block.get("text"), str))
