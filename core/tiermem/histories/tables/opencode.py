"""OpenCode's `opencode.db` -> a row for each session: what is known of it, and its messages with their parts.

Seen: the tables of OpenCode 1.2 (`session`, `message`, `part`). What only `session_message` of later versions has is
counted.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

TABLES = frozenset({"session", "message", "part"})


def rows(connection: sqlite3.Connection, _name: str) -> list[dict[str, Any]]:
    """A row for each session, in the form that `opencode export` writes, with how much of it is damaged or too new."""
    return [_session(connection, dict(row)) for row in connection.execute("SELECT * FROM session ORDER BY id")]


def _session(connection: sqlite3.Connection, head: dict[str, Any]) -> dict[str, Any]:
    damaged, messages = 0, dict[str, dict[str, Any]]()
    for row in connection.execute("SELECT id, data FROM message WHERE session_id = ? ORDER BY id", (head["id"],)):
        info = _read(row["data"])
        damaged += info is None
        if info is not None:
            messages[row["id"]] = {"info": {**info, "id": row["id"]}, "parts": []}
    for row in connection.execute(
        "SELECT id, message_id, data FROM part WHERE session_id = ? ORDER BY id", (head["id"],)
    ):
        part = _read(row["data"])
        damaged += part is None
        if part is not None and row["message_id"] in messages:
            messages[row["message_id"]]["parts"].append({**part, "id": row["id"]})
    info = {"id": head["id"], "title": head.get("title"), "revert": _read(head.get("revert"))}
    newer = 0 if messages else sum(1 for _ in _newer(connection, head["id"]))
    return {"info": info, "messages": [*messages.values()], "damaged": damaged, "newer": newer}


def _newer(connection: sqlite3.Connection, session: str) -> Iterator[Any]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'session_message'"
    if connection.execute(query).fetchone():
        yield from connection.execute("SELECT id FROM session_message WHERE session_id = ?", (session,))


def _read(value: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(value)
    except (ValueError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
