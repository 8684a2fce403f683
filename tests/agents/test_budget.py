"""What an agent's model may be sent: limits, thresholds, the cap of blocks, what providers say afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Settings
from tiermem.agents.budget import (
    Costs,
    Spent,
    block_tokens,
    limit_of,
    measured,
    overflowed,
    room,
    thresholds,
)
from tiermem.agents.note import Note


@pytest.mark.parametrize(
    ("wished", "usual", "declared", "answer", "limit"),
    [
        (9_000, 150_000, 4_000, 500, 9_000),  # what the user says stands
        (None, 150_000, None, 0, 150_000),
        (None, 150_000, 0, 0, 150_000),
        (None, 150_000, -1, 0, 150_000),
        (None, 150_000, 8_000, 0, 8_000),
        (None, 150_000, 8_000, 1_000, 7_000),
        (None, 150_000, 8_000, -5, 8_000),
        (None, 5_000, 8_000, 1_000, 5_000),
        (None, 5_000, 100, 4_000, 1),
    ],
)
def test_the_limit_is_the_user_s_or_the_smaller_of_memory_and_window(
    wished: int | None, usual: int, declared: int | None, answer: int, limit: int
) -> None:
    assert limit_of(wished, usual, declared, answer) == limit


@pytest.mark.parametrize(
    ("settings", "room", "beside", "numbers"),
    [
        ({}, 10_000, 0, (8_000, 4_000, 9_500, 4_750, 5_000)),
        ({}, 10_000, 2_000, (6_400, 3_200, 7_600, 3_800, 4_000)),
        ({}, 10_000, 9_000, (4_000, 2_000, 4_750, 2_375, 2_500)),  # blocks take half of it at most
        ({"compaction_target": 0.7}, 10_000, 0, (8_000, 7_000, 9_500, 4_750, 5_000)),
        ({"summarization_target": 0.2}, 10_000, 0, (8_000, 4_000, 9_500, 2_000, 5_000)),
        ({"compaction_trigger": 0.5, "summarization_trigger": 0.6}, 1_000, 0, (500, 250, 600, 300, 500)),
        ({}, 0, 0, (0, 0, 0, 0, 0)),
    ],
)
def test_thresholds_are_the_user_s_shares_of_the_room_and_deep_where_he_says_nothing(
    settings: dict[str, Any], room: int, beside: int, numbers: tuple[int, ...]
) -> None:
    made = thresholds(Settings(**settings), room, beside)
    assert (
        made.compact_at,
        made.compact_to,
        made.summarize_at,
        made.summarize_to,
        made.keep_recent_tokens,
    ) == numbers


def test_thresholds_keep_what_else_the_user_said_and_may_be_above_his_hard_limit() -> None:
    made = thresholds(Settings(keep_recent_count=3, pre_rot_threshold=500, hard_limit=600), 5_000)
    assert (made.keep_recent_count, made.hard_limit, made.pre_rot_threshold) == (3, 5_000, 5_000)


@pytest.mark.parametrize(
    ("room", "wished", "most"),
    [(100, None, 400), (8_000, None, 400), (20_000, None, 1_000), (150_000, None, 2_000), (150_000, 7_000, 7_000)],
)
def test_a_block_is_a_twentieth_of_the_room_within_bounds(room: int, wished: int | None, most: int) -> None:
    assert block_tokens(room, wished) == most


def test_what_stands_beside_the_messages_is_counted_and_each_schema_once() -> None:
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return len(text)

    costs, schemas = Costs(), [{"a": 1}, {"b": "ä"}]
    assert costs.beside(count, None, [], dict) == 0
    assert costs.beside(count, "rule", [], dict) == 8 + 4
    assert costs.beside(count, "", [], dict) == 8
    assert costs.beside(count, None, schemas, dict) == 8 + len('{"a": 1}') + 8 + len('{"b": "ä"}')
    assert costs.beside(count, "rule", schemas, dict, ["put in"]) == 8 + 4 + 16 + 18 + 4 + 6
    assert counted.count('{"a": 1}') == 1
    assert costs.beside(count, None, [dict(schemas[0])], dict) == 16
    assert counted.count('{"a": 1}') == 2


def test_a_schema_that_another_object_replaced_is_counted_anew() -> None:
    costs = Costs()
    for number in range(600):
        assert costs.beside(len, None, [{"number": number}], dict) == 8 + len(f'{{"number": {number}}}')


@pytest.mark.parametrize(
    ("scale", "counted", "reported", "after"),
    [
        (1.0, 1_000, 0, 1.0),  # the provider does not say
        (1.0, 499, 900, 1.0),  # too short to tell
        (1.0, 500, 900, 1.8),
        (1.0, 1_000, 1_049, 1.0),  # within the tremble
        (1.0, 1_000, 1_050, 1.05),
        (1.0, 1_000, 951, 1.0),
        (1.0, 1_000, 949, 0.949),
        (1.0, 1_000, 9_000, 3.0),
        (1.0, 1_000, 100, 0.7),
        (2.0, 1_000, 2_090, 2.0),
        (2.0, 1_000, 2_100, 2.1),
    ],
)
def test_a_provider_s_own_count_sets_the_scale(scale: float, counted: int, reported: int, after: float) -> None:
    assert measured(Note(scale=scale), Spent(counted, reported)).scale == after


def test_an_overflow_leaves_room_for_less_from_then_on() -> None:
    note = overflowed(Note(scale=2.0), Spent(1_000))
    assert note.most == 700
    assert room(note, 10_000) == 700
    assert room(note, 1_000) == 500
    assert room(Note(scale=2.0), 10_000) == 5_000
    assert overflowed(Note(), Spent(0)).most == 1


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.floats(0.1, 0.9), st.integers(0, 30))
def test_thresholds_are_valid_for_every_room_and_never_above_it(
    room: int, beside: int, trigger: float, recent: int
) -> None:
    settings = Settings(compaction_trigger=trigger, summarization_trigger=trigger + 0.05, keep_recent_count=recent)
    made = thresholds(settings, room, beside)
    assert made.compact_to <= made.compact_at <= made.summarize_at <= room
    assert made.pre_rot_threshold >= room // 2
