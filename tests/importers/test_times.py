"""When a message of somebody's file was said: under every usual name, in every usual form, never guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.errors import InvalidMessage
from tiermem.importers.formats import survey
from tiermem.importers.shapes import message_of
from tiermem.importers.times import CHANGED, MADE, said
from tiermem.times.instants import instant

THEN = datetime(2023, 3, 4, 10, tzinfo=UTC)
EAST = timezone(timedelta(hours=8))

FORMS = [
    ("2023-03-04T10:00:00Z", THEN),
    ("2023-03-04T10:00:00.000Z", THEN),
    ("2023-03-04T18:00:00+08:00", THEN),
    ("2023-03-04T18:00:00+0800", THEN),
    ("2023-03-04 10:00:00", THEN),
    ("2023-03-04 10:00:00 UTC", THEN),
    ("2023-03-04 12:00:00 +0200", THEN),
    ("2023-03-04 18:00:00 GMT+8", THEN),
    ("2023-03-04", THEN.replace(hour=0)),
    ("20230304", THEN.replace(hour=0)),
    ("20230304100000", THEN),
    (1677924000, THEN),
    (1677924000.0, THEN),
    (1677924000_000, THEN),
    (1677924000_000_000, THEN),
    (1677924000_000_000_000, THEN),
    ("1677924000", THEN),
    ("1677924000000", THEN),
    ("1677924000.000000", THEN),
    ("2023/3/4 10:00:00", THEN),
    ("2023/3/4 上午10:00:00", THEN),
    ("2023/3/4 下午10:00:00", THEN.replace(hour=22)),
    ("2023年3月4日 10:00", THEN),
    ("2023年3月4日10时00分", THEN),
    ("2023年3月4日 10时00分", THEN),
    ("2023年3月4日下午3:05", THEN.replace(hour=15, minute=5)),
    ("14/3/2023, 10:00:00", THEN.replace(day=14)),
    ("3/14/2023, 10:00:00 PM", THEN.replace(day=14, hour=22)),
    ("3/14/2023, 12:00:00 AM", THEN.replace(day=14, hour=0)),
    ("3/3/2023", THEN.replace(day=3, hour=0)),
    ("04.03.2023 10:00", THEN),
    ("4. 3. 2023, 10:00:00", THEN),
    ("Sat, 04 Mar 2023 10:00:00 GMT", THEN),
    ("Sat, 04 Mar 2023 10:00:00 +0000", THEN),
    ("Mar 4, 2023, 10:00 AM", THEN),
    ("Saturday, March 4, 2023 at 10:00 PM", THEN.replace(hour=22)),
    ("4 March 2023 10:00", THEN),
    ({"$date": "2023-03-04T10:00:00Z"}, THEN),
    ({"$date": {"$numberLong": "1677924000000"}}, THEN),
    *(
        (no, None)
        for no in ("yesterday", "soon", "000:00:02", "10:00", "", "99:99", "2023-13-45", "1" * 30, "Mar 2023")
    ),
    *((no, None) for no in (12.5, 0, True, [1677924000], {}, {"$date": None}, {"a": 1, "b": 2}, 1e300, float("inf"))),
    ("31/2/2023", None),
    ("4 Foo 2023", None),
    ("2023-03-04 25:00", None),
]


@pytest.mark.parametrize(("value", "expected"), FORMS, ids=[repr(value) for value, _ in FORMS])
def test_every_usual_form_is_read_and_nothing_else(value: Any, expected: datetime | None) -> None:
    assert instant(value, least=1e8) == expected


@pytest.mark.parametrize("name", [*MADE, *CHANGED])
@pytest.mark.parametrize("value", ["2023-03-04T10:00:00Z", 1677924000, "1677924000000"])
def test_every_usual_name_is_read_and_its_own_words_are_kept(name: str, value: Any) -> None:
    record = {"role": "user", "content": "I sold the old boat today.", name: value}
    message = message_of(record, "1")
    assert message.created_at == THEN
    assert message.state == ({} if (name, value) == ("created_at", "2023-03-04T10:00:00Z") else {name: value})


@pytest.mark.parametrize(
    "record",
    [
        {"type": "human", "data": {"content": "hi", "additional_kwargs": {"timestamp": 1677924000}}},
        {"type": "human", "data": {"content": "hi"}, "created_at": "2023-03-04T10:00:00Z"},
        {"type": "ai", "content": "hi", "response_metadata": {"created": 1677924000}},
        {"lc": 1, "type": "constructor", "id": ["x", "AIMessage"], "kwargs": {"content": "a", "timestamp": 1677924000}},
        {"role": "user", "blocks": [{"block_type": "text", "text": "hi"}], "additional_kwargs": {"ts": 1677924000}},
        {"role": "user", "content": "hi", "metadata": {"create_time": 1677924000}},
        {"role": "user", "content": "hi", "date": "2023-03-04", "time": "10:00"},
        {"role": "user", "content": "hi", "time": "10:00 AM", "date": "2023/3/4"},
    ],
)
def test_frameworks_and_pairs_of_date_and_time_are_read(record: dict[str, Any]) -> None:
    assert message_of(record, "1").created_at == THEN


def test_what_stands_beside_a_dump_of_langchain_is_kept() -> None:
    record = {"type": "human", "data": {"content": "hi"}, "created_at": "2023-03-04T10:00:00Z", "mood": "good"}
    assert message_of(record, "1").state == {"created_at": "2023-03-04T10:00:00Z", "mood": "good"}


def test_when_it_was_made_comes_before_when_it_was_changed() -> None:
    record = {"role": "user", "content": "x", "updated_at": "2024-01-01T00:00:00Z", "timestamp": 1677924000}
    assert message_of(record, "1").created_at == THEN


@pytest.mark.parametrize(("dates", "month"), [("day-first", 4), ("month-first", 3)])
def test_day_and_month_are_never_guessed(dates: Any, month: int) -> None:
    record = {"role": "user", "content": "x", "date": "3/4/2023, 10:00:00 AM"}
    with pytest.raises(InvalidMessage, match="3/4/2023 may be read day first or month first"):
        message_of(record, "1")
    assert message_of(record, "1", dates).created_at == datetime(2023, month, 7 - month, 10, tzinfo=UTC)


def test_another_field_may_say_clearly_what_a_date_leaves_open() -> None:
    clear = {"role": "user", "content": "x", "date": "3/4/2023", "time": 1677924000}
    assert message_of(clear, "1").created_at == THEN
    with pytest.raises(InvalidMessage, match="day first"):  # when it was changed is another question
        message_of({"role": "user", "content": "x", "date": "3/4/2023", "updated_at": 1677924000}, "1")


def test_a_number_that_is_no_moment_is_none_but_under_our_own_name() -> None:
    assert said({"role": "tool", "time": 12.5, "ts": 3}).when is None
    assert said({"role": "tool", "time": 12.5, "ts": 3}).unread == ("ts", "time")
    assert said({"role": "user", "created_at": 12.5}).when == datetime(1970, 1, 1, 0, 0, 12, 500_000, tzinfo=UTC)
    assert said({"time": 3.2, "updated_at": "2023-03-04T10:00:00Z"}).when == THEN


def test_a_survey_counts_what_has_no_time_and_names_what_could_not_be_read(tmp_path: Path) -> None:
    records = [
        {"role": "user", "content": "a", "date": "yesterday"},
        {"role": "user", "content": "b"},
        {"role": "user", "content": "c", "ts": 1677924000, "time": "soon"},
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(records))
    found = survey(path)
    assert (found.messages, found.undated, found.unread) == (3, 2, ("date",))


@given(
    st.datetimes(min_value=datetime(1974, 1, 1), max_value=datetime(5000, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
)
def test_one_time_in_many_forms_is_one_time(when: datetime) -> None:
    whole = when.replace(microsecond=0)
    seconds = int(whole.timestamp())
    forms = [whole.isoformat(), seconds, seconds * 1_000, str(seconds), whole.strftime("%Y/%m/%d %H:%M:%S")]
    if when.year < 2286:  # eleven digits and more are milliseconds from there on in strings of ten
        forms.append(f"{seconds}.000")
    assert {instant(form, least=1e8) for form in forms} == {whole}
    assert instant(when.isoformat()) == when


@given(st.text(max_size=40) | st.integers() | st.floats(allow_nan=True))
def test_nothing_makes_it_raise_but_two_ways_to_read_a_date(value: Any) -> None:
    try:
        found = instant(value)
    except InvalidMessage as error:
        assert "day first or month first" in str(error)  # noqa: PT017
    else:
        assert found is None or found.tzinfo is not None
