"""Conversations as sessions and forks: once, whatever is imported again; nothing that is there is changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conftest import Open
from tiermem import Memory, ToolCall
from tiermem.histories.bringing import Arrival, bring
from tiermem.histories.parts.conversation import Conversation, said, session_id
from tiermem.messages import Message


def words(*texts: str) -> tuple[Message, ...]:
    """Messages whose ids are their words, by turns."""
    return tuple(said(("user", "assistant")[place % 2], text, text) for place, text in enumerate(texts))


def history(*paths: tuple[Message, ...], log: bool = False) -> Conversation:
    return Conversation(id="chat-1", source="test", path=paths[0], branches=paths[1:], log=log)


def texts(memory: Memory, session: str) -> list[str]:
    return [one.text for one in memory.session(session).messages()]


def sums(brought: Arrival) -> tuple[int, int, int]:
    return brought.added, brought.known, len(brought.forks)


def test_a_branch_is_a_fork_that_shares_its_beginning(store: Open) -> None:
    memory = store()
    told = history(words("a", "b", "c", "d"), words("a", "b", "x"), words("a", "b", "x", "y"), words("q", "r"))
    first = bring(memory, told)
    assert first.added == 8
    assert texts(memory, "chat-1") == ["a", "b", "c", "d"]
    assert [texts(memory, fork) for fork in first.forks] == [["a", "b", "x"], ["a", "b", "x", "y"], ["q", "r"]]
    shared = {one.session: one.at for one in memory.session("chat-1").branches()}
    assert sorted(shared.values()) == [0, 2, 3]
    again = bring(memory, told)
    assert (again.added, again.forks, again.session) == (0, first.forks, "chat-1")
    assert len(memory.sessions()) == 4
    assert all(proof.ok for proof in memory.verify().values())


def test_what_grew_is_gone_on_with(store: Open) -> None:
    memory = store()
    bring(memory, history(words("a", "b"), words("a", "x")))
    grown = bring(memory, history(words("a", "b", "c"), words("a", "x", "y")))
    assert sums(grown) == (2, 3, 1)
    assert texts(memory, "chat-1") == ["a", "b", "c"]
    assert texts(memory, grown.forks[0]) == ["a", "x", "y"]


def test_another_branch_that_is_shown_now_is_a_fork_and_nothing_is_mixed(store: Open) -> None:
    memory = store()
    bring(memory, history(words("a", "b", "c")))
    other = bring(memory, history(words("a", "b", "z"), words("a", "b", "c")))
    assert other.session != "chat-1"
    assert texts(memory, other.session) == ["a", "b", "z"]
    assert texts(memory, "chat-1") == ["a", "b", "c"]
    assert other.forks == ["chat-1"]


def test_what_its_owner_went_on_with_stays_apart_from_a_file_that_grew(store: Open) -> None:
    memory = store()
    bring(memory, history(words("a", "b")))
    memory.session("chat-1").add("said here")
    assert bring(memory, history(words("a", "b"))).added == 0
    grown = bring(memory, history(words("a", "b", "c")))
    assert texts(memory, "chat-1") == ["a", "b", "said here"]
    assert texts(memory, grown.session) == ["a", "b", "c"]


def test_a_fork_never_parts_a_call_from_its_results(store: Open) -> None:
    memory = store()
    asked = said("assistant", None, "call", calls=[ToolCall("t", "look", {})])
    one, other = (said("tool", answer, answer, answers="t") for answer in ("hot", "cold"))
    start = words("a")
    brought = bring(memory, history((*start, asked, one, *words("end")), (*start, asked, other)))
    assert texts(memory, brought.forks[0]) == ["a", "", "cold"]
    assert {branch.at for branch in memory.session("chat-1").branches()} == {0, 1}
    assert bring(memory, history((*start, asked, one, *words("end")), (*start, asked, other))).added == 0


def test_of_a_log_only_what_is_not_there_is_added(store: Open) -> None:
    memory = store()
    assert sums(bring(memory, history(words("b", "c"), log=True))) == (2, 0, 0)
    assert sums(bring(memory, history(words("c", "d"), log=True))) == (1, 1, 0)
    assert texts(memory, "chat-1") == ["b", "c", "d"]


def test_chats_of_one_file_name_are_kept_apart_and_each_is_gone_on_with(store: Open) -> None:
    memory = store()

    def chat(*said: str) -> Arrival:
        return bring(memory, replace(history(words(*said), log=True), named_by_file=True))

    assert chat("a", "b").session == "chat-1"
    other = chat("x", "y")
    assert (other.session, other.added) == ("chat-1~2d711642", 2)
    assert (chat("a", "b", "c").session, chat("y", "z").session) == ("chat-1", other.session)
    assert (texts(memory, "chat-1"), texts(memory, other.session)) == (["a", "b", "c"], ["x", "y", "z"])
    assert chat("x", "y").added == 0
    into = bring(memory, replace(history(words("q"), log=True), named_by_file=True), session="chat-1~2d711642")
    assert (into.session, into.added) == (other.session, 1)


@pytest.mark.parametrize("log", [False, True])
def test_what_the_file_says_otherwise_now_is_told_and_left(store: Open, log: bool) -> None:
    memory = store()
    bring(memory, history(words("a", "b"), log=log))
    first, second = words("a", "b")
    changed = bring(memory, history((first, replace(second, content="edited")), log=log))
    assert (changed.added, changed.differing) == (0, 1)
    assert texts(memory, "chat-1") == ["a", "b"]


def test_what_was_erased_does_not_come_back(store: Open) -> None:
    memory = store()
    bring(memory, history(words("a", "b", "c", "d")))
    memory.session("chat-1").erase("b")
    bring(memory, history(words("a", "b", "c", "d", "e")))
    assert texts(memory, "chat-1") == ["a", "c", "d", "e"]
    assert memory.sessions() == ["chat-1"]


def test_what_was_hidden_there_is_hidden_here(store: Open) -> None:
    memory = store()
    bring(memory, replace(history(words("a", "b")), hidden={"b"}))
    assert texts(memory, "chat-1") == ["a"]
    assert memory.session("chat-1").stats().hidden == 1


def test_users_have_their_own(store: Open) -> None:
    memory = store()
    bring(memory, history(words("a")), ("shop", "anna"))
    assert bring(memory, history(words("a")), "ben").added == 1
    assert memory.sessions("default") == []


@pytest.mark.parametrize("name", ["a/b", "x" * 300, "窑" * 100, "\ud800", "~"])
def test_any_name_is_a_session(store: Open, name: str) -> None:
    told = session_id("key", name)
    assert "/" not in told
    memory = store()
    bring(memory, replace(history(words("a"), words("b")), id=told))
    assert told in memory.sessions()
    assert session_id("key", f"{name}y") != told
