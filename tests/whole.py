"""All that an answer holds, as text: its own `repr` is short, and would hide what a test must not find in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def whole(value: Any) -> str:
    """*value* with every field of every dataclass in it."""
    if is_dataclass(value) and not isinstance(value, type):
        told = (f"{field.name}={whole(getattr(value, field.name))}" for field in fields(value))
        return f"{type(value).__name__}({', '.join(told)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{whole(key)}: {whole(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple | set | frozenset):
        return "[" + ", ".join(map(whole, value)) + "]"
    return str(value)
