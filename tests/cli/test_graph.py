"""`tiermem graph`: names, what is near one of them, and the way to another, with sources."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("typer")

from tests.cli.command_line import ok, refused
from tiermem import Memory


def test_a_graph_is_looked_around_in_words_and_as_json(tmp_path: Path) -> None:
    path = str(tmp_path / "memory.db")
    with Memory.open(path) as memory:
        memory.session("friday", "anna").add(
            ["My sister Maja works at Equinor.", "我的姐姐叫王芳。", "王芳在北京工作。"]
        )
        memory.session("friday", "ben").add("Tom Berger met Maja.")
    address = ("--namespace", "anna", "--path", path)
    names = ok("graph", *address)
    for words in ("Maja", "Equinor", "王芳", "北京"):
        assert words in names
    assert "Tom Berger" not in names
    near = json.loads(ok("graph", "maja", *address, "--depth", "1", "--json"))
    assert {one["name"]: one["path"][0]["kinds"] for one in near} == {"user": ["sister"], "Equinor": ["work"]}
    told = ok("graph", "Maja", *address, "--to", "北京", "--depth", "3")
    assert "sister of" in told
    assert "friday/m3" in told
    assert "0 names" in ok("graph", "Nobody", *address)
    assert "needs a user" in refused("graph", "--namespace", "default", "--path", path)
