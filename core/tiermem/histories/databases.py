"""SQLite files in which frameworks keep messages as rows -> these rows as JSON, for the reader of such rows.

Seen: `agent_messages` of OpenAI's Agents SDK 0.24, `message_store` of LangChain's SQLChatMessageHistory.
Rule: a database is opened for reading only, and may be in use.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from tiermem.errors import InvalidMessage, UnreadFormat
from tiermem.importers.recognition import HELP

MAGIC = b"SQLite format 3\0"
_TABLES = {"agent_messages": "message_data", "message_store": "message"}  # each with the column of the message
_OURS = "tiermem_meta"


def is_database(path: Path) -> bool:
    """Whether the file is one of SQLite's."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def rows_of(path: Path, name: str) -> str:
    """The rows of messages of the database at *path*, as a JSON list.

    Raises:
        UnreadFormat: it is of another program, or our own. InvalidMessage: it is damaged.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            table = next((one for one in _TABLES if one in tables), None)
            if table is None:
                raise _unread(name, tables)
            found = [dict(row) for row in connection.execute(f'SELECT * FROM "{table}" ORDER BY id')]  # noqa: S608  # a name of ours
    except sqlite3.Error as error:
        raise InvalidMessage(f"{name}: the database cannot be read ({error})") from error
    return json.dumps([{**row, "message_data": row.pop(_TABLES[table])} for row in found], default=str)


def _unread(name: str, tables: list[str]) -> UnreadFormat:
    if _OURS in tables:
        return UnreadFormat(f"{name}: a database of tiermem itself; name it with --path, or migrate it", "tiermem")
    known = ", ".join(tables[:5]) or "no table"
    return UnreadFormat(f"{name}: a SQLite database that is not known ({known}); {HELP}", "SQLite")
