"""`tiermem profile`: looked at, corrected, and taken back, in the words that it says itself."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

pytest.importorskip("typer")

from tests.cli.command_line import ok, refused
from tiermem import Memory


@pytest.fixture
def path(tmp_path: Path) -> str:
    path = str(tmp_path / "memory.db")
    with Memory.open(path) as memory:
        memory.session("friday", "anna").add(["My name is Anna.", "I live in Oslo. I don't smoke.", "我对花生过敏。"])
    return path


def test_a_profile_is_read_as_lines_as_a_block_and_as_json(path: str) -> None:
    told = ok("profile", "--namespace", "anna", "--path", path)
    for words in ("identity", "name: Anna", "friday/m1", "home: Oslo", "对花生过敏", "does not smoke", "lives in Oslo"):
        assert words in told
    block = ok("profile", "--namespace", "anna", "--path", path, "--budget", "40")
    assert block.startswith("<quoted ")
    assert "does not smoke" not in block
    known = json.loads(ok("profile", "--namespace", "anna", "--path", path, "--json"))
    assert [line["key"] for line in known["lines"]] == ["name", "home", "allergic to 花生", "smoke"]
    assert "Nothing is known" in ok("profile", "--namespace", "ben", "--path", path)
    assert "needs a user" in refused("profile", "--namespace", "default", "--path", path)


def test_what_is_decided_can_be_taken_back_by_the_words_that_are_said(path: str) -> None:
    address = ("--namespace", "anna", "--path", path)
    told = ok("profile", *address, "--correct", "home", "Bergen", "--forget", "smoke", "--pin", "Likes tea.")
    assert "home: Bergen" in told
    assert "does not smoke" not in told
    assert "Likes tea." in told
    back = [shlex.split(line.split("`")[1])[1:] for line in told.splitlines() if "`" in line]
    assert len(back) == 3
    for words in back:
        assert "is undone" in ok(*words)
    assert "home: Oslo" in ok("profile", *address)
    assert "did you mean 'home'" in refused("profile", *address, "--forget", "hom")
