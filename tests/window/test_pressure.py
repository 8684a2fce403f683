"""What is too long for a view, what is left of it in one, and which decisions there is room to take back: tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Decision, Shown, Thresholds
from tiermem.window.planning import REASON, compactable, coverable, liftable, wants_compaction
from tiermem.window.pressure import clipped, excess, level, pressure, sharing, stale
from tiermem.window.view import Cover, Entry, Window

LIMITS = Thresholds(pre_rot_threshold=1_000, keep_recent_count=4)


def window(*entries: Entry, covers: tuple[Cover, ...] = ()) -> Window:
    return Window(len(entries), 0, entries, covers)


def said(*sizes: tuple[str, int]) -> list[Entry]:
    return [Entry(number, role, size, shown_tokens=size) for number, (role, size) in enumerate(sizes, start=1)]


def asked(calls: int, *, after: int = 0, size: int = 2_000) -> list[Entry]:
    """A question, *calls* at once whose results have *size* tokens each, and *after* answers of 50."""
    names = tuple(f"c{number}" for number in range(calls))
    entries = [Entry(1, "user", 50, shown_tokens=50), Entry(2, "assistant", 50, shown_tokens=50, calls=names)]
    entries += [Entry(3 + n, "tool", size, shown_tokens=size, answers=(name,)) for n, name in enumerate(names)]
    return entries + [Entry(3 + calls + n, "assistant", 50, shown_tokens=50) for n in range(after)]


@pytest.mark.parametrize(
    ("entries", "in_work", "old"),
    [
        (asked(1), [3], []),
        (asked(2), [3, 4], []),  # results of one step share what clipped ones may take
        (asked(5), [3, 4, 5, 6, 7], []),  # more than are recent, too: a step is one
        (asked(12), list(range(3, 15)), []),
        (asked(2, size=400), [3, 4], []),  # each fits alone, both do not
        (asked(2, size=300), [], []),
        (asked(1, after=1), [], [3]),
        (said(("user", 50), ("user", 601)), [2], []),
        (said(("user", 50), ("user", 600)), [], []),  # leaves room for others
        (said(("user", 601), ("assistant", 50)), [1], []),  # the question in work, as long as it is that
        (said(("user", 601), ("assistant", 50), ("user", 50)), [], [1]),
        (said(("system", 900), ("user", 50)), [], []),  # no decision may touch it
    ],
)
def test_what_is_in_work_is_clipped_and_what_was_answered_is_stale(
    entries: list[Entry], in_work: list[int], old: list[int]
) -> None:
    one = window(*entries)
    assert [entry.sequence for entry in clipped(one, LIMITS)] == in_work
    assert [entry.sequence for entry in stale(one, LIMITS)] == old
    assert pressure(one, LIMITS) == one.tokens - excess(one, LIMITS)
    assert (excess(one, LIMITS) > 0) is bool(in_work)
    assert [entry.sequence for part in compactable(one, LIMITS) for entry in part][: len(old)] == old


@pytest.mark.parametrize(
    ("sizes", "most", "who", "each"),
    [
        ([], 100, "", 100),
        ([100], 100, "", 100),
        ([101], 100, "0", 100),
        ([60, 60], 100, "01", 50),
        ([10, 100], 100, "", 90),  # the long one alone does not take too much
        ([10, 110, 30], 100, "1", 60),
        ([90, 10, 90], 100, "02", 45),
    ],
)
def test_what_is_above_an_equal_share_shares_what_short_ones_leave(
    sizes: list[int], most: int, who: str, each: int
) -> None:
    assert sharing(dict(enumerate(sizes)), most) == set(map(int, who))
    assert level(sizes, most) == each


@given(st.lists(st.integers(0, 500), min_size=1, max_size=12), st.integers(0, 2_000))
def test_a_level_takes_no_more_than_there_is_and_leaves_nothing_that_somebody_wants(
    sizes: list[int], most: int
) -> None:
    taken = [min(size, level(sizes, most)) for size in sizes]
    assert sum(taken) <= most
    assert taken == sizes or most - sum(taken) < len(sizes)


def test_a_long_result_presses_by_what_a_view_shows_of_it() -> None:
    few = window(*said(*[("user", 30)] * 5), Entry(6, "user", 9_000, shown_tokens=9_000))
    assert pressure(few, LIMITS) == 150 + 600
    assert not wants_compaction(few, LIMITS)
    many = window(*said(*[("user", 30)] * 20), Entry(21, "user", 9_000, shown_tokens=9_000))
    assert wants_compaction(many, LIMITS)
    plan = coverable(many, LIMITS)
    assert plan is not None  # only as much as leaves three quarters, for soon the long one is gone
    assert (plan.first, plan.last) == (1, 15)


def test_a_floor_of_the_newest_stays_beside_a_long_result_where_tokens_limit_what_is_recent() -> None:
    limits = Thresholds(pre_rot_threshold=1_000, keep_recent_count=10, keep_recent_tokens=500)
    entries = [*said(*[("user", 50)] * 20), Entry(21, "user", 9_000, shown_tokens=9_000)]
    plan = coverable(window(*entries), limits)
    assert plan is not None
    assert plan.last <= 17  # 150 tokens, three messages, are never old


def decision(number: int, kind: str, first: int, last: int, before: int, after: int, **more: object) -> Decision:
    values: dict[str, object] = {"reason": f"{REASON} 900 tokens, of 1,000", "decided_at": datetime.now(UTC)} | more
    return Decision(
        number=number, kind=kind, first=first, last=last, tokens_before=before, tokens_after=after, **values
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "more", "lifted"),
    [
        (250, {}, True),
        (260, {}, False),  # too near to the next run
        (200, {"reason": "asked for"}, False),  # what somebody asked for is theirs to take back
        (200, {"undone": True}, False),
        (200, {"reason": f"{REASON} 600 tokens, of 666"}, False),  # an agent with another limit
        (200, {"reason": f"{REASON} 600 tokens, of 667"}, True),
    ],
)
def test_a_run_is_taken_back_where_it_leaves_the_window_far_from_the_next_one(
    before: int, more: dict[str, object], lifted: bool
) -> None:
    one = window(*said(("user", 50), ("assistant", 50)), covers=(Cover(1, 1, 9, 1, 60),))
    made = [decision(1, "cover", 1, 9, before, 60, reference=1, **more)]
    assert (liftable(one, made, LIMITS) is not None) is lifted


def test_a_span_is_lifted_once_and_merged_summaries_are_not() -> None:
    cover = decision(3, "cover", 1, 9, 150, 60, reference=1)
    for height, earlier, lifted in ((1, [], True), (2, [], False), (1, [decision(1, "cover", 5, 6, 9, 1)], True)):
        one = window(*said(("user", 50)), covers=(Cover(1, 1, 9, height, 60),))
        assert (liftable(one, [*earlier, cover], LIMITS) is not None) is lifted
    gone = decision(1, "cover", 5, 6, 9, 1, undone=True)
    assert liftable(window(*said(("user", 50)), covers=(Cover(1, 1, 9, 1, 60),)), [gone, cover], LIMITS) is None


def test_stubs_of_a_run_are_taken_back_together() -> None:
    stub = Entry(1, "user", 150, shown=Shown.COMPACTED, shown_tokens=30, decision=1)
    one, made = window(stub, *said(("user", 50))[:1]), [decision(1, "compact", 1, 1, 150, 30)]
    chosen = liftable(one, made, LIMITS)
    assert chosen is not None
    assert chosen.number == 1
