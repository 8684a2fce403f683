"""Any Python value of a framework's message, as JSON and back.

Rule 1: JSON comes back as it is; bytes, tuples, sets, dates, decimals, odd keys and numbers that JSON has not come back
  equal.
Rule 2: models, dataclasses and enums come back as the plain values they hold, numbers of numpy's as Python's.
Rule 3: what cannot be written never costs the message: its type is kept, and what it says of itself.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from numbers import Integral, Rational, Real
from pathlib import PurePath
from typing import Any
from uuid import UUID

from tiermem.plain_json import OBJECT, Inside, bare_number, plain
from tiermem.text import late

BYTES, NUMBER, PAIRS, AS_IS, TUPLE = "__bytes__", "__number__", "__pairs__", "__as_is__", "__tuple__"
DEEPEST = 40  # deeper values are written as what they say of themselves; what frameworks keep is below 10 deep
LONGEST = 2_000  # characters of what an object says of itself
_MOST_BITS = 10_000  # Python writes no longer integers in digits
_WRITTEN: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "__datetime__": (datetime, datetime.isoformat, datetime.fromisoformat),  # is a date, so it is asked for first
    "__date__": (date, date.isoformat, date.fromisoformat),
    "__time__": (time, time.isoformat, time.fromisoformat),
    "__decimal__": (Decimal, str, Decimal),
    "__uuid__": (UUID, str, UUID),
}
_SETS: dict[str, type[set[Any] | frozenset[Any]]] = {"__set__": set, "__frozenset__": frozenset}
_TAGS = frozenset({BYTES, NUMBER, PAIRS, AS_IS, TUPLE, *_WRITTEN, *_SETS})
_ADDRESS = late.compile(r" at 0x[0-9a-fA-F]+")  # differs each time, and one message must be the same bytes each time


def dumped(value: Any) -> Any:
    """*value* as JSON types only; the caller's object is not touched. `restored` reads it."""
    return plain(value, "value", _Encoder().form, lambda part, _: _described(part), DEEPEST)


def restored(value: Any) -> Any:
    """The value whose `dumped` is *value*; objects stay the plain values they held. Other JSON stays as it is."""
    if isinstance(value, list):
        return [restored(part) for part in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        tag, held = next(iter(value.items()))
        if tag in _TAGS:
            try:
                return _untagged(tag, held)
            except (ValueError, TypeError, ArithmeticError, AttributeError):  # no word of ours: somebody's own object
                return {tag: restored(held)}
    return {key: restored(part) for key, part in value.items()}


class _Encoder:
    """Writes one value; remembers what it is inside of, for a structure may contain itself."""

    def __init__(self) -> None:
        self._around: set[int] = set()

    def form(self, value: Any, inside: Inside) -> Any:
        """The form of *value*, by `inside` that of its parts."""
        if id(value) in self._around:
            return _described(value)
        self._around.add(id(value))
        try:
            return _form(value, inside)
        except Exception:  # noqa: BLE001  # what a foreign class raises must not cost the message
            return _described(value)
        finally:
            self._around.discard(id(value))


def _form(value: Any, inside: Inside) -> Any:
    if isinstance(value, list):
        return [inside(part) for part in value]
    if isinstance(value, Enum):
        return inside(value.value)
    if isinstance(value, Real) and not (isinstance(value, Rational) and not isinstance(value, Integral)):
        return _number(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {BYTES: base64.b64encode(bytes(value)).decode("ascii")}
    fields = _fields(value)
    return _of_kinds(value, inside) if fields is None else _mapping(fields, inside)


def _of_kinds(value: Any, inside: Inside) -> Any:
    if isinstance(value, tuple):
        return {TUPLE: [inside(part) for part in value]}
    for tag, kind in _SETS.items():
        if isinstance(value, kind):
            return {tag: sorted((inside(part) for part in value), key=repr)}
    for tag, (kind, write, read) in _WRITTEN.items():
        if isinstance(value, kind):
            text = write(value)
            read(text)  # of pandas' "NaT", for one, there is no date
            return {tag: text}
    if isinstance(value, PurePath):
        return str(value)
    if getattr(value, "ndim", None) == 0 and hasattr(value, "tolist"):
        return inside(value.tolist())
    return NotImplemented


def _number(value: Any) -> Any:
    number: Any = int(value) if isinstance(value, Integral) else float(value)
    bare = bare_number(number)
    if bare is not None:
        return bare
    long = isinstance(number, int) and number.bit_length() > _MOST_BITS
    return {NUMBER: hex(number) if long else str(number)}


def _fields(value: Any) -> Mapping[Any, Any] | None:
    """What a mapping, a model or a dataclass holds, without a model's own serialisers (which may raise)."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, type):
        return None
    declared = getattr(type(value), "model_fields", None)  # a model of pydantic's, which is not loaded for it
    if isinstance(declared, Mapping):
        names = [name for name, field in declared.items() if not getattr(field, "exclude", False)]
        held = {name: getattr(value, name) for name in names if hasattr(value, name)}
        return held | dict(getattr(value, "model_extra", None) or {})
    if dataclasses.is_dataclass(value):
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
        text = _ADDRESS.sub("", repr(value))
    except Exception as error:  # noqa: BLE001  # a foreign __repr__ must not cost the message
        text = f"<repr failed: {type(error).__name__}>"
    return {OBJECT: [f"{kind.__module__}.{kind.__qualname__}", text[:LONGEST]]}


def _untagged(tag: str, held: Any) -> Any:
    if tag == BYTES:
        return base64.b64decode(held, validate=True)
    if tag == NUMBER:
        return float(held) if held in {"nan", "inf", "-inf"} else int(held, 0)
    if tag == PAIRS:
        return {_key(restored(key)): restored(part) for key, part in held}
    if tag == AS_IS:
        return {key: restored(part) for key, part in held.items()}
    read = _WRITTEN[tag][2] if tag in _WRITTEN else None
    return _SETS.get(tag, tuple)(map(restored, held)) if read is None else read(held)


def _key(key: Any) -> Any:
    """A key as it was: earlier versions wrote tuples as lists."""
    return tuple(map(_key, key)) if isinstance(key, list) else key
