"""A caller's clock: its answers are plain times with a zone, or a typed error, and nothing is half done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.conftest import Open
from tiermem.errors import ClockError
from tiermem.providers.clock import checked

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Exact(datetime):
    """A datetime with more than a datetime holds, as pandas has them."""

    def isoformat(self, *arguments: Any, **named: Any) -> str:
        return f"{super().isoformat(*arguments, **named)[:-6]}.000000001+00:00"


def raising(error: BaseException) -> Callable[[], Any]:
    def clock() -> Any:
        raise error

    return clock


@pytest.mark.parametrize(
    "clock",
    [
        lambda: None,
        lambda: 1_700_000_000.0,
        lambda: "2026-03-01T12:00:00+00:00",
        lambda: date(2026, 3, 1),
        lambda: datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))),  # before the year 1 in UTC
        raising(ValueError("no battery")),
        raising(SystemExit(1)),
    ],
)
def test_a_clock_that_tells_no_time_is_a_typed_error_and_nothing_is_stored(store: Open, clock: Any) -> None:
    right = [True]
    memory = store(clock=lambda: START if right[0] else clock())
    session = memory.session("s")
    session.add("hello")
    right[0] = False
    verbs: list[Callable[[], Any]] = [
        lambda: session.add("again"),
        lambda: session.forget("m1"),
        lambda: memory.knowledge().add_documents({"text": "manual", "source": "m"}),
        lambda: memory.items("anna").put(("n",), "k", {"v": 1}),
    ]
    for verb in verbs:
        with pytest.raises(ClockError):
            verb()
    for reading in (session.messages, lambda: session.search("hello"), lambda: session.context("hello", budget=100)):
        with suppress(ClockError):
            reading()
    right[0] = True
    assert [message.text for message in session.messages()] == ["hello"]
    assert (session.journal(), memory.items("anna").get(("n",), "k")) == ([], None)
    assert session.verify().ok


def test_a_clock_that_fails_after_the_commit_does_not_fail_the_add(store: Open) -> None:
    left = [0]

    def clock() -> datetime:
        left[0] -= 1
        if left[0] < 0:
            raise OSError("no battery")
        return START

    memory = store(clock=clock)
    memory.subscribe(lambda event: None)
    left[0] = 1  # the transaction asks once
    assert [message.text for message in memory.session("s").add("hello")] == ["hello"]
    left[0] = 1_000
    assert [message.text for message in memory.session("s").messages()] == ["hello"]
    assert any("ClockError" in line for line in memory.session("s").stats().degraded)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (START, START),
        (Exact(2026, 3, 1, 12, tzinfo=UTC), START),
        (datetime(2026, 3, 1, 20, tzinfo=timezone(timedelta(hours=8))), START),
        (datetime(2026, 3, 1, 12), datetime(2026, 3, 1, 12).astimezone()),  # of this machine
    ],
)
def test_an_answer_is_a_plain_time_with_a_zone(store: Open, told: datetime, expected: datetime) -> None:
    now = checked(lambda: told)()
    assert (type(now), now) == (datetime, expected)
    assert now.tzinfo is not None
    session = store(clock=lambda: told).session("s")
    session.add("hello")
    assert session.messages()[0].stored_at == expected
