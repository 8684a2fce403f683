"""A summariser of any kind is held against the messages; what is true of the span itself counts as said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.conftest import Open
from tests.memory.crowd import length
from tiermem import Message, Session
from tiermem.errors import SummaryRejected
from tiermem.summaries.extractive import extract
from tiermem.summaries.grounding import Ground, grounded
from tiermem.summaries.merging import accept

START = datetime(2026, 3, 14, 10, 0, tzinfo=timezone(timedelta(hours=8)))
SAID = [
    Message(
        role=("user", "assistant")[n % 2],
        content=f"The pool has 20 connections, says line {n}.",
        id=f"i{n}",
        sequence=n + 1,
        created_at=START + timedelta(minutes=5 * n),
    )
    for n in range(13)
]
RANGE = {"start": SAID[0].when, "end": SAID[-1].when}


@pytest.mark.parametrize(
    "text",
    [
        "13 messages from 10:00 to 11:00",
        "13 messages from 2:00 am to 03:00 UTC on 2026-03-14",
        "7 user messages and 6 assistant messages",
        "13条消息，10:00 到 11:00",
        "messages 1 to 13, of 14 March 2026",
        "第1到13条",
        "2026-03-14T10:35:00+08:00",
    ],
)
def test_what_is_true_of_the_span_was_said(text: str) -> None:
    assert Ground(SAID).bears(text)


@pytest.mark.parametrize(
    "text",
    [
        "99 messages",
        "from 10:00 to 17:30",
        "messages 1 to 99",
        "999 connections",
        "15条消息",
        "13 connections",
        "on 2031-01-01",
    ],
)
def test_what_is_not_was_made_up(text: str) -> None:
    assert not Ground(SAID).bears(text)


def test_refused_lines_are_counted_and_most_of_them_refuse_the_whole() -> None:
    summary = accept({"user_goal": "the pool has 20 connections", "key_decisions": ["raise the pool to 999"]}, SAID)
    kept = grounded(summary, SAID)
    assert (kept.user_goal, kept.key_decisions, kept.refused) == ("the pool has 20 connections", [], 1)
    with pytest.raises(SummaryRejected, match="2 of 3 lines"):
        grounded(accept({"user_goal": "the pool", "key_decisions": ["raise it to 999", "see made_up.py"]}, SAID), SAID)


@pytest.mark.parametrize(
    "claim",
    [
        {"count": 13},
        {"count": 13, "time_range": RANGE, "timestamp": START},
        {"count": 13, "timeRange": {"start": START.isoformat(), "end": "2026-03-14T03:00:00Z"}},
        {"time_range": [START.timestamp(), SAID[-1].when.timestamp() * 1000]},  # type: ignore[union-attr]
    ],
)
def test_one_that_tells_only_count_and_times_is_filled_by_rules(claim: dict[str, Any]) -> None:
    now = datetime(2026, 4, 1, tzinfo=UTC)
    assert accept(claim, SAID, now) == extract(SAID, now)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ({"count": 99}, "count is 99; there are 13 messages"),
        ({"count": 13, "time_range": {"start": "2020-01-01T00:00:00Z", "end": None}}, "before or after"),
        ({"time_range": {"start": "soon"}}, "no time"),
        ({"time_range": 5}, "a start and an end"),
        ({"timestamp": START}, "none of the fields user_goal"),
        ({}, "none of the fields user_goal"),
    ],
)
def test_a_false_one_is_refused_with_the_reason(claim: dict[str, Any], reason: str) -> None:
    with pytest.raises(SummaryRejected, match=reason):
        accept(claim, SAID)


def summarized(store: Open, answer: dict[str, Any], told: list[Any]) -> Session:
    def summarize(messages: Sequence[Message]) -> dict[str, Any]:
        return answer

    memory = store(summarizer=summarize, pre_rot_threshold=800, keep_recent_count=3, counter=length)
    memory.subscribe(told.append)
    session = memory.session("s")
    for n in range(50):
        session.add(f"The pool has 20 connections and answers slowly, says report {n} of the night shift.")
    assert session.stats().summaries
    return session


def test_a_function_is_held_against_the_messages_and_its_refused_lines_are_counted(store: Open) -> None:
    told: list[Any] = []
    made_up = {"user_goal": "the pool has 20 connections", "critical_context": {"pool": "raise the pool to 999"}}
    session = summarized(store, made_up, told)
    texts = "\n".join(summary.text for summary in session.view().summaries)
    assert "20 connections" in texts
    assert "999" not in texts
    events = [event for event in told if event.kind == "summarised" and event.fields["level"] == 1]
    assert {event.fields["refused_lines"] for event in events} == {1}
    assert session.stats().refused_lines == len(events)
    assert session.stats().summarizer_failures == 0


def test_one_that_is_refused_wholly_falls_back_to_the_rules(store: Open) -> None:
    told: list[Any] = []
    session = summarized(store, {"user_goal": "raise the pool to 999"}, told)
    assert "999" not in "\n".join(summary.text for summary in session.view().summaries)
    first = [event.fields for event in told if event.kind == "summarised" and event.fields["level"] == 1]
    assert {fields["strategy"] for fields in first} == {"extractive"}
    assert session.stats().summarizer_failures
    assert "name figures or files that no message names" in session.stats().last_error
