"""PostgreSQL databases in which programs keep messages -> their rows as JSON, for the readers of such rows.

Seen: the tables of LangGraph's PostgresSaver (langgraph-checkpoint-postgres 3.2), `message_store` of LangChain's
PostgresChatMessageHistory, `agent_messages` of OpenAI's Agents SDK 0.24.
Rule: a database is only read, and may be in use: a conversation of LangGraph in one transaction that sees one moment.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import exc

from tiermem.errors import UnreadFormat
from tiermem.histories.parts.contents import Contents
from tiermem.histories.tables.states import SavedCheckpoint, differences, opened
from tiermem.importers.recognition import HELP
from tiermem.settings import Settings
from tiermem.storage.connecting import server
from tiermem.storage.connecting.failures import translate

SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")
TOGETHER = 20  # checkpoints whose values are asked for at once: each is as large as its conversation
_OURS = "tiermem_meta"
_SAVER = {"thread_id", "checkpoint_ns", "checkpoint_id", "parent_checkpoint_id", "checkpoint", "metadata"}
_BLOBS = {"thread_id", "checkpoint_ns", "channel", "version", "type", "blob"}
_LISTS = {"message_store": "message", "agent_messages": "message_data"}  # the column that has a message

checkpoints = sa.table("checkpoints", *(sa.column(name) for name in sorted(_SAVER)))
blobs = sa.table("checkpoint_blobs", *(sa.column(name) for name in sorted(_BLOBS)))
_OUTER = checkpoints.c.checkpoint_ns == ""


class _ChannelVersion(NamedTuple):
    """A channel of a state in one of its versions."""

    channel: str
    version: str


def is_server(name: str) -> bool:
    """Whether *name* is the URL of a PostgreSQL database and no path."""
    return name.startswith(SCHEMES)


def contents(url: str) -> list[Contents]:
    """What the database at *url* has of conversations, one for each of LangGraph's threads; read when it is asked for.

    Raises:
        UnreadFormat: it is of another program, or our own.
        StorageError: the server cannot be reached, or refuses. InvalidSettings: the URL is none.
        MissingExtra: the driver is not installed.
    """
    with _reading(url) as connection:
        name = _called(connection.engine.url)
        tables = {one: _columns(connection, one) for one in sa.inspect(connection).get_table_names()}
        if "checkpoints" in tables:
            if not (tables["checkpoints"] >= _SAVER and tables.get("checkpoint_blobs", set()) >= _BLOBS):
                raise UnreadFormat(f"{name}: LangGraph's checkpoints of a version that is not known", "LangGraph")
            query = sa.select(checkpoints.c.thread_id).distinct().order_by(checkpoints.c.thread_id)
            threads = list(connection.execute(query).scalars())
            return [_lazily(url, f"{name}: {one}", partial(_thread, one)) for one in threads]
        for table, column in _LISTS.items():
            if tables.get(table, set()) >= {"id", "session_id", column}:
                return [_lazily(url, f"{name}: {table}", partial(_messages, table, column))]
        raise _unread(name, sorted(tables))


def _lazily(url: str, name: str, read: Callable[[sa.Connection, str], list[dict[str, Any]]]) -> Contents:
    def text() -> str:
        with _reading(url) as connection:
            return json.dumps(read(connection, name), default=str)

    return Contents(name, name, text)


@contextmanager
def _reading(url: str) -> Iterator[sa.Connection]:
    """A transaction of a moment of the database, in which nothing can be written."""
    made = server.engine(url, Settings())
    try:
        with server.reading(made).connect() as connection:
            yield connection
    except exc.SQLAlchemyError as error:
        raise translate(error, _called(made.url)) from error
    finally:
        made.dispose()


def _called(url: sa.URL) -> str:
    """The server and the database, without who asks and how."""
    return f"postgresql://{url.host or ''}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def _columns(connection: sa.Connection, table: str) -> set[str]:
    return {one["name"] for one in sa.inspect(connection).get_columns(table)}


def _messages(table: str, column: str, connection: sa.Connection, _name: str) -> list[dict[str, Any]]:
    """The rows of *table*, the message of each under the name that the Agents SDK gives it."""
    listed = sa.table(table, sa.column("id"))
    found = connection.execute(sa.select(sa.text("*")).select_from(listed).order_by(listed.c.id)).mappings()
    return [{**row, "message_data": row.pop(column)} for row in map(dict, found)]


def _thread(thread: str, connection: sa.Connection, name: str) -> list[dict[str, Any]]:
    parent = checkpoints.c.parent_checkpoint_id
    chosen = sa.select(parent, sa.func.count()).where(checkpoints.c.thread_id == thread, _OUTER).group_by(parent)
    followed: Counter[tuple[str, str | None]] = Counter(
        {(thread, one): number for one, number in connection.execute(chosen)}
    )
    return list(differences(_saved(connection, thread, name), followed))


def _saved(connection: sa.Connection, thread: str, name: str) -> Iterator[SavedCheckpoint]:
    """The checkpoints of *thread*, those of graphs inside of it without what they hold."""
    query = sa.select(checkpoints).where(checkpoints.c.thread_id == thread)
    rows = connection.execute(query.order_by(checkpoints.c.checkpoint_ns, checkpoints.c.checkpoint_id)).all()
    opener = _ThreadChannels(connection, thread, name)
    outer = [row for row in rows if not row.checkpoint_ns]
    for start in range(0, len(outer), TOGETHER):
        some = outer[start : start + TOGETHER]
        opener.prepare([row.checkpoint for row in some])
        for row in some:
            yield opener.opened(row)
    for row in rows:
        if row.checkpoint_ns:
            yield SavedCheckpoint(thread, row.checkpoint_ns, row.checkpoint_id, row.parent_checkpoint_id)


class _ThreadChannels:
    """What stands in the channels of a thread's states: asked for together, each version unpacked once."""

    def __init__(self, connection: sa.Connection, thread: str, name: str) -> None:
        self._connection, self._thread, self._name = connection, thread, name
        self._known: dict[_ChannelVersion, Any] = {}
        self._shut: dict[_ChannelVersion, str] = {}

    def prepare(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Reads what the checkpoints *bodies* name and was not read for those before."""
        wanted = {one for body in bodies for one in _named(body)}
        self._known = {one: value for one, value in self._known.items() if one in wanted}
        if missing := sorted(wanted - self._known.keys() - self._shut.keys()):
            key = sa.tuple_(blobs.c.channel, blobs.c.version)
            query = sa.select(blobs.c.channel, blobs.c.version, blobs.c.type, blobs.c.blob).where(
                blobs.c.thread_id == self._thread, blobs.c.checkpoint_ns == "", key.in_(missing)
            )
            for channel, version, kind, blob in self._connection.execute(query):
                self._open(_ChannelVersion(channel, version), kind, blob)

    def _open(self, one: _ChannelVersion, kind: str, blob: bytes | None) -> None:
        if blob is None or kind == "empty":
            return
        is_open, value = opened(kind, blob, self._name)
        if is_open:
            self._known[one] = value
        else:
            self._shut[one] = kind

    def opened(self, row: Any) -> SavedCheckpoint:
        """The checkpoint of *row* with what its channels hold."""
        body: Mapping[str, Any] = row.checkpoint
        named = _named(body)
        held = {one.channel: self._known[one] for one in named if one in self._known}
        shut = Counter(
            f"channels of type {self._shut[one]}, which are not opened" for one in named if one in self._shut
        )
        if "counters_since_delta_snapshot" in (row.metadata or {}):
            shut["checkpoints whose channels are kept as differences, which are not put together"] += 1
        value = {**body, "channel_values": {**(body.get("channel_values") or {}), **held}}
        return SavedCheckpoint(self._thread, "", row.checkpoint_id, row.parent_checkpoint_id, value, dict(shut))


def _named(body: Mapping[str, Any]) -> list[_ChannelVersion]:
    versions = body.get("channel_versions")
    named = versions.items() if isinstance(versions, dict) else ()
    return [_ChannelVersion(str(one), str(version)) for one, version in named]


def _unread(name: str, tables: list[str]) -> UnreadFormat:
    if _OURS in tables:
        return UnreadFormat(f"{name}: a database of tiermem itself; name it with --path, or migrate it", "tiermem")
    known = ", ".join(tables[:5]) or "no table"
    return UnreadFormat(f"{name}: a PostgreSQL database that is not known ({known}); {HELP}", "PostgreSQL")
