"""A fork begins with another conversation's messages, by reference: both find, show and prove them, each on its own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tiermem import Memory, Message, Session, ToolCall
from tiermem.errors import InvalidBranch, UnknownReference
from tiermem.testing import HashEmbedder
from tiermem.tools.tools import memory_tools

TIGHT: dict[str, Any] = {"pre_rot_threshold": 700, "keep_recent_count": 4, "index_batch": 8}
WORDS = ("heron", "otter", "lynx", "badger", "bison", "gecko", "ibex", "koala", "lemur", "moose", "newt", "okapi")


def chat(memory: Memory, turns: int = 10, name: str = "chat") -> Session:
    """A conversation in which each turn has a word that no other has."""
    session = memory.session(name, "anna")
    said: list[Message] = []
    for number in range(turns):
        word, kept = WORDS[number % len(WORDS)] + str(number), "It is written down and kept safe. " * 4
        said += [Message(role="user", content=f"The code of door {number} is {word}, please note it for the 会议.")]
        said += [Message(role="assistant", content=f"Noted: {word} opens door {number}. {kept}")]
    session.add(said)
    return session


def rows(memory: Memory, table: str) -> int:
    def body(connection: sa.Connection) -> int:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM tiermem_{table}").scalar_one())

    return int(memory._performer._database.write(body))


def proved(memory: Memory) -> None:
    assert {scope.session: found.problems for scope, found in memory.verify().items() if found.problems} == {}


def test_both_have_what_was_said_and_go_their_own_way(store: Open) -> None:
    session = chat(store())
    fork = session.fork("m8", "other")
    assert [one.canonical for one in fork.messages()] == [one.canonical for one in session.messages(1, 8)]
    fork.add("We went left: pelican.")
    session.add("We went right: toucan.")
    assert [one.sequence for one in fork.messages(8)] == [8, 9]
    assert [one.sequence for one in session.messages(20)] == [20, 21]
    assert fork.search("lynx2")[0].ref == "m5"
    assert fork.search("pelican")[0].ref == "m9"
    assert fork.search("badger9") == session.search("pelican") == fork.search("toucan") == []
    assert (
        fork.expand("m5").messages == session.expand("m5").messages == fork.expand(fork.messages(5, 5)[0].id).messages
    )
    assert "lynx2" in fork.recall("Which code has door 2?").text
    assert fork.verify().ok
    assert session.verify().ok
    assert fork.stats().tokens == sum(one.tokens for one in fork.messages())
    proved(session.memory)


def test_nothing_is_copied_and_adding_again_is_adding_once(store: Open) -> None:
    memory = store()
    session = chat(memory)
    session.index()
    before = [rows(memory, table) for table in ("message", "segment", "fact", "vector", "tally")]
    fork = session.fork(session_id="other")
    assert [rows(memory, table) for table in ("message", "segment", "fact", "vector", "tally")] == before
    again = fork.add(session.messages(3, 4))
    assert [one.sequence for one in again] == [3, 4]
    assert fork.stats().messages == 20


def test_a_summary_tells_a_fork_nothing_of_what_came_after(store: Open) -> None:
    memory = store(**TIGHT)
    session = chat(memory, 20)
    session.manage_context()
    assert any(one.last > 17 for one in session.view().summaries)
    for at in (2, 9, 17, 23, 30, 40):
        fork = session.fork(f"m{at}", f"at{at}")
        later = [word + str(n) for n, word in enumerate((WORDS * 2)[:20]) if 2 * n + 1 > at]
        view, context = fork.view(), fork.context("What is the code of door 19?", 2_000)
        said = " ".join(
            [*(one.text for one in view.summaries), *(one.text for one in [*view.messages, *context.messages])]
        )
        assert [word for word in later if word in said] == []
        assert all(one.last <= at for one in view.summaries)
        assert view.tokens == fork.stats().window_tokens
        assert [one.canonical for one in fork.restore()] == [one.canonical for one in session.messages(1, at)]
    fork.add("And on we go. " * 40)
    fork.settle()
    proved(memory)


def test_forks_of_forks_after_a_restart_and_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with Memory.open(path, **TIGHT) as memory, Memory.open(path, **TIGHT) as other:
        first = chat(memory)
        second = first.fork("m12", "second")
        second.add("Only here: pelican.")
        elsewhere = other.session("second", "anna")
        assert elsewhere.search("pelican")[0].ref == "m13"
        third = elsewhere.fork("m13", "third")
        third.add("And here: toucan.")
        low = third.fork("m6", "low")
        assert [one.session for one in low.branches()] == ["chat", "second", "third", "low"]
        assert [(one.parent, one.at) for one in first.branches()] == [
            ("", 0),
            ("chat", 12),
            ("second", 13),
            ("third", 6),
        ]
    with Memory.open(path, **TIGHT) as memory:
        third = memory.session("third", "anna")
        assert [hit.ref for word in ("lynx2", "pelican", "toucan") for hit in third.search(word)[:1]] == [
            "m5",
            "m13",
            "m14",
        ]
        assert memory.session("low", "anna").search("badger3") == []
        proved(memory)


def test_over_all_conversations_what_is_shared_is_found_once(store: Open) -> None:
    memory = store()
    session = chat(memory)
    fork = session.fork("m8", "other")
    fork.add("We went left: pelican.")
    far = memory.session("far", "anna")
    far.add("hello")
    for asked, ref in ((session, "m5"), (fork, "m5"), (far, "chat/m5")):
        hits = [hit.ref for hit in asked.search("lynx2", within="user") if "lynx2" in hit.message.text]
        assert hits[:1] == [ref]
        assert len(hits) == len({hit.rpartition("/")[2] for hit in hits}) == 2
    assert fork.search("newt9", within="user") == session.search("pelican2", within="user") == []
    assert fork.search("lemur8", within="user")[0].ref == "chat/m17"
    assert far.search("pelican", within="user")[0].ref == "other/m9"
    assert far.search("lynx2", within="user", exclude=["chat"])[0].ref == "other/m5"
    assert far.expand("other/m5").messages == session.expand("m5").messages


def test_facts_profile_and_turns_count_once(store: Open) -> None:
    memory = store()
    session = memory.session("chat", "anna")
    session.add("I live in Oslo and my rent is $900.")
    session.add("Good to know.", role="assistant")
    fork = session.fork(session_id="other")
    before = memory.profile("anna").text(), [one.value for one in memory.facts("anna").current()]
    assert len(memory.turns("anna")) == 1
    fork.add("I moved to Bergen.")
    fork.index()
    assert [one.value for one in memory.facts("anna").current("user", "home")] == ["Bergen"]
    assert len(memory.turns("anna")) == 2
    assert {hit.ref: hit.superseded_by for hit in fork.search("Where do I live: Oslo?")}["m1"] == "m3"
    assert session.search("Where do I live: Oslo?")[0].superseded_by == ""
    fork.erase()
    assert (memory.profile("anna").text(), [one.value for one in memory.facts("anna").current()]) == before
    assert fork.topic() is None
    proved(memory)


def test_what_is_decided_later_stays_on_its_side_and_what_was_decided_is_kept(store: Open) -> None:
    session = chat(store())
    session.add("Never open a door on a Friday.")
    session.index()
    forgotten, back = session.forget("m3")[0], session.forget("m5")[0]
    session.undo(back)
    fork = session.fork(session_id="other")
    assert [one.text for one in fork.rules()] == [one.text for one in session.rules()]
    assert fork.rules()[0].holds
    assert fork.explain("m3").shown == session.explain("m3").shown
    session.undo(forgotten)
    session.forget("m7")
    assert fork.search("otter1") == [] or all(hit.ref != "m3" for hit in fork.search("otter1"))
    assert {one.sequence for one in session.messages()} ^ {one.sequence for one in fork.messages()} == {3, 7}
    fork.restore("m3")
    fork.forget("m9")
    assert fork.search("otter1")[0].ref == "m3"
    assert {one.sequence for one in session.messages()} ^ {one.sequence for one in fork.messages()} == {7, 9}
    proved(session.memory)


def test_vectors_of_both_sides_are_searched(store: Open) -> None:
    memory = store(embedder=HashEmbedder(64))
    session = chat(memory)
    session.index()
    fork = session.fork("m8", "other")
    fork.add("We went left: pelican.")
    fork.index()
    assert fork.search("otter1")[0].ref == "m3"
    assert fork.search("pelican")[0].ref == "m9"
    assert fork.search("lynx2", within="user")[0].ref == "m5"
    assert fork.stats().degraded == ()
    proved(memory)


def test_a_border_within_a_step_is_refused_and_named(store: Open) -> None:
    session = store().session("s", "anna")
    session.add("What is in the file?")
    session.add(
        Message(role="assistant", content=None, tool_calls=(ToolCall("a", "read", {}), ToolCall("b", "read", {})))
    )
    session.add([Message(role="tool", content=f"words {one}", tool_call_id=one, name="read") for one in "ab"])
    session.add("It says words.", role="assistant")
    for at in ("m2", "m3"):
        with pytest.raises(
            InvalidBranch, match="m2 to m4 are a call and its results; it can be parted behind m1 or m4"
        ):
            session.fork(at)
        with pytest.raises(InvalidBranch):
            session.rewind(at)
    assert [session.fork(at).stats().messages for at in ("m1", "m4", "m5")] == [1, 4, 5]
    assert [one.session for one in session.branches()] == ["s", "s~2", "s~3", "s~4"]


def test_wrong_forks_are_refused_by_name(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    with pytest.raises(InvalidBranch, match="nothing was said"):
        session.fork()
    session.add(["one", "two"])
    with pytest.raises(UnknownReference):
        session.fork("m9")
    fork = session.fork("m1", "there")
    assert session.fork("m1", "there").scope == fork.scope  # forking twice is forking once
    for at, name in (("m2", "there"), (None, "s")):
        with pytest.raises(InvalidBranch, match="is there already"):
            session.fork(at, name)
    fork.add("more")
    with pytest.raises(InvalidBranch, match="is there already"):
        session.fork("m1", "there")
    assert memory.sessions("anna") == ["s", "there"]
    assert memory.session("s", "bob").branches() == []


def test_the_async_verbs_do_the_same(tmp_path: Path) -> None:
    async def run(memory: Memory) -> None:
        session = chat(memory).as_async()
        fork = await session.fork("m4", "other")
        assert [one.sequence for one in await fork.messages()] == [1, 2, 3, 4]
        told = await fork.edit("m3", "The code of door 1 is falcon.", "before")
        assert [one.sequence for one in await fork.messages()] == [1, 2, told.sequence]
        assert [one.session for one in await session.branches()] == ["chat", "other", "before"]
        (hide,) = await session.rewind("m10", "started over")
        assert (hide.first, hide.last, hide.reason) == (11, 20, "started over")

    with Memory.open(tmp_path / "m.db") as memory:
        asyncio.run(run(memory))
        proved(memory)


def test_tools_open_what_a_fork_shares_by_its_reference(store: Open) -> None:
    session = chat(store())
    session.fork("m8", "other").add("We went left: pelican.")
    expand = memory_tools(session)["expand_memory"]
    assert "lynx2" in expand.call(ref="other/m5")
    assert "pelican" in expand.call(ref="other/m9")


def test_what_a_fork_shares_is_indexed_with_it_where_it_was_said(store: Open) -> None:
    memory = store(embedder=HashEmbedder(64), index_batch=1_000)
    session = chat(memory)
    fork = session.fork("m8", "other").fork("m6", "third")
    fork.index()
    assert session.stats().indexed == session.stats().messages
    assert fork.stats().degraded == session.stats().degraded == ()
    proved(memory)


def test_two_forks_at_one_message_are_asked_as_of_a_time_one_after_the_other() -> None:
    with Memory.open(":memory:") as memory:
        session = memory.session("work")
        at = [datetime(2026, 3, day, tzinfo=UTC) for day in range(1, 7)]
        session.add([Message(role="user", content=f"zebra number {n}", created_at=at[n]) for n in range(6)])
        for _ in range(2):
            branch = session.fork(session.messages()[-1].id)
            assert {hit.message.sequence for hit in branch.recall("zebra", as_of=at[2]).hits} == {1, 2, 3}
