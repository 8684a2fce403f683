"""The verbs that decide and take back, and what every verb that looks says to programs."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer")

from tests.cli.command_line import conversation, ok, refused, tiermem, write
from tiermem import Memory


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database whose session "s" was compacted, summarised, and has something hidden."""
    folder = tmp_path_factory.mktemp("verbs")
    path = str(folder / "memory.db")
    ok("import", str(write(folder / "a.jsonl", conversation(60))), "--session", "s", "--path", path)
    with Memory.open(path, pre_rot_threshold=1_000) as memory:
        memory.session("s").manage_context()
        memory.session("s").forget("m5")
    return path


def asked(*words: str) -> Any:
    return json.loads(ok(*words, "--json"))


def test_what_is_forgotten_is_hidden_and_undo_shows_it_again(tmp_path: Path) -> None:
    path = str(tmp_path / "m.db")
    arguments = ("--session", "s", "--path", path)
    ok("import", str(write(tmp_path / "a.jsonl", conversation(3))), *arguments)
    assert "青石巷七号" in ok("show", *arguments)
    told = ok("forget", "m3", "--reason", "private", *arguments)
    assert f"m3 hidden by decision 1; `tiermem undo 1 --session s --path {path}` undoes it" in told
    assert "青石巷七号" not in ok("show", *arguments)
    assert "hidden already" in ok("forget", "m3", *arguments)
    listed = ok("journal", *arguments)
    assert "private" in listed
    assert "hide" in listed
    assert "Decision 1 is undone" in ok("undo", "1", *arguments)
    assert "青石巷七号" in ok("show", *arguments)
    assert [one["kind"] for one in asked("journal", *arguments)] == ["hide", "undo"]
    assert "m3 to m4 hidden" in ok("forget", "m3", "m4", *arguments)


def test_the_command_that_undoes_is_told_whole_and_can_be_typed(tmp_path: Path) -> None:
    folder = tmp_path / "my \u8bb0\u5fc6's"
    folder.mkdir()
    names = ("--session", "a b", "--namespace", "$ann", "--tenant", "acme", "--path", str(folder / "m.db"))
    ok("import", str(write(tmp_path / "a.jsonl", conversation(3))), *names)
    told = ok("forget", "m3", *names, COLUMNS="40")
    typed = shlex.split(told.split("`")[1])
    assert typed[:3] == ["tiermem", "undo", "1"]
    assert "Decision 1 is undone" in ok(*typed[1:])


def test_what_names_nothing_is_one_line(database: str) -> None:
    arguments = ("--session", "s", "--path", database)
    assert "m999" in refused("forget", "m999", *arguments)
    assert "999" in refused("undo", "999", *arguments)
    assert tiermem("undo", "m3", *arguments).exit_code == 2
    assert "no session" in refused("forget", "m1", "--session", "typo", "--path", database)


def test_every_verb_that_looks_has_one_document_for_programs(database: str) -> None:
    arguments = ("--session", "s", "--path", database)
    stats = asked("stats", *arguments)
    assert stats["messages"] == 123
    assert stats["hidden"] == 1
    (listed,) = asked("sessions", "--path", database)
    assert (listed["session"], listed["stats"]) == ("s", stats)
    assert listed["first"] < listed["last"]
    window = asked("show", *arguments)
    assert window["summaries"][0]["structure"]["user_goal"]
    assert len(asked("show", "--last", "2", *arguments)["messages"]) == 2
    original = asked("show", "m3", *arguments)["messages"][0]
    assert (original["sequence"], "青石巷七号" in original["content"]) == (3, True)
    assert original["created_at"] == "2024-05-01T09:02:00+00:00"
    assert asked("explain", "m5", *arguments)["ref"] == "m5"
    assert asked("journal", *arguments)[-1]["kind"] == "hide"
    answer = asked("ask", "密码保险箱在哪里？", "--budget", "700", *arguments)
    assert answer["question"] == "密码保险箱在哪里？"
    hits = answer["context"]["hits"] or answer["best_matches"]
    assert hits[0]["message"]["id"]
    assert hits[0]["why"]
    proofs = asked("verify", "--path", database)
    assert [proof["ok"] for proof in proofs] == [True]
    assert proofs[0]["scope"]["session"] == "s"


def test_a_fault_is_in_the_document_and_in_the_exit_code(tmp_path: Path) -> None:
    import sqlite3

    path = str(tmp_path / "m.db")
    ok("import", str(write(tmp_path / "a.jsonl", conversation(3))), "--session", "s", "--path", path)
    with sqlite3.connect(path) as damaged:
        damaged.execute("UPDATE tiermem_message SET tokens = tokens + 1 WHERE sequence = 2")
    result = tiermem("verify", "--path", path, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["verification"]["problems"]


def test_on_a_terminal_a_document_is_ascii(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tiermem.cli.terminal.documents import document

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    written: list[str] = []
    monkeypatch.setattr(sys.stdout, "write", written.append)
    document({"said": "\x9b31m 你好 \u202e"})
    assert "".join(written).isascii()
    assert json.loads("".join(written)) == {"said": "\x9b31m 你好 \u202e"}


def test_the_newest_messages_alone_have_no_summaries(database: str) -> None:
    shown = ok("show", "--last", "2", "--session", "s", "--path", database)
    assert "summary of m" not in shown
    assert "leave out --last to see them" in shown
    assert shown.count(" · user · ") + shown.count("小李") + shown.count("assistant") <= 2
    assert "summary of m" in ok("show", "--session", "s", "--path", database)


def test_one_is_not_many(tmp_path: Path) -> None:
    path = str(tmp_path / "m.db")
    arguments = ("--session", "s", "--path", path)
    told = ok("import", str(write(tmp_path / "a.jsonl", conversation(0)[:1])), *arguments)
    told += ok("import", str(tmp_path / "a.jsonl"), *arguments)
    told += ok("show", *arguments) + ok("restore", "m1", *arguments)
    told += ok("export", os.fspath(tmp_path / "e.jsonl"), *arguments)
    assert "1 messages" not in told
    for words in ("1 message added", "1 was there already", "window: 1 message,", "1 message written"):
        assert words in told


def test_the_help_promises_what_there_is() -> None:
    shown = ok("--help")
    for command in ("import", "export", "ask", "show", "explain", "journal", "forget", "restore", "undo", "verify"):
        assert command in shown
        assert ok(command, "--help")
