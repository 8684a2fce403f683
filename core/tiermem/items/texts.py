"""The texts of a store item's value: those that a path names, which get vectors, and its words. Pure.

Paths are those of LangGraph's index configuration: "title", "owner.name", "parts[0].text", "parts[-1]",
"parts[*].text", "meta.*", "{title,owner.name}", and "$" for the whole value as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from tiermem.text import late
from tiermem.text.analyzer import terms

WHOLE = "$"
TEXT = 200_000  # characters of a value whose words count
_NAME = late.compile(r"[^.\[{]*")
_BRACKETS = {"[": late.compile(r"[\[\]]"), "{": late.compile(r"[{}]")}


def texts(value: Any, fields: Sequence[str]) -> list[str]:
    """The texts that *fields* name in *value*, each once, in order; blank ones and missing fields left out."""
    named = (text for field in fields for text in at(value, field))
    return list(dict.fromkeys(text for text in named if text.strip()))


def at(value: Any, field: str) -> list[str]:
    """The texts at one path: strings and numbers as they are, lists and objects as JSON, nothing for null."""
    if not field or field == WHOLE:
        return [_json(value)]
    return list(_walk(value, steps(field), 0))


def every(value: Any, fields: Sequence[str]) -> dict[bytes, str]:
    """All texts that any path may name in *value*, by their hash; those that *fields* name first."""
    found = [*texts(value, fields), *(text for inner in _nodes(value) for text in _text(inner))]
    return {text_hash(text): text for text in dict.fromkeys(found) if text.strip()}


def text_hash(text: str) -> bytes:
    """By what an embedded text is known again."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def words(value: Any) -> list[str]:
    """The index terms of every name, string and number in *value*, with repeats."""
    return terms(" \n".join(_leaves(value))[:TEXT])


def steps(path: str) -> list[str]:
    """The steps of a path: a list's index, a group of fields, or a name. What is never closed reaches to the end."""
    found, place = [], 0
    while place < len(path):
        opened = _BRACKETS.get(path[place])
        end = _closed(path, place, opened) if opened else _name_end(path, place)
        found.append(path[place:end])
        place = max(end, place + 1)  # a dot is passed
    return [step for step in found if step]


def _name_end(path: str, start: int) -> int:
    match = _NAME.match(path, start)
    return match.end() if match else start


def _closed(path: str, start: int, brackets: re.Pattern[str]) -> int:
    """Behind the bracket that closes the one at *start*; each character is looked at once."""
    depth = 0
    for match in brackets.finditer(path, start):
        depth += 1 if match.group() == path[start] else -1
        if not depth:
            return match.end()
    return len(path)


def _walk(value: Any, path: Sequence[str], place: int) -> Iterator[str]:
    if place == len(path):
        yield from _text(value)
        return
    step, after = path[place], place + 1
    if step[0] == "[":
        for element in _elements(value, step):
            yield from _walk(element, path, after)
    elif step[0] == "{":
        yield from _group(value, step)
    elif step == "*":
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from _walk(inner, path, after)
    elif isinstance(value, dict) and step in value:
        yield from _walk(value[step], path, after)


def _elements(value: Any, step: str) -> list[Any]:
    if not isinstance(value, list) or not step.endswith("]"):
        return []
    if step == "[*]":
        return value
    try:
        number = int(step[1:-1])
    except ValueError:
        return []
    return [value[number]] if -len(value) <= number < len(value) else []


def _group(value: Any, step: str) -> Iterator[str]:
    """The fields of "{title,owner.name}": names only, and nothing may come behind it."""
    if not isinstance(value, dict) or not step.endswith("}"):
        return
    for name in step[1:-1].split(","):
        inner: Any = value
        for part in steps(name.strip()) or [""]:
            inner = inner.get(part) if isinstance(inner, dict) else None
        yield from _text(inner)


def _text(value: Any) -> Iterator[str]:
    if isinstance(value, (list, dict)):
        yield _json(value)
    elif value is not None:
        yield str(value)


def _nodes(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(inner)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
