"""When facts hold: by instants whatever clocks were read, with ends and beginnings that lie ahead; and which meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Open
from tests.faults.worker import length
from tiermem import Memory, Message
from tiermem.errors import InvalidMessage, UnknownReference
from tiermem.testing import StoppedClock
from tiermem.validity.facts import Facts
from tiermem.validity.known import KnownFact

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def opened(store: Open, **options: object) -> tuple[Memory, Facts]:
    memory = store(counter=length, clock=StoppedClock(NOW), **options)
    return memory, memory.facts("anna")


def values(facts: list[KnownFact]) -> list[str]:
    return [fact.value for fact in facts]


def test_statements_of_two_clocks_follow_each_other_as_they_were_said(store: Open) -> None:
    memory, facts = opened(store)
    for name, zone, text, hours in (
        ("phone", "Asia/Shanghai", "I live in Oslo.", 0),
        ("web", "UTC", "I moved to Bergen.", 2),
    ):
        said = Message(role="user", content=text, created_at=NOW - 9 * DAY + timedelta(hours=hours))
        memory.session(name, "anna", timezone=zone).add(said)
    assert values(facts.current("user", "home")) == ["Bergen"]
    assert values(facts.history("user", "home")) == ["Oslo", "Bergen"]


def test_times_are_those_at_which_it_was_said_in_the_zone_of_the_memory(store: Open) -> None:
    memory, facts = opened(store, timezone="America/New_York")
    said = NOW - 5 * DAY
    memory.session("s", "anna").add(Message(role="user", content="I moved to Bergen yesterday.", created_at=said))
    (home,) = facts.current("user", "home")
    assert home.said_at == said
    assert home.said_at.utcoffset() == timedelta(hours=-5)
    assert home.since is not None
    assert timedelta() <= said - home.since <= 2 * DAY
    assert values(facts.current(as_of=said + timedelta(hours=1))) == ["Bergen"]
    assert facts.current(known_at=said - timedelta(hours=1)) == []


def test_what_ends_later_holds_until_then_or_until_another_value(store: Open) -> None:
    _, facts = opened(store)
    facts.state("plan", "premium", until=NOW + 300 * DAY)
    assert values(facts.current()) == ["premium"]
    assert values(facts.current(as_of=NOW + 299 * DAY)) == ["premium"]
    assert facts.current(as_of=NOW + 301 * DAY) == []
    facts.state("plan", "basic")
    assert values(facts.current()) == ["basic"]


def test_what_begins_later_holds_from_then_on(store: Open) -> None:
    _, facts = opened(store)
    facts.state("address", "Old Street")
    facts.state("address", "New Street", since=NOW + 100 * DAY)
    assert values(facts.current()) == ["Old Street"]
    assert values(facts.current(as_of=NOW + 99 * DAY)) == ["Old Street"]
    assert values(facts.current(as_of=NOW + 101 * DAY)) == ["New Street"]
    old, new = facts.history()
    assert (old.until, new.since, new.current) == (NOW + 100 * DAY, NOW + 100 * DAY, False)


def test_what_is_over_ends_nothing_that_holds(store: Open) -> None:
    _, facts = opened(store)
    facts.state("home", "Paris")
    facts.state("home", "Rome", since=datetime(2015, 1, 1, tzinfo=UTC), until=datetime(2018, 1, 1, tzinfo=UTC))
    assert values(facts.current()) == ["Paris"]
    assert values(facts.current(as_of=datetime(2016, 1, 1))) == ["Rome"]


@pytest.mark.parametrize(
    "attributes",
    [
        ("flight from", "flight to"),
        ("C++ level", "C# level", "C level"),
        ("before work", "after work"),
        ("has a car", "has no car"),
        ("interested in", "not interested in"),
    ],
)
def test_attributes_of_other_words_or_signs_stay_apart(store: Open, attributes: tuple[str, ...]) -> None:
    _, facts = opened(store)
    for attribute in attributes:
        facts.state(attribute, "high")
    assert [fact.attribute for fact in facts.current()] == list(attributes)
    for attribute in attributes:
        assert [fact.attribute for fact in facts.current("user", attribute.upper())] == [attribute]


def test_attributes_of_the_same_words_meet(store: Open) -> None:
    _, facts = opened(store)
    facts.state("the number of dogs", "2")
    facts.state("dogs number", "3")
    assert values(facts.current()) == ["3"]


def test_a_decision_about_somebody_else_is_not_undone(store: Open) -> None:
    memory = store(counter=length)
    other = memory.facts("bob").state("plan", "basic")
    facts = memory.facts("anna")
    facts.state("plan", "premium")
    with pytest.raises(UnknownReference, match="another one"):
        facts.undo(other)
    assert values(facts.current()) == ["premium"]


@pytest.mark.parametrize("wrong", [{"value": "a\0b"}, {"value": "\ud800"}, {"attribute": "\0"}, {"subject": ""}])
def test_what_could_not_be_found_again_is_refused(store: Open, wrong: dict[str, str]) -> None:
    _, facts = opened(store)
    given = {"attribute": "note", "value": "x", **wrong}
    with pytest.raises(InvalidMessage):
        facts.state(given.pop("attribute"), given.pop("value"), **given)
    assert facts.history() == []
    assert facts.verify().ok
