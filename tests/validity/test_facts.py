"""What is known of a user: current and past values over all conversations, by when true and by when said."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Open
from tiermem import Memory, Message
from tiermem.errors import InvalidMessage, MissingNamespace, UnknownReference
from tiermem.validity.known import KnownFact

DAY = timedelta(days=1)
SYLLABLES = ("ka", "lo", "mi", "nu", "pe", "ra", "so", "ti", "vu", "we")
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def say(memory: Memory, session: str, *texts: str, user: str = "anna", start: datetime = START) -> None:
    """*texts*, one a day."""
    messages = [Message(role="user", content=text, created_at=start + n * DAY) for n, text in enumerate(texts)]
    memory.session(session, user).add(messages)


def values(facts: list[KnownFact]) -> list[tuple[str, str, str]]:
    return [(one.subject, one.attribute, one.value) for one in facts]


@pytest.fixture(params=["waiting", "indexed"])
def settled(request: pytest.FixtureRequest) -> Callable[[Memory], None]:
    """What was said waits for the index, or is indexed."""

    def settle(memory: Memory) -> None:
        for user in ("anna", "ben"):
            for name in memory.sessions(user) if request.param == "indexed" else ():
                memory.session(name, user).index()

    return settle


def test_a_newer_value_is_current_in_every_conversation(store: Open, settled: Callable[[Memory], None]) -> None:
    memory = store()
    say(memory, "monday", "I live in Oslo.", "I'm allergic to nuts.")
    say(memory, "friday", "I moved to Bergen.", start=START + 10 * DAY)
    settled(memory)
    facts = memory.facts("anna")
    assert values(facts.current()) == [("user", "allergic to nuts", "yes"), ("user", "home", "Bergen")]
    old, new = facts.history("user", "home")
    assert (old.value, old.until, old.replaced_by, old.current) == ("Oslo", START + 10 * DAY, "friday/m1", False)
    assert (new.value, new.since, new.until, new.ref) == ("Bergen", START + 10 * DAY, None, "friday/m1")
    assert memory.session("monday", "anna").expand(new.ref).messages[0].text == "I moved to Bergen."
    assert facts.current(attribute="homes") == [new]
    assert facts.current(subject="user's sister") == []


def test_what_was_true_and_what_had_been_said_are_two_questions(store: Open, settled: Callable[[Memory], None]) -> None:
    memory = store()
    say(memory, "s", "I live in Oslo.", "Nice.", "I moved to Bergen yesterday.", "Correction: I live in Bergen.")
    say(memory, "s", "My rent is $500.", "Sorry, my rent is $600.", start=START + 10 * DAY)
    settled(memory)
    facts = memory.facts("anna")

    def home(**when: datetime) -> list[str]:
        return [one.value for one in facts.current("user", "home", **when)]

    def rent(**when: datetime) -> list[str]:
        return [one.value for one in facts.current("user", "rent", **when)]

    assert (home(as_of=START), home(as_of=START + 5 * DAY), home(as_of=START - DAY)) == (["Oslo"], ["Bergen"], [])
    assert home(as_of=START + 1.5 * DAY) == ["Bergen"]  # "yesterday" was a whole day
    assert home(known_at=START + 1.5 * DAY) == ["Oslo"]  # nobody had said so
    assert (rent(), rent(as_of=START + 10.5 * DAY)) == (["$600"], ["$600"])  # it never was 500
    assert rent(known_at=START + 10.5 * DAY) == ["$500"]
    assert [one.corrected for one in facts.history(attribute="rent")] == [True, False]


def test_hidden_messages_lend_no_fact(store: Open, settled: Callable[[Memory], None]) -> None:
    memory = store()
    say(memory, "s", "I live in Oslo.", "I moved to Bergen.")
    settled(memory)
    session, facts = memory.session("s", "anna"), memory.facts("anna")
    (decision,) = session.forget("m2")
    assert values(facts.current()) == [("user", "home", "Oslo")]
    session.undo(decision)
    assert values(facts.current()) == [("user", "home", "Bergen")]
    session.clear()
    assert facts.history() == []


def test_no_user_sees_facts_of_another(store: Open, settled: Callable[[Memory], None]) -> None:
    memory = store()
    say(memory, "s", "I live in Oslo.")
    say(memory, "s", "I live in Rome.", user="ben")
    memory.facts("ben").state("pet", "a newt")
    settled(memory)
    assert values(memory.facts("anna").history()) == [("user", "home", "Oslo")]
    assert memory.facts(("anna", "anna")).history() == []


def test_two_people_and_two_projects_never_meet(store: Open, settled: Callable[[Memory], None]) -> None:
    memory = store()
    say(memory, "atlas", "The deadline is May 3.", "I live in Oslo.", "My sister lives in Rome.")
    say(memory, "orion", "The deadline moved to June 9.", "My sister moved to Nice.", start=START + 9 * DAY)
    settled(memory)
    facts = memory.facts("anna")
    assert [(one.session, one.value) for one in facts.current(attribute="deadline")] == [
        ("atlas", "May 3"),
        ("orion", "June 9"),
    ]
    assert values(facts.current(attribute="home")) == [("user", "home", "Oslo"), ("user's sister", "home", "Nice")]


def test_what_an_application_states_is_kept_undone_and_proved(store: Open) -> None:
    memory = store()
    say(memory, "s", "I live in Oslo.")
    facts = memory.facts("anna")
    home = facts.state("home", "Bergen", reason="form 7")
    facts.state("newsletter", value=False)
    assert values(facts.current()) == [("user", "home", "Bergen"), ("user", "newsletter", "no")]
    assert [one.how for one in facts.history("user", "home")] == ["rule", "application"]
    assert [(one.kind, one.reason) for one in facts.journal()] == [("state", "form 7"), ("state", "stated")]
    facts.undo(home)
    assert values(facts.current(attribute="home")) == [("user", "home", "Oslo")]
    with pytest.raises(UnknownReference):
        facts.undo(home)
    assert facts.verify().problems == ()
    assert all(proof.ok for proof in memory.verify().values())
    memory._performer._database.write(
        lambda c: c.exec_driver_sql("UPDATE tiermem_fact SET value = 'x', checksum = NULL")
    )
    assert facts.verify().problems


def test_what_is_retracted_never_was_so(store: Open, settled: Callable[[Memory], None]) -> None:
    memory = store()
    say(memory, "s", "I live in Oslo.", "I moved to Bergen.", start=datetime.now(UTC) - 9 * DAY)
    settled(memory)
    facts = memory.facts("anna")
    decision = facts.retract("home", "Bergen")
    assert values(facts.current()) == [("user", "home", "Oslo")]
    assert [(one.value, one.corrected) for one in facts.history()] == [("Oslo", False), ("Bergen", True)]
    facts.undo(decision.number)
    assert values(facts.current()) == [("user", "home", "Bergen")]
    facts.retract("home")
    assert facts.current() == []
    facts.state("home", "Rome")
    assert values(facts.current()) == [("user", "home", "Rome")]


def test_statements_of_past_and_bounded_times(store: Open) -> None:
    facts = store().facts("anna")
    facts.state("home", "Oslo", since=START, until=START + 10 * DAY)
    facts.state("home", "Bergen", since=START + 10 * DAY)
    assert [one.value for one in facts.current(as_of=START + 5 * DAY)] == ["Oslo"]
    assert [one.value for one in facts.current(as_of=START + 50 * DAY)] == ["Bergen"]
    assert facts.current(as_of=START - DAY) == []


def test_search_finds_by_the_words_that_people_ask_with(store: Open, settled: Callable[[Memory], None]) -> None:
    memory = store()
    say(memory, "s", "I live in Oslo.", "I work at Bosch.", "My rent is $500.", "我对花生过敏。")
    settled(memory)
    facts = memory.facts("anna")
    assert [one.value for one in facts.search("Where do I live?", 1)] == ["Oslo"]
    assert [one.value for one in facts.search("which company am I at", 1)] == ["Bosch"]
    assert [one.attribute for one in facts.search("花生", 1)] == ["allergic to 花生"]
    assert facts.search("volcanoes") == []
    assert facts.search("rent", 0) == []


def test_a_message_in_between_counts_at_once_after_a_question(store: Open) -> None:
    memory = store()
    facts = memory.facts("anna")
    for n in range(1, 6):
        say(memory, "s", f"My rent is ${n}00.", start=START + n * DAY)
        assert [one.value for one in facts.current("user", "rent")] == [f"${n}00"]
    memory.session("s", "anna").index()
    say(memory, "s", "My rent is $900.", start=START + 9 * DAY)
    assert [one.value for one in facts.current("user", "rent")] == ["$900"]


def test_async_facts_are_the_same(store: Open) -> None:
    memory = store()
    say(memory, "s", "I live in Oslo.")

    async def asked() -> list[Any]:
        facts = memory.facts("anna").as_async()
        made = await facts.state("home", "Bergen")
        found = [await facts.current(), await facts.history("user", "home"), await facts.search("live", 3)]
        await facts.undo(made)
        await facts.retract("home", "Rome")
        return [*found, await facts.journal(), (await facts.verify()).ok]

    current, history, searched, journal, ok = asyncio.run(asked())
    assert [one.value for one in current] == [one.value for one in searched] == ["Bergen"]
    assert [one.value for one in history] == ["Oslo", "Bergen"]
    assert [one.kind for one in journal] == ["state", "undo", "retract"]
    assert ok


@pytest.mark.parametrize(
    "call",
    [
        lambda facts: facts.current(subject=3),
        lambda facts: facts.current(attribute=b"home"),
        lambda facts: facts.current(as_of="yesterday"),
        lambda facts: facts.history(known_at=7),
        lambda facts: facts.search(None),
        lambda facts: facts.search("x", -1),
        lambda facts: facts.search("x", True),
        lambda facts: facts.state("", "x"),
        lambda facts: facts.state("home", ""),
        lambda facts: facts.state("home", 3),
        lambda facts: facts.state("home", "x" * 121),
        lambda facts: facts.state("home", "x", certainty=2),
        lambda facts: facts.state("home", "x", corrects=1),
        lambda facts: facts.state("home", "x", since=START, until=START - DAY),
        lambda facts: facts.retract(None),
        lambda facts: facts.retract("home", reason=3),
    ],
)
def test_what_makes_no_sense_is_refused_and_keeps_nothing(call: Callable[[Any], object]) -> None:
    with Memory.open(":memory:") as memory:
        facts = memory.facts("anna")
        with pytest.raises(InvalidMessage):
            call(facts)
        assert facts.journal() == []


def test_facts_need_a_user() -> None:
    with Memory.open(":memory:") as memory, pytest.raises(MissingNamespace):
        memory.facts("default")


@pytest.mark.parametrize("indexed", [False, True])
def test_chains_of_updates_are_exact(indexed: bool) -> None:
    """200 attributes with 1 to 20 values each, shuffled in time, over five conversations."""
    chance = random.Random(7)
    told = [
        (
            f"{SYLLABLES[n // 10 % 10]}{SYLLABLES[n % 10]}{SYLLABLES[n // 100]}",
            value,
            START + timedelta(minutes=chance.random() * 500_000),
        )
        for n in range(200)
        for value in range(chance.randint(1, 20))
    ]
    chance.shuffle(told)
    memory = Memory.open(":memory:")
    for place in range(5):
        messages = [
            Message(role="user", content=f"My {name} budget is ${value + 100}.", created_at=when)
            for name, value, when in told[place::5]
        ]
        memory.session(f"s{place}", "anna").add(messages)
        if indexed:
            memory.session(f"s{place}", "anna").index()
    facts = memory.facts("anna")
    when = START + timedelta(minutes=250_000)
    for after, found in ((None, facts.current()), (when, facts.current(as_of=when))):
        expected: dict[str, tuple[datetime, int]] = {}
        for name, value, at in told:
            if after is None or at <= after:
                expected[name] = max(expected.get(name, (START, 0)), (at, value))
        assert {one.attribute: one.value for one in found} == {
            f"{name} budget": f"${value + 100}" for name, (_, value) in expected.items()
        }


@pytest.mark.parametrize("origin", ["tool", "retrieved", "document"])
def test_words_of_others_in_a_users_role_state_nothing(store: Open, origin: str) -> None:
    memory = store()
    memory.session("s", "anna").add(Message(role="user", content="I live in Oslo.", origin=origin))
    memory.session("s", "anna").index()
    assert memory.facts("anna").history() == []
    assert memory.session("s", "anna").verify().ok


def test_what_no_database_text_holds_is_no_difference(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add("a lone \ud800 surrogate and a \0, and never deploy \ud800 on a \0 Friday")
    session.index()
    assert session.rules()
    assert session.verify().ok
