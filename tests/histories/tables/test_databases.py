"""Databases of other programs: LangGraph's checkpoints, written by its own serializer, and Cursor's conversations."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from tests.histories.shapes import thoughts, told
from tests.histories.tables.graphs import TalkGraph
from tiermem import Memory
from tiermem.histories.bringing import bring
from tiermem.histories.parts.conversation import Conversation
from tiermem.histories.reading import FileRead, read


class StoredGraph(TalkGraph):
    """The graph, and its checkpoints as SqliteSaver has them."""

    def __init__(self) -> None:
        self.saver = InMemorySaver()
        super().__init__(self.saver)

    def stored(self, file: Path) -> Path:
        serde = JsonPlusSerializer()
        rows = [
            (
                one.config["configurable"]["thread_id"],
                one.config["configurable"]["checkpoint_ns"],
                one.checkpoint["id"],
                (one.parent_config or {"configurable": {"checkpoint_id": None}})["configurable"]["checkpoint_id"],
                *serde.dumps_typed(one.checkpoint),
            )
            for one in self.saver.list(None)
        ]
        return database(file, rows)


def database(file: Path, rows: Iterable[tuple[Any, ...]]) -> Path:
    columns = "thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"CREATE TABLE checkpoints ({columns}, metadata)")
        connection.executemany(f"INSERT INTO checkpoints ({columns}) VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.commit()
    return file


def only(file: Path) -> FileRead:
    (found,) = read(file)
    return found


def brought(file: Path) -> dict[str, Conversation]:
    found = only(file)
    assert not found.refused
    return {one.id: one for one in found.conversations}


def test_a_thread_of_langgraph_is_a_conversation_with_its_calls_and_times(tmp_path: Path) -> None:
    graph = StoredGraph()
    graph.said("monday", "hello", "weather?")
    graph.said("tuesday", "tea")
    found = brought(graph.stored(tmp_path / "checkpoints.db"))
    assert found.keys() == {"langgraph-monday", "langgraph-tuesday"}
    monday = found["langgraph-monday"]
    assert told(monday.path) == [
        ("user", "hello"),
        ("assistant", "I heard hello"),
        ("user", "weather?"),
        ("assistant", "→ weather c1"),
        ("tool", "rain ← c1"),
    ]
    times = [one.when for one in monday.path]
    assert times == sorted(time for time in times if time)
    assert monday.left_out == {"other channels of the state": 1}
    with Memory.open(":memory:") as memory:
        assert bring(memory, monday, namespace="ann").added == 5
        assert bring(memory, monday, namespace="ann").added == 0


def test_who_went_back_in_time_made_branches_and_the_newest_was_shown(tmp_path: Path) -> None:
    graph = StoredGraph()
    graph.said("t", "hello", "coffee")
    config: Any = {"configurable": {"thread_id": "t"}}
    first = next(one for one in graph.app.get_state_history(config) if len(one.values.get("messages", [])) == 2)
    graph.said("t", "tea", at=first.config)
    found = brought(graph.stored(tmp_path / "checkpoints.db"))["langgraph-t"]
    assert [one.id for one in found.path] == ["h-hello", "a-hello", "h-tea", "a-tea"]
    assert [[one.id for one in path] for path in found.branches] == [["h-hello", "a-hello", "h-coffee", "a-coffee"]]


def test_what_a_graph_took_out_of_its_state_was_said_and_what_it_changed_has_the_last_words(tmp_path: Path) -> None:
    graph = StoredGraph()
    graph.said("t", "hello", "forget")
    config: Any = {"configurable": {"thread_id": "t"}}
    graph.app.update_state(config, {"messages": [AIMessage("All done.", id="a-done")]})
    found = brought(graph.stored(tmp_path / "checkpoints.db"))["langgraph-t"]
    assert [(one.id, one.text) for one in found.path] == [
        ("h-hello", "hello"),
        ("a-hello", "I heard hello"),
        ("h-forget", "forget"),
        ("summary", "They said hello."),
        ("a-done", "All done."),
    ]


def test_nothing_of_a_checkpoint_is_run_and_what_is_not_opened_is_said(tmp_path: Path) -> None:
    import ormsgpack

    held = {"type": "human", "content": "hi", "id": "h"}
    tuples = [
        ("langchain_core.messages.human", "HumanMessage", held, "model_validate_json"),
        ("tests.histories.never_imported", "Anything", held, "run"),
    ]
    objects = [ormsgpack.Ext(5, ormsgpack.packb(one)) for one in tuples]
    body = ormsgpack.packb({"ts": "2026-01-01T00:00:00+00:00", "channel_values": {"messages": objects}})
    rows = [
        ("t", "", "1", None, "msgpack", body),
        ("t", "", "2", "1", "pickle", b"anything"),
        ("t", "tools:1", "3", None, "msgpack", body),
    ]
    found = brought(database(tmp_path / "checkpoints.db", rows))["langgraph-t"]
    assert told(found.path) == [("user", "hi")]
    assert "tests.histories.never_imported" not in sys.modules
    assert found.left_out == {
        "checkpoints of type pickle, which are not opened": 1,
        "checkpoints of graphs inside of the graph": 1,
    }


def test_damaged_and_unknown_checkpoints_are_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = only(database(tmp_path / "damaged.db", [("t", "", "1", None, "msgpack", b"\xc1\x00")]))
    assert "damaged.db: a checkpoint is damaged" in damaged.refused
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.execute("CREATE TABLE checkpoints (thread_id, thread_ts, checkpoint)")
    assert "of a version that is not known" in only(tmp_path / "old.db").refused
    monkeypatch.setitem(sys.modules, "ormsgpack", None)
    without = only(database(tmp_path / "whole.db", [("t", "", "1", None, "msgpack", b"\x80")]))
    assert "pip install 'tiermem[langchain]'" in without.refused


def cursor(file: Path, values: dict[str, Any]) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)")
        connection.execute("CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)")
        every = [(key, one if isinstance(one, str) else json.dumps(one)) for key, one in values.items()]
        connection.executemany("INSERT INTO cursorDiskKV VALUES (?, ?)", every)
        connection.commit()
    return file


def test_cursor_s_bubbles_are_read_in_their_order_with_thoughts_calls_and_results(tmp_path: Path) -> None:
    tool = {
        "name": "read_file",
        "toolCallId": "call",
        "rawArgs": '{"path": "kiln.py"}',
        "result": "1260",
        "status": "ok",
    }
    values = {
        "composerData:c": {
            "_v": 10,
            "name": "The kiln",
            "createdAt": 1_760_000_000_000,
            "fullConversationHeadersOnly": [
                {"bubbleId": one, "type": 2} for one in ("b3", "b1", "b2", "gone", "empty")
            ],
        },
        "bubbleId:c:b1": {"type": 2, "text": "", "thinking": {"text": "Look."}, "toolFormerData": tool},
        "bubbleId:c:b2": {"type": 2, "text": "1260 degrees.", "modelInfo": {"modelName": "m"}},
        "bubbleId:c:b3": {
            "type": 1,
            "text": "How hot is the kiln?",
            "context": {"fileSelections": [{"uri": {"fsPath": "/home/ann/kiln.py"}}]},
        },
        "bubbleId:c:empty": {"type": 2, "text": ""},
        "composerData:old": {"conversation": [{"bubbleId": "x", "type": 1, "text": "An older one."}]},
        "composerData:broken": "{",
    }
    found = brought(cursor(tmp_path / "state.vscdb", values))
    kiln = found["cursor-c"]
    assert kiln.title == "The kiln"
    assert told(kiln.path) == [
        ("user", "How hot is the kiln?\nkiln.py"),
        ("assistant", "→ read_file call"),
        ("tool", "1260 ← call"),
        ("assistant", "1260 degrees."),
    ]
    assert thoughts(kiln.path[1]) == ["Look."]
    assert kiln.path[1].calls[0].arguments == {"path": "kiln.py"}
    assert {one.when.year for one in kiln.path if one.when} == {2025}
    assert kiln.left_out == {"bubbles that are missing or damaged": 1, "bubbles without words": 1}
    assert told(found["cursor-old"].path) == [("user", "An older one.")]
    assert found["cursor-broken"].left_out == {"bubbles that are missing or damaged": 1}
