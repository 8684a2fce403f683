"""Cursor's `state.vscdb` -> a row for each conversation ("composer"), with its bubbles in their order.

Seen in descriptions of `_v` 3 to 10: `composerData:ID` has the order of the bubbles, or the bubbles themselves in older
versions; `bubbleId:ID:BUBBLE` has each. The file in `globalStorage` has them, those of workspaces have none.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

_HEADS = "composerData:"


def rows(connection: sqlite3.Connection, _name: str) -> list[dict[str, Any]]:
    """A row for each conversation: what is known of it, its bubbles, and how many are missing or damaged."""
    query = "SELECT key, value FROM cursorDiskKV WHERE key >= ? AND key < ? ORDER BY key"
    found = []
    for key, value in connection.execute(query, (_HEADS, f"{_HEADS[:-1]};")):
        head = _read(value)
        if head is None:
            found.append({"cursor_composer": key.removeprefix(_HEADS), "bubbles": [], "damaged": 1})
            continue
        wanted = [*_wanted(head)]
        bubbles = [_bubble(connection, key.removeprefix(_HEADS), one) for one in wanted]
        there = [one for one in bubbles if one is not None]
        row = {name: head.get(name) for name in ("name", "createdAt", "lastUpdatedAt")}
        damaged = len(wanted) - len(there)
        found.append({"cursor_composer": key.removeprefix(_HEADS), **row, "bubbles": there, "damaged": damaged})
    return found


def _wanted(head: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The bubbles of a conversation, or what names them."""
    headers, whole = head.get("fullConversationHeadersOnly"), head.get("conversation")
    for one in headers if isinstance(headers, list) and headers else whole if isinstance(whole, list) else ():
        if isinstance(one, Mapping):
            yield one


def _bubble(connection: sqlite3.Connection, composer: str, named: Mapping[str, Any]) -> dict[str, Any] | None:
    query = "SELECT value FROM cursorDiskKV WHERE key = ?"
    held = connection.execute(query, (f"bubbleId:{composer}:{named.get('bubbleId')}",)).fetchone()
    stored = _read(held[0]) if held else None
    if stored is None:
        return dict(named) if "text" in named else None
    return {**named, **stored}


def _read(value: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(value)
    except (ValueError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
