"""Files as they come: folders, patterns, archives, packed ones, what lies beside histories, what is damaged."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.histories.shapes import FILES
from tiermem import Memory
from tiermem.errors import InvalidMessage
from tiermem.histories import reading, unpacking
from tiermem.importers import files

CHATGPT = (FILES / "chatgpt_conversations.json").read_text("utf-8")


def packed(path: Path, members: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in members.items():
            archive.writestr(name, value if isinstance(value, str | bytes) else json.dumps(value))
    return path


def test_an_export_as_its_vendor_packs_it(tmp_path: Path) -> None:
    archive = packed(
        tmp_path / "export.zip",
        {
            "conversations.json": CHATGPT,
            "chat.html": "<html>",
            "user.json": {"id": "user-1", "email": "x"},
            "message_feedback.json": [],
            "__MACOSX/._user.json": "x",
        },
    )
    found = {file.file: file for file in reading.read(archive)}
    assert [one.id for one in found["export.zip: conversations.json"].conversations] == ["chatgpt-c"]
    passed = {name for name, file in found.items() if file.passed or not file.conversations}
    assert passed == {"export.zip: chat.html", "export.zip: user.json", "export.zip: message_feedback.json"}
    assert not [file.refused for file in found.values() if file.refused and not file.passed]


def test_slack_days_of_a_folder_are_one_channel(tmp_path: Path) -> None:
    def day(number: int) -> list[dict[str, Any]]:
        return [{"type": "message", "user": "U1", "text": f"day {number}", "ts": f"{1709546400 + number}.0001"}]

    members = {
        "team export/channels.json": [{"id": "C1", "name": "pots"}],
        "team export/users.json": [{"id": "U1", "real_name": "Ann"}],
        "team export/pots/2024-03-05.json": day(2),
        "team export/pots/2024-03-04.json": day(1),
    }
    archive = packed(tmp_path / "team.zip", members)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    for place in (archive, tmp_path / "team export"):
        told = [one for file in reading.read(place) for one in file.conversations]
        assert [(one.id, one.path[0].name, one.path[0].text) for one in told] == [
            ("slack-pots", "Ann", "day 1"),
            ("slack-pots", "Ann", "day 2"),
        ]


def test_whatsapp_is_called_by_its_archive(tmp_path: Path) -> None:
    archive = packed(
        tmp_path / "WhatsApp Chat - Ann.zip", {"_chat.txt": "[25/03/24, 10:00:00] Ann: hi", "1.jpg": b"\xff"}
    )
    chat = next(file for file in reading.read(archive) if file.conversations)
    assert chat.conversations[0].id == "whatsapp-Ann"


def test_a_packed_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(gzip.compress(CHATGPT.encode()))
    (file,) = reading.read(path)
    assert file.source == "ChatGPT's export"


def test_patterns_and_folders(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(CHATGPT, "utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    assert unpacking.expanded([str(tmp_path / "*.json"), "-"]) == [tmp_path / "a.json", tmp_path / "b.json", Path("-")]
    with pytest.raises(FileNotFoundError):
        unpacking.expanded([str(tmp_path / "*.csv")])
    assert [(file.file, bool(file.conversations), file.passed) for file in reading.read(tmp_path)] == [
        ("a.json", True, False),
        ("b.json", True, False),
        ("picture.png", False, True),
    ]


def test_one_file_that_is_wrong_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(CHATGPT, "utf-8")
    (tmp_path / "b.csv").write_text("Conversation,Time,Author,Message\nKiln,3/4/2024,Human,hi\n", "utf-8")
    (tmp_path / "c.json").write_text('[{"uuid": "c", "chat_messages": 5}]', "utf-8")
    (tmp_path / "d.txt").write_bytes(b"\xff\xfe no text")
    (tmp_path / "e.zip").write_bytes(packed(tmp_path / "f.zip", {"conversations.json": CHATGPT}).read_bytes()[:-30])
    files = {file.file: file for file in reading.read(tmp_path)}
    assert files["a.json"].conversations
    assert "day first or month first" in files["b.csv"].refused
    assert not files["c.json"].conversations
    assert files["d.txt"].passed
    assert files["f.zip: conversations.json"].conversations


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b"\xff\x00x", "not UTF-8"),
        (b"\xff\xfe\x00", "not UTF-16"),
        (b"just words", "neither JSON nor a transcript"),
        (b'{"a": 1}', "message 1"),
        (b'[{"uuid": "c", "chat_messages": [{"uuid": "m", "sender": "human", "content": [1]}]', "no JSON"),
        (b"\x1f\x8b\x08broken", "damaged or cut off"),
        (b"PK\x03\x04broken", "archive is damaged"),
    ],
)
def test_what_is_no_history_is_refused_in_words(tmp_path: Path, body: bytes, reason: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(body)
    try:
        (file,) = reading.read(path)
        told = file.refused
    except InvalidMessage as error:
        told = str(error)
    assert "x.json" in told
    assert reason in told


def test_a_known_form_that_is_otherwise_than_known_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(
        '{"guild": 1, "channel": 5, "messages": [{"id": "1", "timestamp": 5, "content": {"new": 1}}]}', "utf-8"
    )
    (file,) = reading.read(path)
    assert file.conversations or "may be newer" in file.refused
    path.write_text('[{"mapping": {"a": {"message": {"author": {"role": 7}, "content": {"parts": ["x"]}}}}}]', "utf-8")
    (file,) = reading.read(path)
    assert "ChatGPT's export" in file.refused


def test_a_trap_of_an_archive_is_no_path(tmp_path: Path) -> None:
    archive = packed(tmp_path / "e.zip", {"../outside.json": CHATGPT})
    assert [one.id for file in reading.read(archive) for one in file.conversations] == ["chatgpt-c"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.zip"]


def test_an_archive_in_an_archive_is_refused_in_words(tmp_path: Path) -> None:
    inner = packed(tmp_path / "n.zip", {"conversations.json": CHATGPT}).read_bytes()
    outer = packed(tmp_path / "o.zip", {"n.zip": inner, "a.json": CHATGPT})
    (tmp_path / "n.zip").write_bytes(inner[:-30])
    for place in (outer, tmp_path):
        files = {file.file: file for file in reading.read(place)}
        assert [one.id for one in files["o.zip: a.json"].conversations] == ["chatgpt-c"]
        assert "an archive inside of an archive is not read" in files["o.zip: n.zip"].refused
        assert not files["o.zip: n.zip"].passed
    assert files["n.zip"].refused == "n.zip: the archive is damaged or cut off"
    assert not files["n.zip"].passed


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark_is_read(tmp_path: Path, encoding: str) -> None:
    body = f"\ufeff{CHATGPT}".encode(encoding)
    (tmp_path / "c.json").write_bytes(body)
    for place in (tmp_path / "c.json", packed(tmp_path / "c.zip", {"conversations.json": body})):
        assert [one.id for file in reading.read(place) for one in file.conversations] == ["chatgpt-c"]


def test_the_example_of_the_docs_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[2]
    block = (root / "docs" / "importing.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(root)
    exec(compile(block, "docs/importing.md", "exec"), {})


def database(path: Path, table: str, columns: str, rows: list[tuple[Any, ...]]) -> Path:
    with closing(sqlite3.connect(path)) as made:
        made.execute(f"CREATE TABLE {table} ({columns})")
        made.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        made.commit()
    return path


def test_databases_of_frameworks_are_read_and_others_named(tmp_path: Path) -> None:
    columns = "id INTEGER PRIMARY KEY, session_id TEXT, message_data TEXT, created_at TIMESTAMP"
    rows = [
        (2, "s", json.dumps({"role": "assistant", "content": "1260."}), "2025-01-01 10:00:01"),
        (1, "s", json.dumps({"role": "user", "content": "How hot?"}), "2025-01-01 10:00:00"),
        (3, "t", "broken", "2025-01-01 10:00:02"),
    ]
    (agents,) = reading.read(database(tmp_path / "a b#.db", "agent_messages", columns, rows))
    first, second = agents.conversations
    assert [(one.role, one.text) for one in first.path] == [("user", "How hot?"), ("assistant", "1260.")]
    assert first.path[0].created_at == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert second.left_out == {"rows that are damaged": 1}
    said = json.dumps({"type": "human", "data": {"content": "Hi", "type": "human"}})
    columns = "id INTEGER PRIMARY KEY, session_id TEXT, message TEXT"
    (chain,) = reading.read(database(tmp_path / "c.db", "message_store", columns, [(1, "s", said)]))
    assert [one.text for one in chain.conversations[0].path] == ["Hi"]
    (other,) = reading.read(database(tmp_path / "o.db", "ItemTable", "key TEXT", [("x",)]))
    assert "a SQLite database that is not known (ItemTable)" in other.refused
    with Memory.open(tmp_path / "m.db") as memory:
        memory.session("s").add("hi")
    (own,) = reading.read(tmp_path / "m.db")
    assert "a database of tiermem itself" in own.refused


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('[{"sender_full_name": "Ann", "content": "hi", "timestamp": 1709546400}]', "Zulip"),
        ("[10:00] <ann> hi\n[10:01] <bob> ho\n", "an IRC log"),
        ("From ann@example.org Mon Mar  4 10:00:00 2024\nSubject: kiln\n\nhi\n", "mail (mbox)"),
    ],
)
def test_what_is_not_read_is_refused_by_its_name(tmp_path: Path, text: str, form: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    (file,) = reading.read(tmp_path / "a.txt")
    assert f"like a file of {form}, but not in a form that is read" in file.refused


@pytest.mark.parametrize("how", ["lines", "one line", "a member", "packed in an archive"])
def test_what_unpacks_to_more_than_may_be_is_refused_before_it_is_whole(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST", 4_000)
    line = json.dumps({"role": "user", "content": "kiln " * (1_000 if how == "one line" else 20)}) + "\n"
    body = (line * (1 if how == "one line" else 100)).encode()
    if how == "a member":
        file = packed(tmp_path / "chats.zip", {"chat.jsonl": body})
    elif how == "packed in an archive":
        file = packed(tmp_path / "chats.zip", {"chat.jsonl": gzip.compress(body)})
    else:
        file = tmp_path / "chat.jsonl.gz"
        file.write_bytes(gzip.compress(body))
    (found,) = reading.read(file)
    assert "larger than 4,000 bytes" in str(found.refused)
    with Memory.open(":memory:") as memory:
        assert memory.sessions() == []
