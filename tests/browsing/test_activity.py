"""The sums of what came in and what was saved, on made values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiermem import Message
from tiermem.browsing import activity
from tiermem.browsing.records import Day, ShownMessage
from tiermem.records import Decision
from tiermem.storage.listed.lately import Saving, StoredSize

START = datetime(2026, 5, 1, 23, 59, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def sizes(*tokens: int) -> list[StoredSize]:
    return [
        StoredSize(place, "assistant" if place % 2 == 0 else "user", count, at(place))
        for place, count in enumerate(tokens, 1)
    ]


def saving(minute: int, before: int, after: int, kind: str = "compact") -> Decision:
    return Decision(
        number=minute, kind=kind, first=1, last=2, tokens_before=before, tokens_after=after, decided_at=at(minute)
    )


def test_a_window_is_told_backwards() -> None:
    journal = [saving(3, 60, 20), saving(5, 30, 10, "cover"), saving(4, 9, 1, "pin")]
    steps = activity.replayed(90, sizes(50, 10, 40, 20, 30), journal)
    assert [step.window for step in steps] == [50, 60, 60, 80, 90]
    assert [step.saved for step in steps] == [0, 0, 40, 40, 60]
    assert [step.rewritten for step in steps] == [False, False, True, False, True]


def test_what_was_decided_before_the_first_message_counts_as_never() -> None:
    steps = activity.replayed(30, sizes(10, 20), [saving(-5, 100, 1)])
    assert [(step.window, step.saved) for step in steps] == [(10, 0), (30, 0)]
    assert activity.replayed(7, [], [saving(1, 9, 1)]) == []


def test_a_cache_reuses_what_no_run_rewrote() -> None:
    quiet = activity.replayed(60, sizes(10, 10, 10, 10, 10, 10), [])
    assert activity.reused(quiet) == pytest.approx((10 + 30) / (30 + 50))
    rewritten = activity.replayed(50, sizes(10, 10, 10, 10, 10, 10), [saving(4, 20, 10)])
    assert activity.reused(rewritten) == pytest.approx(10 / (30 + 40))
    assert activity.reused(quiet[:2]) is None


def test_days_are_of_utc() -> None:
    stored = [(at(0), 5), (at(2), 7), (None, 100)]
    savings = [Saving("compact", 10, 4, at(2)), Saving("cover", 9, 1, at(2)), Saving("hide", 9, 1, at(0))]
    assert activity.by_day(stored, savings) == (
        Day(day="2026-05-01", messages=1, tokens=5),
        Day(day="2026-05-02", messages=1, tokens=7, compacted=6, covered=8),
    )


def test_an_answer_takes_as_long_as_both_say() -> None:
    said = [("user", 0), ("assistant", 2), ("user", 3), ("user", 4), ("assistant", None), ("user", 9), ("assistant", 8)]
    shown = [
        ShownMessage(
            message=Message(role=role, content="x", created_at=None if minute is None else at(minute)).as_stored(
                place, 1, at(60)
            )
        )
        for place, (role, minute) in enumerate(said, 1)
    ]
    assert activity.answer_times(shown) == [(1, 120.0)]


def test_days_on_which_nothing_came_in_are_there() -> None:
    one, two = Day(day="2026-02-27", messages=3, compacted=7), Day(day="2026-03-02", messages=1, covered=2)
    told = activity.periods([one, two], least=3)
    assert [day.day for day in told] == ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
    assert [day.messages for day in told] == [3, 0, 0, 1]
    assert (told[0], told[-1]) == (one, two)
    assert len(activity.periods([one])) == 14
    months = activity.periods([one, two, Day(day="2026-03-09", messages=4), Day(day="2027-01-01", tokens=9)])
    assert [(day.day, day.messages) for day in months] == [("2026-02", 3), ("2026-03", 5), ("2027-01", 0)]
    assert activity.periods([]) == []
