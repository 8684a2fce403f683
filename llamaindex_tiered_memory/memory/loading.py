"""Histories that LlamaIndex's own memories have saved, as lists of chat messages.

Read are: `ChatMemoryBuffer.to_string()` and `to_dict()` (with the store inside, and the older form that has only
"chat_history"), `ChatSummaryMemoryBuffer`'s, a persisted `SimpleChatStore`, bare lists of messages, and the SQL table
of `Memory`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from pydantic import BaseModel

from llamaindex_tiered_memory.blocks import block_json
from llamaindex_tiered_memory.convert import to_chat_message
from tiermem.agents.encoding import dumped
from tiermem.errors import InvalidMessage, MissingExtra, UnknownReference
from tiermem.importers import llamaindex as importer
from tiermem.importers.containers import container, conversations
from tiermem.settings import nearest

if TYPE_CHECKING:
    from llamaindex_tiered_memory.memory.options import Arguments

TABLE = "llama_index_memory"
_ROLES = frozenset(role.value for role in MessageRole)
_ASYNC_DRIVERS = {"aiosqlite": "", "asyncpg": "psycopg", "aiomysql": "pymysql", "asyncmy": "pymysql"}


def load_saved(data: str | Mapping[str, Any] | Sequence[Any], key: str | None = None) -> list[ChatMessage]:
    """The messages in *data*: a dump of a stock memory or chat store, as JSON text or as read from JSON.

    Args:
        data: the dump.
        key: which history, where a chat store holds several; by default the one the memory names, or the only one.

    Raises:
        InvalidMessage: *data* is no dump of LlamaIndex, or holds several histories and no *key* was given.
        UnknownReference: it holds none under *key*; the nearest name is named.
    """
    document = json.loads(data) if isinstance(data, str) else data
    held = conversations(list(document) if isinstance(document, tuple) else document)
    name = held.chosen(key)
    if name is None and len(held.by_name) > 1:
        raise InvalidMessage(f"the chat store holds {len(held.by_name)} histories; name one by key=")
    if name in held.by_name:
        return [chat_from(record) for record in held.records(name)]
    if key is not None:
        raise UnknownReference(_no_history(key, held.by_name, "the chat store"))
    return []


def load_file(path: str | os.PathLike[str], key: str | None = None) -> list[ChatMessage]:
    """`load_saved` of a file, for example of `SimpleChatStore.persist`."""
    return load_saved(Path(path).read_text(encoding="utf-8"), key)


def load_sql_table(
    uri_or_path: Any, key: str, table_name: str = TABLE, db_schema: str | None = None
) -> list[ChatMessage]:
    """The messages of session *key* in the table of LlamaIndex's `Memory`, archived ones included, oldest first.

    Args:
        uri_or_path: a SQLite file, a database URL (an async one is read with its sync driver), or an SQLAlchemy engine.
        key: the `session_id` of that memory.
        table_name, db_schema: as given to that memory.

    Raises:
        UnknownReference: there is no such table, or it has nothing under *key*; the nearest name is named.
    """
    found, keys = _read_table(uri_or_path, key, table_name, db_schema)
    if not found:
        raise UnknownReference(_no_history(key, keys, f"the table {table_name}"))
    return found


def _no_history(key: str, known: Iterable[Any], where: str) -> str:
    near = nearest(key, [name for name in known if isinstance(name, str)])
    return f"{where} has no history of {key!r}" + (f"; did you mean {near!r}?" if near else "")


def _read_table(
    uri_or_path: Any, key: str, table_name: str, db_schema: str | None
) -> tuple[list[ChatMessage], list[str]]:
    """The messages under *key*, and where there are none, the keys that have some; neither where there is no table."""
    import sqlalchemy as sa

    engine = sa.create_engine(_sync_url(uri_or_path))
    table = sa.table(
        table_name, sa.column("id"), sa.column("key"), sa.column("timestamp"), sa.column("data", sa.JSON), schema=None
    )
    if db_schema is not None and engine.dialect.name != "sqlite":
        table.schema = db_schema
    query = sa.select(table.c.data).where(table.c.key == key).order_by(table.c.timestamp, table.c.id)
    try:
        if not _exists(engine, table_name, table.schema):
            return [], []
        with engine.connect() as connection:
            found = [_without_session(chat_from(row.data), key) for row in connection.execute(query)]
            return found, [] if found else list(connection.scalars(sa.select(table.c.key).distinct()))
    except ModuleNotFoundError as error:
        raise MissingExtra(f"reading this database needs {error.name}") from error
    finally:
        engine.dispose()


def chat_from(values: Any) -> ChatMessage:
    """The message whose LlamaIndex JSON is *values*, also in the older form with "content".

    Raises:
        InvalidMessage: *values* is no message.
    """
    if isinstance(values, ChatMessage):
        return values
    role = values.get("role") if isinstance(values, Mapping) else None
    if role not in _ROLES:
        raise InvalidMessage("not a message of LlamaIndex: no role that it knows")
    record = {name: values[name] for name in ("role", "content", "blocks") if name in values}
    if isinstance(record.get("content"), list):
        record["blocks"] = record.pop("content")
    if "blocks" in record:
        record["blocks"] = json.loads(json.dumps(record["blocks"], default=_as_json))
    kwargs = values.get("additional_kwargs")
    return to_chat_message(importer.dumped(record | {"additional_kwargs": dumped(kwargs)}, "-"))


def _as_json(value: Any) -> Any:
    """What a dump made without JSON holds beside JSON: blocks, bytes (base64 already), URLs and paths."""
    if isinstance(value, BaseModel):
        return block_json(value)
    return value.decode("ascii") if isinstance(value, bytes) else str(value)


def place(arguments: Arguments) -> str | Path | None:
    """Where the log lives: as told, or, for one who names only LlamaIndex's database, beside or in that one."""
    source = _source(arguments)
    if arguments.path is not None or source is None:
        return arguments.path if arguments.path is None or isinstance(arguments.path, str) else Path(arguments.path)
    import sqlalchemy as sa

    parsed = sa.make_url(_sync_url(source))
    if parsed.get_backend_name() != "sqlite":
        return parsed.render_as_string(hide_password=False)
    if parsed.database in {None, "", ":memory:"}:
        return ":memory:"
    file = Path(str(parsed.database))
    return file.with_name(f"{file.stem}.tiermem{file.suffix or '.db'}")


def from_table(arguments: Arguments, session_id: str) -> list[ChatMessage]:
    """The session's messages in the database that was named as LlamaIndex's; none where none was named."""
    source = _source(arguments)
    if source is None:
        return []
    return _read_table(source, session_id, arguments.table_name, arguments.db_schema)[0]  # a new session has none


def _source(arguments: Arguments) -> Any:
    return arguments.async_database_uri or getattr(arguments.async_engine, "url", None)


def is_stock(data: Mapping[str, Any]) -> bool:
    """True when *data* looks like a dump of a stock memory or chat store."""
    return "place" not in data and container(data) is not None  # our own dumps have a place


def _sync_url(uri_or_path: Any) -> str:
    import sqlalchemy as sa

    url = getattr(uri_or_path, "url", uri_or_path)
    if not isinstance(url, sa.URL) and "://" not in str(url):
        return f"sqlite:///{Path(url).absolute()}"
    parsed = sa.make_url(url)
    driver = parsed.drivername.partition("+")[2]
    if driver in _ASYNC_DRIVERS:
        kept = _ASYNC_DRIVERS[driver]
        parsed = parsed.set(drivername=parsed.get_backend_name() + (f"+{kept}" if kept else ""))
    return parsed.render_as_string(hide_password=False)


def _exists(engine: Any, table_name: str, schema: str | None) -> bool:
    import sqlalchemy as sa

    database = engine.url.database
    if engine.dialect.name == "sqlite" and (not database or not Path(database).exists()):
        return False  # connecting would make an empty file
    return bool(sa.inspect(engine).has_table(table_name, schema=schema))


def _without_session(message: ChatMessage, key: str) -> ChatMessage:
    """*message* without the session id that stock memory blocks write into it."""
    if message.additional_kwargs.get("session_id") == key:
        message.additional_kwargs.pop("session_id")
    return message
