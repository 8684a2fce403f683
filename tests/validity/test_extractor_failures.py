"""An extractor that answers nonsense, raises, hangs or calls back costs nobody a turn, a word or another fact."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.conftest import Open
from tests.validity.test_extracting import SAID, SETTLED, START, Reader, say, values
from tiermem import Message
from tiermem.errors import Reentrant
from tiermem.events import Event
from tiermem.testing import StoppedClock

BAD: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda _: None,
    "words": lambda _: "home is Bergen",
    "another form": lambda _: {"home": "Bergen"},
}


@pytest.mark.parametrize("bad", BAD)
def test_an_answer_that_cannot_be_read_costs_its_batch_and_is_noted(store: Open, bad: str) -> None:
    clock, answers = StoppedClock(START), [BAD[bad], BAD[bad], Reader()]

    def reader(messages: Sequence[Message]) -> Any:
        return answers.pop(0)(messages)

    memory = store(extractor=reader, extract_batch=2, clock=clock)
    session, told = memory.session("s", "anna"), list[Event]()
    memory.subscribe(told.append)
    say(session, *list(SAID)[:2])
    session.settle(SETTLED)
    assert "extractor" in [one.fields.get("mode") for one in told]
    assert [one.fields["error"] for one in told if one.kind == "extracted"] == ["FactsRejected"]
    assert "could not be read" in " ".join(session.stats().degraded)
    assert session.verify().ok
    clock.tick(1_000)
    read = memory.facts("anna").extract(again=True)
    assert (read.read, read.unread, read.facts) == (2, 0, 2)
    assert session.stats().degraded == ()


def test_one_that_raises_is_asked_again_later_for_less_and_later_still(store: Open) -> None:
    clock, sizes = StoppedClock(START), list[int]()
    down = True

    def reader(messages: Sequence[Message]) -> Any:
        sizes.append(len([one for one in messages if one.sequence >= messages.first]))  # type: ignore[attr-defined]
        if down:
            raise ConnectionError("503")
        return Reader()(messages)

    memory = store(extractor=reader, extractor_retries=1, extract_batch=4, clock=clock)
    session, facts = memory.session("s", "anna"), memory.facts("anna")
    say(session, "I live in Oslo.", *SAID)
    assert not session.settle(SETTLED)
    assert values(facts.current()) == [("home", "Oslo", "rule")]  # words and rules wait for nobody
    assert "ConnectionError" in " ".join(session.stats().degraded)
    assert not session.settle(SETTLED)
    assert sizes == [4, 4]  # it rests
    clock.tick(301)
    assert not session.settle(SETTLED)
    clock.tick(301)
    assert not session.settle(SETTLED)
    assert sizes == [4, 4, 2, 2]  # twice as long
    clock.tick(301)
    down = False
    assert session.settle(SETTLED)
    assert sizes[4:] == [1, 4]
    assert len(facts.current()) == 4
    assert session.stats().degraded == ()


def test_a_message_at_which_it_always_fails_is_passed_over_after_hours(store: Open) -> None:
    clock = StoppedClock(START)

    def reader(messages: Sequence[Message]) -> Any:
        if any(one.text == "poison" for one in messages):
            raise ValueError("400: refused by a filter")
        return Reader()(messages)

    memory = store(extractor=reader, extractor_retries=0, extract_batch=4, clock=clock)
    session = memory.session("s", "anna")
    say(session, "poison", *["So."] * 4, *SAID)
    rounds = 0
    while not session.settle(SETTLED):
        clock.tick(3_601)
        rounds += 1
        assert rounds < 40
    assert rounds >= 8
    read = memory.facts("anna").extract()
    assert (read.read, read.unread, read.waiting, read.facts) == (8, 1, 0, 4)
    assert session.verify().ok


def test_one_that_hangs_keeps_nobody_waiting_and_is_not_asked_again_meanwhile(store: Open) -> None:
    free, calls = threading.Event(), list[int]()

    def reader(messages: Sequence[Message]) -> Any:
        calls.append(1)
        free.wait(SETTLED)
        return []

    memory = store(extractor=reader, extractor_timeout=0.05, extractor_pause=0.0, extract_batch=1)
    session, facts = memory.session("s", "anna"), memory.facts("anna")
    say(session, "I live in Oslo.")
    for _ in range(20):
        session.settle(5)
    assert len(calls) == 1
    assert session.search("Oslo", 1)
    assert values(facts.current()) == [("home", "Oslo", "rule")]
    assert "no answer" in " ".join(session.stats().degraded) or "hangs" in " ".join(session.stats().degraded)
    free.set()


def test_it_may_neither_wait_for_itself_nor_write_into_the_conversation_that_it_reads(store: Open) -> None:
    errors: list[str] = []

    def reader(messages: Sequence[Message]) -> Any:
        for call in (lambda: memory.session("s", "anna").add("I live in Rome."), memory.facts("anna").extract):
            try:
                call()
            except Reentrant:
                errors.append("Reentrant")
        return []

    memory = store(extractor=reader)
    session = memory.session("s", "anna")
    say(session, "I live in Oslo.")
    assert session.settle(SETTLED)
    assert errors == ["Reentrant", "Reentrant"]
    assert len(session.messages()) == 1
