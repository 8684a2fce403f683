"""Any Python value that LlamaIndex keeps in a dict, as JSON and back.

Rule 1: JSON values come back as they are; bytes, non-finite floats, huge integers and odd keys come back equal.
Rule 2: objects (pydantic models, dataclasses, enums) come back as the plain values they hold.
Rule 3: an object that cannot be written never costs the message: its type and `repr` are kept instead.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

BYTES, NUMBER, PAIRS, AS_IS, OBJECT = "__bytes__", "__number__", "__pairs__", "__as_is__", "__object__"
_TAGS = frozenset({BYTES, NUMBER, PAIRS, AS_IS, OBJECT})
_EXACT_INT = 2**63
MAX_DEPTH = 40  # deeper values are written as their repr; real additional_kwargs are below 10 deep


def dumped(value: Any, depth: int = 0) -> Any:
    """*value* as JSON types only; the caller's object is not touched."""
    if isinstance(value, Enum):
        return dumped(value.value, depth)
    if value is None or isinstance(value, (str, int, float)):
        return _scalar(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {BYTES: base64.b64encode(bytes(value)).decode("ascii")}
    return _described(value) if depth > MAX_DEPTH else _container(value, depth)


def restored(value: Any) -> Any:
    """The value whose `dumped` is *value*; objects stay the plain values they held."""
    if isinstance(value, list):
        return [restored(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        tag, held = next(iter(value.items()))
        if tag in _TAGS:
            return _untagged(tag, held)
    return {key: restored(one) for key, one in value.items()}


def _scalar(value: str | float | None) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        whole = int(value)
        return whole if -_EXACT_INT <= whole < _EXACT_INT else {NUMBER: str(whole)}
    real = float(value)
    return real if math.isfinite(real) else {NUMBER: repr(real)}


def _container(value: Any, depth: int) -> Any:
    if (fields := _fields(value)) is not None:
        return _mapping(fields, depth)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [dumped(one, depth + 1) for one in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, PurePath) else _described(value)


def _fields(value: Any) -> Mapping[Any, Any] | None:
    """What a mapping, a model or a dataclass holds, without a model's own serialisers (which may raise)."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, BaseModel):
        names = [name for name, field in type(value).model_fields.items() if not field.exclude]
        return {name: getattr(value, name) for name in names if hasattr(value, name)} | dict(value.model_extra or {})
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return None


def _mapping(value: Mapping[Any, Any], depth: int) -> Any:
    if not all(isinstance(key, str) for key in value):
        return {PAIRS: [[dumped(key, depth + 1), dumped(one, depth + 1)] for key, one in value.items()]}
    plain = {str.__str__(key): dumped(one, depth + 1) for key, one in value.items()}
    return {AS_IS: plain} if len(plain) == 1 and next(iter(plain)) in _TAGS else plain


def _described(value: Any) -> dict[str, Any]:
    kind = type(value)
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  # a foreign __repr__ must not cost the message
        text = f"<repr failed: {type(error).__name__}>"
    return {OBJECT: [f"{kind.__module__}.{kind.__qualname__}", text]}


def _untagged(tag: str, held: Any) -> Any:
    if tag == BYTES:
        return base64.b64decode(held)
    if tag == NUMBER:
        return float(held) if held in {"nan", "inf", "-inf"} else int(held)
    if tag == PAIRS:
        return {_key(restored(key)): restored(one) for key, one in held}
    if tag == AS_IS:
        return {key: restored(one) for key, one in held.items()}
    return {OBJECT: held}


def _key(key: Any) -> Any:
    return tuple(_key(one) for one in key) if isinstance(key, list) else key
