"""What a message states: the rules on sentences of each kind, and that no text makes them raise or wait."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.facts.stated.reading import PASTED, gates, stated
from tiermem.facts.stated.record import CHANGES, CORRECTS, NO, ONCE, STATES, YES, from_json, to_json
from tiermem.facts.stated.resolving import resolve

# text: (subject, attribute, value, manner)
STATED = {
    "I live in Oslo.": ("user", "home", "Oslo", STATES),
    "i moved to Bergen last month": ("user", "home", "Bergen", CHANGES),
    "I used to live in Paris.": ("user", "home", "Paris", ONCE),
    "I started working at Bosch in May.": ("user", "work", "Bosch", CHANGES),
    "My sister works at Bayer.": ("user's sister", "work", "Bayer", STATES),
    "My rent went up to $1,350.": ("user", "rent", "$1,350", CHANGES),
    "Wait, I mixed that up. The deadline is May 14.": ("", "deadline", "May 14", STATES),
    "Correction: the budget is $650.": ("", "budget", "$650", CORRECTS),
    "I'm no longer a nurse.": ("user", "job", "nurse", ONCE),
    "I'm allergic to peanuts.": ("user", "allergic to peanuts", YES, STATES),
    "I don't drink coffee anymore.": ("user", "drink coffee", NO, CHANGES),
    "Bob took over the release.": ("", "responsible for release", "Bob", CHANGES),
    "My favourite colour is teal.": ("user", "favorite color", "teal", STATES),
    "我住在北京。": ("user", "home", "北京", STATES),
    "我上个月搬到上海了。": ("user", "home", "上海", CHANGES),
    "我以前住在巴黎。": ("user", "home", "巴黎", ONCE),
    "我妹妹在腾讯工作。": ("user's 妹妹", "work", "腾讯", STATES),
    "预算提高到8000元了。": ("", "预算", "8000元", CHANGES),
    "我对花生过敏。": ("user", "allergic to 花生", YES, STATES),
    "我戒烟了。": ("user", "抽 烟", NO, CHANGES),
    "我儿子今年 6 岁。": ("user's 儿子", "age", "6", STATES),
    "房租涨到 5200 元了。": ("", "房租", "5200 元", CHANGES),
    "面试改到 3 月 9 号。": ("", "面试", "3月9号", CHANGES),
    "The cache size is 2 GB.": ("", "cache size", "2 GB", STATES),
    "部署改由小王负责。": ("", "responsible for 部署", "小王", CHANGES),
}
NOTHING = [
    "Should we move the deadline to Friday?",
    "If I lived in Tokyo I'd never cook.",
    "I might move to Lisbon.",
    'My friend said "I live in Madrid".',
    "She told me she works at Google.",
    "Yeah right, I live in a palace.",
    "Their team has 11 engineers.",
    "I moved to the kitchen.",
    "I joined a book club.",
    "I love it so much.",
    "要不要把连接池大小调到50？",
    "如果我住在东京就好了。",
    "他说预算是500元。",
    "我想搬到上海。",
    "我住在皇宫里，开玩笑的。",
    "写作是一个长期积累的过程。",
]


@pytest.mark.parametrize(("text", "fact"), STATED.items())
def test_what_is_stated_is_read(text: str, fact: tuple[str, ...]) -> None:
    found = [(one.subject, one.attribute, one.value, one.manner) for one in stated(text, "user")]
    assert found == [fact]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_not_stated_is_no_fact(text: str) -> None:
    assert stated(text, "user") == []


@pytest.mark.parametrize("text", STATED)
def test_single_words_tell_that_a_fact_may_be_stated(text: str) -> None:
    assert gates.may_state(text)


def test_of_others_only_their_own_things_are_told() -> None:
    assert {one.subject for one in stated("I live in Oslo. My brother lives in Kiel.", "dana")} == {
        "dana",
        "dana's brother",
    }


def test_what_refers_back_is_of_the_same_measure_or_nothing() -> None:
    rent, home = stated("My rent is $500. ", "user"), stated("I live in Oslo.", "user")
    (it,) = stated("Actually, it's $650.", "user")
    assert it.attribute == ""
    assert [(one.attribute, one.value) for one in resolve([it], rent)] == [("rent", "$650")]
    assert resolve([it], [*rent, *home]) == []  # what was spoken of last is a place
    assert resolve([it], []) == []


def test_what_is_pasted_is_not_read() -> None:
    text = "I live in Oslo. "
    assert stated(text, "user")
    assert stated(text * (PASTED // len(text) + 1), "user") == []


def test_a_fact_survives_as_json() -> None:
    for text in STATED:
        for fact in stated(text, "user"):
            assert from_json(to_json(fact)) == fact  # type: ignore[arg-type]


_PIECES = st.lists(
    st.sampled_from([*STATED, *NOTHING, "I ", "my ", "我", "是", "\ue000", "$1", ",", "。", "\n", "'", '"', "is "]),
    max_size=12,
).map("".join)


@given(st.one_of(st.text(max_size=300), _PIECES))
def test_no_text_makes_the_rules_raise_and_values_are_plain(text: str) -> None:
    for fact in stated(text, "user", 1.7e9):
        assert fact.value
        assert "\n" not in fact.value
        assert not any("\ue000" <= one <= "\uf0ff" for one in fact.value + fact.attribute)
        assert len(fact.value) <= 120


@pytest.mark.parametrize(
    "piece", ["I live in Oslo and ", "我住在北京，", "my rent is 5 ", "I " * 5, "it's 5, no ", "住"]
)
def test_long_texts_take_no_longer_than_their_length(piece: str) -> None:
    text = (piece * 1_999)[: PASTED - 1]
    began = time.process_time()
    stated(text, "user")
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("text", "liked"),
    [
        ("I enjoy painting, playing piano and tea.", ["like painting", "like playing piano", "like tea"]),
        ("I love apples, pears, and plums.", ["like apples", "like pears", "like plums"]),
        ("I like hiking and swimming.", ["like hiking", "like swimming"]),
        ("我喜欢画画、弹琴和下棋。", ["like 画画", "like 弹琴", "like 下棋"]),
        ("I love tea, and my sister loves coffee.", ["like tea"]),
        ("I enjoy painting, thanks.", ["like painting"]),
        ("I like sunny.", []),
        ("我喜欢晴朗。", []),
        ("I like sunny days.", ["like sunny days"]),
    ],
)
def test_a_list_that_is_closed_is_read_whole_and_a_quality_is_no_thing(text: str, liked: list[str]) -> None:
    assert [fact.attribute for fact in stated(text, "user") if fact.subject == "user"] == liked


def test_names_in_what_somebody_does_keep_their_capitals() -> None:
    said = ("I study English.", "I use Flask.", "I play Minecraft.")
    assert [stated(text, "user")[0].attribute for text in said] == [
        "study English",
        "use Flask",
        "play Minecraft",
    ]


@pytest.mark.parametrize(("text", "told"), [
    ("I moved to Mt. Pleasant.", {"Mt Pleasant"}), ("I live in Ft. Worth now.", {"Ft Worth"}),
    ("My name is J. R. Smith.", set()), ("My name is Anna B. Lee.", set()),
    ("I'm from the U.S. but live in the U.K.", {"the US"}), ("I work for the U.N. in Geneva.", {"the UN"}),
])  # fmt: skip
def test_a_dot_that_ends_no_sentence_cuts_no_name(text: str, told: set[str]) -> None:
    assert {one.value for one in stated(text, "user")} == told
