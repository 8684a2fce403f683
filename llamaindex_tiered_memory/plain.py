"""Any Python value that LlamaIndex keeps in a dict, as JSON and back.

Rule 1: JSON values come back as they are; bytes, non-finite floats, huge integers and odd keys come back equal.
Rule 2: objects (pydantic models, dataclasses, enums) come back as the plain values they hold.
Rule 3: an object that cannot be written never costs the message: its type and `repr` are kept instead.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from tiermem.plain_json import Inside, bare_number, plain

BYTES, NUMBER, PAIRS, AS_IS, OBJECT = "__bytes__", "__number__", "__pairs__", "__as_is__", "__object__"
_TAGS = frozenset({BYTES, NUMBER, PAIRS, AS_IS, OBJECT})
DEEPEST = 40  # deeper values are written as their repr; real additional_kwargs are below 10 deep


def dumped(value: Any) -> Any:
    """*value* as JSON types only; the caller's object is not touched."""
    return plain(value, "value", _form, lambda part, _: _described(part), DEEPEST)


def restored(value: Any) -> Any:
    """The value whose `dumped` is *value*; objects stay the plain values they held."""
    if isinstance(value, list):
        return [restored(part) for part in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        tag, held = next(iter(value.items()))
        if tag in _TAGS:
            return _untagged(tag, held)
    return {key: restored(part) for key, part in value.items()}


def _form(value: Any, inside: Inside) -> Any:
    formed: Any = NotImplemented
    if isinstance(value, Enum):
        formed = inside(value.value)
    elif isinstance(value, (int, float)):
        number = bare_number(value)
        formed = {NUMBER: str(value)} if number is None else number
    elif isinstance(value, (bytes, bytearray, memoryview)):
        formed = {BYTES: base64.b64encode(bytes(value)).decode("ascii")}
    elif (fields := _fields(value)) is not None:
        formed = _mapping(fields, inside)
    elif isinstance(value, (tuple, set, frozenset)):
        formed = [inside(part) for part in value]
    elif isinstance(value, (date, datetime, time)):
        formed = value.isoformat()
    elif isinstance(value, PurePath):
        formed = str(value)
    return formed


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


def _mapping(value: Mapping[Any, Any], inside: Inside) -> Any:
    if not all(isinstance(key, str) for key in value):
        return {PAIRS: [[inside(key), inside(part)] for key, part in value.items()]}
    kept = {str.__str__(key): inside(part) for key, part in value.items()}
    return {AS_IS: kept} if len(kept) == 1 and next(iter(kept)) in _TAGS else kept


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
        return {_key(restored(key)): restored(part) for key, part in held}
    if tag == AS_IS:
        return {key: restored(part) for key, part in held.items()}
    return {OBJECT: held}


def _key(key: Any) -> Any:
    return tuple(map(_key, key)) if isinstance(key, list) else key
