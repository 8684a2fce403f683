"""What a caller hands over wrongly is refused with a typed error; short forms are understood."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tiermem import Memory, Session
from tiermem.errors import InvalidMessage, InvalidSettings, MissingExtra, UnknownReference


@pytest.fixture
def session() -> Session:
    """One conversation in RAM."""
    return Memory.open(":memory:", counter=len).session("s")


@pytest.mark.parametrize(
    "verb",
    [
        lambda session: session.add(None),
        lambda session: session.add(5),
        lambda session: session.add(b"bytes"),
        lambda session: session.add([None]),
        lambda session: session.context("x", budget="4000"),
        lambda session: session.context("x", budget=4000.5),
        lambda session: session.context("x", reserved="a"),
        lambda session: session.context("x", recall_tokens=True),
        lambda session: session.recall("x", budget="500"),
        lambda session: session.search("x", k="a"),
    ],
)
def test_an_argument_of_a_wrong_kind_is_named(session: Session, verb: Callable[[Any], object]) -> None:
    session.add("something")
    with pytest.raises(InvalidMessage, match=r"whole number|neither a Message"):
        verb(session)


@pytest.mark.parametrize(
    "verb",
    [
        lambda session: session.context("x", reserved=-5),
        lambda session: session.context("x", recall_tokens=-1),
        lambda session: session.context("x", recall="no"),
        lambda session: session.context("x", steady=None),
        lambda session: session.context("x", goal=5),
        lambda session: session.context("x", quoted=["m1"]),
        lambda session: session.search("x", k=-1),
        lambda session: session.search("x", explain="no"),
        lambda session: session.messages("1"),
        lambda session: session.messages(1, last=2.0),
        lambda session: session.forget("m1", reason=5),
        lambda session: session.add("y", compacted="no"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused_and_changes_nothing(
    session: Session, verb: Callable[[Any], object]
) -> None:
    session.add("something")
    before = session.stats()
    with pytest.raises(InvalidMessage, match=r"must be"):
        verb(session)
    assert session.stats() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"enable_context_management": "no"}, "enable_context_management must be True or False, not 'no'"),
        ({"enable_context_management": 0}, "enable_context_management must be True or False, not 0"),
        ({"read_only": "yes"}, "read_only must be True or False, not 'yes'"),
        ({"settings": 5}, "settings takes a Settings, not int"),
        ({"summarizer_timeout": True}, "summarizer_timeout must be a number of seconds, not True"),
        ({"context_budget": "x"}, "context_budget must be a whole number of at least 1, not 'x'"),
    ],
)
def test_an_option_of_a_wrong_kind_is_named(options: Any, words: str) -> None:
    with pytest.raises(InvalidSettings, match=words):
        Memory.open(":memory:", **options)


def test_thresholds_of_a_wrong_kind_are_named(session: Session) -> None:
    session.add("something")
    with pytest.raises(InvalidSettings, match="thresholds takes a Thresholds, not int"):
        session.manage_context(5)  # type: ignore[arg-type]


async def test_a_misspelt_session_is_told_with_the_nearest_name(session: Session) -> None:
    session.memory.session("berlin-trip").add("We leave on Friday.")
    near = "nothing was ever added to session 'berlin-tripp' of 'default'; did you mean 'berlin-trip'?"
    misspelt = session.memory.session("berlin-tripp")
    assert misspelt.stats().note == (await misspelt.as_async().stats()).note == near
    with pytest.raises(UnknownReference, match=near.replace("?", r"\?")):
        session.memory.manage_context("berlin-tripp")
    assert session.memory.session("qqq").stats().note == "nothing was ever added to session 'qqq' of 'default'"
    other = session.memory.session("berlin-tripp", "bob")
    assert other.stats().note == "nothing was ever added to session 'berlin-tripp' of 'bob'"
    assert session.memory.session("berlin-trip").stats().note == ""
    assert session.memory.manage_context("berlin-trip").compacted == 0


def test_numbers_of_numpy_are_numbers(session: Session) -> None:
    session.add("about trains")
    assert session.context("trains", budget=np.int64(400)).budget == 400
    assert len(session.search("trains", k=np.int32(1))) == 1


def test_a_pair_of_role_and_text_is_one_message(session: Session) -> None:
    session.add(("user", "hi"))
    session.add([("human", "and again"), ("ai", "hello")])
    session.add(("two", "texts"))
    said = [(message.role, message.text) for message in session.messages()]
    assert said == [("user", "hi"), ("user", "and again"), ("assistant", "hello"), ("user", "two"), ("user", "texts")]


def test_a_decision_is_undone_by_its_number_or_by_itself(session: Session) -> None:
    session.add(["one", "two"])
    for name in (lambda decision: decision, lambda decision: decision.number):
        [decision] = session.forget("m1")
        assert len(session.messages()) == 1
        session.undo(name(decision))
        assert len(session.messages()) == 2
    for wrong in ("1", None, [1], True):
        with pytest.raises(UnknownReference, match="or its number"):
            session.undo(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [5, "", " ", b"file.db"])
def test_what_names_no_file_makes_none(path: Any) -> None:
    with pytest.raises(InvalidSettings, match="path takes a file"):
        Memory.open(path)


def test_a_database_that_we_do_not_speak_to_is_named() -> None:
    with pytest.raises(InvalidSettings, match="mysql"):
        Memory.open("mysql://localhost/chat")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_without_its_driver_postgresql_names_the_extra(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    really = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "psycopg":
            raise ModuleNotFoundError("No module named 'psycopg'", name="psycopg")
        return really(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r"tiermem\[postgres\]"):
        Memory.open(f"{scheme}://localhost/chat")
