"""Calls and results that stand in content, as frameworks have them: calls beside it, each result a message of its own.

Rule: what a framework made itself is not touched; nothing that was said is lost, and results stand where providers
look for them: before what a user says beside them, behind the answer that called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tiermem.blocks.forms import FORMS, TOOL_PART, Sort
from tiermem.blocks.reading import ReadBlock, as_json, is_blocks, read
from tiermem.messages import Message, ToolCall
from tiermem.records import Piece

_USED = frozenset({"tool-invocation", "dynamic-tool"})


def separated(message: Message, own: str = "") -> list[Message]:
    """*message* as frameworks have it: one message, or several where results stand in its content.

    *own* is the format of the framework, as `raw` names it.
    """
    if not isinstance(message.content, list) or (message.raw or {}).get("format") == own:
        return [message]
    rest: list[str | dict[str, Any]] = []
    results: list[Message] = []
    done: list[ToolCall] = []
    for place, part in enumerate(message.content):
        block = read(part) if isinstance(part, Mapping) else None
        if block is None or not (block.sort in {Sort.CALL, Sort.RESULT} or _is_done(block)):
            rest.append(part)
            continue
        if block.sort is not Sort.CALL and block.data:
            results.append(_result(message, block, place))
        if block.sort is Sort.DEED:
            done.append(ToolCall(block.id, block.name, block.arguments if _called(block.arguments) else {}))
    return _in_order(message, rest, results, done)


def pieces(shown: Iterable[Piece], own: str) -> Iterator[Piece]:
    """The pieces *shown*, with their messages `separated`; the first of several has the tokens of all."""
    for piece in shown:
        first, *others = separated(piece.message, own)
        yield piece if first is piece.message else replace(piece, message=first)
        yield from (replace(piece, message=one, tokens=0) for one in others)


def _in_order(
    message: Message, rest: list[str | dict[str, Any]], results: list[Message], done: list[ToolCall]
) -> list[Message]:
    if len(rest) == len(message.content or ()):
        return [message]
    calls = _all_calls(message, done)
    known = {call.id for call in calls}
    before = [one for one in results if one.tool_call_id not in known]
    behind = [one for one in results if one.tool_call_id in known]
    main = [message.shown_as(rest or None, tool_calls=calls)] if rest or calls or not results else []
    return [*before, *main, *behind]


def _all_calls(message: Message, done: list[ToolCall]) -> tuple[ToolCall, ...]:
    """The calls of *message*, also those that are answered in its own content."""
    calls = [*message.calls, *done]
    known = {call.id for call in calls}
    for part in message.content or ():
        block = read(part) if isinstance(part, Mapping) else None
        if block is not None and block.sort is Sort.CALL and block.id and block.id not in known:
            calls.append(ToolCall(block.id, block.name, block.arguments if _called(block.arguments) else {}))
    return tuple(calls)


def _called(arguments: Any) -> bool:
    return isinstance(arguments, dict | str)


def _is_done(block: ReadBlock) -> bool:
    """Whether *block* is a tool's whole use, call and result, as user interfaces keep it."""
    part = block.kind in _USED or (block.kind.startswith(TOOL_PART) and block.kind not in FORMS)
    return part and block.sort is Sort.DEED and bool(block.id)


def _result(message: Message, block: ReadBlock, place: int) -> Message:
    value = block.data[0]
    content = value if is_blocks(value) else as_json(value)
    return message.shown_as(
        [content] if isinstance(content, dict) else content,
        id=f"{message.id}:{place}",
        role="tool",
        name=block.name or None,
        tool_calls=(),
        tool_call_id=block.id or None,
        origin="tool",
        raw=None,
    )
