"""Rows of sessions of OpenAI's Agents SDK (`agent_messages`), and of LangChain's SQLChatMessageHistory, as JSON or in
their SQLite files (`histories/databases.py`). Seen: openai-agents 0.24."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.importers.shapes import message_of
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "agents"


def _known(contents: Contents) -> bool:
    return contents.is_json and has(contents.first, "message_data", "session_id")


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    sessions: dict[str, tuple[Gathered, list[Message]]] = {}
    rows = [row for row in contents.records if "message_data" in row]
    for row in sorted(rows, key=lambda row: row["id"] if isinstance(row.get("id"), int) else 0):
        kept, made = sessions.setdefault(str(row.get("session_id")), (Gathered(), []))
        message = _message(row)
        if message is None:
            kept.leave("rows that are damaged")  # the SDK leaves them out without a word
        else:
            made.append(message)
    for name, (kept, made) in sessions.items():
        yield Conversation(
            id=session_id(KEY, name), source=SOURCE.name, path=kept.chained(made), left_out=kept.left_out
        )


def _message(row: Mapping[str, Any]) -> Message | None:
    held = row["message_data"]
    try:
        record = json.loads(held) if isinstance(held, str) else held
        made = message_of(record, f"row-{row.get('id')}")
    except (ValueError, RecursionError):  # InvalidMessage is a ValueError
        return None
    return replace(made, created_at=made.created_at or instant(row.get("created_at")))


SOURCE = HistoryFormat(KEY, "OpenAI's Agents SDK", _known, _read)
