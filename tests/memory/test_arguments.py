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


def test_numbers_of_numpy_are_numbers(session: Session) -> None:
    session.add("about trains")
    assert session.context("trains", budget=np.int64(400)).budget == 400
    assert len(session.search("trains", k=np.int32(1))) == 1


def test_a_pair_of_role_and_text_is_one_message(session: Session) -> None:
    session.add(("user", "hi"))
    session.add([("human", "and again"), ("ai", "hello")])
    session.add(("two", "texts"))
    said = [(message.role, message.text) for message in session.messages()]
    assert said == [("user", "hi"), ("human", "and again"), ("ai", "hello"), ("user", "two"), ("user", "texts")]


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
