"""A connection that is cut in the middle of a commit: the answer is true all the same, and nothing is stored twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.memory.crowd import length
from tests.storage.connecting.proxy import Proxy, proxied
from tiermem import Memory, Message, Session
from tiermem.errors import OutcomeUnknown, StorageUnavailable
from tiermem.events import Event
from tiermem.storage.connecting import server

# A server that was started since: what it says of numbers may be about others.
ANOTHER = "SELECT txid_status(%s), pg_postmaster_start_time() - interval '1 day'"


@pytest.fixture
def proxy(opened_url: str) -> Iterator[Proxy]:
    with proxied(opened_url) as before:
        yield before


@pytest.fixture
def session(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session behind a proxy, in which something was said."""
    monkeypatch.setattr(server, "FINDING_OUT", 0.2)
    with Memory.open(proxy.url, counter=length, busy_timeout=0.2) as memory:
        session = memory.session("s")
        session.add("start")
        yield session


VERBS: dict[str, Callable[[Session], Any]] = {
    "add": lambda session: session.add("transfer")[0].text,
    "add two": lambda session: [message.text for message in session.add(["transfer", "and another"])],
    "forget": lambda session: [decision.kind for decision in session.forget("m1")],
    "document": lambda session: len(session.memory.knowledge("a").add_documents({"text": "manual", "source": "m"})),
    "item": lambda session: session.memory.items("a").put(("n",), "k", {"v": 1}),
}
ANSWERS = {"add": "transfer", "add two": ["transfer", "and another"], "forget": ["hide"], "document": 1, "item": None}


def kept(session: Session) -> tuple[Any, ...]:
    """All that the verbs could leave."""
    memory = session.memory
    return (
        [message.text for message in session.messages()],
        [decision.kind for decision in session.journal()],
        len(memory.knowledge("a").search("manual")),
        memory.items("a").get(("n",), "k") is not None,
    )


@pytest.mark.parametrize("cut", ["after", "before"])
@pytest.mark.parametrize("verb", VERBS)
def test_whether_a_commit_arrived_is_found_out(session: Session, proxy: Proxy, verb: str, cut: str) -> None:
    told: list[Event] = []
    session.memory.subscribe(told.append)
    proxy.cuts = [cut]
    assert VERBS[verb](session) == ANSWERS[verb]
    assert proxy.cuts == []
    once = kept(session)
    assert [event.kind for event in told if event.kind in {"added", "forgotten"}] == {
        "forget": ["forgotten"],
        "item": [],
    }.get(verb, ["added"])
    assert session.verify().ok
    with Memory.open(":memory:", counter=length) as other:  # where nothing is cut
        beside = other.session("s")
        beside.add("start")
        VERBS[verb](beside)
        assert kept(beside) == once


@pytest.mark.parametrize("cuts", itertools.product(["after", "before"], repeat=3))
def test_every_turn_of_a_bad_line_is_stored_once(session: Session, proxy: Proxy, cuts: tuple[str, ...]) -> None:
    proxy.cuts = list(cuts)
    for number in range(4):
        session.add(f"turn {number}")
    assert [message.text for message in session.messages()] == ["start", *(f"turn {number}" for number in range(4))]


def test_where_nobody_can_say_the_error_has_the_ids_under_which_nothing_is_stored_twice(
    session: Session, proxy: Proxy
) -> None:
    proxy.cuts = ["shut"]
    with pytest.raises(OutcomeUnknown) as caught:
        session.add(["one", "two"])
    assert caught.value.retryable
    assert len(caught.value.ids) == 2
    with pytest.raises(StorageUnavailable):
        session.add("three")
    proxy.open = True
    first, second = caught.value.ids
    session.add([Message(role="user", content="one", id=first), Message(role="user", content="two", id=second)])
    assert [message.text for message in session.messages()] == ["start", "one", "two"]


async def test_a_task_is_told_the_same(session: Session, proxy: Proxy) -> None:
    proxy.cuts = ["shut"]
    with pytest.raises(OutcomeUnknown) as caught:
        await session.as_async().add("one")
    proxy.open = True
    assert [message.id for message in await session.as_async().messages(2)] == list(caught.value.ids)


def test_another_server_is_not_believed(session: Session, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_OUTCOME", ANOTHER)
    for cut in ("after", "before"):
        proxy.cuts = [cut]
        session.add(f"cut {cut}")
    assert [message.text for message in session.messages()] == ["start", "cut after", "cut before"]
    proxy.cuts = ["after"]
    with pytest.raises(OutcomeUnknown) as caught:
        session.forget("m1")
    assert caught.value.ids == ()
