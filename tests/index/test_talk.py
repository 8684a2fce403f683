"""What is counted of a user's turns: the same however messages are cut into stretches, and nothing of others."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tiermem.index.segment import segment
from tiermem.index.talk import Talked, WordSaid, month_of, talked, together, user_turns
from tiermem.text.dialogue import UNTOLD, Spoken
from tiermem.text.subjects.worth import names_topic

WORDS = ["guitar", "bergen", "realli", "anna", "钢琴", "音钢", "today"]
MESSAGES = st.lists(
    st.builds(
        lambda said, speaker, terms, role, mood: Spoken(0, said, speaker, terms, role, (), mood),
        st.floats(0, 2e9).map(round).map(float) | st.just(math.nan),
        st.sampled_from(["", "Anna", "Ben"]),
        st.lists(st.sampled_from(WORDS), max_size=6),
        st.sampled_from(["user", "assistant", "echo", ""]),
        st.integers(-100, 100) | st.just(UNTOLD),
    ),
    max_size=20,
).map(lambda messages: [message._replace(sequence=n) for n, message in enumerate(messages, start=1)])


def counted(messages: list[Spoken], hidden: list[tuple[int, int]]) -> Talked:
    part = segment(messages)
    return talked(7, part, user_turns(part, hidden))


@given(MESSAGES, st.lists(st.integers(1, 20), max_size=3), st.lists(st.tuples(st.integers(1, 20), st.integers(0, 5))))
def test_sums_are_the_same_in_any_stretches(
    messages: list[Spoken], cuts: list[int], ranges: list[tuple[int, int]]
) -> None:
    hidden = [(first, first + more) for first, more in ranges]
    borders = sorted({0, len(messages), *(cut for cut in cuts if cut < len(messages))})
    parts = [messages[first:last] for first, last in pairwise(borders)]
    apart = together(counted(part, hidden) for part in parts)
    np.testing.assert_equal(_plain(apart), _plain(counted(messages, hidden)))


@given(MESSAGES, st.lists(st.tuples(st.integers(1, 20), st.integers(0, 5))))
def test_every_word_is_counted_once_a_turn_of_its_user(messages: list[Spoken], ranges: list[tuple[int, int]]) -> None:
    hidden = [(first, first + more) for first, more in ranges]
    own = [
        one
        for one in messages
        if one.role == "user" and not any(first <= one.sequence <= last for first, last in hidden)
    ]
    words = Counter(term for one in own for term in set(one.terms) if names_topic(term) and term != one.speaker.lower())
    found = counted(messages, hidden)
    assert {term: said.count for term, said in found.words.items()} == words
    assert found.turns == len(own)
    told = [one.mood for one in own if one.mood != UNTOLD and not math.isnan(one.said)]
    assert found.mood == (len(told), sum(told))


def test_who_is_talked_of_counts_but_not_by_themselves() -> None:
    said = [Spoken(1, 0.0, "Anna", ["anna", "guitar"], "user"), Spoken(2, 60.0, "Ben", ["anna", "guitar"], "user")]
    assert counted(said, []).words == {"anna": WordSaid(1, 60.0, 7, 2), "guitar": WordSaid(2, 60.0, 7, 2)}


def test_what_names_a_topic() -> None:
    assert [word for word in WORDS if names_topic(word)] == ["guitar", "bergen", "anna", "钢琴"]


def test_the_clock_of_a_message_is_no_matter() -> None:
    here, there = Spoken(1, 100.0, "", [], "user"), Spoken(1, 3_700.0, "", [], "user", (), 5, 3_600)
    assert (counted([here], []).last, counted([there], []).last) == (100.0, 100.0)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))
def test_months_are_those_of_utc(when: datetime) -> None:
    assert month_of(when.replace(tzinfo=UTC).timestamp()) == f"{when:%Y-%m}"


def _plain(said: Talked) -> tuple[object, ...]:
    words = sorted((term, one.count, one.order()) for term, one in said.words.items())
    return said.turns, said.first, said.last, words, dict(said.moods)
