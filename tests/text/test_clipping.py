"""What is kept of a text that is cut, where it is cut, and that it fits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.thinned import share
from tiermem.providers.tokenizers import encoding_counter
from tiermem.text.clipping import (
    both_ends,
    clip,
    largest,
    shorten,
    shorten_to_tokens,
    shorten_with_length,
    word_end,
)
from tiermem.tokens.estimate import estimate

O200K = encoding_counter("o200k_base")
PROSE = "We moved the orders database to PostgreSQL 17 last week, because the old server was too slow."


def characters(text: str) -> int:
    return len(text)


COUNTERS = {
    "characters": len,
    "o200k": O200K,
    "estimate": estimate,
    "words": lambda text: len(text.split()),
    "super-additive": lambda text: len(text) ** 2 // 10,
    "constant": lambda _text: 7,
    "erratic": lambda text: (len(text) * 2654435761 >> 7) % 97,
}
clippable = st.text(st.sampled_from("ab c\n你😀\u0301\u200d\ud83d\ude001 "), max_size=300) | st.text(max_size=60)


@pytest.mark.parametrize("name", COUNTERS)
@settings(max_examples=share(150), deadline=None)
@given(text=clippable, budget=st.integers(-2, 120), marker=st.sampled_from(["", "…", " [… 5 more …] "]))
def test_a_clipped_text_fits_by_any_counter(name, text, budget, marker):
    count = COUNTERS[name]
    clipped = clip(text, budget, count, marker)
    assert clipped == "" or count(clipped) <= budget
    if count(text) <= budget:
        assert clipped == text
    elif count(marker) <= budget:
        head, tail = (clipped.split(marker, 1) if marker else (clipped, "")) if marker not in text else ("", "")
        assert marker in clipped
        assert not marker or (text.startswith(head) and text.endswith(tail))


@settings(max_examples=share(200), deadline=None)
@given(text=st.text(st.sampled_from("abcdef"), min_size=1, max_size=400), budget=st.integers(0, 400))
def test_clipping_keeps_as_much_as_fits_two_thirds_of_it_at_the_head(text, budget):
    clipped = clip(text, budget, characters, "…")
    assert len(clipped) == min(len(text), budget)
    if "…" in clipped:
        head, tail = clipped.split("…")
        assert len(head) == (budget - 1) * 2 // 3
        assert text == head + text[len(head) : len(text) - len(tail)] + tail


def longest(text, budget, count, marker, tail):
    """What clipping should keep, by trying every length."""
    if count(text) <= budget:
        return text
    for kept in range(len(text), -1, -1):
        head = kept * 2 // 3 if tail else kept
        clipped = text[:head] + marker + text[len(text) - kept + head :]
        if count(clipped) <= budget:
            return clipped
    return ""


GROWING = {"characters": len, "threes": lambda text: -(-len(text) // 3), "doubled": lambda text: 2 * len(text)}


@pytest.mark.parametrize("tail", [True, False])
@pytest.mark.parametrize("marker", ["", "…", " [more] "])
@pytest.mark.parametrize("name", GROWING)
def test_clipping_keeps_the_most_that_fits_of_every_length_in_every_budget(name, marker, tail):
    for size in range(26):
        text = "abcdefghijklmnopqrstuvwxyz"[:size]
        for budget in range(-1, 56):
            kept = clip(text, budget, GROWING[name], marker, tail=tail)
            assert kept == longest(text, budget, GROWING[name], marker, tail), (size, budget)


@pytest.mark.parametrize(
    "unit", ["e\u0301", "👩\u200d", "👍\U0001f3fd", "\ud83d\ude00", "❤\ufe0f", "\r\n", "\u1100\u1161"]
)
@pytest.mark.parametrize("budget", range(3, 20))
def test_clipping_parts_no_character_sequence(unit, budget):
    head, tail = clip(f"x{unit}y" * 12, budget, characters, "|").split("|")
    assert set((head + tail).replace(unit, "")) <= {"x", "y"}


def test_clipping_counts_logarithmically_often_and_little_beyond_what_it_keeps():
    sizes: list[int] = []

    def count(text: str) -> int:
        sizes.append(len(text))
        return O200K(text)

    text = "The quick brown fox jumps over the lazy dog. " * 40_000
    clipped = clip(text, 500, count, "…")
    assert 495 <= O200K(clipped) <= 500
    assert len(sizes) < 30
    assert max(sizes[1:]) < 5 * len(clipped)


def test_a_clipped_text_is_the_longest_that_fits_and_says_where_it_was_cut():
    text = "".join(chr(ord("a") + number % 26) for number in range(1_000))
    assert clip(text, 1_000, characters, "…") == text
    assert clip(text, 31, characters, "…") == f"{text[:20]}…{text[-10:]}"
    assert clip(text, 31, characters, "…", tail=False) == f"{text[:30]}…"
    assert clip(text, 500, characters, "…") == f"{text[:332]}…{text[-167:]}"
    assert clip(text, 2, characters, "[cut]") == ""
    assert clip("", 0, characters, "…") == ""


def test_the_largest_number_that_fits_is_found_wherever_it_lies():
    for most in range(12):
        for edge in range(most + 1):
            assert largest(0, most, lambda number, edge=edge: number <= edge) == edge
    assert largest(7, 7, lambda _: False) == 7
    assert largest(5, 9, lambda _: False) == 5


@pytest.mark.parametrize(
    ("text", "limit", "focus", "expected"),
    [
        (PROSE, 200, 0, PROSE),
        (PROSE, 40, 0, "We moved the orders database to…"),
        (PROSE, 33, 0, "We moved the orders database to…"),
        (PROSE, 20, 60, "…because the old…"),
        ("x" * 50, 10, 0, "x" * 9 + "…"),
        ("数据库已经迁移到新的服务器上了", 8, 0, "数据库已经迁移…"),
    ],
)
def test_a_text_is_shortened_at_a_words_end_with_the_focus_in_sight(text, limit, focus, expected):
    assert shorten(text, limit, focus) == expected


@given(st.text(max_size=400), st.integers(30, 250), st.integers(0, 400))
def test_shortened_text_never_exceeds_its_limit(text, limit, focus):
    assert len(shorten(text, limit, focus)) <= limit


def test_a_text_says_how_long_it_was_and_only_where_that_is_shorter():
    assert shorten_with_length("x" * 1_234, 30) == "x" * 10 + "… (1,234 characters)"
    assert shorten_with_length("x" * 30, 30) == "x" * 30
    assert shorten_with_length("x" * 15, 10) == "x" * 15
    assert shorten_with_length(shorten_with_length("x" * 1_234, 30), 30) == "x" * 10 + "… (1,234 characters)"


@pytest.mark.parametrize(
    "text", [PROSE, "我们上周把订单数据库迁移到了新服务器，因为旧的太慢。" * 2, "1234567890 " * 20]
)
def test_a_text_of_about_so_many_tokens_is_near_them(text):
    shortened = shorten_to_tokens(text, 10)
    assert shortened.endswith("…")
    assert text.startswith(shortened[:-1])
    assert 7 <= O200K(shortened) <= 12
    assert shorten_to_tokens(text, 1_000) == text


def test_a_word_ends_behind_a_blank_a_line_end_or_a_full_stop():
    assert word_end("one two three", 0, 10) == 8
    assert word_end("one\ntwo", 0, 6) == 4
    assert word_end("第一句。第二句", 0, 6) == 4
    assert word_end("one two three", 9, 12) == 12
    assert word_end("one two ", 0, 8) == 8


def test_both_ends_of_a_long_text_stand_on_lines_of_their_own():
    assert both_ends("abcdef", 3) == "abcdef"
    assert both_ends("abcdefg", 3) == "abc\nefg"
