"""What is kept between two looks: the same as looking at everything anew, at the cost of what changed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.properties.thinned import share
from tiermem import Memory, Message
from tiermem.errors import UnknownReference
from tiermem.profiles.lines.line import COUNTED
from tiermem.settings import Scope
from tiermem.storage import messages as log
from tiermem.storage import owners, sessions
from tiermem.storage.schema import fact

START = datetime(2026, 1, 1, tzinfo=UTC)
SAID = (
    "I live in {}.",
    "I moved to {}.",
    "I'm allergic to {}.",
    "I really like {}.",
    "I don't live in {} any more.",
    "My sister's name is {}.",
    "我住在{}。",
    "我喜欢{}。",
    "I use {}. What is it like?",
)
VALUES = ("Oslo", "Rome", "Lima", "peanuts", "chess", "Eva", "上海", "爬山")


def anew(memory: Memory, user: str = "anna") -> list[Any]:
    """The lines of somebody who never looked before."""
    core = memory.wiring[0]
    kept = core.profiles
    core.profiles = type(kept)(1_000)
    try:
        return memory.profile(user).lines()
    finally:
        core.profiles = kept


def step(memory: Memory, chance: random.Random, day: int) -> None:
    name = chance.choice(("a", "b", "c"))
    session, profile = memory.session(name, "anna"), memory.profile("anna")
    act = chance.random()
    lines = profile.lines() if act > 0.9 else []
    try:
        if act < 0.6:
            text = chance.choice(SAID).format(chance.choice(VALUES))
            role = "user" if chance.random() < 0.8 else "assistant"
            when = START + timedelta(days=day - chance.choice((0, 0, 0, 30)))
            session.add([Message(role=role, content=text, created_at=when)])
        elif act < 0.7:
            session.forget(f"m{chance.randint(1, 9)}")
        elif act < 0.78:
            session.undo(chance.randint(1, 4))
        elif act < 0.85:
            session.index()
        elif act < 0.9:
            memory.facts("anna").state("home", chance.choice(VALUES[:3]))
        elif lines:
            (profile.forget if chance.random() < 0.5 else profile.pin)(chance.choice(lines))
        else:
            profile.undo(chance.randint(1, 3))
    except UnknownReference:
        return  # nothing of that name to undo or to forget yet


def test_two_memories_of_one_database_know_what_looking_anew_knows(store: Open, target: str) -> None:
    first = store()
    second = first if target == ":memory:" else store()
    for seed in range(share(3)):
        chance = random.Random(seed)
        for day in range(20):
            step(chance.choice((first, second)), chance, 20 * seed + day)
            looks = chance.choice((first, second))
            assert looks.profile("anna").lines() == anew(looks), (seed, day)


def read(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many messages and rows of sessions are read from now on."""
    counted = {"messages": 0, "sessions": 0}

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted_one(*given: Any, **named: Any) -> Any:
            found = function(*given, **named)
            counted[name] += len(found)
            return found

        return counted_one

    monkeypatch.setattr(log, "read", counting("messages", log.read))
    monkeypatch.setattr(sessions, "of_user_by_key", counting("sessions", sessions.of_user_by_key))
    return counted


def test_a_look_reads_what_changed_however_many_sessions_there_are(
    store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = store()
    for number in range(60):
        memory.session(f"s{number}", "anna").add([f"I like thing{number}.", "Really."])
    profile = memory.profile("anna")
    profile.lines()
    memory.settle()
    counted = read(memory, monkeypatch)
    first = profile.text(300)
    assert (profile.text(300), counted) == (first, {"messages": 0, "sessions": 0})
    memory.session("s7", "anna").add("I live in Oslo.")
    assert "home: Oslo" in profile.text(300)
    assert counted["sessions"] < 60  # the one that changed, and the 50 newest, whose topics count
    assert counted["messages"] <= 4  # the new one, and those before that it may refer to


def test_sessions_that_came_to_rest_are_indexed_once_somebody_looked(store: Open) -> None:
    memory = store()
    for number in range(5):
        memory.session(f"s{number}", "anna").add("I live in Oslo.")
    memory.profile("anna").lines()
    assert memory.settle(20)
    indexed = [memory.session(f"s{number}", "anna").stats().indexed for number in range(5)]
    assert indexed == [1, 1, 1, 1, 0]  # in the newest one the talk goes on


def test_too_many_changes_to_list_are_looked_for(store: Open) -> None:
    memory = store()
    profile = memory.profile("anna")
    memory.session("a", "anna").add("I live in Oslo.")
    assert len(profile.lines()) == 1
    session = memory.session("b", "anna")
    session.add("I'm allergic to nuts.")
    for number in range(300):
        session.add(f"{number}")
    assert [line.value for line in profile.lines() if line.section not in COUNTED] == ["Oslo", "yes"]


def test_a_line_ends_when_its_time_is_over_though_nothing_changed(store: Open) -> None:
    now = START
    memory = store(clock=lambda: now)
    memory.facts("anna").state("home", "Rome", until=START + timedelta(days=3))
    profile = memory.profile("anna")
    assert [line.value for line in profile.lines()] == ["Rome"]
    now += timedelta(days=4)
    assert profile.lines() == []
    assert profile.text() == ""


def test_a_stamp_says_which_sessions_changed_since_another_one(store: Open) -> None:
    memory = store()
    scope = Scope("", "anna", "a")
    database = memory.wiring[1]._database  # what is stored, without a face
    memory.session("a", "anna").add("one")
    memory.session("a", "ben").add("two")
    first = database.read(lambda c: owners.find(c, scope))
    pk = database.read(lambda c: sessions.find(c, scope)).pk
    assert first.since(first.number) == owners.Changes((), {})
    assert first.since(0) is None
    assert first.since(first.number + 1) is None  # another database's
    database.write(lambda c: owners.changed(c, scope, pk, anew=True))
    memory.session("b", "anna").add("three")
    second = database.read(lambda c: owners.find(c, scope))
    other = database.read(lambda c: sessions.find(c, scope.beside("b"))).pk
    assert second.since(first.number) == owners.Changes((other, pk), {pk: first.number + 1})
    database.write(lambda c: owners.changed(c, Scope("", "default", "a"), pk))
    assert database.read(lambda c: owners.find(c, Scope("", "default", "a"))) == owners.Stamp()
    assert database.read(lambda c: sessions.of_user_by_key(c, "", "ben", [pk, other])) == []


def test_what_was_derived_anew_is_read_anew(store: Open) -> None:
    """As when a model reads facts of messages that were looked at before."""
    memory = store()
    memory.session("a", "anna").add("I live in Oslo.")
    memory.session("a", "anna").index()
    profile = memory.profile("anna")
    assert len(profile.lines()) == 1
    scope, database = Scope("", "anna", "a"), memory.wiring[1]._database

    def body(connection: sa.Connection) -> None:
        pk = sessions.find(connection, scope).pk
        connection.execute(fact.delete().where(fact.c.session == pk))
        owners.changed(connection, scope, pk, anew=True)

    database.write(body)
    assert profile.lines() == []


def test_what_no_database_holds_is_the_same_before_and_after_it_is_indexed(store: Open) -> None:
    memory = store(index_batch=1_000)
    session = memory.session("monday", "anna")
    session.add("a lone \ud800 surrogate, Bergen, and never deploy on a Friday")
    session.add(Message(role="user", name="An\udc80na", content="I live in Rome. Never deploy on a Monday."))
    session.add("From now on \x00 always answer in metres.")
    session.add("I live in Oslo\ud83d. I moved to Ber\ud83dgen.")

    def seen() -> tuple[object, ...]:
        facts, profile = memory.facts("anna"), memory.profile("anna")
        return facts.current(), facts.history(), profile.lines(), profile.text()

    waiting = seen()
    session.index()
    assert seen() == waiting
    assert "a lone \ufffd surrogate, Bergen, and never deploy on a Friday" in waiting[-1]
    assert session.verify().ok
