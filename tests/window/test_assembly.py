"""How many turns a context shows, and what gives way where one does not fit."""

from __future__ import annotations

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Message
from tiermem.errors import BudgetTooSmall
from tiermem.tokens.counting import OVERHEAD, message_tokens
from tiermem.window.assembly import Scale, clipped, recent, shares, shrink
from tiermem.window.view import Entry, within

EACH = 100  # tokens of each message, by characters


def talk(count: int) -> tuple[list[Entry], Scale]:
    """Questions and answers of `EACH` tokens."""
    roles = ("assistant", "user")
    messages = {
        number: Message(role=roles[number % 2], content=str(number).ljust(EACH - OVERHEAD, "."), sequence=number)
        for number in range(1, count + 1)
    }
    return [Entry(number, one.role, EACH) for number, one in messages.items()], Scale(len, {}, messages)


@pytest.mark.parametrize(
    ("budget", "shown"),
    [(200, 2), (399, 2), (400, 4), (401, 4), (599, 4), (600, 6), (799, 6), (800, 8), (5_000, 8)],
)
def test_as_many_whole_turns_are_shown_as_the_budget_holds(budget: int, shown: int) -> None:
    entries, scale = talk(8)
    parts, chosen = recent(entries, budget, scale, budget)
    assert [entry.sequence for entry in chosen] == list(range(9 - shown, 9))
    assert sum(part.tokens for part in parts) == shown * EACH


def test_the_newest_turn_may_take_what_all_the_others_may_not() -> None:
    entries, scale = talk(8)
    parts, chosen = recent(entries, 150, scale, 250)
    assert [entry.sequence for entry in chosen] == [7, 8]
    assert not any(part.clipped for part in parts)
    parts, chosen = recent(entries, 150, scale, 180)
    assert [entry.sequence for entry in chosen] == [7, 8]
    assert sum(part.tokens for part in parts) <= 180
    assert any(part.clipped for part in parts)


@pytest.mark.parametrize(
    ("budget", "short"),
    [(260, "111"), (290, "111"), (300, "011"), (400, "011"), (499, "011"), (500, "010"), (599, "010"), (600, "000")],
)
def test_the_longest_are_clipped_first_to_one_length_and_no_more_than_is_needed(budget: int, short: str) -> None:
    sizes = (100, 300, 200)
    messages = [Message(role="user", content="x" * (size - OVERHEAD), sequence=n) for n, size in enumerate(sizes, 1)]
    parts = shrink([Scale(len, {}, {}).part(message) for message in messages], budget, len)
    assert sum(part.tokens for part in parts) <= budget
    assert [part.tokens for part in parts] == [message_tokens(part.message, len) for part in parts]
    assert [part.clipped for part in parts] == [flag == "1" for flag in short]
    assert len({part.tokens for part in parts if part.clipped}) <= 1


def test_what_does_not_fit_even_by_its_ends_is_an_error_with_both_numbers() -> None:
    message = Message(role="user", content="x" * 500, sequence=1)
    with pytest.raises(BudgetTooSmall) as error:
        shrink([Scale(len, {}, {}).part(message)], 3, len)
    assert error.value.budget == 3 < error.value.needed


@given(st.integers(0, 100_000), st.floats(0, 0.5), st.floats(0, 0.5))
def test_shares_are_what_is_free(free: int, summary: float, recalled: float) -> None:
    parts = shares(free, summary, recalled)
    assert parts.summary + parts.recalled + parts.recent == free
    assert min(parts.summary, parts.recalled, parts.recent) >= 0
    assert parts.summary == int(free * summary)


@given(st.sets(st.integers(1, 40)), st.integers(0, 42))
def test_a_number_lies_within_ranges_or_not(borders: set[int], number: int) -> None:
    edges = sorted(borders)[: len(borders) // 2 * 2]
    ranges = [(low, high - 1) for low, high in zip(edges[::2], edges[1::2], strict=True)]
    assert within(ranges, number) is (bisect_right(edges, number) % 2 == 1)


@pytest.mark.parametrize("budget", [90, 200, 400, 1_000, 3_000])
def test_each_result_of_a_message_has_its_share_and_a_users_words_theirs(budget: int) -> None:
    sizes = (1_000, 30, 2_000)
    content: list[str | dict[str, object]] = [
        {"type": "tool_result", "tool_use_id": str(number), "content": str(number) * size}
        for number, size in enumerate(sizes)
    ]
    content.append({"type": "text", "text": "And what of Monday?"})
    part = clipped(Message(role="user", content=content, sequence=7), budget, len)
    assert part.tokens == message_tokens(part.message, len) <= budget
    *results, beside = part.message.content or ()
    said = [result["content"] for result in results]  # type: ignore[index]
    assert all("m7" in text or set(text) == {str(number)} for number, text in enumerate(said))
    assert (said[1] == "1" * 30) is (budget > 90)
    assert beside == content[-1]


def test_results_in_the_form_of_json_are_clipped_within_the_budget_too() -> None:
    lines = 'a line of a "log"\n' * 300
    content: list[str | dict[str, object]] = [
        {"functionResponse": {"name": "big", "response": {"result": lines}}} for _ in range(3)
    ]
    for parts in (content, content[:1]):
        assert clipped(Message(role="user", content=parts, sequence=7), 600, len).tokens <= 600
