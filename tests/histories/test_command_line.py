"""Histories of other programs on the command line: what comes in, what is told, what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("typer")

from tests.cli.command_line import ok, refused, tiermem
from tests.histories.shapes import FILES
from tiermem import Memory


def test_every_conversation_gets_a_session_of_its_own(tmp_path: Path) -> None:
    database = str(tmp_path / "m.db")
    names = ["chatgpt_conversations.json", "telegram.json", "claude_conversations.json"]
    command = ("import", *(str(FILES / name) for name in names), "--namespace", "anna", "--path", database)
    told = ok(*command)
    assert "ChatGPT's export" in told
    assert "Left out: 1 × notes of the program (pin_message)" in told
    with Memory.open(database) as memory:
        assert sorted(memory.sessions("anna")) == ["chatgpt-c", "chatgpt-c~f55ff16f", "claude-c", "telegram-1"]
        assert memory.session("chatgpt-c", "anna").search("How hot is the kiln?")
    again = json.loads(ok(*command, "--json"))
    assert [one["added"] for one in again["conversations"]] == [0, 0, 0]
    assert [one["known"] for one in again["conversations"]] == [3, 1, 1]


def test_a_dry_run_stores_nothing(tmp_path: Path) -> None:
    database = tmp_path / "m.db"
    done = tiermem("import", str(FILES), "--dry-run", "--dates", "day-first", "--path", str(database), "--json")
    listed = json.loads(done.stdout)
    assert done.exit_code == 0
    assert len(listed["conversations"]) == 48
    assert listed["passed_over"] == ["lc_remove.json"]
    (kiln,) = (one for one in listed["conversations"] if one["session"] == "chatgpt-c")
    assert (kiln["title"], kiln["source"], kiln["messages"], kiln["forks"]) == ("Kiln", "ChatGPT's export", 3, 1)
    assert not database.exists()
    shown = ok("import", str(FILES / "chatgpt_conversations.json"), "--dry-run", "--path", str(database), COLUMNS="80")
    assert "1 conversation, 3 messages; nothing was stored" in shown
    assert not database.exists()


def test_one_conversation_goes_into_a_session_that_is_named(tmp_path: Path) -> None:
    database = str(tmp_path / "m.db")
    wild = str(FILES / "wildchat.jsonl")
    assert "2 conversations; leave out --session" in refused("import", wild, "--session", "s", "--path", database)
    name = json.loads(ok("import", wild, "--dry-run", "--json"))["conversations"][0]["session"]
    ok("import", wild, "--session", "s", "--conversation", name, "--path", database)
    ok("import", str(FILES / "chatgpt_conversations.json"), "--session", "kiln", "--path", database)
    with Memory.open(database) as memory:
        assert [one.text for one in memory.session("s").messages()] == ["How hot?", "1260"]
        assert memory.session("kiln~f55ff16f").messages()[-1].text == "WRONG: 900 degrees."
    assert "takes one file" in refused("import", wild, wild, "--session", "s", "--path", database)


def test_what_cannot_be_read_is_refused_and_the_rest_comes_in(tmp_path: Path) -> None:
    database = str(tmp_path / "m.db")
    files = [str(FILES / name) for name in ("whatsapp_android.txt", "zoom.vtt")]
    done = tiermem("import", *files, "--path", database)
    assert done.exit_code == 1
    assert "Refused: " in done.stdout
    assert "--dates day-first or --dates month-first" in done.stdout
    ok("import", *files, "--path", database, "--dates", "day-first", "--timezone", "Europe/Berlin")
    with Memory.open(database) as memory:
        first = memory.session("whatsapp-whatsapp_android").messages()[0]
        assert (first.name, first.created_at and first.created_at.isoformat()) == ("Ann", "2024-03-12T10:00:00+01:00")
        assert memory.session("transcript-zoom").messages()
    assert "day first or month first" in refused("import", files[0], "--path", str(tmp_path / "new.db"))
    assert not (tmp_path / "new.db").exists()
    assert "no IANA name" in refused("import", *files, "--timezone", "Europe/Berlim", "--path", database)
    assert "no file matches" in refused("import", str(tmp_path / "*.zip"), "--path", database)


def test_a_pipe_without_a_session(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tiermem", "import", "-", "--path", str(tmp_path / "m.db"), "--json"]
    done = subprocess.run(
        command, input=(FILES / "chatgpt_conversations.json").read_bytes(), capture_output=True, check=True
    )
    assert [one["session"] for one in json.loads(done.stdout)["conversations"]] == ["chatgpt-c"]


def test_a_time_that_is_lent_is_told(tmp_path: Path) -> None:
    told = ok("import", str(FILES / "aider.md"), "--path", str(tmp_path / "m.db"))
    assert "1 message without a time, counted as said with the one before or after" in told
    assert "as said now" not in told


def test_what_comes_by_a_pipe_is_called_what_its_owner_called_it(tmp_path: Path) -> None:
    database = str(tmp_path / "m.db")
    assert refused("import", "/dev/null", "--path", database).strip().endswith("/dev/null is empty")
    assert "tiermem-" not in refused("import", "/dev/null", "--session", "s", "--path", database)


def test_where_no_conversation_is_meant_nothing_is_told_of_the_others(tmp_path: Path) -> None:
    file = tmp_path / "chat.json"
    file.write_text('[{"role": "user", "content": "hi"}]', "utf-8")
    done = tiermem("import", str(file), "--conversation", "nope", "--path", str(tmp_path / "m.db"))
    assert done.exit_code == 1
    assert "without a time" not in done.output
    assert "no conversation is called nope" in done.output
