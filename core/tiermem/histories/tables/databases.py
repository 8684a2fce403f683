"""SQLite files in which programs keep messages -> their rows as JSON, for the reader of such rows.

Seen: `agent_messages` of OpenAI's Agents SDK 0.24, `message_store` of LangChain's SQLChatMessageHistory, `checkpoints`
of LangGraph (`checkpoints.py`), `cursorDiskKV` of Cursor (`cursor.py`), the tables of OpenCode (`opencode.py`).
Rule: a database is opened for reading only, and may be in use.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from tiermem.errors import InvalidMessage, UnreadFormat
from tiermem.histories.tables import checkpoints, cursor, opencode
from tiermem.importers.recognition import HELP

MAGIC = b"SQLite format 3\0"
_OURS = "tiermem_meta"


def is_database(path: Path) -> bool:
    """Whether the file is one of SQLite's."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def rows_of(path: Path, name: str) -> str:
    """What the database at *path* has of conversations, as a JSON list.

    Raises:
        UnreadFormat: it is of another program, or our own. InvalidMessage: it is damaged.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            read = next((read for table, read in _READERS.items() if table in tables), None)
            if read is None and set(tables) >= opencode.TABLES:
                read = opencode.rows
            if read is None:
                raise _unread(name, tables)
            return json.dumps(read(connection, name), default=str)
    except sqlite3.Error as error:
        raise InvalidMessage(f"{name}: the database cannot be read ({error})") from error


def _messages(table: str, column: str) -> Callable[[sqlite3.Connection, str], list[dict[str, Any]]]:
    """Reads the rows of *table*, the message of each under the name that the Agents SDK gives it."""

    def read(connection: sqlite3.Connection, _name: str) -> list[dict[str, Any]]:
        rows = connection.execute(f'SELECT * FROM "{table}" ORDER BY id')  # noqa: S608  # a name of ours
        return [{**row, "message_data": row.pop(column)} for row in map(dict, rows)]

    return read


_READERS: Mapping[str, Callable[[sqlite3.Connection, str], list[dict[str, Any]]]] = MappingProxyType(
    {
        "agent_messages": _messages("agent_messages", "message_data"),
        "message_store": _messages("message_store", "message"),
        "checkpoints": checkpoints.rows,
        "cursorDiskKV": cursor.rows,
    }
)


def _unread(name: str, tables: list[str]) -> UnreadFormat:
    if _OURS in tables:
        return UnreadFormat(f"{name}: a database of tiermem itself; name it with --path, or migrate it", "tiermem")
    known = ", ".join(tables[:5]) or "no table"
    return UnreadFormat(f"{name}: a SQLite database that is not known ({known}); {HELP}", "SQLite")
