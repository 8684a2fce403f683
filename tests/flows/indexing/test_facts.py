"""Facts are read once, with the words: in any batch the same, proved by verify, made anew when their rules change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tiermem import Memory, Message
from tiermem.flows.indexing import facts as reading
from tiermem.settings import Scope
from tiermem.storage import facts, schema, segments, sessions

TALK = [
    "I live in Oslo.",
    "Nice city!",
    "My rent is $1,200 a month.",
    "That is a lot.",
    "Actually, it's $1,350.",
    "我对花生过敏。",
    "What do I pay?",
]


def kept(memory: Memory) -> list[tuple[int, str, str, str]]:
    """The facts that are stored, as (message, subject, attribute, value)."""

    def body(connection: sa.Connection) -> list[Any]:
        return facts.read(connection, [pk for pk, _ in sessions.scopes(connection)])

    found = memory._performer._database.read(body)
    return [(at.sequence, at.fact.subject, at.fact.attribute, at.fact.value) for at in found]


EXPECTED = [
    (1, "user", "home", "Oslo"),
    (3, "user", "rent", "$1,200"),
    (5, "user", "rent", "$1,350"),
    (6, "user", "allergic to 花生", "yes"),
    (6, "user", "need", "我对花生过敏。"),  # what was laid down stands beside what was stated
]


def said(start: int = 0) -> list[Message]:
    roles = ("user", "assistant", "user", "assistant", "user", "user", "user")
    pairs = zip(roles, TALK, strict=True)
    return [Message(role=role, content=text, id=f"{start + n}") for n, (role, text) in enumerate(pairs)]


def test_facts_are_stored_with_the_words_and_verified(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add(said())
    assert kept(memory) == []  # adding reads nothing
    session.index()
    assert kept(memory) == EXPECTED
    assert session.verify().problems == ()


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_they_are_the_same_in_any_batch(store: Open, size: int) -> None:
    memory = store()
    session, messages = memory.session("s", "anna"), said()
    for start in range(0, len(messages), size):
        session.add(messages[start : start + size])
        session.index()
    assert kept(memory) == EXPECTED
    assert session.verify().problems == ()


def test_of_assistants_tools_and_documents_nothing_is_read(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add([Message(role=role, content="I live in Oslo.", tool_call_id="t") for role in ("assistant", "tool")])
    session.index()
    memory.knowledge("anna").add_documents("I live in Oslo.", source="d")
    assert kept(memory) == []


def test_who_has_another_name_is_another_one(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add([Message(role="user", content="I live in Oslo.", name=name) for name in ("Anna", "Ben", None)])
    session.index()
    assert [subject for _, subject, *_ in kept(memory)] == ["user", "ben", "user"]


def test_another_version_of_the_rules_reads_them_anew(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add(said())
    session.index()
    database = memory._performer._database
    database.write(lambda connection: connection.execute(schema.fact.update().values(value="of older rules")))
    assert any("tiermem_fact" in problem for problem in session.verify().problems)
    database.write(lambda c: c.execute(schema.meta.update().where(schema.meta.c.key == "analyser").values(value="old")))
    database.write(lambda connection: segments.use_analyser(connection, segments.analyser()))
    assert kept(memory) == []
    session.index()
    assert kept(memory) == EXPECTED
    assert session.verify().problems == ()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM tiermem_fact WHERE sequence = 3",
        "UPDATE tiermem_fact SET value = 'Rome', checksum = NULL WHERE sequence = 1",
        "UPDATE tiermem_fact SET sequence = 2, checksum = NULL WHERE sequence = 1",
    ],
)
def test_verify_finds_a_fact_that_no_message_states(store: Open, statement: str) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add(said())
    session.index()
    memory._performer._database.write(lambda connection: connection.exec_driver_sql(statement))
    problems = session.verify().problems
    assert problems
    assert all("tiermem_fact" in problem for problem in problems)


def test_a_message_rests_on_itself_and_a_few_before_it() -> None:
    scope = Scope("", "anna", "s")
    messages = [one.as_stored(n, 1, datetime(2026, 5, 1, tzinfo=UTC)) for n, one in enumerate(said(), start=1)]
    whole = reading.of_messages(scope, 1, [], messages)
    for cut in range(len(messages)):
        before = messages[max(0, cut - reading.NEAR) : cut]
        assert reading.of_messages(scope, 1, before, messages[cut:]) == [at for at in whole if at.sequence > cut]


def test_it_is_no_longer_the_rent_when_much_was_said_since(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add(["My rent is $1,200.", *(["So what?"] * reading.NEAR), "Actually, it's $1,350."])
    session.index()
    assert [value for *_, value in kept(memory)] == ["$1,200"]
