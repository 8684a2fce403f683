"""All conversations of a user on the command line: asked, opened and forgotten by references with a session."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command_line import ok, refused, tiermem
from tiermem import Memory

PORT = "Kestrel listens on port 7443."


@pytest.fixture
def path(file: Path) -> str:
    with Memory.open(file) as memory:
        for user in ("anna", "default"):
            memory.session("fri day", user).add([PORT, "Good night."])
            memory.session("monday", user).add(["Good morning.", "The coffee is cold."])
    return str(file)


def test_a_reference_of_another_session_is_shown_explained_and_forgotten(path: str) -> None:
    place = ("--session", "monday", "--namespace", "anna", "--path", path)
    assert "fri day/m1 · user" in ok("show", "fri day/m1", *place)
    assert PORT in ok("show", "fri day/m1", *place)
    assert json.loads(ok("show", "fri day/m1", *place, "--json"))["note"]["session"] == "fri day"
    told = ok("forget", "fri day/m1", "m1", *place)
    assert "fri day/m1 hidden by decision 1; `tiermem undo 1 --session 'fri day' --namespace anna" in told
    assert "\nm1 hidden by decision 1; `tiermem undo 1 --session monday --namespace anna" in told
    assert "fri day/m1 is hidden" in ok("explain", "fri day/m1", *place)
    assert "1 message is shown" in ok("restore", "fri day/m1", *place)


def test_who_names_no_user_is_told_what_to_do(path: str) -> None:
    words = refused("ask", "Which port?", "--session", "monday", "--path", path, "--within", "user")
    assert "share 'default'" in words
    assert "share 'default'" in refused("show", "fri day/m1", "--session", "monday", "--path", path)
    wrong = refused("ask", "Which port?", "--session", "monday", "--path", path, "--within", "users")
    assert "within must be one of conversation, notes, user" in wrong
    narrowed = ("--from-session", "fri day")
    assert "--within user" in refused("ask", "Which port?", "--session", "monday", "--path", path, *narrowed)


def test_the_options_are_told(path: str) -> None:
    told = tiermem("ask", "--help").output
    for option in ("--within", "--from-session", "--exclude-session"):
        assert option in told


def test_a_question_is_asked_of_all_conversations_of_a_user(path: str) -> None:
    place = ("--session", "monday", "--namespace", "anna", "--path", path)
    told = ok("ask", "On which port does Kestrel listen?", *place, "--within", "user", "--explain")
    assert "fri day/m1 · user" in told
    assert PORT in told
    assert PORT not in ok("ask", "On which port does Kestrel listen?", *place)
    narrowed = ("--within", "everything", "--exclude-session", "fri day")
    assert PORT not in ok("ask", "On which port does Kestrel listen?", *place, *narrowed)
    answer = json.loads(ok("ask", "Which port?", *place, "--within", "user", "--from-session", "fri day", "--json"))
    assert {hit["session"] for hit in answer["context"]["hits"]} == {"fri day"}
