"""Single fields of somebody's dump -> the values of a Message. Pure, and strict: what is not understood is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.messages import ToolCall

IMPORTED = "import"  # the `origin` of what was read from a dump


def identity(value: Any, fallback: str) -> str:
    """The id that *value* is, or *fallback* where there is none; numbers become their digits."""
    if value is None or value == "":
        return fallback
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value, "id")


def text(value: Any, name: str) -> str:
    """*value*, which must be text."""
    if not isinstance(value, str):
        raise InvalidMessage(f"{name} must be text, not {type(value).__name__}")
    return value


def optional_text(value: Any, name: str) -> str | None:
    """*value*, which must be text or null."""
    return None if value is None else text(value, name)


def switch(value: Any, name: str) -> bool:
    """*value*, which must be true, false or null."""
    if value is not None and not isinstance(value, bool):
        raise InvalidMessage(f"{name} must be true or false, not {type(value).__name__}")
    return bool(value)


def mapping(value: Any, name: str) -> Mapping[str, Any]:
    """*value*, which must be an object; null is an empty one."""
    if value is not None and not isinstance(value, Mapping):
        raise InvalidMessage(f"{name} must be an object, not {type(value).__name__}")
    return value or {}


def objects(value: Any, name: str) -> list[Mapping[str, Any]]:
    """*value*, which must be a list of objects; null is an empty one."""
    if value is None:
        return []
    if (
        not isinstance(value, Sequence)
        or isinstance(value, str)
        or not all(isinstance(entry, Mapping) for entry in value)
    ):
        raise InvalidMessage(f"{name} must be a list of objects")
    return list(value)


def arguments(value: Any) -> dict[str, Any] | str:
    """The arguments of a call: an object, or the text of one; a text that is no JSON object stays the text it is."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return dict(value)
    try:
        read = json.loads(text(value, "arguments"))
    except (ValueError, RecursionError):
        return text(value, "arguments")
    return read if isinstance(read, dict) else text(value, "arguments")


def tool_call(call: Mapping[str, Any]) -> ToolCall:
    """A call in the form of OpenAI (`function` or `custom` inside) or in our own (`id`, `name`, `arguments`)."""
    called = mapping(call.get("function") or call.get("custom") or call, "tool_calls")
    name, number = called.get("name"), call.get("id")
    given = called.get("arguments", called.get("input"))
    if called is call and isinstance(given, str):
        return ToolCall(id=text(number, "tool_calls.id"), name=text(name, "tool_calls.name"), arguments=given)
    return ToolCall(
        id=optional_text(number, "tool_calls.id") or "",
        name=text(name, "tool_calls.name"),
        arguments=arguments(given),
    )
