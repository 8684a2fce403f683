"""A server that follows another answers what only reads, and takes its place with nothing acknowledged lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.replicas.pair import Pair, pair
from tests.faults.restarts.talkers import OPTIONS, Talkers, examined
from tiermem import Memory, Message
from tiermem.errors import StorageReadOnly

SAID = ("I live in Lisbon.", "My dog's name is Rex.", "We meet at the river on Friday.")


@pytest.fixture(scope="module")
def two() -> Iterator[Pair]:
    """A server and its follower."""
    with pair() as running:
        yield running


def seen(memory: Memory) -> list[object]:
    """What a user is shown: messages, what is found, a context, a profile, whether all is sound."""
    session = memory.session("s", "ann")
    found = [(hit.message.id, hit.score) for hit in session.search("Where do I live?")]
    asked = [str(one) for one in session.context("Where do I live?", 500).messages]
    return [session.messages(), found, asked, memory.profile("ann").text(200), session.verify().ok]


def test_a_follower_answers_as_its_first_does_and_shows_what_came_since(two: Pair) -> None:
    with Memory.open(two.first_url) as first:
        first.session("s", "ann").add([Message(role="user", content=one) for one in SAID])
        first.settle()
        two.caught_up()
        with Memory.open(two.second_url, read_only=True) as second:
            assert seen(second) == seen(first)
            first.session("s", "ann").add("I moved to Porto.")
            first.settle()
            two.caught_up()
            assert seen(second) == seen(first)


def test_a_follower_that_is_written_to_says_that_it_only_reads(two: Pair) -> None:
    with Memory.open(two.first_url):
        two.caught_up()
    with Memory.open(two.second_url) as second, pytest.raises(StorageReadOnly, match="replica"):
        second.session("t", "ann").add("x")


def test_what_was_acknowledged_survives_a_failover_and_the_same_memory_goes_on() -> None:
    with pair(waited_for=True) as two, Memory.open(two.url, **OPTIONS) as memory:
        talkers = Talkers(memory, "here", 3)
        talkers.talk_on(30)
        two.fail_over()
        talkers.talk_on(30)
        told = talkers.end()
        assert set(told["errors"]) <= {"StorageUnavailable", "StorageBusy", "OutcomeUnknown"}
        assert examined(memory, [told]) > 0
        assert two.on_second("SELECT pg_is_in_recovery()") == [(False,)]
