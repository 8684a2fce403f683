"""LangGraph's SqliteSaver -> what each checkpoint says beyond the one that it follows.

Seen: langgraph-checkpoint-sqlite 3.1, langgraph-checkpoint 4.3. A checkpoint holds the whole state, so a conversation
of n messages stands there some n times; its parent is the one before it, and who went back in time made branches.
Rule 1: nothing is instantiated by the name that a file carries: a message's fields are read, and no class is loaded.
Rule 2: of a state the messages are told, of the channel "messages" or else of the first that has some; the rest is
counted.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tiermem.errors import InvalidMessage, UnreadFormat

CHANNEL = "messages"
_COLUMNS = {"thread_id", "checkpoint_ns", "checkpoint_id", "parent_checkpoint_id", "type", "checkpoint"}
_FIELDS = frozenset({2, 4, 5})  # codes of LangGraph's msgpack: made by named arguments; of pydantic 1 and 2
_TYPES = {"HumanMessage": "human", "AIMessage": "ai", "SystemMessage": "system", "ToolMessage": "tool"}
_OF_MESSAGES = "langchain_core.messages"


@dataclass(slots=True)
class _SavedState:
    """The messages of a checkpoint, by id, as JSON of each; and how much there is beside them, by what it is."""

    messages: dict[str, str] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)


def rows(connection: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    """A row for each checkpoint: its thread, id, parent, time, and the messages that the parent has not, or otherwise.

    Raises:
        UnreadFormat: the table is of a version that is not known, or ormsgpack is not installed.
    """
    there = {row[1] for row in connection.execute("PRAGMA table_info(checkpoints)")}
    if not there >= _COLUMNS:
        raise UnreadFormat(f"{name}: LangGraph's checkpoints of a version that is not known", "LangGraph")
    query = """SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint FROM checkpoints
               ORDER BY thread_id, checkpoint_ns, checkpoint_id"""
    found: list[dict[str, Any]] = []
    followed = _followed(connection)
    known: dict[tuple[str, str], dict[str, str]] = {}  # the messages of checkpoints that others follow
    for thread, inner, identity, parent, kind, body in connection.execute(query):
        row: dict[str, Any] = {"langgraph_checkpoint": identity, "thread": thread, "parent": parent, "messages": []}
        found.append(row)
        if inner:
            row |= {"inner": True, "left": {"checkpoints of graphs inside of the graph": 1}}
            continue
        value = _value(kind, body, name)
        if value is None:
            row["left"] = {f"checkpoints of type {kind}, which are not opened": 1}
            continue
        state = _state(value)
        before = known.get((thread, parent), {})
        row |= {"time": value.get("ts"), "beside": state.beside}
        row["messages"] = [json.loads(text) for one, text in state.messages.items() if before.get(one) != text]
        if followed[thread, identity]:
            known[thread, identity] = {one: _same(before.get(one), text) for one, text in state.messages.items()}
        followed[thread, parent] -= 1
        if not followed[thread, parent]:
            known.pop((thread, parent), None)
    return found


def _followed(connection: sqlite3.Connection) -> Counter[tuple[str, str]]:
    """How many checkpoints follow each: what none follows any more need not be kept."""
    query = "SELECT thread_id, parent_checkpoint_id, count(*) FROM checkpoints WHERE checkpoint_ns = '' GROUP BY 1, 2"
    return Counter({(thread, parent): number for thread, parent, number in connection.execute(query)})


def _same(known: str | None, text: str) -> str:
    """*text*, as the very object that is *known*: a state repeats all that was said."""
    return known if known is not None and known == text else text


def _value(kind: str, body: Any, name: str) -> Mapping[str, Any] | None:
    """The checkpoint; None where it is pickled or encrypted."""
    try:
        if kind == "json":
            value = json.loads(body)
        elif kind == "msgpack":
            value = _unpacked(bytes(body), name)
        else:
            return None
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidMessage(f"{name}: a checkpoint is damaged ({error})") from error
    return value if isinstance(value, Mapping) else {}


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
