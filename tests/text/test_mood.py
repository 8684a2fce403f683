"""The mood of a text, against texts whose mood is plain, and what must hold of any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.text.mood import chinese, english
from tiermem.text.mood.reading import LEAST, mood, weights

GOOD = [
    "I love it, what a wonderful day!",
    "The concert was amazing.",
    "Not bad at all, and the food was delicious.",
    "今天很开心，电影非常精彩！",
    "这家餐厅的菜很好吃，服务也很热情。",
]
BAD = [
    "I hate this. What a terrible day.",
    "She is so sad and worried.",
    "It wasn't good, and it broke. Useless!",
    "我很难过，今天真的糟糕透了。",
    "房间又脏又吵，再也不来了，太失望了。",
]
SILENT = ["", "The train leaves at nine.", "ok", "thanks, welcome!", "火车九点开。", "good", "谢谢，欢迎", "`x = 1`"]


@pytest.mark.parametrize("text", GOOD)
def test_what_is_said_gladly_is_above_0(text: str) -> None:
    felt = mood(text)
    assert felt is not None
    assert felt > 0


@pytest.mark.parametrize("text", BAD)
def test_what_is_said_with_dislike_is_below_0(text: str) -> None:
    felt = mood(text)
    assert felt is not None
    assert felt < 0


@pytest.mark.parametrize("text", SILENT, ids=ascii)
def test_where_too_little_tells_it_there_is_no_mood(text: str) -> None:
    assert mood(text) is None


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("This is good and useful.", "This is not good nor useful."),
        ("I am happy with it.", "I'm not happy with it."),
        ("我很喜欢这个地方，很满意。", "我不喜欢这个地方，不满意。"),
    ],
    ids=ascii,
)
def test_a_negation_turns_what_follows_it(text: str, other: str) -> None:
    assert weights(text)[0] > 0 == weights(text)[1]
    assert weights(other)[1] > 0 == weights(other)[0]


def test_a_negation_ends_with_its_clause_and_what_comes_before_but_counts_half() -> None:
    assert weights("not now. good")[0] == 1
    assert weights("nice and good, but awful") == (1.0, 2.0)


@given(
    st.text()
    | st.lists(st.sampled_from([*GOOD, *BAD, *SILENT, "not", "but", "very", "不", "很", "但是"])).map(" ".join)
)
def test_any_text_has_a_mood_between_its_bounds_or_none(text: str) -> None:
    good, bad = weights(text)
    felt = mood(text)
    assert good >= 0 <= bad
    assert (felt is None) == (good + bad < LEAST)
    assert felt is None or -1 <= felt <= 1


@pytest.mark.parametrize("table", [english, chinese])
def test_no_word_tells_both_or_is_there_twice(table: object) -> None:
    groups = [getattr(table, name) for name in ("STRONG_GOOD", "GOOD", "STRONG_BAD", "BAD")]
    good, bad = groups[0] | groups[1], groups[2] | groups[3]
    assert good & bad == set()
    assert groups[0] & groups[1] == set()
    assert groups[2] & groups[3] == set()


@pytest.mark.parametrize("text", ["My friend lives in Rome.", "I used to live in Kyiv.", "I use it, I need help."])
def test_a_word_that_another_one_was_made_of_tells_no_mood(text: str) -> None:
    assert weights(text) == (0.0, 0.0)
