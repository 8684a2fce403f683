"""Days as a model writes them, and whatever else it writes into an argument of a memory tool."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.thinned import share
from tiermem import Memory
from tiermem.testing import StoppedClock
from tiermem.times.day_bounds import bound
from tiermem.tools.tools import NAMES, memory_tools
from tiermem.window.quotation import CLOSE

NOW = datetime(2024, 5, 22, 10, tzinfo=UTC)
LAST = timedelta(days=1) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-03-01", datetime(2024, 3, 1), datetime(2024, 3, 1) + LAST),
        ("20240301", datetime(2024, 3, 1), datetime(2024, 3, 1) + LAST),
        ("2024-02", datetime(2024, 2, 1), datetime(2024, 2, 29) + LAST),
        ("2024-12", datetime(2024, 12, 1), datetime(2024, 12, 31) + LAST),
        ("2023", datetime(2023, 1, 1), datetime(2023, 12, 31) + LAST),
        ("yesterday", datetime(2024, 5, 21), datetime(2024, 5, 21) + LAST),
        ("last week", datetime(2024, 5, 13), datetime(2024, 5, 19) + LAST),
        ("上周", datetime(2024, 5, 13), datetime(2024, 5, 19) + LAST),
        ("2024年3月1日", datetime(2024, 3, 1), datetime(2024, 3, 1) + LAST),
        ("1 March 2024", datetime(2024, 3, 1), datetime(2024, 3, 1) + LAST),
        ("2024-03-01T10:30", datetime(2024, 3, 1, 10, 30), datetime(2024, 3, 1, 10, 30)),
        ("2024-03-01T10:30Z", datetime(2024, 3, 1, 10, 30, tzinfo=UTC), datetime(2024, 3, 1, 10, 30, tzinfo=UTC)),
    ],
)
def test_a_day_begins_with_its_first_moment_and_ends_with_its_last(text: str, first: datetime, last: datetime) -> None:
    assert bound(text, NOW, upper=False) == first
    assert bound(text, NOW, upper=True) == last


def test_a_zone_is_kept() -> None:
    east = timezone(timedelta(hours=8))
    assert bound("2024-03-01T08:00+08:00", NOW, upper=True) == datetime(2024, 3, 1, 8, tzinfo=east)


@pytest.mark.parametrize("text", ["", "soon", "2024-13", "2024-02-30", "20241301", "9999-99", "m12", "0000"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert bound(text, NOW, upper=False) is None


WORDS = st.sampled_from(
    ["2024", "-", "03", "0001-01-01", "9999-12-31", "9999-12", "last", "week", "年", "去年", "May", "T"]
)
TEXTS = st.one_of(
    st.text(max_size=30), st.lists(WORDS, max_size=4).map(" ".join), st.lists(WORDS, max_size=4).map("".join)
)


@settings(max_examples=share(300))
@given(TEXTS)
def test_any_text_is_a_time_or_none(text: str) -> None:
    first, last = bound(text, NOW, upper=False), bound(text, NOW, upper=True)
    assert (first is None) is (last is None)
    assert first is None or last is None or first <= last


@pytest.fixture(scope="module")
def tools() -> Iterator[Any]:
    with Memory.open(":memory:", clock=StoppedClock(NOW)) as memory:
        session = memory.session("s")
        session.add(["The pump is blue.", "The roses are red.", "泵是蓝色的。"])
        yield memory_tools(session, max_tokens=200)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS, lambda one: st.lists(one, max_size=2)
)
REFS = st.sampled_from(
    ["m1", "m0", "m3-m1", "d1", "s1", "[m2]", "m" + "9" * 18, "m1-m" + "9" * 9, "d0", "\ud800", "\0"]
)
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "query": st.just("pump") | JSON,
        "since": JSON,
        "until": JSON,
        "role": st.sampled_from(["user", "TOOL"]) | JSON,
        "ref": REFS | JSON,
        "offset": st.integers() | st.sampled_from(["3", "x", 1e300, float("nan")]) | JSON,
        "note": JSON,
    },
)


@settings(max_examples=share(300))
@given(name=st.sampled_from(NAMES), arguments=ARGUMENTS)
def test_whatever_a_model_writes_is_answered_in_few_words_or_in_one_block(
    tools: Any, name: str, arguments: dict[str, Any]
) -> None:
    answer = tools[name].call(**arguments)
    assert answer
    assert answer.endswith(CLOSE) or len(answer) < 300


@pytest.mark.parametrize("text", ["0000-05", "9999-01", "2024-00", "2024-13"])
def test_a_month_that_no_calendar_has_is_no_bound(text: str) -> None:
    assert bound(text, NOW, upper=False) is None
    assert bound(text, NOW, upper=True) is None


def test_the_first_and_the_last_month_that_there_are_bounds() -> None:
    assert bound("0001-05", NOW, upper=False) == datetime(1, 5, 1)
    assert bound("9998-12", NOW, upper=True) == datetime(9998, 12, 31) + LAST
