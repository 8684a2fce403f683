"""Steps that callers replace, and what stays true when they do."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.conftest import Open
from tests.memory.talk import long_turns, small
from tiermem import Memory, Message, Shown, Summary
from tiermem.errors import InvalidSettings


def test_a_summary_can_be_kept_elsewhere_and_shown_in_other_words(store: Open) -> None:
    kept: list[Summary] = []

    def store_summary(summary: Summary) -> str:
        kept.append(summary)
        return f"(see notebook, page {summary.number})"

    session = store(**small(), store_summary=store_summary).session("s")
    for turn in range(60):
        session.add(long_turns(1, turn))
    live = session.view().summaries
    assert live[0].text == "(see notebook, page 1)"
    assert live[0].structure == kept[0].structure
    assert session.verify().ok


def test_messages_of_a_summarised_span_can_be_kept_in_view(store: Open) -> None:
    session = store(**small(), keep=lambda message: "precious" in message.text).session("s")
    session.add("This is precious to me.")
    for turn in range(60):
        session.add(long_turns(1, turn))
    assert session.stats().covered > 0
    assert session.explain("m1").shown is Shown.VERBATIM
    assert session.view().messages[0].text == "This is precious to me."
    assert session.verify().ok


def test_the_newest_question_stays_in_view_where_keep_wants_all_of_a_span(store: Open) -> None:
    session = store(**small(), keep=lambda _: True).session("s")
    session.add("Read all the logs and say which service is slow.")
    for turn in range(60):
        session.add(long_turns(1, turn)[1:])
    assert session.stats().covered > 0
    assert session.explain("m1").shown is Shown.VERBATIM
    assert session.verify().ok


def test_a_step_that_fails_gives_way_to_the_default_and_is_told(store: Open) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no notebook")

    session = store(**small(), store_summary=broken, keep=broken, compactor=broken).session("s")  # type: ignore[arg-type]
    for turn in range(60):
        session.add(long_turns(1, turn))
    assert session.stats().compacted
    assert session.stats().covered
    assert any("no notebook" in line for line in session.stats().degraded)
    assert session.verify().ok


def test_a_new_summary_never_replaces_one_that_it_was_not_made_from(store: Open) -> None:
    session = store(**small()).session("s")
    for turn in range(60):
        session.add(long_turns(1, turn))
    first = session.view().summaries[0]
    session.restore(f"m{first.first + 1}")
    for turn in range(60, 100):
        session.add(long_turns(1, turn))
        spans = sorted((one.first, one.last) for one in session.view().summaries)
        assert all(left[1] < right[0] for left, right in pairwise(spans))
        assert turn % 10 or session.verify().ok
    assert first.number in {one.number for one in session.view().summaries}


def test_pressure_puts_restored_messages_back_under_their_summary(store: Open) -> None:
    session = store(**small()).session("s")
    for turn in range(60):
        session.add(long_turns(1, turn))
    first = session.view().summaries[0]
    session.restore(*(f"m{n}" for n in range(first.first, first.last)))
    assert session.stats().window_tokens > 1_000
    session.add(Message(role="user", content="heavy " * 900))
    assert session.stats().window_tokens < 1_900
    assert session.explain(f"m{first.first}").decision is not None
    assert session.verify().ok


def test_a_small_window_stays_small_when_hundreds_of_turns_pass_through_it(store: Open) -> None:
    session = store(pre_rot_threshold=600, context_budget=600, keep_recent_count=4).session("s")
    for turn in range(100):
        session.add(f"step {turn}: {'detail ' * 15}")
        session.add(f"done {turn}. " + "x " * 9, role="assistant")
        assert session.stats().window_tokens < 600
    assert session.verify().problems == ()
    assert len(session.journal()) < 300
    assert max(one.level for one in session.view().summaries) > 1


def test_a_turn_too_long_for_the_budget_still_shows_its_question(store: Open) -> None:
    session = store().session("s")
    session.add("Which of these rows is wrong?")
    for number in range(30):
        session.add(Message(role="assistant", content=f"row {number}: " + "value " * 40))
    context = session.context(budget=400)
    assert context.tokens <= 400
    assert context.messages[0].text == "Which of these rows is wrong?"
    assert context.messages[-1].text.startswith("row 29")


@pytest.mark.parametrize("step", ["summarizer", "compactor", "store_summary", "keep", "clock"])
def test_what_cannot_be_called_is_refused_when_the_memory_is_opened(step: str) -> None:
    with pytest.raises(InvalidSettings, match=f"{step}= takes a function, not str"):
        Memory.open(":memory:", **{step: "openai:gpt-5-mini"})
