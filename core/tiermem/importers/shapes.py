"""One JSON object of somebody's dump -> one Message.

Rule 1: an object is values, never an order: nothing is instantiated by the name that it carries.
Rule 2: every field of the object is in the message: under its own name, in `state`, or in `raw`.
Rule 3: an object that is no message is refused; nothing is guessed and nothing is left out.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.importers import exports, fields, langchain, llamaindex, times, variants
from tiermem.importers.times import OWN, TimeSaid
from tiermem.messages import Message, from_json
from tiermem.times.instants import Order

_CALLS = frozenset({"function", "custom"})  # keys of a call in OpenAI's form
_NEARLY = frozenset({"tool_name", "parts", "toolInvocations"})  # Ollama's, Google's and Vercel's
_BESIDE = frozenset({"function_call", "refusal", "audio", "annotations", "reasoning_content"})  # of OpenAI's messages

_OF_ITEMS = frozenset({"type", "status", "phase"})  # of a message among the items of OpenAI's Responses


def message_of(record: Any, fallback_id: str, dates: Order | None = None) -> Message:
    """The message that *record* describes; *fallback_id* is its id where it has none.

    *dates* says whether dates like 3/4/2023 have the day or the month first.

    Understood: an object with `role` and `content` (OpenAI's chat form, and the fields of `Message` itself), and those
    that are nearly it (`variants.standard`: Google's and Vercel's `parts`, Cohere's `message`, Ollama's tools), items
    of OpenAI's Responses, LangChain's `message_to_dict`, constructor dump and `model_dump`, LlamaIndex's
    `ChatMessage.model_dump` with `blocks` or, from older versions, with `content` and `additional_kwargs`.

    Raises:
        InvalidMessage: *record* is none of these, or holds what cannot be kept exactly.
    """
    if not isinstance(record, Mapping):
        raise InvalidMessage(f"a message is a JSON object, not {type(record).__name__}")
    said = times.said(record, dates)
    if "lc" in record and "kwargs" in record:
        return langchain.dumped(langchain.constructed(record), record["kwargs"], fallback_id, created_at=said.when)
    if "type" in record and "data" in record:
        beside = {name: value for name, value in record.items() if name not in {"type", "data"}}
        return langchain.dumped(record["type"], record["data"], fallback_id, created_at=said.when, state=beside)
    if variants.is_item(record):
        return Message(
            role=variants.role_of(record),
            content=[dict(record)],
            id=fields.identity(record.get("id"), fallback_id),
            origin=fields.IMPORTED,
            created_at=said.when,
        )
    if record.get("type") == "chat" or ("type" in record and "role" not in record):
        return langchain.dumped(record["type"], record, fallback_id, created_at=said.when)
    if "role" in record and ("blocks" in record or "additional_kwargs" in record):
        return llamaindex.dumped(record, fallback_id, said)
    if "role" in record:
        return _plain(record, fallback_id, said)
    raise InvalidMessage("an object without role is no message, unless it has a form of LangChain or LlamaIndex")


def own_or_openai(record: Mapping[str, Any]) -> Message:
    """The message of an object that a caller adds: fields of `Message`, or a message as OpenAI's API has it, or Ollama,
    Google and Vercel nearly so; an item of OpenAI's Responses; or a dump of LangChain's or LlamaIndex's messages.

    Its calls are read as `message_of` reads them; what stands beside in OpenAI's messages goes to `state`. Any other
    name is refused, for it may be misspelt.

    Raises:
        InvalidMessage: it is neither, or holds what cannot be kept exactly.
    """
    if _is_foreign(record):
        return replace(message_of(record, uuid.uuid4().hex), origin="")  # nobody imports: whoever speaks, speaks now
    calls = record.get("tool_calls")
    listed = calls if isinstance(calls, list | tuple) else ()
    foreign = any(isinstance(call, Mapping) and not _CALLS.isdisjoint(call) for call in listed)
    known = _BESIDE | (_OF_ITEMS if record.get("type") == "message" else frozenset())
    if not foreign and (known | _NEARLY).isdisjoint(record):
        return from_json(record)
    if not isinstance(record.get("role"), str):
        raise InvalidMessage("an object without role is no message")
    rest = variants.standard(record)
    rest["tool_calls"] = tuple(map(fields.tool_call, fields.objects(rest.get("tool_calls"), "tool_calls")))
    beside = {name: rest.pop(name) for name in known & set(rest)}
    rest["state"] = _state({**beside, "state": rest.pop("state", None)})
    as_list = {"tool_calls": list(listed)} if listed else {}
    return from_json({"raw": {"format": "openai", "message": {**record, **as_list}}, **rest})


def _is_foreign(record: Mapping[str, Any]) -> bool:
    """Whether *record* has a form that only frameworks and OpenAI's Responses have."""
    if "role" in record:
        return "blocks" in record or "additional_kwargs" in record
    return "type" in record or {"lc", "kwargs"} <= set(record)


def _plain(record: Mapping[str, Any], fallback_id: str, said: TimeSaid) -> Message:
    if not isinstance(record["role"], str):
        raise InvalidMessage(f"role must be a string, not {type(record['role']).__name__}")
    rest = variants.standard(record)
    if exports.is_ours(rest.get(exports.KEY)):
        del rest[exports.KEY]
    if not {"content", "tool_calls"} & set(rest):
        raise InvalidMessage("the message has neither content nor tool calls")
    calls = fields.objects(rest.pop("tool_calls", None), "tool_calls")
    raw = rest.pop("raw", None)
    if raw is None and (
        any("function" in call or "custom" in call for call in calls) or variants.changed(record, rest)
    ):
        raw = {"format": "openai", "message": dict(record)}  # the exact text of the arguments
    elif raw is None and rest["role"] != record["role"]:
        raw = {"format": "openai", "message": {"role": record["role"]}}
    if rest.get("name") is None and isinstance(rest.get("speaker"), str):
        rest["name"] = rest.pop("speaker")
    if rest.get(OWN) is None or (said.name == OWN and said.whole):
        rest.pop(OWN, None)
    return Message(
        role=rest.pop("role"),
        content=rest.pop("content", None),
        id=fields.identity(rest.pop("id", None), fallback_id),
        name=fields.optional_text(rest.pop("name", None), "name"),
        tool_calls=tuple(fields.tool_call(call) for call in calls),
        tool_call_id=fields.optional_text(rest.pop("tool_call_id", None), "tool_call_id"),
        origin=fields.optional_text(rest.pop("origin", None), "origin") or fields.IMPORTED,
        created_at=said.when,
        pinned=fields.switch(rest.pop("pinned", None), "pinned"),
        raw=raw,
        state=_state(rest),
    )


def _state(rest: dict[str, Any]) -> dict[str, Any]:
    """The fields that have no place of their own, beside the state that the record names as such."""
    own = fields.mapping(rest.pop("state", None), "state")
    if twice := sorted(set(own) & set(rest)):
        raise InvalidMessage(f"{', '.join(twice)}: both in state and beside it")
    return {**rest, **own}
