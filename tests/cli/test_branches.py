"""Forks and rewinds from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("typer")

from tests.cli.command_line import conversation, ok, refused, write


def test_a_conversation_is_forked_rewound_and_brought_back(tmp_path: Path) -> None:
    path = str(tmp_path / "m.db")
    arguments = ("--session", "s", "--path", path)
    ok("import", str(write(tmp_path / "a.jsonl", conversation(6))), *arguments)
    assert "It shares no messages" in ok("branches", *arguments)
    assert "other begins with m1 to m4 of s" in ok("fork", "m4", "--as", "other", *arguments)
    assert "s~2 begins with m1 to m15 of s" in ok("fork", *arguments)
    assert "is there already" in refused("fork", "m2", "--as", "other", *arguments)
    listed = ok("branches", *arguments)
    assert "s: 15 messages" in listed
    assert "other: 4 messages, forked from s at m4" in listed
    assert [one["at"] for one in json.loads(ok("branches", "--json", *arguments))] == [0, 4, 15]
    told = ok("rewind", "m4", *arguments)
    assert f"m5 to m15 hidden by decision 1; `tiermem undo 1 --session s --path {path}` undoes it" in told
    assert "nothing comes after it" in ok("rewind", "m4", *arguments)
    assert "Decision 1 is undone" in ok("undo", "1", *arguments)
    assert json.loads(ok("show", "--json", *arguments)) == json.loads(
        ok("show", "--json", "--session", "s~2", "--path", path)
    )
