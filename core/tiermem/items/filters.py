"""Whether a store item's value passes a filter. Pure, and total: a field missing or of another kind is no error.

A filter names fields and what they must be: {"color": "red", "size": {"$gt": 3}, "owner": {"name": "Anna"}}. A field
"owner.name" that the value does not have itself is looked up inside "owner".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any

from tiermem.errors import InvalidMessage

_ORDER: dict[str, Callable[[Any, Any], bool]] = {"$gt": gt, "$gte": ge, "$lt": lt, "$lte": le}
OPERATORS = frozenset({"$eq", "$ne", *_ORDER})


def check(wanted: Mapping[str, Any] | None) -> None:
    """Raise InvalidMessage for a filter that is no object, or names an operator that is not in `OPERATORS`."""
    if wanted is None:
        return
    if not isinstance(wanted, Mapping) or not all(isinstance(name, str) for name in wanted):
        raise InvalidMessage("filter must be an object of fields and what they must be")
    for value in wanted.values():
        _check_value(value)


def passes(value: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> bool:
    """True when every field of *wanted* is as it must be."""
    return all(_fits(_found(value, name), condition) for name, condition in (wanted or {}).items())


def _check_value(wanted: Any) -> None:
    if isinstance(wanted, Mapping):
        if any(_operator(name) for name in wanted):
            unknown = sorted(str(name) for name in set(wanted) - OPERATORS)
            if unknown:
                raise InvalidMessage(f"unknown operators in a filter: {', '.join(unknown)}")
            return
        for condition in wanted.values():
            _check_value(condition)


def _operator(name: Any) -> bool:
    return isinstance(name, str) and name.startswith("$")


def _found(value: Any, name: str) -> Any:
    if not isinstance(value, Mapping):
        return None
    if name in value or "." not in name:
        return value.get(name)
    first, rest = name.split(".", 1)
    return _found(value.get(first), rest)


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        if any(_operator(name) for name in wanted):
            return all(_holds(value, name, operand) for name, operand in wanted.items())
        return isinstance(value, Mapping) and all(
            _fits(value.get(name), condition) for name, condition in wanted.items()
        )
    if isinstance(wanted, (list, tuple)):
        same = isinstance(value, list) and len(value) == len(wanted)
        return same and all(_fits(element, other) for element, other in zip(value, wanted, strict=True))
    return _equal(value, wanted)


def _holds(value: Any, operator: str, wanted: Any) -> bool:
    if operator in _ORDER:
        return _ordered(value, wanted, _ORDER[operator])
    return _equal(value, _plain(wanted)) is (operator == "$eq")


def _equal(value: Any, wanted: Any) -> bool:
    """JSON's equality: true is not 1."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return bool(value == wanted)


def _plain(wanted: Any) -> Any:
    return list(wanted) if isinstance(wanted, Sequence) and not isinstance(wanted, str) else wanted


def _ordered(value: Any, wanted: Any, order: Callable[[Any, Any], bool]) -> bool:
    """Numbers by size, also those written as text; other texts by their letters, so that ISO dates compare."""
    one, other = _number(value), _number(wanted)
    if one is not None and other is not None:
        return order(one, other)
    return isinstance(value, str) and isinstance(wanted, str) and order(value, wanted)


def _number(value: Any) -> int | float | None:
    if isinstance(value, (int, float)):
        return value
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None
