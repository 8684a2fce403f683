"""Forgetting: what is forgotten is nowhere to be seen or found, and is all there again when that is undone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tiermem import AsyncMemory, Memory, Message, Session, ToolCall
from tiermem.errors import UnknownReference
from tiermem.records import Shown, StructuredSummary
from tiermem.testing import StoppedClock
from tiermem.tools.tools import memory_tools

Open = Callable[..., Memory]
SECRET = "The vault code of the Lisbon office is heron-4711."
ASKED = "What is the vault code of the Lisbon office?"


def told(store: Open, **options: object) -> Session:
    session = store(**options).session("s")
    session.add("We talked about the garden and its roses.")
    session.add(Message(role="user", content=SECRET, id="secret"))
    session.add([f"The weather of day {n} was fine." for n in range(6)])
    return session


def shown_anywhere(session: Session, words: str = "heron-4711") -> list[str]:
    context = session.context(ASKED, 2_000)
    places = {
        "view": [one.text for one in session.view().messages] + [one.text for one in session.view().summaries],
        "messages": [one.text for one in session.messages()],
        "context": [one.text for one in context.messages],
        "search": [hit.message.text for hit in session.search(ASKED)],
        "recall": [session.recall(ASKED).text],
    }
    return [place for place, texts in places.items() if any(words in text for text in texts)]


@pytest.mark.parametrize("ref", ["m2", "secret"])
def test_forgotten_messages_vanish_and_come_back_with_undo(store: Open, ref: str) -> None:
    session = told(store)
    everywhere = shown_anywhere(session)
    assert everywhere == ["view", "messages", "context", "search", "recall"]
    (decision,) = session.forget(ref)
    assert (decision.kind, decision.first, decision.last, decision.reason) == ("hide", 2, 2, "forgotten")
    assert decision == session.journal()[-1]
    assert shown_anywhere(session) == []
    assert session.explain("m2").shown is Shown.HIDDEN
    assert session.verify().ok
    session.undo(decision.number)
    assert shown_anywhere(session) == everywhere
    assert session.verify().ok


def test_forgetting_again_decides_nothing_and_several_are_one_decision_a_stretch(store: Open) -> None:
    session = told(store)
    made = session.forget("m2", "m3", "m6", "m2")
    assert [(one.first, one.last) for one in made] == [(2, 3), (6, 6)]
    assert session.forget("m3", "m6") == session.forget() == []
    assert [(one.first, one.last) for one in session.forget("m3", "m4")] == [(4, 4)]
    assert [one.sequence for one in session.messages()] == [1, 5, 7, 8]
    session.undo(made[1].number)
    assert [one.sequence for one in session.messages()] == [1, 5, 6, 7, 8]


def test_an_unknown_reference_forgets_nothing(store: Open) -> None:
    session = told(store)
    for refs in (("m2", "m99"), ("s1",), ("d1",), ("no such id",), ("m0",)):
        with pytest.raises(UnknownReference):
            session.forget(*refs)
    assert session.journal() == []
    with pytest.raises(UnknownReference):
        session.memory.session("another").forget("m1")


def test_the_original_is_kept_and_expand_says_that_it_is_hidden(store: Open) -> None:
    session = told(store)
    assert session.expand("m2").note == {}
    session.forget("m2")
    opened = session.expand("m2")
    assert opened.messages[0].text == SECRET
    assert opened.note == {"hidden": ["m2"]}
    session.restore("m2")
    assert session.expand("m2").note == {}
    assert "search" in shown_anywhere(session)


def test_system_prompts_are_forgotten_by_name_and_never_with_a_span(store: Open) -> None:
    session = summarised(store)
    (summary,) = session.view().summaries
    made = session.forget(summary.ref)
    assert [(one.first, one.last) for one in made] == [(2, summary.last)]
    assert [one.text.count("\n") for one in session.view().summaries] == [0]  # m1 is still behind it, and no line
    assert session.view().messages[0].sequence == 1
    session.forget("m1")
    assert session.view().summaries == ()
    assert 1 not in [one.sequence for one in session.view().messages]
    assert session.verify().ok
    for one in reversed([d for d in session.journal() if d.reason == "forgotten"]):
        session.undo(one.number)
    assert [one.ref for one in session.view().summaries] == [summary.ref]
    assert session.verify().ok


def summarised(store: Open, **options: object) -> Session:
    """A session whose messages up to some number are behind one summary with a line from m2 and one from m3."""

    def summarize(messages: list[Message]) -> StructuredSummary:
        secret = [one.sequence for one in messages if "heron" in one.text]
        return StructuredSummary(
            user_goal="Plan the garden",
            key_decisions=["The vault code is heron-4711", "The roses are red"],
            sources={"key_decisions.0": secret, "key_decisions.1": [3], "user_goal": [3]},
        )

    session = store(
        summarizer=summarize, pre_rot_threshold=2_000, keep_recent_count=2, clock=StoppedClock(), **options
    ).session("s")
    session.add(Message(role="system", content="Be brief."))
    session.add([SECRET, "The roses are red.", *(f"Day {n}: {'so it went on ' * 6}" for n in range(80))])
    session.manage_context()
    return session


def test_a_summary_loses_the_lines_that_rest_on_what_is_forgotten_until_that_is_undone(store: Open) -> None:
    session = summarised(store)
    assert shown_anywhere(session) != []
    before = session.view().summaries
    assert "heron-4711" in before[0].text
    (decision,) = session.forget("m2")
    assert shown_anywhere(session) == []
    (left,) = session.view().summaries
    assert "The roses are red" in left.text
    assert left.structure.key_decisions == ["The roses are red"]
    assert left.text.splitlines()[0] == before[0].text.splitlines()[0]
    session.undo(decision.number)
    assert session.view().summaries == before


def test_a_text_of_ones_own_for_a_summary_gives_way_where_a_line_is_forgotten(store: Open) -> None:
    session = summarised(store, store_summary=lambda summary: "My own words: heron-4711, and red roses.")
    assert session.view().summaries[0].text.startswith("My own words")
    session.forget("m2")
    assert "heron" not in session.view().summaries[0].text
    assert "The roses are red" in session.view().summaries[0].text


def test_a_later_summary_over_its_neighbours_does_not_show_it_again(store: Open) -> None:
    options = {"pre_rot_threshold": 2_000, "keep_recent_count": 2, "clock": StoppedClock()}
    session = told(store, **options)
    session.forget("m2")
    for n in range(30):
        session.add([f"Report {n}.{part}: {'all went as planned ' * 5}" for part in range(20)])
    assert max(one.level for one in session.view().summaries) > 1
    assert shown_anywhere(session) == []
    assert session.explain("m2").shown is Shown.HIDDEN
    assert session.verify().ok


def test_tool_pairs_stay_valid_whichever_half_is_forgotten(store: Open) -> None:
    session = store().session("s")
    session.add("Look it up.")
    session.add(Message(role="assistant", tool_calls=(ToolCall("c1", "lookup", {"q": "x"}),)))
    session.add(Message(role="tool", content="heron-4711", tool_call_id="c1", name="lookup"))
    session.add("Thanks.")
    (result,) = session.forget("m3")
    roles = [one.role for one in session.context().messages]
    assert roles == ["user", "assistant", "tool", "user"]
    assert "heron" not in str([one.text for one in session.context().messages])
    session.undo(result.number)
    session.forget("m2")
    assert [one.role for one in session.context().messages] == ["user", "user", "user"]


def test_a_message_that_only_looks_like_a_document_is_forgotten_as_a_message(store: Open) -> None:
    session = store().session("s", "anna")
    session.add([Message(role="document", content="Our draft of the contract.", id="draft"), SECRET])
    assert "draft is hidden" in memory_tools(session)["forget_memory"].call(ref="draft")
    assert [one.text for one in session.messages()] == [SECRET]


def test_forgetting_with_await_is_the_same(target: str) -> None:
    async def body() -> None:
        async with await AsyncMemory.open(target) as memory:
            session = memory.session("s")
            await session.add(["hello", SECRET])
            (decision,) = await session.forget("m2")
            assert SECRET not in [hit.message.text for hit in await session.search(ASKED)]
            assert await session.forget("m2") == []
            await session.undo(decision.number)
            assert (await session.search(ASKED))[0].ref == "m2"
            with pytest.raises(UnknownReference):
                await session.forget("m7")

    asyncio.run(body())
