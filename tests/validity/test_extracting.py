"""Facts by an extractor, in the background, in batches, held against their messages; nothing ever waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Open
from tests.properties.oracles import indexes_dropped
from tiermem import AsyncMemory, Memory, Message, Session
from tiermem.errors import InvalidSettings
from tiermem.events import Event
from tiermem.validity.known import KnownFact

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SETTLED = 30.0  # seconds that no test comes near
# What a user says, and what a model that is good makes of it.
SAID: dict[str, dict[str, Any]] = {
    "Peanuts make my throat swell up.": {"attribute": "allergy", "value": "peanuts"},
    "We closed on the house in Bergen, that is home now.": {"attribute": "city", "value": "Bergen", "status": "new"},
    "一吃芒果嘴就肿。": {"attribute": "过敏", "value": "芒果"},
    "我们家那位叫小美，她在医院值夜班。": {"subject": "我们家那位", "attribute": "名字", "value": "小美"},
}


class Reader:
    """Reads what `SAID` says of each message, and what is in *lies*; `asked` are the batches."""

    identity = "reader-1"

    def __init__(self, *lies: dict[str, Any]) -> None:
        self.lies = lies
        self.asked: list[list[str]] = []

    def __call__(self, messages: Sequence[Message]) -> Any:
        self.asked.append([one.text for one in messages])
        read = [SAID[one.text] | {"message": one.sequence} for one in messages if one.text in SAID]
        return [*read, *(lie | {"message": messages[-1].sequence} | lie for lie in self.lies)]


class AsyncReader(Reader):
    """The same, awaited."""

    async def __call__(self, messages: Sequence[Message]) -> Any:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().__call__(messages)


def say(session: Session, *texts: str, start: datetime = START) -> None:
    session.add([Message(role="user", content=text, created_at=start + n * DAY) for n, text in enumerate(texts)])


def values(facts: Sequence[KnownFact]) -> list[tuple[str, str, str]]:
    return [(one.attribute, one.value, one.how) for one in facts]


def refused(told: Sequence[Event]) -> list[tuple[int, tuple[str, ...]]]:
    return [(one.fields["refused"], one.fields["reasons"]) for one in told if one.kind == "extracted"]


@pytest.mark.parametrize("reader", [Reader, AsyncReader])
def test_what_rules_cannot_see_is_read_and_kept_with_who_read_it(store: Open, reader: type[Reader]) -> None:
    memory = store(extractor=reader())
    session, facts = memory.session("s", "anna"), memory.facts("anna")
    say(session, "I live in Oslo.", *SAID)
    assert session.settle(SETTLED)
    assert values(facts.current()) == [
        ("allergic to peanuts", "yes", "model"),
        ("home", "Bergen", "model"),
        ("allergic to 芒果", "yes", "model"),
        ("name", "小美", "model"),
    ]
    old, new = facts.history("user", "home")
    assert (old.value, old.how, old.replaced_by, old.until) == ("Oslo", "rule", "s/m3", START + 2 * DAY)
    assert (new.extractor, new.ref, old.extractor) == ("reader-1", "s/m3", "")
    assert new.certainty < old.certainty
    assert session.expand(new.ref).messages[0].text == list(SAID)[1]
    assert session.stats().extracted == 5
    assert all(proof.ok for proof in memory.verify().values())


async def test_an_async_memory_awaits_it_on_its_loop(target: str) -> None:
    reader = AsyncReader()
    async with await AsyncMemory.open(target, extractor=reader, extract_batch=2) as memory:
        session = memory.session("s", "anna")
        for text in SAID:
            await session.add(text)
        assert await session.settle(SETTLED)
        assert len(await memory.facts("anna").current()) == 4
        assert sum(map(len, reader.asked)) >= 4


def test_a_batch_is_read_when_it_is_full_and_the_rest_when_somebody_settles(store: Open) -> None:
    reader = Reader()
    memory = store(extractor=reader, extract_batch=4, extract_after=1e6)
    session = memory.session("s", "anna")
    say(session, *[f"I say {n}." for n in range(10)])
    assert session.settle(SETTLED)
    assert [len(batch) for batch in reader.asked] == [4, 8, 6]  # four new ones, and up to four that were read before
    assert memory.facts("anna").extract().waiting == 0
    assert len(reader.asked) == 3


def test_extract_reads_to_the_end_beside_the_background(store: Open) -> None:
    began, go = threading.Event(), threading.Event()

    def reader(messages: Sequence[Message]) -> Any:
        began.set()
        go.wait(SETTLED)
        return Reader()(messages)

    memory = store(extractor=reader, extract_batch=2)
    say(memory.session("s", "anna"), *SAID)
    assert began.wait(SETTLED)
    threading.Timer(0.05, go.set).start()
    assert memory.facts("anna").extract().waiting == 0


def test_what_is_not_borne_out_is_refused_counted_and_told(store: Open) -> None:
    lies = (
        {"attribute": "home", "value": "Rome"},
        {"attribute": "rent", "value": "1,300"},
        {"attribute": "name", "value": "Mallory", "message": 99},
        {"attribute": "home", "value": "Paris", "message": 2},
        {"attribute": "home"},
        {"attribute": "criminal record", "value": "yes"},
    )
    memory = store(extractor=Reader(*lies))
    session, told = memory.session("s", "anna"), list[Event]()
    memory.subscribe(told.append)
    session.add(["My rent is 1,200.", Message(role="assistant", content="You live in Paris."), "Hello again."])
    assert session.settle(SETTLED)
    facts = memory.facts("anna")
    assert values(facts.history()) == [("rent", "1,200", "rule")]
    assert session.stats().refused_facts == len(lies)
    (once,) = refused(told)
    assert once[0] == len(lies)
    assert set(once[1]) >= {"no such message", "not the user's own words", "value not said", "no fact that can be read"}
    assert sum(facts.extract().refused.values()) == len(lies)
    assert session.verify().ok


def test_a_newer_value_ends_the_older_one_whoever_read_it_and_a_denial_corrects(store: Open) -> None:
    texts = {
        "I live in Oslo.": None,
        "Bergen feels like home at last.": {"attribute": "home", "value": "Bergen", "status": "new"},
        "I moved to Nice.": None,
        "Nice was never home, we only rented there.": {"attribute": "home", "value": "Nice", "status": "never"},
    }

    def reader(messages: Sequence[Message]) -> list[dict[str, Any]]:
        return [given | {"message": one.sequence} for one in messages if (given := texts.get(one.text))]

    memory = store(extractor=reader)
    session, facts = memory.session("s", "anna"), memory.facts("anna")
    say(session, *texts)
    assert session.settle(SETTLED)
    assert [(one.value, one.how, one.current, one.corrected) for one in facts.history("user", "home")] == [
        ("Oslo", "rule", False, False),
        ("Bergen", "model", True, False),
        ("Nice", "rule", False, True),
    ]
    as_of = [values(facts.current("user", "home", as_of=START + n * DAY + DAY / 2)) for n in range(3)]
    assert as_of == [[("home", "Oslo", "rule")], [("home", "Bergen", "model")], [("home", "Bergen", "model")]]
    assert values(facts.current("user", "home", known_at=START + 2.5 * DAY)) == [("home", "Nice", "rule")]


def test_what_the_application_states_stands_against_a_model_and_not_against_a_rule(store: Open) -> None:
    memory = store(extractor=Reader())
    session, facts = memory.session("s", "anna"), memory.facts("anna")
    stated = facts.state("home", "Turin", since=START)
    later = datetime.now(UTC) + DAY
    say(session, list(SAID)[1], start=later)
    assert session.settle(SETTLED)
    assert values(facts.current("user", "home")) == [("home", "Turin", "application")]
    facts.undo(stated)
    assert values(facts.current("user", "home")) == [("home", "Bergen", "model")]
    facts.state("home", "Turin")
    say(session, "I moved to Nice.", start=later + DAY)
    assert values(facts.current("user", "home")) == [("home", "Nice", "rule")]


def test_what_rules_read_too_is_not_doubled_in_any_message(store: Open) -> None:
    lie = {"attribute": "residence", "value": "Oslo"}
    memory = store(extractor=Reader(lie))
    session = memory.session("s", "anna")
    say(session, "I live in Oslo.")
    say(session, "Oslo is still home to us, I live in Oslo.", start=START + DAY)
    session.settle(SETTLED)
    assert [(one.value, one.confirmed) for one in memory.facts("anna").history()] == [("Oslo", 2)]
    assert session.stats().refused_facts == 0


def test_hidden_messages_are_never_shown_to_it_and_lend_no_fact(store: Open) -> None:
    reader = Reader()
    memory = store(extractor=reader, extract_after=1e6)
    session, facts = memory.session("s", "anna"), memory.facts("anna")
    secret, *others = SAID
    say(session, secret)
    session.forget("m1")
    say(session, *others)
    session.settle(SETTLED)
    assert not any(secret in batch for batch in reader.asked)
    (decision,) = session.forget("m2")
    assert values(facts.current("user", "home")) == []
    session.undo(decision)
    assert values(facts.current("user", "home")) == [("home", "Bergen", "model")]


def test_new_rules_and_a_dropped_index_keep_what_a_model_read(store: Open) -> None:
    memory = store(extractor=Reader())
    session, facts = memory.session("s", "anna"), memory.facts("anna")
    say(session, "I live in Oslo.", *SAID)
    session.settle(SETTLED)
    session.index()
    before = facts.history()
    assert len(before) == 5
    indexes_dropped(memory)
    assert facts.history() == before
    session.index()
    assert facts.history() == before
    assert session.verify().ok


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE tiermem_fact SET value = 'Rome', checksum = NULL WHERE how = 'model' AND attribute = 'home'", "fact"),
        ("UPDATE tiermem_fact SET sequence = 1, checksum = NULL WHERE how = 'model' AND attribute = 'home'", "fact"),
        ("UPDATE tiermem_fact SET certainty = 0.1 WHERE how = 'model' AND attribute = 'home'", "fact"),
        ("DELETE FROM tiermem_fact WHERE how = 'model' AND attribute = 'home'", "extraction"),
        ("UPDATE tiermem_extraction SET extractor = 'x'", "extraction"),
        ("UPDATE tiermem_extraction SET last = 2, checksum = NULL", "fact"),
        ("DELETE FROM tiermem_extraction", "fact"),
    ],
)
def test_verify_holds_it_against_its_message(store: Open, statement: str, table: str) -> None:
    memory = store(extractor=Reader())
    session = memory.session("s", "anna")
    say(session, "I live in Oslo.", *SAID)
    session.settle(SETTLED)
    assert session.verify().problems == ()
    memory._performer._database.write(lambda connection: connection.exec_driver_sql(statement))
    assert any(f"tiermem_{table}" in problem for problem in session.verify().problems)
    memory.facts("anna").history()  # damage raises nothing


def test_no_user_s_messages_or_facts_reach_the_reading_of_another(store: Open) -> None:
    known: list[tuple[str, ...]] = []

    def reader(messages: Any) -> list[Any]:
        known.append((*messages.known, *(one.text for one in messages)))
        return []

    memory = store(extractor=reader)
    for user, city in (("anna", "Oslo"), (("anna", "anna"), "Rome"), ("ann", "Nice")):
        say(memory.session("s", user), f"I live in {city}.")
        assert memory.session("s", user).settle(SETTLED)
    assert [len({city for city in ("Oslo", "Rome", "Nice") if city in " ".join(one)}) for one in known] == [1, 1, 1]
    say(memory.session("nobody"), "I live in Bonn.")
    assert memory.session("nobody").settle(SETTLED)
    assert len(known) == 3  # where nobody is named, nobody's facts are read


def test_what_one_process_left_unread_is_read_when_another_asks(store: Open, target: str) -> None:
    if target == ":memory:":
        return
    memory = store()
    say(memory.session("s", "anna"), *SAID)
    memory.close()
    again = store(extractor=Reader(), extract_after=1e6)
    again.facts("anna").current()
    assert again.settle(SETTLED)
    assert len(again.facts("anna").current()) == 4


def test_two_who_read_at_the_same_time_keep_each_batch_once(store: Open, target: str) -> None:
    if target == ":memory:":
        return
    both = threading.Barrier(2, timeout=SETTLED)

    class Slow(Reader):
        def __call__(self, messages: Sequence[Message]) -> Any:
            if not self.asked:
                both.wait()
            return super().__call__(messages)

    memories: list[Memory] = [store(extractor=Slow(), extract_after=1e6) for _ in range(2)]
    memories[0].session("s", "anna").add(list(SAID))
    for memory in memories:
        memory.facts("anna").current()
    assert all(memory.settle(SETTLED) for memory in memories)
    assert len(memories[0].facts("anna").history()) == 4
    assert memories[1].session("s", "anna").verify().ok


def test_without_one_extract_is_refused_and_nothing_is_said_to_be_read(store: Open) -> None:
    memory = store()
    say(memory.session("s", "anna"), *SAID)
    with pytest.raises(InvalidSettings, match="without an extractor"):
        memory.facts("anna").extract()
    assert memory.session("s", "anna").stats().extracted == 0
