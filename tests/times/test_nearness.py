from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.times.nearness import Interval, Mentions, elapsed, intervals, mentioned, near, nearness, wall_clock

NOW = wall_clock(datetime(2023, 8, 16, 15, tzinfo=UTC))  # a Wednesday


def said(*when: datetime) -> np.ndarray:
    return np.array([wall_clock(one) for one in when])


def shown(one: Interval) -> str:
    start = datetime(1970, 1, 1) + timedelta(seconds=one.start)
    return f"{start:%Y-%m-%d} {round((one.end - one.start) / 86_400)}"


def day(text: str) -> float:
    return wall_clock(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("text", "when", "found"),
    [
        ("I went there yesterday", "2023-05-08T13:56", "2023-05-07 1"),
        ("上周五我去了医院", "2023-05-08", "2023-05-05 1"),
        ("We hiked in December", "2023-03-02", "2022-12-01 31"),
        ("I return on July 20!", "2022-07-09", "2022-07-20 1"),
        ("Last year I moved. Yesterday I moved again.", "2023-05-08", "2022-01-01 365, 2023-05-07 1"),
        ("I have liked it since 2019", "2023-05-08", ""),
        ("You may be right, this is great, at last", "2023-05-08", ""),
    ],
)
def test_a_message_talks_about_the_days_it_names(text: str, when: str, found: str) -> None:
    assert ", ".join(map(shown, mentioned(text, day(when)))) == found


def test_a_message_of_many_dates_keeps_the_first_ones() -> None:
    log = "\n".join(f"2023-05-{1 + n % 28:02d} started" for n in range(5000))
    assert len(mentioned(log, NOW)) == 16
    assert mentioned("yesterday", float("nan")) == []


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


def test_the_day_itself_fits_best_then_the_days_after() -> None:
    start = datetime(2023, 5, 1, 12, tzinfo=UTC)
    fits = nearness("on 7 May 2023", said(*[start + timedelta(days=n) for n in range(60)]))
    assert fits is not None
    assert int(fits.argmax()) == 6
    assert fits[7] > fits[5] > 0
    assert (np.diff(fits[6:15]) <= 0).all()
    assert fits[1] == fits[14] == fits[50] == 0


def test_the_moment_at_which_a_day_ends_is_of_the_day_after() -> None:
    named = intervals("on 7 May 2023", NOW)
    last, first = datetime(2023, 5, 7, 23, 59, 59, tzinfo=UTC), datetime(2023, 5, 8, tzinfo=UTC)
    fits = near(named, said(last, first, first + timedelta(hours=23)))
    assert fits[0] == 1 > fits[1] == fits[2] > 0


@pytest.mark.parametrize("text", ["in May 2023", "in May", "on 7 May", "2023年5月", "last month", "上个月"])
def test_a_month_or_a_day_without_a_year_fits_too(text: str) -> None:
    asked = wall_clock(datetime(2023, 6, 20, tzinfo=UTC))
    fits = nearness(text, said(datetime(2023, 5, 7, tzinfo=UTC), datetime(2023, 8, 7, tzinfo=UTC)), asked)
    assert fits is not None
    assert fits[0] > 0
    assert fits[1] == 0


def test_a_message_that_talks_about_the_day_is_as_near_as_one_of_that_day() -> None:
    start = datetime(2023, 5, 8, 12, tzinfo=UTC)
    times = said(*[start + timedelta(days=20 * n) for n in range(10)])
    talked = Mentions.of((5, one) for one in mentioned("I was there on 7 May", float(times[5])))
    without, fits = nearness("on 7 May 2023", times), nearness("on 7 May 2023", times, None, talked)
    assert without is not None
    assert fits is not None
    assert without[5] == 0
    assert int(fits.argmax()) == 5
    assert fits.max() <= 1


def test_a_longer_mention_fits_less() -> None:
    asked = intervals("on 7 May 2023", NOW)
    day_, month, year = (mentioned(text, NOW)[0] for text in ("7 May 2023", "in May 2023", "in 2023"))
    fits = near(asked, np.full(3, np.nan), Mentions.of(enumerate([day_, month, year])))
    assert 1 >= fits[0] > fits[1] > fits[2] > 0


@pytest.mark.parametrize(
    "texts",
    [
        ["on 9 August 2023", "in August 2023", "since June 2023"],
        ["yesterday", "last week", "since 2019"],
        ["2023年8月9日", "2023年8月", "2023年6月以来"],
    ],
)
def test_a_time_without_an_end_tells_less_than_one_with_an_end(texts: list[str]) -> None:
    fits = [intervals(text, NOW)[0].fit for text in texts]
    assert 1 >= fits[0] > fits[1] > fits[2] > 0
    inside = said(datetime(2023, 8, 9, tzinfo=UTC))
    assert near(intervals(texts[2], NOW), inside)[0] == fits[2]
    assert fits[2] <= intervals("in 2023", NOW)[0].fit


def test_no_mentions_change_nothing() -> None:
    times = said(datetime(2023, 5, 7, tzinfo=UTC), datetime(2023, 8, 7, tzinfo=UTC))
    without, none = nearness("in May 2023", times), nearness("in May 2023", times, None, Mentions.of([]))
    assert without is not None
    assert none is not None
    assert without.tolist() == none.tolist()


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
    assert nearness("last week", said(datetime(2023, 5, 7, tzinfo=UTC))) is None
    assert nearness("on 7 May 2023", np.array([np.nan, np.nan])) is None
    assert nearness("on 7 May 2023", np.array([])) is None
    assert nearness("on 29 February", np.array([np.nan, wall_clock(datetime(2023, 3, 1, tzinfo=UTC))])) is None


WORDS = [
    "last week",
    "7 May",
    "2023",
    "三月初",
    "上周五",
    "55:30",
    "since",
    "before",
    "June",
    "2024-02-29",
    "去年",
    "x",
]


@given(
    st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join),
    st.lists(st.floats(-2e9, 4e9) | st.just(np.nan), max_size=6),
)
def test_nearness_stays_between_0_and_1(text: str, times: list[float]) -> None:
    talked = Mentions.of((0, one) for one in mentioned(text, NOW)) if times else None
    fits = nearness(text, np.array(times), NOW, talked)
    assert fits is None or ((fits >= 0) & (fits <= 1)).all()
