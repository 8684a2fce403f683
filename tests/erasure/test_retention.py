"""Retention by rule: what is past its time is erased with a receipt, and nothing before its least time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Open
from tiermem import Memory
from tiermem.erasure.retention import Retention
from tiermem.errors import InvalidMessage, InvalidSettings, KeptByRule
from tiermem.notes import Concept, Procedure
from tiermem.testing import StoppedClock

DAY = 86_400


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def memory(store: Open, clock: StoppedClock) -> Memory:
    memory = store(clock=clock)
    for user in ("anna", "ben"):
        old, long = memory.session("old", user), memory.session("long", user)
        old.add(["The zeppelin lands at noon.", "飞艇中午降落。"])
        long.add([{"role": "system", "content": "You are brief."}, "I live in Lyon.", "The zeppelin is grey."])
        memory.knowledge(user).add_documents("The hangar holds one zeppelin.", source="hangar.md")
        memory.notes(user).keep(Concept("zeppelin", "an airship"))
        memory.notes(user).keep(Procedure("land", ["drop the ropes"]))
        clock.tick(20 * DAY)
        long.add("The rope is new.")
        memory.notes(user).keep(Concept("zeppelin", "a rigid airship"))
        memory.knowledge(user).add_documents("The mast is of steel.", source="mast.md")
        clock.tick(-20 * DAY)
    memory.settle(30)
    clock.tick(30 * DAY)
    return memory


def texts(memory: Memory, session: str, user: str = "anna") -> list[str]:
    return [message.text for message in memory.session(session, user).messages()]


def test_what_is_past_its_time_is_erased_and_what_is_younger_stays(memory: Memory) -> None:
    before = memory.session("long", "ben").messages()
    memory.retain(Retention(keep_for=15), "anna")
    planned = memory.life("anna").expire(dry_run=True)
    assert (planned.messages, planned.conversations, planned.chunks, planned.notes) == (4, 1, 0, 0)
    assert texts(memory, "old")  # a dry run erases nothing
    done = memory.life("anna").expire()
    assert (done.messages, done.conversations) == (4, 1)
    assert memory.sessions("anna") == ["long"]
    assert texts(memory, "long") == ["You are brief.", "The rope is new."]
    assert all(receipt.complete or receipt.pending for receipt in done.receipts)
    assert {receipt.reason for receipt in done.receipts} == {"kept for 15 days"}
    assert all(memory.verify_erased(receipt).ok for receipt in done.receipts)
    assert not memory.session("long", "anna").search("grey zeppelin Lyon", within="user")
    assert not [fact for fact in memory.facts("anna").current() if fact.value == "Lyon"]
    assert memory.session("long", "ben").messages() == before
    assert all(proof.ok for proof in memory.verify().values())
    again = memory.life("anna").expire()
    assert (again.messages, again.receipts) == (0, ())


def test_documents_and_notes_have_times_of_their_own(memory: Memory) -> None:
    memory.retain(Retention(documents=15, notes=15))
    done = memory.life("anna").expire()
    assert (done.messages, done.conversations, done.chunks, done.notes) == (0, 0, 1, 1)
    sources = [one.source for one in memory.knowledge("anna").sources()]
    assert [source for source in sources if not source.startswith("note:")] == ["mast.md"]
    assert len(memory.notes("anna").all("procedure")) == 0
    assert len(memory.notes("anna").all("concept")) == 1  # it was said again
    assert texts(memory, "old")


def test_a_conversation_and_a_user_have_rules_of_their_own(memory: Memory) -> None:
    memory.retain(Retention(keep_for=15, sessions={"old": None}))
    memory.retain(Retention(), "ben")
    assert memory.life("anna").expire().conversations == 0
    assert texts(memory, "old")
    assert texts(memory, "long") == ["You are brief.", "The rope is new."]
    assert memory.life("ben").expire().receipts == ()
    memory.retain(None, "ben")
    assert memory.retention("ben") == memory.retention() == Retention(keep_for=15, sessions={"old": None})
    assert memory.life("ben").expire().messages == 2


def test_sleep_erases_what_is_past_its_time_and_events_tell_of_it(memory: Memory) -> None:
    told: list[Any] = []
    memory.subscribe(told.append)
    memory.retain(Retention(keep_for=15))
    assert memory.life("anna").sleep(dry_run=True).expired.messages == 4
    slept = memory.life("anna").sleep(forgetting=None)
    assert (slept.expired.messages, slept.expired.conversations) == (4, 1)
    erased = [event.fields for event in told if event.kind == "erased"]
    assert [fields["count"] for fields in erased] == [2, 2]
    assert {fields["reason"] for fields in erased} == {"kept for 15 days"}


def test_nothing_is_erased_before_its_least_time_but_by_who_overrules_it(memory: Memory, clock: StoppedClock) -> None:
    memory.retain(Retention(keep_at_least=40))
    erasures = {
        "user": lambda **given: memory.erase("anna", **given),
        "session": lambda **given: memory.session("old", "anna").erase(**given),
        "message": lambda **given: memory.session("long", "anna").erase("m2", **given),
        "source": lambda **given: memory.knowledge("anna").erase("hangar.md", **given),
        "note": lambda **given: memory.notes("anna").erase(Concept("zeppelin", "a rigid airship"), **given),
    }
    for erase in erasures.values():
        for dry_run in (True, False):
            with pytest.raises(KeptByRule, match="overrule=True"):
                erase(dry_run=dry_run)
    assert len(texts(memory, "long")) == 4
    assert erasures["message"](overrule=True, reason="request 17").messages == 1
    clock.tick(11 * DAY)
    assert erasures["session"]().messages == 2  # 41 days have gone by
    with pytest.raises(KeptByRule):
        erasures["user"]()
    assert erasures["user"](overrule=True).complete or memory.verify_erased(erasures["user"](overrule=True)).ok
    assert memory.sessions("anna") == []


def test_a_users_rule_goes_with_the_user(memory: Memory) -> None:
    memory.retain(Retention(keep_for=90), "anna")
    memory.erase("anna")
    assert memory.retention("anna") == Retention()


def test_a_fork_keeps_what_it_shares_as_long_as_its_parent(memory: Memory, clock: StoppedClock) -> None:
    parent = memory.session("long", "anna")
    fork = parent.fork(at="m3", session_id="fork")
    fork.add("The fork goes on.")
    clock.tick(20 * DAY)
    memory.retain(Retention(keep_for=15, sessions={"long": None, "old": None}), "anna")
    assert memory.life("anna").expire().messages == 1  # its own
    assert len(fork.messages()) == 3
    assert len(parent.messages()) == 4


def test_a_rule_survives_the_process_and_holds_for_others(store: Open, clock: StoppedClock) -> None:
    memory = store(clock=clock)
    memory.session("s", "anna").add("一句话。")
    memory.retain(Retention(keep_for=5, keep_at_least=2))
    other = Memory(*memory.wiring)
    assert other.retention("anna") == Retention(keep_for=5, keep_at_least=2)
    with pytest.raises(KeptByRule):
        other.session("s", "anna").erase()
    clock.tick(6 * DAY)
    assert other.life("anna").expire().conversations == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"keep_for": 0},
        {"keep_for": -1},
        {"keep_for": float("inf")},
        {"documents": "soon"},
        {"sessions": {"a": 0}},
        {"keep_at_least": -1},
        {"keep_for": 10, "keep_at_least": 11},
        {"sessions": {"a": 3}, "keep_at_least": 4},
        {"other": 1},
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings, match="retention: "):
        Retention(**wrong)


def test_other_arguments_are_refused(memory: Memory) -> None:
    with pytest.raises(InvalidSettings, match="a Retention or None"):
        memory.retain(30)  # type: ignore[arg-type]
    with pytest.raises(InvalidMessage, match="dry_run"):
        memory.life("anna").expire(dry_run=1)  # type: ignore[arg-type]


@given(st.none() | st.floats(1, 400), st.floats(0, 400))
def test_the_two_limits_never_contradict_each_other(most: float | None, least: float) -> None:
    if most is not None and most < least:
        with pytest.raises(InvalidSettings):
            Retention(keep_for=most, keep_at_least=least)
    else:
        assert Retention(keep_for=most, keep_at_least=least).of_session("any") == most


async def test_async_does_the_same(memory: Memory) -> None:
    from tiermem import AsyncMemory

    later = AsyncMemory(*memory.wiring)
    await later.retain(Retention(keep_for=15))
    assert await later.retention("anna") == Retention(keep_for=15)
    assert (await later.life("anna").expire(dry_run=True)).messages == 4
    assert (await later.life("anna").expire()).conversations == 1
