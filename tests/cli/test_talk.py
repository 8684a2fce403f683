"""What a user talked about, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command_line import ok, refused
from tiermem import Memory


@pytest.fixture
def place(file: Path) -> tuple[str, ...]:
    with Memory.open(file) as memory:
        memory.session("fri day", "anna").add(["Guitar lessons begin.", "The guitar lessons are \x1b[1mgreat\x1b[0m."])
        memory.session("monday", "anna").add(["公园的景色很美。", "我们又去了公园看景色。"])
    return ("--namespace", "anna", "--path", str(file))


def test_turns_are_shown_and_printed_for_programs(place: tuple[str, ...]) -> None:
    shown = ok("turns", *place, "--topic", "guitar")
    assert "fri day/m2" in shown
    assert "guitar lessons" in shown
    assert "\x1b" not in shown
    assert "公园" not in shown
    (newest,) = json.loads(ok("turns", *place, "--limit", "1", "--json"))
    assert (newest["ref"], newest["topic"], newest["question"]) == ("monday/m2", "公园 景色", "我们又去了公园看景色。")
    assert "0 turns" in ok("turns", *place, "--since", "2999-01-01")


def test_conversations_and_interests_are_shown_and_printed(place: tuple[str, ...]) -> None:
    shown = ok("conversations", *place)
    assert shown.index("monday") < shown.index("fri day")
    assert [one["topic"] for one in json.loads(ok("conversations", *place, "--json"))] == [
        "公园 景色",
        "guitar lessons",
    ]
    shown = ok("interests", *place)
    assert "4 turns in 2 conversations" in shown
    assert "guitar" in shown
    assert json.loads(ok("interests", *place, "--json"))["conversations"] == 2


def test_nobody_has_no_turns(place: tuple[str, ...]) -> None:
    assert "needs a user" in refused("turns", "--namespace", "default", *place[2:])
    assert json.loads(ok("turns", "--namespace", "ben", *place[2:], "--json")) == []
