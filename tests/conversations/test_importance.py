"""Importance as a rule: by tables, and what must hold of any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.conversations.weighing.importance import FELT, SHARES, importance

REASONS = [
    ("From now on, always answer in French.", "standing wish"),
    ("The budget is 500 dollars, at most.", "constraint"),
    ("We decided to go with PostgreSQL.", "decision"),
    ("I'll send the report on Friday.", "commitment"),
    ("My name is Anna and I live in Oslo.", "fact"),
    ("I really like jazz.", "preference"),
    ("Can you help me?", "request"),
    ("It took 45 minutes.", "number"),
    ("We met in Bergen.", "name"),
    ("x" * 201, "length"),
    ("以后请都用中文回答。", "standing wish"),
    ("预算是三千块，不能超过。", "constraint"),
    ("我们决定用新的方案。", "decision"),
    ("我会在周五把报告发给你。", "commitment"),
    ("我叫小明，我住在北京。", "fact"),
    ("我很喜欢爵士乐。", "preference"),
    ("请帮我看一下。", "request"),
]


@pytest.mark.parametrize(("text", "reason"), REASONS, ids=ascii)
def test_each_reason_is_found(text: str, reason: str) -> None:
    assert importance(text).why[reason] == SHARES[reason]


@pytest.mark.parametrize("text", ["", "ok", "Thanks!", "好的", "哈哈", "bye."])
def test_what_is_only_acknowledged_matters_nothing(text: str) -> None:
    assert importance(text).value == 0


def test_the_formula() -> None:
    found = importance("We met in Bergen, which took 45 minutes.")
    assert found.why == {"number": 0.15, "name": 0.1}
    assert found.value == round(1 - 0.85 * 0.9, 3)


def test_what_is_come_back_to_matters_more_each_time() -> None:
    values = [importance("We met in Bergen.", referred=times).value for times in range(4)]
    assert values == [0.1, 0.28, 0.37, 0.415]


TEXTS = st.text() | st.lists(st.sampled_from([text for text, _ in REASONS])).map(" ".join)


@given(TEXTS, st.none() | st.floats(-1, 1), st.integers(0, 50), st.integers(0, 5))
def test_it_is_from_0_to_1_and_no_more_reasons_make_it_less(
    text: str, mood: float | None, referred: int, facts: int
) -> None:
    found = importance(text, mood, referred, facts)
    assert 0 <= found.value < 1
    assert found.why.keys() <= SHARES.keys()
    assert bool(found.why) == (found.value > 0)
    more = importance(text, 1.0, referred + 1, facts + 1)
    assert more.value >= found.value
    assert ("feeling" in found.why) <= (mood is not None and abs(mood) >= FELT)
