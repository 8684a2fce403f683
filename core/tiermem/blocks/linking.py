"""Calls and results that stand in content, as with Anthropic, Bedrock, Google and OpenAI's Responses.

Rule: a call that is answered in the same content, or that its provider answers by itself, waits for nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from tiermem.blocks.forms import Sort
from tiermem.blocks.reading import ReadBlock, read

Content: TypeAlias = "str | list[str | dict[str, Any]] | None"
Called: TypeAlias = "tuple[str, str, dict[str, Any] | str]"  # id, name, arguments
LINKS = frozenset({Sort.CALL, Sort.RESULT})


def calls(content: Content, known: Iterable[tuple[str, str]] = ()) -> Iterator[Called]:
    """The calls of *content*, but for those among the *known* (by id and name), which stand beside it too.

    A second block of a known name without an id is another call.
    """
    beside = list(known)
    for block in (one for one in open_links(content) if one.sort is Sort.CALL):
        same = next((one for one in beside if block.id == one[0] or (not block.id and block.name == one[1])), None)
        if same is None:
            yield block.id, block.name, _arguments(block.arguments)
        else:
            beside.remove(same)


def answers(content: Content) -> list[str]:
    """The ids of the calls that *content* answers; a result that names none is not among them."""
    return [block.id for block in open_links(content) if block.sort is Sort.RESULT and block.id]


def only_results(content: Content) -> bool:
    """Whether *content* is nothing but results of tools."""
    if not isinstance(content, list) or not content:
        return False
    return all(isinstance(part, Mapping) and read(part).sort is Sort.RESULT for part in content)


def open_links(content: Content) -> list[ReadBlock]:
    """The calls of *content* that wait for their results, and the results of calls that stand elsewhere."""
    if not isinstance(content, list):
        return []
    blocks = [block for part in content if isinstance(part, Mapping) and (block := read(part)).sort in LINKS]
    called, answered = ({one.id for one in blocks if one.id and one.sort is sort} for sort in (Sort.CALL, Sort.RESULT))
    closed = called & answered
    return [block for block in blocks if block.id not in closed]


def _arguments(value: Any) -> dict[str, Any] | str:
    """What a tool is called with: an object, or the text of one; a text that is no object stays the text it is."""
    if not isinstance(value, str):
        return dict(value) if isinstance(value, Mapping) else {"input": value}
    try:
        held = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return held if isinstance(held, dict) else value
