"""OpenCode's sessions: its storage of many files in both forms, its database, and what `opencode export` writes."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.histories.shapes import one, thoughts, told
from tiermem import Memory
from tiermem.histories.bringing import bring
from tiermem.histories.parts.conversation import Conversation
from tiermem.histories.reading import read

AT = 1_765_000_000_000
SESSION = {"id": "ses_1", "title": "The kiln", "projectID": "p", "directory": "/x", "time": {"created": AT}}
SAID = "Called the Read tool with the following input"
MESSAGES: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    (
        {"id": "msg_1", "role": "user", "time": {"created": AT}, "model": {"providerID": "p", "modelID": "m"}},
        [
            {"type": "text", "text": "How hot is the kiln?"},
            {"type": "text", "text": SAID, "synthetic": True},
            {"type": "text", "text": "heat = 1260", "synthetic": True},
            {"type": "file", "mime": "text/plain", "filename": "kiln.py", "url": "file:///x/kiln.py"},
            {"type": "file", "mime": "image/png", "filename": "kiln.png", "url": "file:///x/kiln.png"},
        ],
    ),
    (
        {"id": "msg_2", "role": "assistant", "time": {"created": AT + 1000}, "modelID": "m", "parentID": "msg_1"},
        [
            {"type": "step-start"},
            {"type": "reasoning", "text": "Look."},
            {"type": "tool", "callID": "c1", "tool": "bash",
             "state": {"status": "completed", "input": {"command": "ls"}, "output": "kiln.py", "title": "ls"}},
            {"type": "text", "text": "1260 degrees."},
            {"type": "step-finish", "reason": "stop"},
        ],
    ),
    ({"id": "msg_3", "role": "user", "time": {"created": AT + 2000}}, [{"type": "text", "text": "Delete it."}]),
    (
        {"id": "msg_4", "role": "assistant", "time": {"created": AT + 3000}, "error": {"name": "MessageAbortedError"}},
        [],
    ),
]  # fmt: skip
TOLD = [
    ("user", "How hot is the kiln?\nkiln.py\nheat = 1260\nkiln.png"),
    ("assistant", "→ bash c1"),
    ("tool", "kiln.py ← c1"),
    ("assistant", "1260 degrees."),
    ("user", "Delete it."),
]
LEFT = {"what OpenCode adds itself (notes for the model)": 1, "answers that failed (MessageAbortedError)": 1}


def stored(session: dict[str, Any] = SESSION) -> dict[str, Any]:
    """The files of `storage`, by name."""
    made: dict[str, Any] = {"project/p.json": {"id": "p"}, "session/p/ses_1.json": session, "todo/ses_1.json": []}
    for info, parts in MESSAGES:
        made[f"message/ses_1/{info['id']}.json"] = {**info, "sessionID": "ses_1"}
        for number, part in enumerate(parts):
            made[f"part/{info['id']}/prt_{number}.json"] = {**part, "id": f"prt_{number}", "messageID": info["id"]}
    return made


def laid(folder: Path, made: dict[str, Any]) -> Path:
    for name, value in made.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(value if isinstance(value, str) else json.dumps(value))
    return folder


def brought(path: Path) -> list[Conversation]:
    files = list(read(path))
    assert not [file.refused for file in files if file.refused and not file.passed]
    return [one for file in files for one in file.conversations]


def test_a_storage_of_many_files_is_a_session_for_each_conversation(tmp_path: Path) -> None:
    (found,) = brought(laid(tmp_path / "opencode/storage", stored()))
    assert (found.id, found.title, found.source, found.lent) == ("opencode-ses_1", "The kiln", "OpenCode", 0)
    assert told(found.path) == TOLD
    assert thoughts(found.path[1]) == ["Look."]
    assert found.path[0].created_at != found.path[1].created_at
    assert found.left_out == LEFT
    passed = {file.file for file in read(tmp_path / "opencode") if file.passed}
    assert passed == {"storage/project/p.json", "storage/todo/ses_1.json"}


def test_the_same_of_an_archive_of_the_form_before_and_of_the_database_adds_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "opencode.zip", "w") as archive:
        for name, value in stored().items():
            archive.writestr(f"storage/{name}", json.dumps(value))
    older = {name.replace("message/", "session/message/").replace("session/p/", "session/info/")
             .replace("part/", "session/part/ses_1/"): value for name, value in stored().items()}  # fmt: skip
    ways = [
        tmp_path / "opencode.zip",
        laid(tmp_path / "older", older),
        database(tmp_path / "opencode.db"),
        laid(tmp_path / "new", stored()),
    ]
    with Memory.open(":memory:") as memory:
        came = [[bring(memory, one, "ann") for one in brought(way) if one.path] for way in ways]
    assert [[(one.added, one.known, one.differing) for one in some] for some in came] == [
        [(5, 0, 0)],
        [(0, 5, 0)],
        [(0, 5, 0)],
        [(0, 5, 0)],
    ]


def database(file: Path) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "CREATE TABLE session (id text, title text, revert text);"
            "CREATE TABLE session_message (id text, session_id text);"
            "CREATE TABLE message (id text, session_id text, data text);"
            "CREATE TABLE part (id text, message_id text, session_id text, data text)"
        )
        connection.execute("INSERT INTO session VALUES ('ses_1', 'The kiln', NULL), ('ses_2', 'Newer', NULL)")
        connection.execute("INSERT INTO session_message VALUES ('x', 'ses_2')")
        for info, parts in MESSAGES:
            connection.execute("INSERT INTO message VALUES (?, 'ses_1', ?)", (info["id"], json.dumps(info)))
            for number, part in enumerate(parts):
                row = (f"prt_{number}", info["id"], json.dumps(part))
                connection.execute("INSERT INTO part VALUES (?, ?, 'ses_1', ?)", row)
        connection.commit()
    return file


def test_what_of_the_database_is_damaged_or_newer_is_counted(tmp_path: Path) -> None:
    file = database(tmp_path / "opencode.db")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE part SET data = '{' WHERE message_id = 'msg_3'")
        connection.commit()
    first, second = next(read(file)).conversations
    assert first.left_out["messages and parts of messages that are damaged"] == 1
    assert second.left_out == {"messages of a newer form, which is not known": 1}


def test_what_was_reverted_is_a_branch_and_what_it_exports_is_read() -> None:
    held = [
        {"info": info, "parts": [{**part, "id": f"prt_{n}"} for n, part in enumerate(parts)]}
        for info, parts in MESSAGES
    ]
    whole = one({"info": SESSION, "messages": held})
    assert (told(whole.path), whole.branches) == (TOLD, ())
    reverted = one({"info": {**SESSION, "revert": {"messageID": "msg_3"}}, "messages": held})
    assert told(reverted.path) == TOLD[:-1]
    assert [told(path) for path in reverted.branches] == [TOLD]
    within = one({"info": {**SESSION, "revert": {"messageID": "msg_2", "partID": "prt_3"}}, "messages": held})
    assert told(within.path) == TOLD[:3]


def test_messages_that_hold_their_parts() -> None:
    call = {"toolCallId": "c", "toolName": "read", "args": {}, "result": "x"}
    parts = [
        {"type": "text", "text": "Look."},
        {"type": "tool-invocation", "toolInvocation": call},
        {"type": "text", "text": "Done."},
    ]  # fmt: skip
    found = one({"info": SESSION, "messages": [{"info": {"id": "msg_1", "role": "assistant"}, "parts": parts}]})
    assert told(found.path) == [("assistant", "Look. → read c"), ("tool", "x ← c"), ("assistant", "Done.")]
