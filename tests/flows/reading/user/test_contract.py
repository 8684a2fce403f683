"""Recall over all conversations of a user: what is found, what it says of where it is from, what narrows it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tiermem import AsyncMemory, Memory, Message, Session
from tiermem.errors import UnknownRole
from tiermem.events import Event
from tiermem.tokens.counting import message_tokens
from tiermem.tools import memory_tools

Open = Callable[..., Memory]
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
SAID = {
    "monday": ["My sister Clara lives in Lisbon.", "I am allergic to peanuts.", "The coffee is cold again."],
    "travel/2026": ["We fly to Oslo on 4 May.", "The name of our hotel there is Bristol.", "Nothing else for today."],
    "work": ["The staging server is called Kestrel.", "Its port is 7443.", "See you."],
}
ASKED = {
    "Where does my sister Clara live?": ("monday", 1),
    "What am I allergic to?": ("monday", 2),
    "What is the name of our hotel?": ("travel/2026", 2),
    "How is the staging server called?": ("work", 1),
}
SISTER = next(iter(ASKED))


def told(memory: Memory, name: str, texts: list[str], days: int = 0, **more: Any) -> Session:
    session = memory.session(name, "anna")
    when = START + timedelta(days=days)
    made = [Message(role="user", content=text, created_at=when + timedelta(minutes=n)) for n, text in enumerate(texts)]
    session.add(made)
    return session


def filled(store: Open, **options: Any) -> Session:
    """Today's conversation of a user who had three before."""
    memory = store(**options)
    for days, (name, texts) in enumerate(SAID.items()):
        told(memory, name, texts, days)
    memory.knowledge("anna").add_documents({"text": "Clara's letters are kept in box 9.", "source": "boxes.md"})
    return told(memory, "today", ["Good morning, it rains.", "What shall we do?"], 30)


@pytest.fixture
def today(store: Open) -> Session:
    return filled(store)


@pytest.mark.parametrize("question", ASKED)
def test_what_another_conversation_said_is_found_with_its_session_and_time(today: Session, question: str) -> None:
    name, number = ASKED[question]
    hit = today.search(question, within="user")[0]
    assert (hit.session, hit.message.sequence, hit.home, hit.ref) == (name, number, False, f"{name}/m{number}")
    assert hit.message.when == START + timedelta(days=list(SAID).index(name), minutes=number - 1)
    assert today.expand(hit.ref).messages == (hit.message,)
    assert today.search(question) == [] or today.search(question)[0].home


@pytest.mark.parametrize("question", ASKED)
def test_blocks_and_contexts_quote_it_with_its_reference(today: Session, question: str) -> None:
    name, number = ASKED[question]
    text = SAID[name][number - 1]
    recalled = today.recall(question, within="user")
    context = today.context(question, 4_000, within="user")
    quoted = next(piece for piece in context.pieces if piece.kind == "recalled")
    for block, refs in ((recalled.text, recalled.refs), (quoted.message.text, quoted.refs)):
        assert f"{name}/m{number}" in refs
        assert text in block
        assert f"[{name}/m" in block
    assert [piece.message.text for piece in context.pieces if piece.kind == "message"] == [
        "Good morning, it rains.",
        "What shall we do?",
    ]


def test_this_conversation_is_one_of_them(today: Session) -> None:
    hit = today.search("Does it rain?", within="user")[0]
    assert (hit.ref, hit.session, hit.home) == ("m1", "today", True)


def test_a_conversation_in_which_nothing_was_said_has_the_others(today: Session) -> None:
    new = today.beside("new")
    assert new.search(SISTER, within="user")[0].ref == "monday/m1"
    assert "Lisbon" in new.recall(SISTER, within="everything").text
    assert "Lisbon" in new.context(SISTER, 1_000, within="user").messages[0].text


def test_everything_is_that_and_the_documents(today: Session) -> None:
    question = "Where are Clara's letters, and where does Clara live?"
    assert {hit.source for hit in today.search(question, within="user")} == {""}
    refs = {hit.ref for hit in today.search(question, within="everything")}
    assert {"monday/m1", "d1"} <= refs


def test_notes_and_the_conversation_stay_what_they_are(today: Session) -> None:
    for within in ("conversation", "notes", "knowledge"):
        assert all(hit.home or hit.source for hit in today.search(SISTER, within=within))
        assert "Lisbon" not in today.recall(SISTER, within=within).text


@pytest.mark.parametrize("within", ["user", "everything"])
def test_sessions_and_exclude_narrow_it(today: Session, within: Any) -> None:
    def found(**narrowed: Any) -> set[str]:
        hits = today.search("Clara Oslo Kestrel rains", 50, within=within, **narrowed)
        recalled = today.recall("Clara Oslo Kestrel rains", within=within, **narrowed)
        names = {hit.session for hit in recalled.hits if not hit.source}
        assert names <= {hit.session for hit in hits if not hit.source}
        return names

    assert found() == {"monday", "travel/2026", "work", "today"}
    assert found(sessions=["monday", "work"]) == {"monday", "work"}
    assert found(exclude=["monday", "today"]) == {"travel/2026", "work"}
    assert found(sessions={"monday", "work"}, exclude=("work",)) == {"monday"}
    assert found(sessions=["nowhere"]) == set()
    assert found(sessions=["nowhere", "work"]) == {"work"}
    context = today.context(SISTER, 4_000, within=within, exclude=["monday"])
    assert not any("Lisbon" in message.text for message in context.messages)


def test_filters_hold_in_every_conversation(today: Session) -> None:
    day = (START + timedelta(days=1)).date()
    hits = today.search("Oslo hotel Clara Kestrel", within="user", since=day, until=day)
    assert {hit.session for hit in hits} == {"travel/2026"}
    earlier = today.search("Oslo hotel Clara Kestrel", within="user", as_of=START + timedelta(hours=1))
    assert {hit.session for hit in earlier} == {"monday"}
    today.beside("work").add("Kestrel was moved to hall 3.", role="assistant")
    only = today.search("Kestrel", within="user", role="assistant")
    assert [hit.ref for hit in only] == ["work/m4"]


def test_a_role_that_another_conversation_has_is_no_misspelt_one(today: Session) -> None:
    today.beside("work").add(Message(role="users", content="Kestrel is loved by all."))
    assert [hit.ref for hit in today.search("Kestrel", within="user", role="users")] == ["work/m4"]
    with pytest.raises(UnknownRole):
        today.search("Kestrel", role="users")


def test_what_its_session_hides_is_hidden_here(today: Session) -> None:
    monday, work = today.beside("monday"), today.beside("work")
    (forgotten,) = monday.forget("m1")
    assert "Lisbon" not in today.recall(SISTER, within="user").text
    assert all(hit.ref != "monday/m1" for hit in today.search(SISTER, 50, within="user"))
    monday.undo(forgotten)
    assert "Lisbon" in today.recall(SISTER, within="user").text
    (made,) = today.forget("monday/m1")
    assert "Lisbon" not in today.recall(SISTER, within="user").text
    today.undo(made)
    work.clear()
    assert all(hit.session != "work" for hit in today.search("Kestrel staging server", 50, within="user"))


def test_what_is_said_twice_is_quoted_once(store: Open) -> None:
    memory = store()
    for name in ("monday", "friday"):
        told(memory, name, ["My sister Clara lives in Lisbon.", "Bye."])
    today = told(memory, "today", ["Good morning."], 9)
    assert today.recall(SISTER, within="user").text.count("My sister Clara lives in Lisbon.") == 1
    assert memory_tools(today)["search_memory"].call(query=SISTER).count("Clara lives") == 1
    today.add("My sister Clara lives in Lisbon.")
    context = today.context(SISTER, 4_000, within="user")
    assert sum(message.text.count("Clara lives") for message in context.messages) == 1


def test_tools_search_all_of_it_and_open_what_they_found(today: Session) -> None:
    tools = memory_tools(today)
    answer = tools["search_memory"].call(query=SISTER)
    assert "[monday/m1] 2026-03-01 09:00 UTC User: My sister Clara lives in Lisbon." in answer
    assert "Lisbon" in tools["expand_memory"].call(ref="monday/m1")
    alone = memory_tools(today, within="conversation")
    assert "Lisbon" not in alone["search_memory"].call(query=SISTER)


@pytest.mark.parametrize("within", ["user", "everything"])
def test_budgets_hold(today: Session, within: Any) -> None:
    for budget in (60, 150, 400, 1_000):
        context = today.context("Clara Oslo Kestrel", budget, within=within)
        assert sum(message_tokens(one, today.memory.counter) for one in context.messages) == context.tokens <= budget
        recalled = today.recall("Clara Oslo Kestrel", budget, within=within)
        assert today.memory.counter(recalled.text) == recalled.tokens <= budget


def test_an_agents_context_has_it_too(today: Session) -> None:
    today.add(SISTER)
    context = today.context(None, 4_000, within="user", steady=True)
    block = next(piece for piece in context.pieces if piece.kind == "recalled")
    assert "monday/m1" in block.refs
    again = today.context(None, 4_000, within="user", steady=True, quoted={"m3": block.message.text})
    assert [piece.message.text for piece in again.pieces] == [piece.message.text for piece in context.pieces]


def test_events_name_the_reference_and_logs_do_not_name_the_session(
    today: Session, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    stop = today.subscribe(events.append)
    with caplog.at_level(logging.DEBUG, "tiermem"):
        today.recall(SISTER, within="user")
    stop()
    assert "monday/m1" in events[-1].fields["refs"]
    logged = "".join(f"{record.getMessage()} {vars(record)['tiermem']}" for record in caplog.records)
    assert "/m1" in logged
    assert "monday" not in logged
    assert "Lisbon" not in logged + str(events[-1].as_dict())


def test_async_finds_what_sync_finds(target: str) -> None:
    async def steps() -> None:
        async with await AsyncMemory.open(target) as memory:
            await memory.session("monday", "anna").add(SAID["monday"])
            today = memory.session("today", "anna")
            await today.add("Good morning.")
            assert (await today.search(SISTER, within="user"))[0].ref == "monday/m1"
            assert "[monday/m1" in (await today.recall(SISTER, within="user")).text
            context = await today.context(SISTER, 2_000, within="user")
            assert any("Lisbon" in message.text for message in context.messages)
            assert await today.search(SISTER, within="user", sessions=["work"]) == []

    asyncio.run(steps())
