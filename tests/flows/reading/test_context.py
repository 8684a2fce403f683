"""What a context promises, on every backend."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest

from tests.conftest import Open
from tests.memory.talk import long_turns, small
from tiermem import Memory, Message, StructuredSummary, ToolCall
from tiermem.errors import (
    BudgetTooSmall,
)
from tiermem.tools import memory_tools


def test_the_archive_finds_what_left_the_window(store: Open) -> None:
    session = store(**small()).session("s")
    session.add("My locker code is zebra-4471, remember it.")
    session.add("我最喜欢的咖啡是燕麦拿铁。")
    for turn in range(60):
        session.add(long_turns(1, turn))
    assert session.search("locker code")[0].message.sequence == 1
    assert session.search("喜欢喝什么拿铁")[0].message.sequence == 2
    context = session.context("What was my locker code?", 700)
    assert "zebra-4471" in "\n".join(m.text for m in context.messages)
    assert any(line.startswith("L3 recalled") for line in context.trace)


def test_a_question_about_nothing_recalls_nothing(store: Open) -> None:
    session = store(**small()).session("s")
    for turn in range(60):
        session.add(long_turns(1, turn))
    assert session.search("xylophone quartet rehearsal") == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize("budget", [150, 400, 1_000, 5_000])
def test_a_context_stays_within_its_budget_by_the_callers_own_counter(store: Open, budget: int) -> None:
    session = store(**small()).session("s")
    for turn in range(40):
        session.add(long_turns(1, turn))
    for counter in (None, len, lambda text: 2 * len(text.split()), lambda text: text.split()):
        context = session.context("service7", budget if counter is not len else 6 * budget, counter=counter)
        assert context.tokens <= context.budget
        newest = context.messages[-1]
        assert newest.sequence >= session.stats().messages - 1
        if budget >= 1_000:  # with less the newest question stands alone, for what is asked is something else
            assert newest.role == "assistant"


def test_a_message_larger_than_the_budget_is_shown_clipped_with_a_pointer_to_the_whole(store: Open) -> None:
    session = store().session("s")
    session.add("word " * 5_000 + "the end")
    context = session.context(budget=300)
    assert context.tokens <= 300
    assert context.pieces[-1].clipped
    assert "m1" in context.messages[-1].text
    assert context.messages[-1].text.endswith("the end")
    assert session.expand("m1").messages[0].text.count("word") == 5_000


def test_what_must_be_shown_and_does_not_fit_is_an_error_with_both_numbers(store: Open) -> None:
    session = store().session("s")
    session.add(Message(role="system", content="rule " * 400))
    session.add("hi")
    with pytest.raises(BudgetTooSmall) as caught:
        session.context(budget=100)
    assert caught.value.budget == 100 < caught.value.needed
    with pytest.raises(BudgetTooSmall):
        session.context(budget=0)
    with pytest.raises(BudgetTooSmall):
        store().session("t").context(budget=100, reserved=200)


def test_tool_pairs_are_whole_in_every_context(store: Open) -> None:
    session = store(**small()).session("s")
    for number in range(24):
        calls = tuple(ToolCall(f"c{number}-{i}", "run", {"n": i}) for i in range(number % 3 + 1))
        session.add(Message(role="user", content=f"run {number}"))
        session.add(Message(role="assistant", content="", tool_calls=calls))
        for call in reversed(calls):
            session.add(Message(role="tool", content=f"row {number} " * 30, tool_call_id=call.id, name="run"))
        for budget in (120, 300, 900):
            assert_paired(session.context("row 3", budget).messages)


def assert_paired(messages: list[Message]) -> None:
    waiting: set[str] = set()
    for position, message in enumerate(messages):
        if message.role == "tool":
            assert message.tool_call_id in waiting
            waiting.discard(message.tool_call_id or "")
            continue
        assert not waiting
        waiting = {call.id for call in message.tool_calls}
        assert position == len(messages) - 1 or not waiting or messages[position + 1].role == "tool"


def test_a_late_result_a_missing_one_and_an_orphan_still_give_a_valid_context(store: Open) -> None:
    session = store().session("s")
    session.add([
        Message(role="tool", content="orphan", tool_call_id="gone"),
        Message(role="assistant", content="", tool_calls=(ToolCall("a", "x"), ToolCall("b", "y"))),
        Message(role="user", content="hurry up"),
        Message(role="tool", content="late", tool_call_id="b"),
        Message(role="assistant", content="done"),
    ])  # fmt: skip
    messages = session.context().messages
    assert_paired(messages)
    assert [m.text for m in messages if m.role == "tool"] == ["[no result was recorded for this call]", "late"]
    assert "orphan" in messages[0].text
    assert messages[0].role == "user"


FACTS = (
    "My customer number is 4711.",
    "The machine leaks from the brewing unit.",
    "Send the new seal to Examplestreet 5 in Hamburg.",
    "Call me only after 5 pm.",
    "I paid by invoice R-2026-88.",
)


@pytest.mark.parametrize("steady", [False, True])
def test_a_summary_is_cut_by_lines_to_what_is_left_and_never_a_bare_header(store: Open, steady: bool) -> None:
    session = store(pre_rot_threshold=500).session("s")
    for n in range(40):
        session.add(FACTS[n % 5] if n < 20 else f"And what about question {n}?")
        session.add("That is fine.", role="assistant")
    assert session.view().summaries
    lines = []
    for budget in range(150, 800, 25):
        context = session.context("What happens next?", budget, steady=steady)
        assert context.tokens <= budget
        summary = [piece for piece in context.pieces if piece.kind == "summary"]
        inside = summary[0].message.text.splitlines()[1:-1] if summary else []
        headers = [place for place, line in enumerate(inside) if line.startswith("Summary ")]
        assert all(place + 1 < len(inside) and place + 1 not in headers for place in headers)
        assert summary or budget < (250 if steady else 500)
        lines.append(len(inside))
    assert lines[-1] == max(lines) > 3


def test_a_summary_of_which_no_line_is_left_is_not_sent(store: Open) -> None:
    def summarized(messages: Sequence[Message]) -> StructuredSummary:
        return StructuredSummary(user_goal=messages[0].text, sources={"user_goal": [messages[0].sequence]})

    session = store(pre_rot_threshold=500, summarizer=summarized).session("s")
    session.add("Plan the trip to Lisbon")
    for n in range(60):
        session.add(f"And what about question {n}, is it fine?")

    def sent() -> list[str]:
        return [ref for piece in session.context(None, 800).pieces if piece.kind == "summary" for ref in piece.refs]

    before = sent()
    assert "s1" in before
    session.forget("m1")
    assert sent() == before[1:]


HARBOUR = "The harbour pilot Ole Brandt keeps the spare key of the lighthouse under the third stone."


def test_a_long_newest_turn_leaves_a_small_context_to_what_is_asked(store: Open) -> None:
    session = store(recall_limit=50).session("s")
    session.add(HARBOUR)
    session.add([f"Row {n} is about tulips and roses." for n in range(40)])
    session.add("Which bulbs shall I buy? " + "I have so many beds to fill. " * 20)
    session.add("Take tulips. " + "They grow in every soil that is not wet. " * 30, role="assistant")
    context = session.context("Where is the spare key of the lighthouse?", 200)
    assert HARBOUR in "\n".join(message.text for message in context.messages)
    newest = [piece for piece in context.pieces if piece.kind == "message"]
    assert [piece.message.sequence for piece in newest] == [42, 43]
    assert all(piece.clipped and f"m{piece.message.sequence}" in piece.message.text for piece in newest)
    assert sum(piece.tokens for piece in newest) <= 50
    asked = session.context("Which is the moon's mass?", 800)  # nothing is recalled, so what is new stands whole
    assert not any(piece.clipped for piece in asked.pieces if piece.message.sequence == 43)
    assert not any("spare key" in message.text for message in asked.messages)


@pytest.mark.parametrize("least", [0.0, 1.0])
def test_what_is_less_likely_to_answer_is_shown_to_who_asks_and_put_into_no_prompt(store: Open, least: float) -> None:
    session = store(**small(), least_likely=least).session("s")
    session.add(HARBOUR)
    for turn in range(60):
        session.add(long_turns(1, turn))
    asked = "Where is the spare key of the lighthouse?"
    recalled, context = session.recall(asked, 300), session.context(asked, 500)
    assert (0 < recalled.likely < 1) is (least == 0)
    assert bool(recalled.hits) is bool(context.hits) is (least == 0)
    assert session.search(asked)[0].message.text == HARBOUR
    assert "third stone" in memory_tools(session)["search_memory"].call(query=asked)


@pytest.mark.parametrize("budget", [1, 4, 8, 12, 16, 20, 24, 32, 48, 64])
def test_the_smallest_budgets_hold_too_where_something_else_is_asked(budget: int) -> None:
    with Memory.open(":memory:") as memory:
        session = memory.session("s")
        session.add(["The kiln of the old pottery fires at 1,260 degrees. " * 20, "Fine.", "Where is the ladder?"])
        for query in ("How hot is the kiln?", "x", None):
            with suppress(BudgetTooSmall):
                assert session.context(query, budget).tokens <= budget
