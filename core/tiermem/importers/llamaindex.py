"""The JSON of LlamaIndex's ChatMessages -> Messages, for dumps in files and for `llamaindex_tiered_memory.convert`.

Rule 1: `raw` keeps what the fields of a Message do not, so that the framework's own message comes back exactly.
Rule 2: the framework is not imported: reading a file does not need it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from tiermem.blocks.roles import folded
from tiermem.importers import fields
from tiermem.importers.times import OWN, UNSAID, TimeSaid
from tiermem.messages import Content, Message, ToolCall

FORMAT = "llamaindex"
# LlamaIndex's roles that the core knows by another word.
CORE_ROLES = {"developer": "system", "function": "tool", "chatbot": "assistant", "model": "assistant"}
Block: TypeAlias = Mapping[str, Any]


def dumped(record: Mapping[str, Any], fallback_id: str, said: TimeSaid = UNSAID) -> Message:
    """The message of a `ChatMessage` dump; what the framework does not know goes to `state`.

    Raises:
        InvalidMessage: a field is not what LlamaIndex has there.
    """
    rest = dict(record)
    word = fields.text(rest.pop("role"), "role")
    role = word if word in CORE_ROLES else folded(word) or word
    extra = dict(fields.mapping(rest.pop("additional_kwargs", None), "additional_kwargs"))
    if "images" in extra:  # LlamaIndex makes blocks of them while loading; a second time they would be doubled
        rest["images"] = extra.pop("images")
    blocks = _blocks(rest)
    if rest.get(OWN) is None or (said.name == OWN and said.whole):
        rest.pop(OWN, None)
    identity = fields.identity(rest.pop("id", None), fallback_id)
    return message_of(role, blocks, extra, id=identity, origin=fields.IMPORTED, created_at=said.when, state=rest)


def message_of(role: str, blocks: Sequence[Block], extra: Mapping[str, Any], **values: Any) -> Message:
    """The message of *role* with the JSON of its blocks (no empty fields) and of its `additional_kwargs`.

    *values* are further fields of `Message` (id, created_at, origin, …).
    """
    answered = extra.get("tool_call_id") if role in {"tool", "function"} else None  # an assistant's answers nothing
    return Message(
        role=CORE_ROLES.get(role, role),
        content=_content([dict(block) for block in blocks if not _is_call(block)]),
        name=extra["name"] if isinstance(extra.get("name"), str) else None,
        tool_calls=tuple(_calls(blocks, extra)),
        tool_call_id=answered if isinstance(answered, str) else None,
        raw=_raw(role, blocks, extra),
        **values,
    )


def _is_call(block: Block) -> bool:
    return block.get("block_type") == "tool_call"


def _content(blocks: list[str | dict[str, Any]]) -> Content:
    first = blocks[0] if blocks else None
    if len(blocks) == 1 and isinstance(first, dict) and first.get("block_type") == "text":
        return first["text"] if isinstance(first.get("text"), str) else blocks
    return blocks or None


def _raw(role: str, blocks: Sequence[Block], extra: Mapping[str, Any]) -> dict[str, Any] | None:
    """What only LlamaIndex knows; None where the core's fields say it all."""
    own: dict[str, Any] = {"role": role} if role in CORE_ROLES else {}
    if extra:
        own["additional_kwargs"] = extra
    calls = [[place, block.get("tool_call_id") is not None] for place, block in enumerate(blocks) if _is_call(block)]
    if calls:
        own["calls"] = calls
    return {"format": FORMAT, "message": own} if own or blocks else None


def _calls(blocks: Sequence[Block], extra: Mapping[str, Any]) -> Iterator[ToolCall]:
    """Calls in blocks, then those that `additional_kwargs` lists and no block has."""
    seen = set()
    for block in filter(_is_call, blocks):
        identity = fields.optional_text(block.get("tool_call_id"), "tool_call_id")
        name = fields.optional_text(block.get("tool_name"), "tool_name") or ""
        seen.add(identity)
        yield ToolCall(identity or "", name, {} if block.get("tool_kwargs") is None else block["tool_kwargs"])
    listed = extra.get("tool_calls")
    for value in listed if isinstance(listed, list) else ():
        call = _listed(value)
        if call is not None and call.id not in seen:
            yield call


def _listed(call: Any) -> ToolCall | None:
    """A call of `additional_kwargs`: LlamaIndex's ToolSelection, OpenAI's, Anthropic's or LangChain's shape."""
    if not isinstance(call, Mapping):
        return None
    function = call.get("function")
    named = function if isinstance(function, Mapping) else call
    name = named.get("name") or call.get("tool_name")
    if not isinstance(name, str):
        return None
    keys = ("arguments", "tool_kwargs", "args", "input")
    given = (holder[key] for holder in (named, call) for key in keys if holder.get(key) is not None)
    arguments: Any = next(given, {})
    identity = call.get("id") or call.get("tool_id") or call.get("tool_call_id") or ""
    shaped = fields.arguments(arguments if isinstance(arguments, (str, Mapping)) else str(arguments))
    return ToolCall(str(identity), name, shaped)


def _blocks(rest: dict[str, Any]) -> list[dict[str, Any]]:
    """The content blocks without empty fields; older versions had `content` instead, which is one block of text."""
    if "blocks" in rest:
        return [_block(block) for block in fields.objects(rest.pop("blocks"), "blocks")]
    content = rest.pop("content", None)
    return [] if content is None else [{"block_type": "text", "text": fields.text(content, "content")}]


def _block(block: Block) -> dict[str, Any]:
    kept = {name: value for name, value in block.items() if value is not None or name == "content"}
    if kept.get("block_type") == "citable":
        kept["content"] = [_block(inner) for inner in fields.objects(kept.get("content"), "content")]
    if kept.get("block_type") == "citation":
        kept["cited_content"] = _block(fields.mapping(kept.get("cited_content"), "cited_content"))
    return kept
