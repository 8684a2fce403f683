"""Any value as JSON types only: exact or refused by default; by the caller's own rules for what is no JSON; its bytes.

Rule 1: what is returned equals itself after any number of round trips through JSON text.
Rule 2: a structure that contains itself ends at the deepest level that is followed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeAlias

from tiermem.errors import InvalidMessage

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Inside: TypeAlias = Callable[[Any], Any]
"""The plain form of a value that is part of another."""
Form: TypeAlias = Callable[[Any, Inside], Any]
"""A caller's rule: the plain form of a value and, by `Inside`, of its parts; NotImplemented where it has none."""

LEFT_OUT = "left_out"
"""The key in `raw` under which stands what of a framework's message was above `max_message_bytes`."""
OBJECT = "__object__"
"""The key under which a framework's object stands that no JSON can hold: its type, and what it says of itself."""

LONGEST_KEY, LONGEST_PATH = 40, 200  # characters of them in an error
DEEPEST = 100  # json's C scanner recurses; real content blocks are below 10 deep
_MAX_EXACT_INT = 2**63  # larger integers are legal JSON but no database or framework keeps them


def refused(_: Any, reason: str) -> NoReturn:
    """What becomes by default of a value that is no JSON.

    Raises:
        InvalidMessage: always, for *reason*.
    """
    raise InvalidMessage(reason)


def plain(
    value: Any,
    path: str,
    form: Form | None = None,
    otherwise: Callable[[Any, str], Any] = refused,
    deepest: int = DEEPEST,
    depth: int = 0,
) -> Any:
    """A deep copy of *value* made of JSON types only.

    Texts, exact numbers, booleans and None are kept. *form* is asked for everything else, then lists and objects with
    texts as keys are followed, down to level *deepest*; what is left is written as *otherwise* says, which is told the
    value and what is wrong with it. *path* names the value there; *depth* is the level at which it stands.

    Raises:
        InvalidMessage: something is no JSON (bytes, NaN, tuples, keys that are no strings, too deep), and *otherwise*
            is `refused`.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)  # a str subclass (an Enum, a numpy string) would not come back as itself
    if exact_number(value):
        return value
    if depth > deepest:
        return otherwise(value, f"{path} is nested deeper than {deepest}")
    if form is not None:
        formed = form(value, lambda part: plain(part, path, form, otherwise, deepest, depth + 1))
        if formed is not NotImplemented:
            return formed
    return _followed(value, path, form, otherwise, deepest, depth + 1)


def _followed(
    value: Any, path: str, form: Form | None, otherwise: Callable[[Any, str], Any], deepest: int, depth: int
) -> Any:
    if isinstance(value, list):
        parts = enumerate(value)
        return [plain(part, _item(path, index), form, otherwise, deepest, depth) for index, part in parts]
    if not isinstance(value, Mapping):
        return otherwise(value, f"{path} {_fault(value)}")
    for key in value:
        if not isinstance(key, str):
            return otherwise(value, f"{path} key must be a string, not {type(key).__name__}")
    pairs = value.items()
    return {str.__str__(key): plain(part, _below(path, key), form, otherwise, deepest, depth) for key, part in pairs}


def _below(path: str, key: str) -> str:
    """The path of what stands under *key*, which may be anybody's words, of any length."""
    if len(path) > LONGEST_PATH:
        return path if path.endswith("…") else f"{path}…"
    if len(key) > LONGEST_KEY:
        return f"{path}[{key[:LONGEST_KEY]!r}…]"
    return f"{path}.{key}" if key.isidentifier() else f"{path}[{key!r}]"


def _item(path: str, index: int) -> str:
    return path if path.endswith("…") else f"{path}[{index}]" if len(path) <= LONGEST_PATH else f"{path}…"


def _fault(value: Any) -> str:
    """What is wrong with a *value* that is no JSON."""
    kind = type(value).__name__
    if type(value) is int:
        return "is an integer outside of -2**63 to 2**63 - 1, which no database keeps as it is"
    if type(value) is float:
        return f"is {value}, which JSON has not"
    if isinstance(value, int | float):
        return f"is no JSON value: {kind}; {'int' if isinstance(value, int) else 'float'}() of it may be one"
    return f"is no JSON value: {kind}"


def exact_number(value: Any) -> bool:
    """Whether *value* is an int or a float that JSON and every database give back as it was."""
    if type(value) is int:
        return -_MAX_EXACT_INT <= value < _MAX_EXACT_INT
    return type(value) is float and math.isfinite(value)


def bare_number(value: float) -> int | float | None:
    """The number behind a subclass (numpy's, an IntEnum's); None where it is none that JSON holds: NaN, 10 ** 30."""
    number = int(value) if isinstance(value, int) else float(value)
    return number if exact_number(number) else None


def lists_for_tuples(value: Any, inside: Inside) -> Any:
    """A `Form`: tuples as lists, as JSON has them."""
    return [inside(part) for part in value] if isinstance(value, tuple) else NotImplemented


def equal_json(value: Any, inside: Inside) -> Any:
    """A `Form`: tuples as lists, numbers of a class of their own (numpy's, an IntEnum's) as those that they equal."""
    number = bare_number(value) if isinstance(value, int | float) else None
    return lists_for_tuples(value, inside) if number is None else number


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def dumps(value: Json) -> bytes:
    """Canonical JSON bytes: sorted keys, no spaces, no NaN, lone surrogates passed through."""
    return _CANONICAL.encode(value).encode("utf-8", "surrogatepass")


def loads(body: bytes) -> Any:
    """The value whose `dumps` is *body*."""
    return json.loads(body.decode("utf-8", "surrogatepass"))
