"""The JSON of LangChain's messages -> Messages, for dumps in files and for `langchain_tiered_memory.convert`.

Rule 1: `raw` keeps what the fields of a Message do not, so that the framework's own message comes back exactly.
Rule 2: the framework is not imported: reading a file does not need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.importers import fields
from tiermem.messages import Message, ToolCall

FORMAT = "langchain"
# LangChain's `type` words with our roles, and the class names that chunks and constructor dumps use instead.
_ROLES = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "function",
    "remove": "remove",
}
_KINDS = {
    "HumanMessage": "human",
    "AIMessage": "ai",
    "SystemMessage": "system",
    "ToolMessage": "tool",
    "FunctionMessage": "function",
    "ChatMessage": "chat",
}
TYPES = frozenset({*_ROLES, "chat", *(f"{name}Chunk" for name in _KINDS)})  # by which LangChain restores a message
# What LangChain puts where nothing was said; any other field may mean something by being empty.
_EMPTY: dict[str, tuple[Any, ...]] = {
    "additional_kwargs": ({},),
    "response_metadata": ({},),
    "tool_calls": ([], None),
    "invalid_tool_calls": ([], None),
    "tool_call_chunks": ([],),
    "id": (None,),
    "usage_metadata": (None,),
    "artifact": (None,),
    "chunk_position": (None,),
}
_KEPT_BY_MESSAGE = frozenset({"type", "content", "name", "tool_call_id"})


def constructed(record: Mapping[str, Any]) -> str:
    """LangChain's `type` word for the class that a constructor dump names.

    Raises:
        InvalidMessage: the class is not one of LangChain's messages.
    """
    names = record.get("id")
    name = names[-1] if isinstance(names, list) and names and isinstance(names[-1], str) else ""
    if record.get("type") != "constructor" or name.removesuffix("Chunk") not in _KINDS:
        raise InvalidMessage("a LangChain dump of something that is no message")
    return name if name.endswith("Chunk") else _KINDS[name]


def dumped(kind: Any, values: Any, fallback_id: str, **kept: Any) -> Message:
    """The message of a dump of type *kind* ("human", "AIMessageChunk", …) with the fields *values*; *kept* are
    further fields of `Message` (created_at, state).

    Raises:
        InvalidMessage: it is none that says something, or a field is not what LangChain has there.
    """
    held = fields.mapping(values, "data")
    if _word(kind) == "remove":
        raise InvalidMessage("LangChain's RemoveMessage is an order to take a message away: it says nothing itself")
    if not _role(kind, held) or "content" not in held:
        raise InvalidMessage("not a kind of LangChain message that says something")
    given = {name: value for name, value in held.items() if not (name in _EMPTY and value in _EMPTY[name])}
    return message_of(kind, given, fallback_id, origin=fields.IMPORTED, **kept)


def _role(kind: Any, values: Mapping[str, Any]) -> Any:
    """Our role for LangChain's type *kind*; that which the message names itself where its type has none."""
    word = _word(kind)
    return values.get("role") if word == "chat" else _ROLES.get(word)


def _word(kind: Any) -> str:
    return _KINDS.get(kind.removesuffix("Chunk"), kind) if isinstance(kind, str) else ""


def message_of(kind: str, values: Mapping[str, Any], fallback_id: str, **kept: Any) -> Message:
    """The message of type *kind* with the fields *values*, without those that are empty by default;
    *kept* are further fields of `Message` (origin, created_at, state).

    Raises:
        InvalidMessage: a field cannot be kept exactly.
    """
    identity = fields.identity(values.get("id"), fallback_id)
    calls = _calls(values, identity)
    rest = {name: value for name, value in values.items() if name not in _KEPT_BY_MESSAGE}
    if rest.get("tool_calls") == calls_json(calls):
        del rest["tool_calls"]
    role = _role(kind, values) or "chat"
    if _word(kind) == "chat":
        rest.setdefault("role", role)
    return Message(
        role=role,
        content=values.get("content", ""),
        id=identity,
        name=fields.optional_text(values.get("name"), "name"),
        tool_calls=calls,
        tool_call_id=fields.optional_text(values.get("tool_call_id"), "tool_call_id"),
        raw={"format": FORMAT, "message": {"type": kind, "data": rest}},
        **kept,
    )


def _calls(values: Mapping[str, Any], identity: str) -> tuple[ToolCall, ...]:
    """Valid calls, then broken ones; a call without an id gets one from its place, so that a result can be paired."""
    calls = [
        *fields.objects(values.get("tool_calls"), "tool_calls"),
        *fields.objects(values.get("invalid_tool_calls"), "invalid_tool_calls"),
    ]
    return tuple(
        ToolCall(
            id=fields.optional_text(call.get("id"), "tool_calls.id") or f"{identity}:{place}",
            name=fields.optional_text(call.get("name"), "tool_calls.name") or "",
            arguments="" if call.get("args") is None else call["args"],
        )
        for place, call in enumerate(calls)
    )


def calls_json(calls: Iterable[ToolCall]) -> list[dict[str, Any]]:
    """LangChain's JSON of those *calls* whose arguments are an object: `tool_calls`; the others are invalid there."""
    return [
        {"name": call.name, "args": call.arguments, "id": call.id, "type": "tool_call"}
        for call in calls
        if isinstance(call.arguments, dict)
    ]
