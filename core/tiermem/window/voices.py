"""A message as those who speak in it: results of tools that stand beside what somebody says are words of the tools.

Rule 1: a message in which one speaks alone is itself; nearly all are.
Rule 2: nothing is left out: the parts, one behind the other, are the content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any, TypeAlias

from tiermem.blocks.forms import Sort
from tiermem.blocks.reading import read
from tiermem.messages import Message
from tiermem.text.readable import TOOL_ROLES

_Part: TypeAlias = "str | dict[str, Any]"


def voices(message: Message) -> tuple[Message, ...]:
    """*message*, or in order its parts, where it has results of tools beside other content: each result as a tool's
    message, and what stands between them as its own speaker's. All have its number and its times."""
    if not isinstance(message.content, list) or message.acts_as in TOOL_ROLES:
        return (message,)
    marked = [(_is_result(part), part) for part in message.content]
    if not any(is_result for is_result, _ in marked) or all(is_result for is_result, _ in marked):
        return (message,)
    return tuple(part if message.zone is None else part.seen_from(message.zone) for part in _parts(message, marked))


def own_first(message: Message) -> list[Message]:
    """Its `voices`, those of tools last: what cuts a text short must not cut what somebody said."""
    return sorted(voices(message), key=lambda voice: voice.acts_as in TOOL_ROLES)


def is_mixed(message: Message) -> bool:
    """Whether a tool speaks in *message* beside somebody else."""
    return len(voices(message)) > 1


def own_text(message: Message) -> str:
    """What the speaker of *message* says, without the results that stand in it; of a tool's own message, what it
    answers."""
    spoken = voices(message)
    return message.text if len(spoken) == 1 else "\n".join(v.text for v in spoken if v.acts_as not in TOOL_ROLES)


def _is_result(part: _Part) -> bool:
    return isinstance(part, Mapping) and read(part).sort is Sort.RESULT


def _parts(message: Message, marked: list[tuple[bool, _Part]]) -> Iterator[Message]:
    """The parts; calls, state and thoughts beside the content go with the first of its own speaker's."""
    first = True
    for is_result, run in groupby(marked, key=lambda one: one[0]):
        content = [part for _, part in run]
        if is_result:
            yield from (_result(message, part) for part in content if isinstance(part, dict))
        elif first:
            yield message.shown_as(content)
            first = False
        else:
            yield message.shown_as(content, tool_calls=(), state={}, raw=None)


def _result(message: Message, part: dict[str, Any]) -> Message:
    block = read(part)
    return replace(
        message,
        role="tool",
        content=[part],
        name=block.name or None,
        tool_calls=(),
        tool_call_id=block.id or None,
        state={},
        origin="tool",
        raw=None,
    )
