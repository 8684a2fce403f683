"""Promises of text/synonyms.py: what a question's terms are also looked up by, and which groups are refused."""

from __future__ import annotations

import math
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.errors import InvalidSettings
from tiermem.text.analyzer import query_terms, terms
from tiermem.text.synonyms import MOST, Synonyms

BUILTIN = Synonyms()
PIECES = ["生日", "家人", "電影", "喜歡", "爸爸妈妈", "mum's", "TV", "due", "date", "截止日期", "a", "the", "吃", "db"]
TEXTS = st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)
MEMBERS = st.sampled_from(["mum", "会议", "red car", "电影院", "kg", "北京"])


def expand(text: str, synonyms: Synonyms = BUILTIN) -> dict[str, dict[str, float]]:
    return synonyms.expand(query_terms(text), text)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("我家人喜欢什么？", "我的亲人都爱喝汤"),
        ("爸爸妈妈住在哪里", "我父母住在苏州"),
        ("你什么时候最开心", "那天我特别高兴"),
        ("她为什么难过", "她今天很伤心"),
        ("他在焦虑什么", "他很担心"),
        ("他在哪里上班", "他换了工作"),
        ("他的兴趣是什么", "他的爱好很多"),
        ("去哪里旅游", "这次旅行去了云南"),
        ("测验考得怎样", "考试通过了"),
        ("好朋友是谁", "一位好友来了"),
        ("我喜歡看什麼電影", "我喜欢看电影"),
        ("我喜欢看什么电影", "我喜歡看電影"),
        ("手機密碼", "改了口令"),
        ("When is my mom's birthday?", "mum turned sixty"),
        ("Which television did I buy?", "we got a new TV"),
        ("What colour is the bike?", "my bicycle has a red color"),
        ("How many kg did I lose?", "lost five kilograms"),
        ("Which db do we use?", "the database is Postgres"),
        ("生日是哪天", "my birthday is in May"),
        ("When is the meeting?", "会议改到周三"),
        ("deadline of the project", "项目的截止日期是周五"),
        ("截止日期是什么时候", "the deadline moved"),
        ("What is the due date?", "the deadline moved"),
    ],
)
def test_a_question_reaches_an_answer_in_other_words(question: str, answer: str) -> None:
    shared = {other for others in expand(question).values() for other in others} & set(terms(answer))
    assert shared - set(query_terms(question))


@pytest.mark.parametrize("text", ["", "the of and", "?!", "qwertz 12345"])
def test_nothing_known_gives_nothing(text: str) -> None:
    assert expand(text) == {}


def test_a_phrase_counts_only_where_its_words_follow_each_other() -> None:
    assert "deadlin" in expand("the due date")["date"]
    assert "deadlin" not in expand("date when rent is due").get("date", {})


def test_a_chinese_phrase_counts_only_where_it_stands_as_written() -> None:
    assert "deadlin" in expand("截止日期")["截止"]
    assert "deadlin" not in expand("截止到那个日期").get("截止", {})


def test_a_phrase_lends_its_words_a_share_each() -> None:
    found = expand("flumph", Synonyms([["flumph", "floating jelly"]], weight=0.8, builtin=False))
    assert found == {"flumph": {"float": 0.4, "jelli": 0.4}}


def test_a_mapping_and_a_group_say_the_same() -> None:
    mapping = Synonyms({"Atlas": ["billing service", "计费"]}, builtin=False)
    group = Synonyms([["Atlas", "billing service", "计费"]], builtin=False)
    for question in ("who owns Atlas?", "who owns the billing service?", "计费归谁管"):
        assert expand(question, mapping) == expand(question, group) != {}


def test_own_groups_are_added_to_the_built_in_ones() -> None:
    found = expand("生日", Synonyms([["生日", "破壳日"]], weight=0.6))["生日"]
    assert found["birthday"] == 0.7
    assert any(found.get(term) == 0.6 for term in query_terms("破壳日"))


def test_a_word_in_two_groups_has_the_heavier_weight() -> None:
    assert expand("生日", Synonyms([["生日", "birthday"]], weight=0.95))["生日"]["birthday"] == 0.95
    assert expand("生日", Synonyms([["生日", "birthday"]], weight=0.1))["生日"]["birthday"] == 0.7


def test_without_the_table_only_own_groups_count() -> None:
    assert expand("我喜歡電影", Synonyms(builtin=False)) == {}


def test_a_term_has_at_most_so_many_others() -> None:
    found = expand("root", Synonyms([["root", *(f"leaf{n}x" for n in range(60))]], builtin=False))
    assert len(found["root"]) == MOST


@pytest.mark.parametrize(
    "groups",
    [
        "mum mom",
        7,
        None,
        ["mum"],
        [["mum"]],
        [["mum", "MUM "]],
        [["mum", ""]],
        [["mum", "  "]],
        [["mum", 3]],
        [["mum", "x" * 81]],
        [["mum", "?!"]],
        [["mum", "the of"]],
        [5],
        {"mum": "mom"},
        {"mum": []},
        {"": ["mom"]},
        {3: ["mom"]},
        {"mum": None},
    ],
)
def test_senseless_groups_are_refused(groups: Any) -> None:
    with pytest.raises(InvalidSettings):
        Synonyms(groups)


@pytest.mark.parametrize("weight", [0, 1, -0.5, 1.5, math.nan, math.inf, "0.5", None, True])
def test_senseless_weights_are_refused(weight: Any) -> None:
    with pytest.raises(InvalidSettings):
        Synonyms(weight=weight)


def test_an_error_never_carries_the_words() -> None:
    with pytest.raises(InvalidSettings) as caught:
        Synonyms([["secretword", "x" * 81]])
    assert "secretword" not in str(caught.value)


@given(TEXTS)
def test_weights_are_between_0_and_1_and_no_term_of_the_question_is_lent(text: str) -> None:
    asked = query_terms(text)
    for term, others in BUILTIN.expand(asked, text).items():
        assert term in asked
        assert others
        assert all(0 < weight < 1 for weight in others.values())
        assert not set(asked) & set(others)


@given(
    st.lists(st.sampled_from(["mum", "会议", "red car", "电影院", "kg", "北京"]), min_size=2, max_size=5, unique=True)
)
def test_a_group_works_from_each_of_its_members(group: list[str]) -> None:
    made = Synonyms([group], builtin=False)
    for one in group:
        lent = {other for others in expand(one, made).values() for other in others}
        assert all(lent & set(query_terms(other)) for other in group if other != one)


def test_the_table_says_nothing_twice() -> None:
    lines = files("tiermem.text").joinpath("synonyms.txt").read_text(encoding="utf-8").splitlines()
    words, _, script = "\n".join(lines).partition("@script\n")
    groups = [line for line in words.splitlines() if line and line[0] not in "#@"]
    pairs = [pair for line in script.splitlines() if not line.startswith("#") for pair in line.split()]
    assert len(groups) > 600
    assert len(set(groups)) == len(groups)
    assert all(len({part.strip() for part in line.split(",")}) == line.count(",") + 1 > 1 for line in groups)
    assert all(len(pair) == 2 and pair[0] != pair[1] for pair in pairs)
    assert len({pair[0] for pair in pairs}) == len({pair[1] for pair in pairs}) == len(pairs) > 800
