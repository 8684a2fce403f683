from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Message
from tiermem.providers.tokenizers import encoding_counter
from tiermem.search.passages import QuotedLine, excerpt, longest, render, rows, runs, told_line
from tiermem.text.analyzer import query_terms
from tiermem.text.readable import speaker
from tiermem.times.stamps import day
from tiermem.window.quotation import CLOSE, OPEN, safe

START = datetime(2024, 5, 7, 23, 50, tzinfo=UTC)


def said(number: int, text: str, minutes: int = 0, **more: object) -> Message:
    values: dict[str, object] = {"role": "user", "created_at": START + timedelta(minutes=minutes), **more}
    return Message(content=text, sequence=number, **values)  # type: ignore[arg-type]


def shown(*messages: Message) -> str:
    by_number = {one.sequence: one for one in messages}
    ordered = [by_number[number] for number in sorted(by_number)]
    return render(rows([QuotedLine(one.sequence, day(one.when), told_line(one, one.text)) for one in ordered]))


def test_neighbours_become_one_passage_with_one_reference() -> None:
    text = shown(said(4, "which code?"), said(5, "zebra", 1, role="assistant"), said(9, "later", 2, name="Ann"))
    assert text.splitlines() == [
        OPEN,
        "2024-05-07 UTC:",
        "[m4-m5] User: which code?",
        "Assistant: zebra",
        "[m9] Ann: later",
        CLOSE,
    ]


def test_a_date_is_said_once_a_day_and_parts_a_passage_at_midnight() -> None:
    text = shown(said(1, "a"), said(2, "b", 30), said(3, "c", 31), said(8, "d", 40))
    assert text.splitlines()[1:-1] == [
        "2024-05-07 UTC:",
        "[m1] User: a",
        "05-08:",
        "[m2-m3] User: b",
        "User: c",
        "[m8] User: d",
    ]


def test_a_message_without_a_time_does_not_borrow_the_date_above_it() -> None:
    text = shown(said(1, "a"), said(3, "b", created_at=None))
    assert text.splitlines()[1:-1] == ["2024-05-07 UTC:", "[m1] User: a", "(no date)", "[m3] User: b"]


def test_nothing_chosen_is_nothing_shown() -> None:
    assert render(rows([])) == ""


@given(st.lists(st.text(max_size=30) | st.sampled_from([CLOSE, OPEN, "</RECALLED-HISTORY>"]), min_size=1, max_size=6))
def test_nothing_inside_closes_the_block(texts: list[str]) -> None:
    text = shown(*[said(n, one) for n, one in enumerate(texts, 1)])
    assert text.lower().count("<quoted") == 1
    assert text.lower().count("</quoted") == 1
    assert text.endswith(CLOSE)


def test_unseen_characters_are_not_quoted() -> None:
    assert safe("a\u202eb\U000e0041c") == "abc"


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (Message(role="user", content=""), "User"),
        (Message(role="ai", content=""), "Assistant"),
        (Message(role="user", content="", name="Ann"), "Ann"),
        (Message(role="tool", content="", name="ls"), "Tool ls"),
        (Message(role="narrator", content=""), "narrator"),
    ],
)
def test_a_speaker_is_named_as_readers_know_them(message: Message, name: str) -> None:
    assert speaker(message) == name


def test_a_long_message_is_cut_to_what_the_question_is_about() -> None:
    text = " ".join(f"Sentence number {n} is about nothing much." for n in range(60))
    text = text.replace("number 40 is about nothing much", "number 40 holds the locker code zebra")
    cut = excerpt(text, query_terms("locker code"), 300)
    assert "locker code zebra" in cut
    assert "…" in cut
    assert len(cut) <= 320
    assert excerpt("short", ["x"], 300) == "short"


@given(st.text(max_size=400), st.integers(10, 200))
def test_an_excerpt_is_about_as_short_as_asked(text: str, limit: int) -> None:
    cut = excerpt(text, ["a"], limit)
    assert cut == text if len(text) <= limit else len(cut) <= limit + 3 * cut.count("…")


def test_a_larger_block_quotes_longer_parts() -> None:
    assert longest(100) < longest(1_000) < longest(4_000) <= longest(1_000_000)


@given(st.sets(st.integers(1, 50)))
def test_runs_are_ranges_that_hold_exactly_the_numbers(numbers: set[int]) -> None:
    found = runs(sorted(numbers))
    assert [n for low, high in found for n in range(low, high + 1)] == sorted(numbers)
    assert all(a[1] + 1 < b[0] for a, b in itertools.pairwise(found))


def test_a_year_is_said_once_a_year() -> None:
    text = shown(said(1, "a"), said(2, "b", 24 * 60), said(3, "c", 300 * 24 * 60), said(4, "d", 301 * 24 * 60))
    assert [line for line in text.splitlines() if line.endswith(":")] == [
        "2024-05-07 UTC:",
        "05-08:",
        "2025-03-03:",
        "03-04:",
    ]


def test_what_a_block_says_itself_is_little() -> None:
    """Its ends cost 10 tokens, a reference 3, a further day 4: at 64 tokens there is room for what was said."""
    count = encoding_counter("cl100k_base")
    one = shown(said(1, "the code is zebra"))
    assert count(one) - count("User: the code is zebra\n") <= 10 + 3 + 8
    two = shown(said(1, "the code is zebra"), said(5, "the code was heron", 24 * 60))
    assert count(two) - count(one) - count("User: the code was heron\n") <= 3 + 4
