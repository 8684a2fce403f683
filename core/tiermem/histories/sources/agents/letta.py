"""Letta's agent files (`.af`).

Seen: files of the agent-file repository, 2025. A user's words may stand in a JSON envelope; what an agent says to them
is a call of `send_message`, which is read as the answer that it is. What it did by itself is kept as calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, said, session_id, titled
from tiermem.histories.parts.source import HistoryFormat
from tiermem.histories.parts.wording import Block
from tiermem.importers import fields
from tiermem.messages import Message, ToolCall
from tiermem.times.instants import instant

KEY = "letta"
_SAY = "send_message"


def _known(contents: Contents) -> bool:
    agents = wording.objects(contents.first.get("agents")) if contents.is_json else []
    return any("messages" in one for one in agents)


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for agent in wording.objects(contents.first.get("agents")):
        kept, told, made = Gathered(), set[str](), list[Message]()
        for record in wording.objects(agent.get("messages")):
            made += _messages(record, told, kept)
        kept.leave("blocks of core memory", len(wording.objects(contents.first.get("blocks"))))
        name = str(agent.get("name") or contents.stem)
        path = titled(kept.chained(made), name)
        yield Conversation(
            id=session_id(KEY, agent.get("id") or name), source=SOURCE.name, title=name, path=path,
            left_out=kept.left_out,
        )  # fmt: skip


def _messages(record: Mapping[str, Any], told: set[str], kept: Gathered) -> Iterator[Message]:
    """The messages of a record; *told* are the calls by which words were said, whose results say nothing."""
    role, identity = str(record.get("role") or ""), str(record.get("id") or "message")
    when = instant(record.get("created_at"))
    if role == "tool":
        yield from _results(record, told, identity, when, kept)
        return
    blocks = [block for one in _parts(record.get("content")) for block in _block(one, role, kept)]
    calls = [fields.tool_call(one) for one in wording.objects(record.get("tool_calls"))]
    for call in calls:
        if call.name == _SAY and isinstance(call.arguments, dict):
            told.add(call.id)
            blocks += wording.text(call.arguments.get("message"))
    others: list[ToolCall] = [one for one in calls if one.id not in told]
    if blocks or others:
        yield said(role, blocks, identity, when, name=record.get("name"), calls=others)
    else:
        kept.leave("messages without words (heartbeats, logins)")


def _results(
    record: Mapping[str, Any], told: set[str], identity: str, when: datetime | None, kept: Gathered
) -> Iterator[Message]:
    returned = wording.objects(record.get("tool_returns")) or [{"tool_call_id": record.get("tool_call_id")}]
    for place, one in enumerate(returned):
        call = str(one.get("tool_call_id") or record.get("tool_call_id") or "")
        if call in told:
            kept.leave("receipts of what an agent said")
            continue
        out = one.get("func_response")
        words = out if isinstance(out, str) else "\n".join(wording.strings(_parts(record.get("content"))))
        yield said(
            "tool", wording.text(words), identity if place == 0 else f"{identity}/{place + 1}", when, answers=call
        )


def _parts(content: Any) -> list[Any]:
    return content if isinstance(content, list) else [content] if content else []


def _block(part: Any, role: str, kept: Gathered) -> list[Block]:
    held = wording.mapping(part)
    words = part if isinstance(part, str) else held.get("text")
    if held.get("type") == "reasoning":
        return wording.thought(held.get("reasoning"))
    if isinstance(words, str):
        return wording.text(_opened(words, kept) if role == "user" else words)
    return [dict(held)] if held else []


def _opened(words: str, kept: Gathered) -> str:
    """What a user said, out of its envelope; nothing where the envelope is an event of the program."""
    try:
        held = json.loads(words) if words.lstrip().startswith("{") else None
    except ValueError:
        return words
    if not isinstance(held, Mapping) or "type" not in held:
        return words
    if held["type"] == "user_message":
        return str(held.get("message") or "")
    kept.leave(f"events of the program ({held['type']})")
    return ""


SOURCE = HistoryFormat(KEY, "Letta", _known, _read)
