"""What a client may hand over to a tool: what the tool's schema says, and nothing else.

Rule 1: whoever writes an argument wrongly is told which one and how it is meant; nothing is done of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

SHOWN = 40  # characters of a name that is unknown


class CallRefused(Exception):
    """A call that is not answered; its words tell the model how to write it."""


def checked(parameters: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """*given* as the JSON schema *parameters* of a tool wants it; null is as good as left out.

    Raises:
        CallRefused: an argument is unknown, missing, empty where it is needed, or of another type.
    """
    known: Mapping[str, Any] = parameters.get("properties", {})
    if unknown := [name for name in given if name not in known]:
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
        raise CallRefused(f"There is no argument {unknown[0][:SHOWN]!r}; {takes}.")
    told = {name: value for name, value in given.items() if value is not None}
    for name, value in told.items():
        if not _fits(known[name], value):
            raise CallRefused(f"{name} must be {_NAMES[known[name]['type']]}. {_meaning(known[name])}")
    for name in parameters.get("required", ()):
        if name not in told or (isinstance(told[name], str) and not told[name].strip()):
            raise CallRefused(f"{name} is needed. {_meaning(known[name])}")
    return told


def _meaning(schema: Mapping[str, Any]) -> str:
    return str(schema.get("description", ""))


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    kind = str(schema.get("type"))
    if kind == "array" and isinstance(value, list):
        return all(_fits(schema.get("items", {}), one) for one in value)
    return kind not in _TYPES or _TYPES[kind](value)


def _is_whole(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


_TYPES: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "string": lambda value: isinstance(value, str),
        "boolean": lambda value: isinstance(value, bool),
        "integer": _is_whole,
        "array": lambda value: isinstance(value, list),
    }
)
_NAMES: Mapping[str, str] = MappingProxyType(
    {"string": "text", "boolean": "true or false", "integer": "a whole number", "array": "a list of texts"}
)
