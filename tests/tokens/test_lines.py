"""The tokens of lines are those of the texts that they make, whatever lines are chosen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiermem.providers.tokenizers import Counter
from tiermem.tokens.lines import CountedText, Lines

COUNTERS = (Counter("o200k_base"), Counter("cl100k_base"))
LINES = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            ["Goal: a ferry (m1)", "m3, m4: it's 12,500 €…", "/usr", " x", "摘要 s1：你好。", "a\n\n b", "- ", "?!"]
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=400)
@given(LINES, st.data(), st.sampled_from(COUNTERS))
def test_lines_cost_what_their_text_costs(lines: list[str], data: st.DataObject, count: Counter) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, len(lines) - 1), min_size=1)))
    text, tokens, ended = Lines(lines, count).of(places)
    assert text == "\n".join(lines[place] for place in places)
    assert tokens == count(text)
    assert ended in (-1, count(f"{text}\n"))


def test_lines_are_counted_once_where_they_add_up() -> None:
    counted: list[str] = []

    class Counting(Counter):
        def __call__(self, text: str) -> int:
            counted.append(text)
            return super().__call__(text)

    lines = Lines(["one two", "three", "four, five"], Counting())
    for places in ([0, 1], [0, 2], [1, 2], [0, 1, 2], [0, 1]):
        lines.of(places)
    assert len(counted) == 2 * 3


@pytest.mark.parametrize(("text", "known"), [("Goal: x\nm3: y", True), ("Goal: x\n y", False), ("\nGoal", False)])
def test_what_may_join_the_line_before_is_not_added_up(text: str, known: bool) -> None:
    assert (CountedText.of(text, COUNTERS[0]).ended >= 0) is known


def test_a_counter_of_the_callers_own_counts_the_whole() -> None:
    assert Lines(["ab", "c"], len).of([0, 1]) == CountedText("ab\nc", 4)
