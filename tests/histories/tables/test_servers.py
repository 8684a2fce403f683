"""Histories on a PostgreSQL server: LangGraph's checkpoints by its own saver, rows of LangChain and an Agents SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from langchain_core.messages import AIMessage
from langgraph.checkpoint.postgres import PostgresSaver

from tests.cli.command_line import ok, refused, tiermem
from tests.histories.shapes import told
from tests.histories.tables.graphs import TalkGraph
from tiermem import Memory
from tiermem.errors import StorageUnavailable, UnreadFormat
from tiermem.histories.parts.conversation import Conversation
from tiermem.histories.reading import FileRead, read
from tiermem.histories.tables.servers import TOGETHER


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
def graph(url: str) -> Iterator[TalkGraph]:
    with PostgresSaver.from_conn_string(url) as saver:
        saver.setup()
        yield TalkGraph(saver)


def brought(url: str) -> dict[str, Conversation]:
    files = list(read(url))
    assert not any(file.refused for file in files)
    return {one.id: one for file in files for one in file.conversations}


def only(url: str) -> FileRead:
    (file,) = read(url)
    return file


def run(url: str, *sentences: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for sentence in sentences:
            connection.execute(sentence.encode())


def test_a_thread_is_a_conversation_with_its_calls_branches_and_what_was_taken_out(url: str, graph: TalkGraph) -> None:
    graph.said("monday", "hello", "weather?", "forget")
    graph.said("tuesday", "hello", "coffee")
    config: Any = {"configurable": {"thread_id": "tuesday"}}
    first = next(one for one in graph.app.get_state_history(config) if len(one.values.get("messages", [])) == 2)
    graph.said("tuesday", "tea", at=first.config)
    graph.app.update_state(config, {"messages": [AIMessage("I heard green tea", id="a-tea")]})
    found = brought(url)
    assert found.keys() == {"langgraph-monday", "langgraph-tuesday"}
    monday, tuesday = found["langgraph-monday"], found["langgraph-tuesday"]
    assert told(monday.path) == [
        ("user", "hello"),
        ("assistant", "I heard hello"),
        ("user", "weather?"),
        ("assistant", "→ weather c1"),
        ("tool", "rain ← c1"),
        ("user", "forget"),
        ("system", "They said hello."),
        ("assistant", "Done."),
    ]
    times = [one.when for one in monday.path]
    assert times == sorted(time for time in times if time)
    assert monday.left_out == {"other channels of the state": 1}
    assert [one.text for one in tuesday.path] == ["hello", "I heard hello", "tea", "I heard green tea"]
    assert [[one.id for one in path] for path in tuesday.branches] == [["h-hello", "a-hello", "h-coffee", "a-coffee"]]


def test_a_long_thread_is_read_in_parts_and_nothing_of_it_is_missing(url: str, graph: TalkGraph) -> None:
    words = [f"word {number}" for number in range(TOGETHER // 2)]  # three checkpoints each
    graph.said("long", *words)
    (long,) = brought(url).values()
    assert [one.text for one in long.path if one.role == "user"] == words
    assert len({one.id for one in long.path}) == 2 * len(words)


def test_the_command_stores_each_thread_once_and_says_no_password(url: str, graph: TalkGraph, tmp_path: Path) -> None:
    graph.said("monday", "hello")
    graph.said("tuesday", "tea")
    secret = sa.make_url(url).set(password="s3cret").render_as_string(hide_password=False)
    database = str(tmp_path / "m.db")
    listed = json.loads(ok("import", secret, "--dry-run", "--json"))
    assert [one["session"] for one in listed["conversations"]] == ["langgraph-monday", "langgraph-tuesday"]
    shown = ok("import", secret, "--path", database, "--namespace", "ann")
    assert "LangGraph's checkpoints" in shown
    assert "s3cret" not in shown
    again = json.loads(ok("import", secret, "--path", database, "--namespace", "ann", "--json"))
    assert [(one["added"], one["known"]) for one in again["conversations"]] == [(0, 2), (0, 2)]
    ok("import", secret, "--session", "mine", "--conversation", "langgraph-tuesday", "--path", database)
    with Memory.open(database) as memory:
        assert sorted(memory.sessions("ann")) == ["langgraph-monday", "langgraph-tuesday"]
        assert [one.text for one in memory.session("mine").messages()] == ["tea", "I heard tea"]
    run(url, "UPDATE checkpoint_blobs SET blob = '\\xc100'")
    damaged = tiermem("import", secret, "--path", database)
    assert damaged.exit_code == 1
    assert damaged.output.count("a checkpoint is damaged") == 2
    assert "s3cret" not in damaged.output


def test_what_is_encrypted_pickled_or_kept_as_differences_is_said(url: str, graph: TalkGraph) -> None:
    graph.said("t", "hello")
    run(url, "UPDATE checkpoint_blobs SET type = 'msgpack+aes' WHERE channel = 'messages'",
        "UPDATE checkpoints SET metadata = '{\"counters_since_delta_snapshot\": 1}' WHERE parent_checkpoint_id IS NULL",
        "UPDATE checkpoints SET checkpoint_ns = 'tools:1' WHERE metadata->>'step' = '2'")  # fmt: skip
    (found,) = brought(url).values()
    assert found.path == ()
    assert found.left_out == {
        "channels of type msgpack+aes, which are not opened": 2,
        "checkpoints whose channels are kept as differences, which are not put together": 1,
        "checkpoints of graphs inside of the graph": 1,
        "other channels of the state": 1,
    }


def test_rows_of_langchain_and_of_the_agents_sdk_are_read_as_in_a_file(url: str) -> None:
    held = {"type": "human", "data": {"content": "How hot is the kiln?", "type": "human"}}
    run(url, "CREATE TABLE message_store (id serial PRIMARY KEY, session_id text NOT NULL, message jsonb NOT NULL)",
        f"INSERT INTO message_store (session_id, message) VALUES ('k', '{json.dumps(held)}')")  # fmt: skip
    assert told(brought(url)["agents-k"].path) == [("user", "How hot is the kiln?")]
    row = json.dumps({"role": "user", "content": "How hot?"})
    run(url, "DROP TABLE message_store",
        "CREATE TABLE agent_messages (id serial PRIMARY KEY, session_id text, message_data text, created_at timestamp)",
        f"INSERT INTO agent_messages VALUES (1, 's', '{row}', '2026-03-01 10:00:00')")  # fmt: skip
    (message,) = brought(url)["agents-s"].path
    assert message.when is not None
    assert (message.text, message.when.isoformat()) == ("How hot?", "2026-03-01T10:00:00+00:00")


def test_what_is_no_history_is_refused_by_name(url: str) -> None:
    with pytest.raises(UnreadFormat, match=r"a PostgreSQL database that is not known \(no table\)"):
        list(read(url))
    run(url, "CREATE TABLE checkpoints (thread_id text, thread_ts text, checkpoint bytea)")
    with pytest.raises(UnreadFormat, match="LangGraph's checkpoints of a version that is not known"):
        list(read(url))
    run(url, "DROP TABLE checkpoints")
    Memory.open(url).close()
    assert "a database of tiermem itself" in refused("import", url)


def test_a_server_that_is_away_is_said(url: str, tmp_path: Path) -> None:
    away = f"postgresql://ann:s3cret@/kiln?host={tmp_path}"
    with pytest.raises(StorageUnavailable, match="cannot be reached: postgresql:///kiln"):
        list(read(away))
    assert "s3cret" not in refused("import", away)
