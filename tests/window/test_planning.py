"""What is worth compacting, told by what a window does."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Memory, Message, Shown, Thresholds
from tiermem.window.planning import (
    CoverPlan,
    compactable,
    coverable,
    mergeable,
    next_look,
    recoverable,
    worth,
)
from tiermem.window.pressure import newest_question
from tiermem.window.view import Cover, Entry, Window


def compacted(share: float) -> int:
    """How many of thirty long messages are compacted where each stub has about *share* of its message's words."""

    def shorter(message: Message) -> str:
        words = message.text.split()
        return " ".join(words[: int(len(words) * share)])

    with Memory.open(":memory:", enable_context_management=False, pre_rot_threshold=3_000, compactor=shorter) as memory:
        session = memory.session("s")
        session.add([Message(role="user", content=f"note {n} " + "boat " * 150) for n in range(30)])
        return session.manage_context().compacted


def test_a_stub_stands_for_its_message_only_where_it_saves_three_tenths_of_it() -> None:
    assert compacted(0.2) > 0
    assert compacted(0.6) > 0
    assert compacted(0.8) == 0
    assert compacted(0.95) == 0


@pytest.mark.parametrize(
    ("before", "after", "saves_enough"),
    [
        (100, 70, True),  # just three tenths
        (100, 71, False),
        (40, 25, True),
        (40, 30, False),
        (1_000, 25, True),
        (100, 100, False),
        (100, 140, False),  # a stub longer than its message
        (0, 0, False),  # nothing saved of nothing
    ],
)
def test_what_a_stub_must_save(before: int, after: int, saves_enough: bool) -> None:
    assert worth(before, after) is saves_enough


@given(st.integers(0, 100_000), st.integers(0, 100_000), st.integers(1, 50))
def test_a_shorter_stub_is_never_worth_less(before: int, after: int, shorter: int) -> None:
    assert worth(before, max(0, after - shorter)) >= worth(before, after)
    assert not worth(before, before)


LIMITS = Thresholds(pre_rot_threshold=1_000, keep_recent_count=4)  # compact at 800 to 600, summarise at 950 to 475


def turns(numbers: range, tokens: int = 100, shown: Shown = Shown.VERBATIM) -> list[Entry]:
    """A question at every odd number, its answer at the even one."""
    roles = ("assistant", "user")
    return [Entry(number, roles[number % 2], tokens, shown, tokens) for number in numbers]


def window(*entries: Entry, covers: tuple[Cover, ...] = ()) -> Window:
    return Window(entries[-1].sequence, 1, entries, covers)


def test_a_summary_takes_the_oldest_turns_and_no_more_than_the_target_needs() -> None:
    assert coverable(window(*turns(range(1, 13))), LIMITS) == CoverPlan(1, 8)  # 1,200 tokens less 800 are enough
    assert coverable(window(*turns(range(1, 21))), LIMITS) == CoverPlan(1, 16)
    assert coverable(window(*turns(range(1, 13), 60)), LIMITS) == CoverPlan(1, 6)  # 720 less 360
    assert coverable(window(*turns(range(1, 5))), LIMITS) is None  # nothing is old


def test_what_no_decision_may_touch_is_no_reason_for_a_summary() -> None:
    pinned = [Entry(number, "user", 100, Shown.VERBATIM, 100, pinned=True) for number in range(1, 9)]
    assert coverable(window(*pinned, *turns(range(9, 13))), LIMITS) is None
    assert coverable(window(*pinned, *turns(range(9, 15))), LIMITS) == CoverPlan(1, 10)


def test_a_summary_never_reaches_over_one_that_is_in_force() -> None:
    covered = Cover(1, 5, 8, 1, 50)
    both_sides = window(*turns(range(1, 5), 200), *turns(range(9, 21)), covers=(covered,))
    assert coverable(both_sides, LIMITS) == CoverPlan(1, 4)
    behind = window(*turns(range(9, 21)), covers=(covered,))
    assert coverable(behind, LIMITS) == CoverPlan(9, 16)


def test_what_stands_inside_a_summary_goes_back_under_it() -> None:
    covered = Cover(7, 5, 8, 1, 50)
    inside = turns(range(5, 6)) + turns(range(7, 9))
    taken_out = window(*turns(range(3, 5)), *inside, *turns(range(9, 21)), covers=(covered,))
    assert recoverable(taken_out, LIMITS) == [(5, 7), (7, 7), (8, 7)]


def test_results_of_tools_are_compacted_first_then_whole_turns_then_what_was_restored() -> None:
    entries = turns(range(1, 13))
    entries[1] = Entry(2, "tool", 100, Shown.VERBATIM, 100)
    entries[4] = Entry(5, "user", 100, Shown.VERBATIM, 100, decision=3)
    entries[3] = Entry(4, "assistant", 39, Shown.VERBATIM, 39)  # too small
    entries[5] = Entry(6, "assistant", 100, Shown.COMPACTED, 25, decision=2)
    batches = compactable(window(*entries), LIMITS)
    assert [[entry.sequence for entry in batch] for batch in batches] == [[2], [1], [3], [7, 8], [5]]


@pytest.mark.parametrize(
    ("spans", "pressed", "merged"),
    [
        ([(n, n) for n in range(1, 9)], False, 0),  # eight of a level are not too many
        ([(n, n) for n in range(1, 10)], False, 6),
        ([(n, n) for n in range(1, 10)], True, 6),
        ([(1, 1), (2, 2)], False, 0),
        ([(1, 1), (2, 2)], True, 2),
        ([(1, 1), (3, 3)], True, 0),  # a gap between them
        ([(1, 1), (3, 3), (4, 4)], True, 2),
        ([(1, 1), *((n, n) for n in range(3, 11))], False, 6),
    ],
)
def test_summaries_that_lie_side_by_side_are_merged_where_there_are_too_many(
    spans: list[tuple[int, int]], pressed: bool, merged: int
) -> None:
    covers = [Cover(number, first, last, 1, 50) for number, (first, last) in enumerate(spans)]
    chosen = mergeable(covers, pressed=pressed)
    assert len(chosen) == merged
    assert all(left.last + 1 == right.first for left, right in pairwise(chosen))


def test_the_newest_question_is_the_last_one_of_the_user() -> None:
    assert newest_question(window(*turns(range(1, 9)))) == 7
    assert newest_question(window(Entry(1, "assistant", 9), Entry(2, "tool", 9))) == 0


def test_a_plan_that_changed_nothing_is_tried_again_when_more_has_come_in() -> None:
    assert next_look(100, LIMITS) == LIMITS.compact_at
    assert LIMITS.compact_at < next_look(LIMITS.compact_at, LIMITS) < LIMITS.summarize_at
    assert next_look(LIMITS.summarize_at - 1, LIMITS) == LIMITS.summarize_at
    assert next_look(5_000, LIMITS) > 5_000


@pytest.mark.parametrize(("tokens", "old"), [(None, 8), (100, 11), (250, 10), (1_000, 8), (100_000, 8)])
def test_of_the_newest_messages_only_what_their_tokens_hold_is_kept(tokens: int | None, old: int) -> None:
    limits = Thresholds(pre_rot_threshold=1_000, keep_recent_count=4, keep_recent_tokens=tokens)
    numbers = {entry.sequence for batch in compactable(window(*turns(range(1, 13))), limits) for entry in batch}
    assert numbers == set(range(1, old + 1)) - {11}  # the newest question is never old
