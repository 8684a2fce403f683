"""Values of tiermem as one JSON document on standard output, for programs that read what the commands say."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from tiermem.messages import Message, to_json


def document(value: Any) -> None:
    """Print *value*: on a terminal in ASCII, where characters of a message could act, else in its own characters."""
    text = json.dumps(plainly(value), ensure_ascii=sys.stdout.isatty(), indent=2)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # a pipe that is closed is noticed here, and not when the interpreter ends


def plainly(value: Any) -> Any:
    """*value* as JSON has it: a record by its fields, a message in its stored form with what the store knows of it."""
    if isinstance(value, Message):
        known = {"sequence": value.sequence or None, "tokens": value.tokens or None, "stored_at": value.stored_at}
        return to_json(value) | {name: plainly(own) for name, own in known.items() if own is not None}
    if is_dataclass(value) and not isinstance(value, type):
        named = isinstance(getattr(type(value), "ref", None), property)
        ref = {"ref": getattr(value, "ref", None)} if named else {}
        return ref | {one.name: plainly(getattr(value, one.name)) for one in fields(value) if one.repr}
    if isinstance(value, Mapping):
        return {str(name): plainly(own) for name, own in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plainly(own) for own in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, (str, int, float)):
        return value
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)
