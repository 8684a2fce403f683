"""Messages dumped by LangChain and LlamaIndex -> Messages, in the form that our adapters give them.

Rule 1: `raw` is what `langchain_tiered_memory.convert` and `llamaindex_tiered_memory.convert` would write, so that the
  framework's own message comes back exactly; tests compare the two.
Rule 2: the frameworks are not imported: reading a file needs neither of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.importers import fields
from tiermem.messages import Message, ToolCall

IMPORTED = "import"

# LangChain's `type` words with our roles, and the class names that its constructor dumps use instead.
_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool", "function": "function"}
_KINDS = {
    "HumanMessage": "human",
    "AIMessage": "ai",
    "SystemMessage": "system",
    "ToolMessage": "tool",
    "FunctionMessage": "function",
    "ChatMessage": "chat",
}
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
_KEPT_BY_MESSAGE = {"type", "content", "name", "tool_call_id"}
# LlamaIndex's roles that the core knows by another word.
_CORE_ROLES = {"developer": "system", "function": "tool", "chatbot": "assistant", "model": "assistant"}


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


def langchain(kind: Any, values: Any, fallback_id: str) -> Message:
    """The message of LangChain type *kind* ("human", "AIMessageChunk", …) with the fields *values*."""
    held = fields.mapping(values, "data")
    word = _KINDS.get(kind.removesuffix("Chunk"), kind) if isinstance(kind, str) else ""
    role = held.get("role") if word == "chat" else _ROLES.get(word)
    if not role or "content" not in held:
        raise InvalidMessage("not a kind of LangChain message that says something")
    identity = fields.identity(held.get("id"), fallback_id)
    calls = _langchain_calls(held, identity)
    return Message(
        role=role,
        content=held["content"],
        id=identity,
        name=fields.optional_text(held.get("name"), "name"),
        tool_calls=calls,
        tool_call_id=fields.optional_text(held.get("tool_call_id"), "tool_call_id"),
        origin=IMPORTED,
        raw={"format": "langchain", "message": {"type": kind, "data": _langchain_rest(held, calls)}},
    )


def _langchain_calls(held: Mapping[str, Any], identity: str) -> tuple[ToolCall, ...]:
    """Valid calls, then broken ones; a call without an id gets one from its place, so that a result can be paired."""
    found = [*fields.objects(held.get("tool_calls"), "tool_calls")]
    found += fields.objects(held.get("invalid_tool_calls"), "invalid_tool_calls")
    return tuple(
        ToolCall(
            id=fields.optional_text(call.get("id"), "tool_calls.id") or f"{identity}:{place}",
            name=fields.optional_text(call.get("name"), "tool_calls.name") or "",
            arguments="" if call.get("args") is None else call["args"],
        )
        for place, call in enumerate(found)
    )


def _langchain_rest(held: Mapping[str, Any], calls: tuple[ToolCall, ...]) -> dict[str, Any]:
    rest = {
        name: value
        for name, value in held.items()
        if name not in _KEPT_BY_MESSAGE and not (name in _EMPTY and value in _EMPTY[name])
    }
    valid = [call for call in calls if isinstance(call.arguments, dict)]
    if rest.get("tool_calls") == [
        {"name": call.name, "args": call.arguments, "id": call.id, "type": "tool_call"} for call in valid
    ]:
        del rest["tool_calls"]
    return rest


def llamaindex(record: Mapping[str, Any], fallback_id: str) -> Message:
    """The message of a LlamaIndex `ChatMessage` dump; what the framework does not know goes to `state`."""
    rest = dict(record)
    role = fields.text(rest.pop("role"), "role")
    extra = dict(fields.mapping(rest.pop("additional_kwargs", None), "additional_kwargs"))
    if "images" in extra:  # LlamaIndex makes blocks of them while loading; a second time they would be doubled
        rest["images"] = extra.pop("images")
    blocks = _blocks(rest)
    answered = extra.get("tool_call_id") if role in {"tool", "function"} else None
    said, whole = fields.instant(rest.get("created_at"))
    if whole:
        rest.pop("created_at", None)
    return Message(
        role=_CORE_ROLES.get(role, role),
        content=_block_content([block for block in blocks if block.get("block_type") != "tool_call"]),
        id=fields.identity(rest.pop("id", None), fallback_id),
        name=extra["name"] if isinstance(extra.get("name"), str) else None,
        tool_calls=_llamaindex_calls(blocks, extra),
        tool_call_id=answered if isinstance(answered, str) else None,
        origin=IMPORTED,
        created_at=said,
        state=rest,
        raw=_llamaindex_rest(role, extra, blocks),
    )


def _llamaindex_rest(role: str, extra: dict[str, Any], blocks: list[dict[str, Any]]) -> dict[str, Any] | None:
    own: dict[str, Any] = {"role": role} if role in _CORE_ROLES else {}
    if extra:
        own["additional_kwargs"] = extra
    called = [(place, block) for place, block in enumerate(blocks) if block.get("block_type") == "tool_call"]
    if called:
        own["calls"] = [[place, block.get("tool_call_id") is not None] for place, block in called]
    return {"format": "llamaindex", "message": own} if own or blocks else None


def _blocks(rest: dict[str, Any]) -> list[dict[str, Any]]:
    """The content blocks without empty fields; older versions had `content` instead, which is one block of text."""
    if "blocks" in rest:
        return [_block(block) for block in fields.objects(rest.pop("blocks"), "blocks")]
    content = rest.pop("content", None)
    return [] if content is None else [{"block_type": "text", "text": fields.text(content, "content")}]


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in block.items() if value is not None or name == "content"}
    if kept.get("block_type") == "citable":
        kept["content"] = [_block(inner) for inner in fields.objects(kept.get("content"), "content")]
    if kept.get("block_type") == "citation":
        kept["cited_content"] = _block(fields.mapping(kept.get("cited_content"), "cited_content"))
    return kept


def _block_content(blocks: list[dict[str, Any]]) -> Any:
    if not blocks:
        return None
    if len(blocks) == 1 and blocks[0].get("block_type") == "text" and isinstance(blocks[0].get("text"), str):
        return blocks[0]["text"]
    return blocks


def _llamaindex_calls(blocks: list[dict[str, Any]], extra: Mapping[str, Any]) -> tuple[ToolCall, ...]:
    """Calls in blocks, then those that `additional_kwargs` lists in OpenAI's form and no block has."""
    calls = [
        ToolCall(
            id=fields.optional_text(block.get("tool_call_id"), "tool_call_id") or "",
            name=fields.optional_text(block.get("tool_name"), "tool_name") or "",
            arguments={} if block.get("tool_kwargs") is None else block["tool_kwargs"],
        )
        for block in blocks
        if block.get("block_type") == "tool_call"
    ]
    seen = {call.id for call in calls}
    listed = map(fields.tool_call, fields.objects(extra.get("tool_calls"), "tool_calls"))
    return (*calls, *(call for call in listed if call.id not in seen))
