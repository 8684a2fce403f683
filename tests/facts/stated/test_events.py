"""What somebody did, and says later that he never did: both are shown, the denial told behind the assertion."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flows.reading.test_marks import hits_of, say
from tiermem import Memory
from tiermem.facts.stated.reading import events
from tiermem.facts.stated.record import EVENT

SOCKETS = "integration tests for socket events"
DENIED = [
    ("I met Kelly at the Janethaven Library book club in May.", "I've never met Kelly at any book club or party."),
    (f"I've written {SOCKETS} with Jest.", f"I've never written any {SOCKETS}, so where do I start?"),
    ("The fact that I've solved 5 geometric series, helps.", "I have never actually solved a geometric series."),
    ('I used "WillMaker Pro" for it.', "How long is it, considering I've never used any tool like WillMaker Pro?"),
    ("I've been working with Michael, a junior editor, since we met in May.", "I've never met Michael, and why?"),
    ("我去年去了杭州西湖。", "我从没去过杭州西湖。"),
    ("我已经部署过监控系统了。", "我从来没有部署过监控系统。"),
]
KEPT = [
    ("I met Kelly at the library.", "I've never met Kelly at any bar."),
    ("I met Kelly's sister at the library.", "I've never met Kelly."),
    ("I've solved five induction problems.", "I've never solved any induction problems on primes."),
    ("I tried Coke.", "I've never tried Coke and Mentos together."),
    ("I've visited Paris.", "I've never visited Paris in winter."),
    ("I've used Redis.", "If I've never used Redis, where do I start?"),
    ("I've used Redis.", "She told me that I've never used Redis."),
    ("Have I met Bob?", "I've never met Bob."),
    ("When I've met Bob, I will call you.", "I've never met Bob."),
    ("He met Bob in May.", "I've never met Bob."),
    ("我去过杭州。", "他从没去过杭州。"),
    ("我想去看西湖。", "我从没去过西湖。"),
]


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.open(":memory:") as opened:
        yield opened


@pytest.mark.parametrize(("told", "denied"), DENIED)
def test_a_denial_stands_behind_what_was_told(memory: Memory, told: str, denied: str) -> None:
    session = say(memory.session("s"), {1: told, 2: "The weather is fine.", 3: denied})
    found = hits_of(session, told)
    assert (found["m1"].conflicts_with, found["m1"].superseded_by) == ("m3", "")
    assert found["m1"].holds.endswith(": no")
    assert hits_of(session, denied)["m3"].current


@pytest.mark.parametrize(("told", "denied"), DENIED)
def test_what_happened_after_a_denial_takes_its_place(memory: Memory, told: str, denied: str) -> None:
    session = say(memory.session("s"), {1: denied, 2: told})
    hit = hits_of(session, denied)["m1"]
    assert (hit.superseded_by, hit.conflicts_with) == ("m2", "")


@pytest.mark.parametrize(("told", "denied"), KEPT)
def test_what_denies_something_else_marks_nothing(memory: Memory, told: str, denied: str) -> None:
    session = say(memory.session("s"), {1: told, 2: denied})
    assert not [hit for hit in hits_of(session, told).values() if hit.conflicts_with or hit.superseded_by]


def test_events_are_no_facts_that_are_asked_for(memory: Memory) -> None:
    session = memory.session("s", "anna")
    say(session, {1: "I met Kelly in May.", 2: "I've never met Kelly."})
    session.index()
    assert [fact.kind for fact in events("I met Kelly in May.", "user")] == [EVENT]
    assert memory.facts("anna").current() == []
    assert memory.facts("anna").history() == []
    assert memory.profile("anna").lines() == []
    assert all(proof.ok for proof in memory.verify().values())
