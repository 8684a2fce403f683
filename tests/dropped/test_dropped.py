"""What a run took from the window is told, the weightiest first, with what still says it."""

from __future__ import annotations

import pytest

from tests.conftest import Open
from tiermem import Memory, Message, Session, Shown
from tiermem.dropped.commitments import commitment
from tiermem.errors import InvalidMessage, UnknownReference
from tiermem.events import collecting
from tiermem.tools import memory_tools

LONG = {"pre_rot_threshold": 1_500, "keep_recent_count": 4}
PLANTED = {
    "Never deploy anything on a Friday.": "constraint|wish",
    "报告必须在3月14日之前提交。": "deadline",
    "We decided to use PostgreSQL instead of MySQL.": "decision",
    "The pool has 40 connections and answers in 12 seconds.": "number",
    "I met Elena in the park.": "name",
}


def begun(memory: Memory) -> Session:
    session = memory.session("s", "anna")
    for number in range(40):
        session.add("What is there to say? " + "Some more words about it. " * 8)
        session.add("There is much to say. " * 8, role="assistant")
        if number < len(PLANTED):
            session.add([*PLANTED][number])
    session.settle()
    session.manage_context()
    return session


@pytest.mark.parametrize("text", PLANTED)
def test_what_commits_is_named(text: str) -> None:
    found = commitment(Message(role="user", content=f"So much for that. {text} What do you think?"))
    assert found.line == text
    assert any(kind in PLANTED[text].split("|") for kind in found.kinds)


def test_the_weightiest_comes_first_with_what_is_kept_of_it(store: Open) -> None:
    session = begun(store(**LONG))
    found = session.dropped(0, limit=1_000)
    assert [one.line for one in found[: len(PLANTED)]] == [*PLANTED]
    assert all(one.score == 0 for one in found[len(PLANTED) :])
    assert found[0].pinned
    assert {one.shown for one in found} <= {Shown.COMPACTED, Shown.COVERED}
    assert session.dropped(0, limit=2) == found[:2]
    for one in found:
        assert session.expand(one.ref).messages[0].acts_as == one.role


def test_what_came_back_was_not_dropped(store: Open) -> None:
    session = begun(store(**LONG))
    refs = {one.ref for one in session.dropped(0, limit=1_000)}
    session.restore("m3")
    session.forget("m6")
    assert {one.ref for one in session.dropped(0, limit=1_000)} == refs - {"m3", "m6"}
    assert session.dropped(session.journal()[-1]) == []


def test_by_default_it_is_that_of_the_last_run(store: Open) -> None:
    session = begun(store(**LONG))
    with collecting() as events:
        for _ in range(8):
            session.add("And one thing more. " * 12)
            session.add("There is much to say. " * 12, role="assistant")
        session.settle()
        session.manage_context()
    told = [event.fields for event in events if event.kind == "dropped"]
    assert told
    assert session.dropped() == session.dropped(told[-1]["since"])
    assert session.dropped()


def test_wrong_arguments_are_named(store: Open) -> None:
    session = begun(store(**LONG))
    for wrong in (10_000, -1, True, "m3"):
        with pytest.raises(UnknownReference):
            session.dropped(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidMessage):
        session.dropped(limit=-1)
    assert store().session("empty", "anna").dropped() == []


async def test_a_tool_and_async_callers_have_it_too(store: Open) -> None:
    session = begun(store(**LONG))
    answer = memory_tools(session)["expand_memory"].call(ref="dropped")
    assert answer.startswith("<quoted")
    assert answer.endswith("</quoted>")
    assert await session.as_async().dropped() == session.dropped()
