"""The newest step is one: its call stays with all its results, each clipped or a stub, within the budget."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Open
from tests.flows.steps.parallel import FORMS, assert_whole, log, results, step
from tests.properties.thinned import share, thinned
from tiermem import Memory, Session, Thresholds
from tiermem.tokens.counting import message_tokens

ASKED: dict[str, dict[str, Any]] = {
    "plain": {},
    "query": {"query": "What is the pool size?"},
    "steady": {"steady": True},
    "no recall": {"recall": False},
}


def session_of(limit: int, **options: Any) -> Session:
    return Memory.open(":memory:", pre_rot_threshold=limit, **options).session("s")


@pytest.mark.sampled(4)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", thinned(range(1, 13), 4, always=(1, 2, 12)))
def test_every_result_of_a_step_stays_with_its_call(count: int, form: str) -> None:
    for limit in (2_000, 8_000):
        for lines in (30, 300, 600, 1_300):
            session = session_of(limit)
            session.add("Read all logs")
            session.add(step([lines] * count, form))
            for asked in ASKED.values():
                said = assert_whole(session, limit, count, **asked)
                assert max(map(len, said)) <= 1.5 * min(map(len, said)) + 100  # equal results have equal shares


@pytest.mark.parametrize("form", FORMS)
def test_it_holds_on_every_backend_behind_an_older_talk(store: Open, form: str) -> None:
    session = store(pre_rot_threshold=3_000).session("s")
    for number in range(12):
        session.add(f"The valve of pump {number} was set to {number * 3} bar. " + "pad word " * 90)
        session.add(f"noted {number}", role="assistant")
    session.add("Read all logs")
    session.add(step([1_300, 5, 600, 0, 1_300, 40, 900, 1_300, 20], form))
    for asked in ASKED.values():
        said = assert_whole(session, 3_000, 9, **asked)
        assert [said[number] for number in (1, 3)] == [log(1, 5), log(3, 0)]  # what is short is whole


@pytest.mark.sampled(2)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("recent", thinned([1, 4, 10, 40], 2))
def test_how_many_messages_are_recent_parts_no_step(recent: int, form: str) -> None:
    for count in (3, 5, 9, 12, 30):
        session = session_of(8_000, keep_recent_count=recent)
        session.add("Read all logs")
        session.add(step([700] * count, form))
        for asked in ASKED.values():
            assert_whole(session, 8_000, count, **asked)


def test_only_where_not_even_a_line_each_fits_results_are_quoted() -> None:
    session = session_of(8_000)
    session.add("Read all logs")
    session.add(step([600] * 12, "messages"))
    assert_whole(session, 700, 12)
    context = session.context(budget=200)
    assert context.tokens <= 200
    assert not any(message.calls or message.answers for message in context.messages)
    assert "m14 …]" in context.messages[-1].text


def test_each_result_in_one_message_has_a_stub_of_its_own_and_comes_back_whole() -> None:
    session = session_of(2_000)
    session.add("Read all logs")
    made = step([300, 1, 900], "blocks", beside="And tell me which of them is the longest, please.")
    session.add(made)
    session.add("All read.", role="assistant")
    session.add("Thanks")
    session.add("Welcome", role="assistant")
    stub = session.view().messages[2]
    found = results(session.view().messages)
    assert found["x0"].startswith("[COMPACTED: tool result, 302 lines")
    assert found["x1"] == log(1, 1)
    assert found["x2"].startswith("[COMPACTED: tool result, 902 lines")
    assert stub.content[-1] == made[1].content[-1]  # type: ignore[index]
    session.restore("m3")
    assert session.messages()[2].content == made[1].content
    assert session.verify().ok


@pytest.mark.parametrize("form", FORMS)
def test_an_own_compactor_leaves_no_result_of_a_message_empty(form: str) -> None:
    session = session_of(2_000, compactor=lambda message: "[COMPACTED: logs · m3]" if message.answers else None)
    session.add("Read all logs")
    session.add(step([900, 900], form))
    session.add("All read.", role="assistant")
    found = results(session.view().messages)
    assert found["x0"] == "[COMPACTED: logs · m3]"
    assert found["x1"] == ("[… m3 …]" if form == "blocks" else "[COMPACTED: logs · m3]")


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("goal", [None, "Find the valve"])
def test_nothing_stands_between_a_call_and_results_that_have_a_question_beside_them(
    asked: str, goal: str | None
) -> None:
    session = session_of(4_000)
    for number in range(40):
        session.add(f"The valve of pump {number} was set to {number * 3} bar. " + "pad word " * 60)
        session.add(f"noted {number}", role="assistant")
    session.add("Read all logs")
    session.add(step([1, 1, 1], "blocks", beside="What was the valve of pump 3 set to?"))
    assert_whole(session, 3_000, 3, goal=goal, **ASKED[asked])


def quarters(text: str) -> int:
    return (len(text) + 3) // 4


STEPS = st.lists(st.lists(st.integers(0, 700), min_size=1, max_size=12), min_size=1, max_size=4)


@settings(max_examples=share(60), deadline=None)
@given(steps=STEPS, limit=st.integers(1_500, 9_000), form=st.sampled_from(FORMS), agent=st.booleans(), data=st.data())
def test_whatever_the_sizes_each_shown_call_has_each_result_once(
    steps: list[list[int]], limit: int, form: str, agent: bool, data: st.DataObject
) -> None:
    beside = data.draw(st.sampled_from(["", "And what else?"])) if form == "blocks" else ""
    session = session_of(limit, enable_context_management=not agent)
    session.add("Read all logs")
    for place, sizes in enumerate(steps):
        session.add(step(sizes, form, f"s{place}-", beside))
        if agent:
            session.manage_context(Thresholds(pre_rot_threshold=limit, keep_recent_tokens=limit // 2))
        asked = ASKED[data.draw(st.sampled_from(sorted(ASKED)))]
        context = session.context(budget=limit, counter=quarters, **asked)
        assert context.tokens == sum(message_tokens(one, quarters) for one in context.messages) <= limit
        found = results(context.messages)
        assert {f"s{place}-{number}" for number in range(len(sizes))} <= found.keys()
        assert all(found.values())
