"""Standing wishes: told apart from what is only said, and shown with requests that share no word with them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Memory, Message, Weights
from tiermem.facts import preferences
from tiermem.facts.preferences import TERM, standing
from tiermem.text.analyzer import terms


@pytest.mark.parametrize(
    "text",
    [
        "Always show the units when I ask about sizes.",
        "Thanks. Please never use tables",
        "I'm new here, and I really prefer short answers to long ones.",
        "I'd rather have bullet points",
        "From now on, answer in French.",
        "Whenever I ask about food, mention allergens.",
        "Make sure to always cite the file.",
        "Just call me Sam",
        "以后回答都要用表格。",
        "请始终用中文回答",
        "我更喜欢简短的回答",
        "每次写代码请加注释",
        "别再给我看图表了",
        "请叫我小王",
    ],
)
def test_a_wish_for_all_time_is_noticed(text: str) -> None:
    assert standing(text)


@pytest.mark.parametrize(
    "text",
    [
        "She is always late.",
        "I have never been to Rome.",
        "What happens if I want to add more tables?",
        "I like the red one.",
        "我昨天去了医院。",
        "以后再说吧",
        "",
    ],
)
def test_what_is_only_said_is_no_wish(text: str) -> None:
    assert not standing(text)


WISHES = re.split(
    r"\|",
    "I|i|ı|don't|do not|can't|like|lıke|want|stand|it|when|you|if|ask|aſk|share|write|always|Always|never|please|in"
    "|the|from now on|future|in future|my preference|call me|CALL ME|really|rather|prefer|preferred|. |, and|\n|your"
    "|anytime|\u212a|going forward|to|make sure|以后请|总是|我更喜欢|!",
)


@given(st.lists(st.sampled_from(WISHES), max_size=12))
def test_a_cue_stands_in_every_wish(words: list[str]) -> None:
    text = " ".join(words)
    assert standing(text) == bool(preferences._ENGLISH.search(text) or preferences._CHINESE.search(text))


@given(st.text(max_size=300))
def test_no_text_raises_or_writes_the_index_term(text: str) -> None:
    standing(text)
    assert TERM not in terms(text)


TOPICS = [
    "roses",
    "bread",
    "chess",
    "violins",
    "comets",
    "glaciers",
    "pottery",
    "sailing",
    "beetles",
    "castles",
    "opera",
    "cheese",
    "tides",
    "fossils",
    "kites",
]
REQUEST = "Could you draw me a plan for a garden shed with a fence?"
WISH = "Always show numbers in metric units when I ask about sizes."


def chat(memory: Memory) -> None:
    talk = [("user", WISH), ("assistant", "I will.")]
    for topic in TOPICS:
        talk.append(("user", f"What is worth knowing of {topic}?"))
        talk.append(("assistant", f"There are many books on {topic}; most begin with the history of {topic}."))
    talk.append(("user", "My garden has a fence and an old shed."))
    memory.session("s").add([Message(role=role, content=text) for role, text in talk])


def test_a_request_is_shown_what_the_user_wants_from_now_on() -> None:
    with Memory.open(":memory:") as memory:
        chat(memory)
        found = memory.session("s").recall(REQUEST, 120)
    assert WISH in found.text
    assert any("standing" in hit.why for hit in found.hits)


def test_a_question_about_the_past_is_not_given_wishes() -> None:
    with Memory.open(":memory:") as memory:
        chat(memory)
        found = memory.session("s").recall("What did I tell you about the garden fence and the shed?", 120)
    assert WISH not in found.text


def test_wishes_can_be_switched_off() -> None:
    with Memory.open(":memory:", weights=Weights(standing=0)) as memory:
        chat(memory)
        assert WISH not in memory.session("s").recall(REQUEST, 120).text


def test_an_indexed_wish_is_verified_and_ranked_like_an_unindexed_one() -> None:
    with Memory.open(":memory:") as memory:
        chat(memory)
        session = memory.session("s")
        before = session.recall(REQUEST, 120).text
        session.index()
        assert session.verify().problems == ()
        assert session.recall(REQUEST, 120).text == before
