"""States of LangGraph, wherever they are kept -> what each says beyond the one that it follows. Pure.

Seen: langgraph-checkpoint 4.3. A checkpoint holds the whole state, so a conversation of n messages stands there some n
times; its parent is the one before it, and who went back in time made branches.
Rule 1: nothing is instantiated by the name that a file carries: a message's fields are read, and no class is loaded.
Rule 2: of a state the messages are told, of the channel "messages" or else of the first that has some; the rest is
counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiermem.errors import InvalidMessage, UnreadFormat

CHANNEL = "messages"
_FIELDS = frozenset({2, 4, 5})  # codes of LangGraph's msgpack: made by named arguments; of pydantic 1 and 2
_TYPES = {"HumanMessage": "human", "AIMessage": "ai", "SystemMessage": "system", "ToolMessage": "tool"}
_OF_MESSAGES = "langchain_core.messages"


@dataclass(slots=True)
class SavedCheckpoint:
    """A checkpoint as it is kept.

    Args:
        thread: the conversation. inner: the graph inside of the graph, "" for the outer one.
        identity: its id. parent: that of the one that it follows.
        value: what it holds; None where it is not opened.
        unopened: what is not opened of it, in words, by number.
    """

    thread: str
    inner: str
    identity: str
    parent: str | None
    value: Mapping[str, Any] | None = None
    unopened: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _SavedState:
    """The messages of a checkpoint, by id, as JSON of each; and how much there is beside them, by what it is."""

    messages: dict[str, str] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)


def differences(
    saved: Iterable[SavedCheckpoint], followed: Counter[tuple[str, str | None]]
) -> Iterator[dict[str, Any]]:
    """A row for each of *saved*: its thread, id, parent, time, and the messages that the parent has not, or otherwise.

    How many checkpoints of the outer graph follow each is *followed*: what none follows any more need not be kept.
    """
    known: dict[tuple[str, str | None], dict[str, str]] = {}  # the messages of checkpoints that others follow
    for one in saved:
        row: dict[str, Any] = {"langgraph_checkpoint": one.identity, "thread": one.thread, "parent": one.parent}
        row |= {"messages": [], "left": one.unopened}
        if one.inner:
            yield row | {"inner": True, "left": {"checkpoints of graphs inside of the graph": 1}}
            continue
        if one.value is not None:
            state = _state(one.value)
            before = known.get((one.thread, one.parent), {})
            row |= {"time": one.value.get("ts"), "beside": state.beside}
            row["messages"] = [json.loads(text) for key, text in state.messages.items() if before.get(key) != text]
            if followed[one.thread, one.identity]:
                kept = {key: _same(before.get(key), text) for key, text in state.messages.items()}
                known[one.thread, one.identity] = kept
        followed[one.thread, one.parent] -= 1
        if not followed[one.thread, one.parent]:
            known.pop((one.thread, one.parent), None)
        yield row


def _same(known: str | None, text: str) -> str:
    """*text*, as the very object that is *known*: a state repeats all that was said."""
    return known if known is not None and known == text else text


def opened(kind: str, body: Any, name: str) -> tuple[bool, Any]:
    """Whether *body*, of the type *kind*, is opened, and what is in it: what is pickled or encrypted is not.

    Raises:
        InvalidMessage: it is damaged. UnreadFormat: ormsgpack is not installed.
    """
    try:
        if kind == "json":
            return True, json.loads(bytes(body) if isinstance(body, memoryview) else body)
        if kind == "msgpack":
            return True, _unpacked(bytes(body), name)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidMessage(f"{name}: a checkpoint is damaged ({error})") from error
    return False, None


def _unpacked(body: bytes, name: str) -> Any:
    try:
        import ormsgpack
    except ImportError as error:
        text = f"{name}: LangGraph's checkpoints need ormsgpack, which comes with pip install 'tiermem[langchain]'"
        raise UnreadFormat(text, "LangGraph") from error

    def made(code: int, data: bytes) -> Any:
        """What stands for an object: its fields, of a message with its type; otherwise the words for it."""
        parts = ormsgpack.unpackb(data, ext_hook=made, option=ormsgpack.OPT_NON_STR_KEYS)
        if not isinstance(parts, (list, tuple)) or len(parts) < 3:
            return str(parts)
        module, kind, held = parts[:3]
        if code in _FIELDS and isinstance(held, Mapping):
            own = str(module).startswith(_OF_MESSAGES)
            return {**held, **({"type": held.get("type") or _TYPES.get(kind, kind)} if own else {})}
        return str(held)

    return ormsgpack.unpackb(body, ext_hook=made, option=ormsgpack.OPT_NON_STR_KEYS)


def _state(value: Mapping[str, Any]) -> _SavedState:
    held = value.get("channel_values")
    channels: Mapping[str, Any] = held if isinstance(held, Mapping) else {}
    speaking = [name for name, one in channels.items() if isinstance(one, list) and any(map(_is_message, one))]
    chosen = CHANNEL if CHANNEL in speaking else min(speaking, default="")
    state = _SavedState()
    for number, one in enumerate(channels.get(chosen) or ()):
        if _is_message(one):
            text = json.dumps(one, sort_keys=True, default=str)
            state.messages[str(_identity(one) or f"{number}")] = text
    others = [name for name in channels if name != chosen and not str(name).startswith(("__", "branch:"))]
    none = sum(not _is_message(one) for one in channels.get(chosen) or ())
    beside = {"other channels of the state": len(others), "values among the messages that are none": none}
    state.beside = {what: number for what, number in beside.items() if number}
    return state


def _is_message(value: Any) -> bool:
    """Fields of a message as they are read here, or a constructor dump of one."""
    return isinstance(value, Mapping) and (
        ("type" in value and "content" in value) or ("lc" in value and "kwargs" in value)
    )


def _identity(message: Mapping[str, Any]) -> Any:
    held = message.get("kwargs")
    return held.get("id") if isinstance(held, Mapping) and "lc" in message else message.get("id")
