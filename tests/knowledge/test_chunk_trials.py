"""Choosing a chunk size: what shows more evidence with fewer tokens wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.errors import InvalidSettings
from tiermem.knowledge.chunk_trials import trials

FILLER = "The report describes ordinary events of the day in many words without much to tell. "
TEXTS = [FILLER * 8 + f"On day {n} machine {n} was repaired by worker W{n}. " + FILLER * 8 for n in range(20)]
SHORT = {f"Who repaired machine {n}?": [f"machine {n} was repaired by worker W{n}"] for n in range(20)}


def words(text: str) -> int:
    return len(text.split())


def test_evidence_that_is_one_sentence_wants_small_chunks_but_not_smaller_than_itself() -> None:
    made = trials(TEXTS, SHORT, sizes=(20, 200, 4000), count=words)
    assert [one.size for one in made] == [200, 4000, 20]  # 20 cuts the evidence in two, 4000 buries it
    assert [one.found for one in made] == [1.0, 1.0, 0.0]
    assert made[0].tokens < made[1].tokens


def test_evidence_that_is_a_long_passage_wants_large_chunks() -> None:
    passages = [f"Rules of club {n}. " + " ".join(f"Rule {k} of it says {k * n}." for k in range(40)) for n in range(8)]
    texts = [FILLER * 3 + one + " " + FILLER * 3 for one in passages]
    made = trials(texts, {f"What are the rules of club {n}?": [one] for n, one in enumerate(passages)}, count=words)
    assert made[0].size >= 1500
    assert {one.size: one.found for one in made}[300] == 0.0


def test_the_value_is_the_share_of_evidence_averaged_over_all_budgets() -> None:
    text = "alpha one two three. " + "beta four five six."
    made = trials([text], {"alpha?": ["alpha one"], "beta?": ["beta four"]}, sizes=(1000,), budget=16, count=words)[0]
    assert (made.found, made.tokens, made.value) == (1.0, 8.0, 0.5)
    small = trials([text], {"alpha?": ["alpha one"], "beta?": ["beta four"]}, sizes=(21,), budget=16, count=words)[0]
    assert (small.found, small.tokens, small.value) == (1.0, 4.0, 0.75)


def test_what_does_not_fit_the_budget_is_not_found() -> None:
    made = trials([FILLER * 3 + "The code is 4711."], {"code?": ["4711"]}, sizes=(1000,), budget=5, count=words)
    assert (made[0].found, made[0].value, made[0].tokens) == (0.0, 0.0, 0.0)


def test_phrases_are_compared_without_case_and_line_breaks() -> None:
    made = trials(["The gate\n  code is\n4711."], {"What is the gate code?": ["GATE code IS 4711"]}, sizes=(500,))
    assert made[0].found == 1.0


def test_chinese_samples_are_measured_too() -> None:
    texts = ["".join(f"第{n}号水泵由员工{n * 7}检查，记录保存在档案室。" for n in range(200))]
    made = trials(texts, {"谁检查第17号水泵？": ["员工119检查"]}, sizes=(100, 2000))
    assert made[0].size == 100
    assert made[0].found == 1.0


@pytest.mark.parametrize(
    ("questions", "options"),
    [
        ({}, {}),
        ({"Who?": []}, {}),
        ({"Who?": [" "]}, {}),
        ({"Who?": ["stands nowhere"]}, {}),
        ({"Who?": ["machine 1"]}, {"sizes": ()}),
        ({"Who?": ["machine 1"]}, {"sizes": (0,)}),
        ({"Who?": ["machine 1"]}, {"budget": 0}),
    ],
)
def test_samples_by_which_nothing_can_be_measured_are_refused(questions: dict, options: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(InvalidSettings):
        trials(TEXTS, questions, **options)


@given(st.lists(st.text(min_size=1, max_size=300).filter(str.strip), min_size=1, max_size=4), st.integers(1, 400))
def test_shares_are_shares_whatever_the_text(texts: list[str], size: int) -> None:
    phrase = texts[0].strip()[:5].strip()
    for one in trials(texts, {texts[0]: [phrase]}, sizes=(size, size + 50)):
        assert 0 <= one.value <= one.found <= 1
