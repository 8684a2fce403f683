from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.recall.dates import Day, days, elapsed, nearness, wall_clock


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("What happened on 2023-05-07?", [Day(2023, 5, 7)]),
        ("on 7 May 2023", [Day(2023, 5, 7)]),
        ("on the 7th of May, 2023", [Day(2023, 5, 7)]),
        ("On May 7, 2023 we", [Day(2023, 5, 7)]),
        ("on May 7th", [Day(None, 5, 7)]),
        ("in May 2023", [Day(2023, 5)]),
        ("during september", [Day(None, 9)]),
        ("back in 2021", [Day(2021)]),
        ("2023年5月7日去了哪里", [Day(2023, 5, 7)]),
        ("5月7号说了什么", [Day(None, 5, 7)]),
        ("五月? 5月", [Day(None, 5)]),
        ("2021年的事", [Day(2021)]),
        ("May I ask you something? It may rain, march on", []),
        ("31 June 2023", []),
        ("2023-13-01", []),
        ("room 2023b and 19999", []),
        ("", []),
    ],
)
def test_dates_are_read_from_questions(text: str, named: list[Day]) -> None:
    assert days(text) == named


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("At about 68:45, what", [68 * 3600 + 45 * 60]),
        ("055:55:35 GET", [55 * 3600 + 55 * 60 + 35]),
        ("at about 102 hours", [102 * 3600]),
        ("at 10:30 we met", []),  # a time of day
        ("ratio 68:75, version 30:12:99:1", []),
        ("it lasted 102 hours", []),
    ],
)
def test_times_since_the_beginning_are_those_no_clock_shows(text: str, seconds: list[int]) -> None:
    assert elapsed(text) == seconds


def said(*when: datetime) -> np.ndarray:
    return np.array([wall_clock(one) for one in when])


def test_the_day_itself_fits_best_then_the_days_after() -> None:
    start = datetime(2023, 5, 1, 12, tzinfo=UTC)
    fits = nearness("on 7 May 2023", said(*[start + timedelta(days=n) for n in range(60)]))
    assert fits is not None
    assert int(fits.argmax()) == 6
    assert fits[7] > fits[5] > 0
    assert fits[3] == fits[14] == fits[50] == 0


@pytest.mark.parametrize("text", ["in May 2023", "in May", "on 7 May", "2023年5月"])
def test_a_month_or_a_day_without_a_year_fits_too(text: str) -> None:
    fits = nearness(text, said(datetime(2023, 5, 7, tzinfo=UTC), datetime(2023, 8, 7, tzinfo=UTC)))
    assert fits is not None
    assert fits[0] > 0
    assert fits[1] == 0


def test_a_date_that_fits_everything_tells_nothing() -> None:
    fits = nearness("on 7 May 2023", said(*[datetime(2023, 5, 7, tzinfo=UTC)] * 5))
    assert fits is not None
    assert not fits.any()


def test_a_date_is_that_of_the_speakers_own_clock() -> None:
    late = datetime(2023, 5, 7, 23, 30, tzinfo=timezone(timedelta(hours=-8)))
    fits = nearness("7 May 2023", said(late, *[datetime(2023, 9, 1, tzinfo=UTC)] * 9))
    assert fits is not None
    assert fits[0] == pytest.approx(0.9)


def test_an_elapsed_time_fits_around_it() -> None:
    start = datetime(2023, 5, 7, tzinfo=UTC)
    fits = nearness("At about 30:00", said(*[start + timedelta(hours=h) for h in range(48)]))
    assert fits is not None
    assert int(fits.argmax()) == 30


def test_without_dates_or_times_there_is_nothing_to_compare() -> None:
    assert nearness("what did we eat", said(datetime(2023, 5, 7, tzinfo=UTC))) is None
    assert nearness("on 7 May 2023", np.array([np.nan, np.nan])) is None
    assert nearness("on 7 May 2023", np.array([])) is None
    fits = nearness("on 29 February", np.array([np.nan, wall_clock(datetime(2023, 3, 1, tzinfo=UTC))]))
    assert fits is not None
    assert not fits.any()


@given(st.text(alphabet="0123456789 :-/年月日MayJune,", max_size=40))
def test_no_text_makes_reading_dates_fail(text: str) -> None:
    fits = nearness(text, said(datetime(2023, 5, 7, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)))
    assert fits is None or ((fits >= 0) & (fits <= 1)).all()
