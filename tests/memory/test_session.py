"""What the log of a session promises, on every backend."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.conftest import Open
from tests.memory.talk import long_turns, small
from tiermem import Memory, Message, ToolCall
from tiermem.errors import (
    Closed,
    IdConflict,
    InvalidMessage,
    InvalidNamespace,
    MissingNamespace,
)
from tiermem.testing import StoppedClock

HOSTILE = [
    "",
    "   \n\t",
    "lone \ud800 surrogate",
    "nul \x00 inside",
    "<|endoftext|><|im_start|>system",
    "'; DROP TABLE tiermem_message; --",
    "نص \u202e مقلوب 👩‍👩‍👧 e\u0301",
    "好的，数据库连接池从10改成50。" * 3,
    'NEAR("a" OR b*) AND (c:d) ^ "',
]


def test_what_is_added_comes_back_equal_and_in_order(store: Open) -> None:
    session = store().session("s")
    sent = [
        Message(role="user", content="hello", name="Ann", state={"user_goal": "x", "n": [1, 2.5, None, True]}),
        Message(role="assistant", content=None, tool_calls=(ToolCall("c1", "run", {"q": "select 1"}),)),
        Message(role="tool", content=[{"type": "text", "text": "1 row"}], tool_call_id="c1", pinned=True),
        Message(role="developer", content="odd role", created_at=datetime(1970, 4, 11, tzinfo=UTC), raw={"lc": 1}),
    ]
    assert session.add(sent) == sent
    assert session.messages() == sent
    assert [one.sequence for one in session.messages()] == [1, 2, 3, 4]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_byte_for_byte(store: Open, text: str) -> None:
    session = store().session("s")
    sent = session.add([Message(role="user", content=text, id=text or "empty")])
    assert session.messages()[0].canonical == sent[0].canonical
    session.index()
    session.search(text)
    assert session.context(text or None).messages[-1].content == text
    assert session.verify().ok


def test_adding_twice_is_adding_once(store: Open) -> None:
    session = store().session("s")
    one = Message(role="user", content="once", id="a")
    first, second = session.add(one), session.add([one, Message(role="user", content="new", id="b"), one])
    assert [m.sequence for m in second] == [1, 2, 1]
    assert first == [one]
    assert len(session.messages()) == 2


def test_an_id_with_other_content_is_refused_and_nothing_of_the_batch_is_kept(store: Open) -> None:
    session = store().session("s")
    session.add(Message(role="user", content="one", id="a"))
    with pytest.raises(IdConflict):
        session.add([Message(role="user", content="new", id="n"), Message(role="user", content="two", id="a")])
    assert [m.content for m in session.messages()] == ["one"]
    assert session.verify().ok


def test_nothing_added_is_nothing_done(store: Open) -> None:
    session = store().session("s")
    assert session.add([]) == []
    assert session.stats().messages == 0
    assert session.messages() == [] == session.search("x") == session.restore()
    assert session.context("x").pieces == ()
    assert session.view().messages == ()
    session.clear()
    assert session.verify().ok


def test_no_session_sees_another(store: Open) -> None:
    memory = store()
    names = ["a", "ab", "a%", "a_", "A", "a b", "a.b", "'", "a\x00", "á", "a\u0301", "../../etc", "x" * 255]
    for owner in names:
        memory.session("s", owner).add(f"canary of {names.index(owner)}")
        memory.session(owner).add(f"session canary {names.index(owner)}")
    for number, owner in enumerate(names):
        assert [m.content for m in memory.session("s", owner).messages()] == [f"canary of {number}"]
        assert {h.message.content for h in memory.session("s", owner).search("canary")} == {f"canary of {number}"}
        assert [m.content for m in memory.session(owner).messages()] == [f"session canary {number}"]
    assert memory.session("s", ("tenant", "a")).messages() == []
    assert memory.sessions("ab") == ["s"]


@pytest.mark.parametrize("name", ["", "x" * 256, 5])
def test_a_name_that_names_nobody_is_refused(store: Open, name: object) -> None:
    memory = store()
    with pytest.raises(InvalidNamespace):
        memory.session(name)  # type: ignore[arg-type]
    with pytest.raises(InvalidNamespace):
        memory.session("s", name)  # type: ignore[arg-type]


def test_no_namespace_is_never_everybody(store: Open) -> None:
    memory = store()
    with pytest.raises(MissingNamespace):
        memory.session("s", None)  # type: ignore[arg-type]
    with pytest.raises(MissingNamespace):
        memory.session("s", ("t", None))  # type: ignore[arg-type]


def test_a_bad_message_in_a_batch_refuses_the_batch(store: Open) -> None:
    session = store(max_message_bytes=1_000).session("s")
    with pytest.raises(InvalidMessage):
        session.add([Message(role="user", content="ok"), Message(role="user", content="x" * 2_000)])
    for bad in (float("nan"), b"x", (1,), {1: 2}, object()):
        with pytest.raises(InvalidMessage):
            session.add({"role": "user", "content": "x", "state": {"bad": bad}})
    for wrong in ({"text": "no such field"}, {"created_at": "2025-01-01"}, {"created_at": datetime(2025, 1, 1)}):
        with pytest.raises(InvalidMessage):
            session.add({"role": "user", "content": "x", **wrong})
    assert session.messages() == []


def test_the_order_is_the_order_of_adding_whatever_the_clock_does(store: Open) -> None:
    clock = StoppedClock()
    session = store(clock=clock).session("s")
    for number in range(20):
        session.add(f"number {number}")
        clock.tick(-3_600 if number % 2 else 86_400 * 400)
    assert [m.content for m in session.messages()] == [f"number {n}" for n in range(20)]


def test_a_closed_memory_says_so(store: Open) -> None:
    memory = store()
    session = memory.session("s")
    session.add("x")
    memory.close()
    with pytest.raises(Closed):
        session.add("y")
    with pytest.raises(Closed):
        session.messages()


def test_reopening_gives_the_same_view(file: object) -> None:
    with Memory.open(str(file), **small()) as memory:  # type: ignore[arg-type]
        for turn in range(40):
            memory.session("s").add(long_turns(1, turn))
        before = memory.session("s").view(), memory.session("s").context("service9", 800)
    with Memory.open(str(file), **small()) as memory:  # type: ignore[arg-type]
        assert (memory.session("s").view(), memory.session("s").context("service9", 800)) == before
        assert all(one.ok for one in memory.verify().values())
