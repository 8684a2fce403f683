"""LangGraph's SqliteSaver -> what each checkpoint says beyond the one that it follows.

Seen: langgraph-checkpoint-sqlite 3.1. How states are read: `states.py`.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tiermem.errors import UnreadFormat
from tiermem.histories.tables.states import SavedCheckpoint, differences, opened

_COLUMNS = {"thread_id", "checkpoint_ns", "checkpoint_id", "parent_checkpoint_id", "type", "checkpoint"}


def rows(connection: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    """A row for each checkpoint: its thread, id, parent, time, and the messages that the parent has not, or otherwise.

    Raises:
        UnreadFormat: the table is of a version that is not known, or ormsgpack is not installed.
    """
    there = {row[1] for row in connection.execute("PRAGMA table_info(checkpoints)")}
    if not there >= _COLUMNS:
        raise UnreadFormat(f"{name}: LangGraph's checkpoints of a version that is not known", "LangGraph")
    return list(differences(_saved(connection, name), _followed(connection)))


def _saved(connection: sqlite3.Connection, name: str) -> Iterator[SavedCheckpoint]:
    query = """SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint FROM checkpoints
               ORDER BY thread_id, checkpoint_ns, checkpoint_id"""
    for thread, inner, identity, parent, kind, body in connection.execute(query):
        one = SavedCheckpoint(thread, inner, identity, parent)
        if not inner:
            is_open, value = opened(kind, body, name)
            one.value = value if isinstance(value, dict) else {} if is_open else None
            one.unopened = {} if is_open else {f"checkpoints of type {kind}, which are not opened": 1}
        yield one


def _followed(connection: sqlite3.Connection) -> Counter[tuple[str, str | None]]:
    query = "SELECT thread_id, parent_checkpoint_id, count(*) FROM checkpoints WHERE checkpoint_ns = '' GROUP BY 1, 2"
    return Counter({(thread, parent): number for thread, parent, number in connection.execute(query)})
