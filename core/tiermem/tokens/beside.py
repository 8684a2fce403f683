"""What stands in a framework's own form of a message (`raw`) and is sent to a provider beside content and calls.

Rule: thoughts that a provider wants back (DeepSeek, Kimi, OpenRouter, OpenAI), refusals and a failed status are part of
what is sent: they are counted, and a message that is compacted keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

THOUGHTS = ("reasoning_content", "reasoning", "reasoning_details", "refusal")  # keys of LangChain's additional_kwargs
_TEXTS = ("text", "summary", "content", "reasoning")
_CALLS = frozenset({"tool_calls", "function_call"})  # a second form of the calls, with all their arguments
_KEPT = frozenset({"id", "status", "role", "response_metadata", "usage_metadata", "additional_kwargs", "calls"})


def thoughts(raw: Mapping[str, Any] | None) -> Iterator[str]:
    """The texts beside the content of a LangChain message; encrypted thoughts and signatures are no text."""
    kwargs = _part(_part(_part(raw, "message"), "data"), "additional_kwargs") if raw else {}
    for key in THOUGHTS if kwargs else ():  # asked of every message of a context, and nearly none has any
        yield from _texts(kwargs.get(key))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, Mapping):
        for key in _TEXTS:
            yield from _texts(value.get(key))


def legacy_call(raw: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The call in OpenAI's old form, which has no place among the calls of a LangChain message; {} where none is."""
    return _part(_part(_part(_part(raw or {}, "message"), "data"), "additional_kwargs"), "function_call")


def shortened(raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """*raw* without what holds the content or the arguments of calls again; None where nothing is left.

    Ids, status, what the provider told of the answer, thoughts, and signatures stay.
    """
    message = _part(raw or {}, "message")
    if not message:
        return None
    data = message.get("data")
    own = {**message, "data": _kept(data)} if isinstance(data, Mapping) else _kept(message)
    return {"format": (raw or {}).get("format"), "message": own}


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in values.items() if key in _KEPT}
    kwargs = kept.get("additional_kwargs")
    if isinstance(kwargs, Mapping):
        kept["additional_kwargs"] = {key: value for key, value in kwargs.items() if key not in {*_CALLS, "images"}}
    return kept


def _part(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = values.get(key)
    return part if isinstance(part, Mapping) else {}
