from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.times.calendar import holiday
from tiermem.times.nearness import Interval, intervals, mentioned, wall_clock
from tiermem.times.terms import LIMIT

NOW = wall_clock(datetime(2023, 8, 16, 15, tzinfo=UTC))  # a Wednesday

ENGLISH = """
What happened on 2023-05-07? | 2023-05-07 1
on 7 May 2023 | 2023-05-07 1
on the 7th of May, 2023 | 2023-05-07 1
On May 7, 2023 we | 2023-05-07 1
on Sunday, 7 May 2023 we | 2023-05-07 1
on May 7th | 2023-05-07 1
December 1,2023 | 2023-12-01 1
10/08/2023 and 25/12/2022 | 2023-10-08 1, 2022-12-25 1
in May 2023 | 2023-05-01 31
during september | 2023-09-01 30
back in 2021 | 2021-01-01 365
in the 1990s | 1990-01-01 3652
from 3 to 7 May | 2023-05-03 5
May 3-5, 2023 | 2023-05-03 3
between March and May 2025 | 2025-03-01 92
from November to February 2024 | 2023-11-01 121
between August 11 and August 15 2023 | 2023-08-11 5
from March 2022 to June 2022 | 2022-03-01 122
yesterday | 2023-08-15 1
the day before yesterday | 2023-08-14 1
What did I say today? | 2023-08-16 1
tomorrow evening | 2023-08-17 1
last week | 2023-08-07 7
this week | 2023-08-14 7
next week | 2023-08-21 7
last weekend | 2023-08-12 2
over the weekend | 2023-08-12 2
last month | 2023-07-01 31
last year | 2022-01-01 365
last summer | 2022-06-01 92
last winter | 2022-12-01 90
this summer | 2023-06-01 92
next spring | 2024-03-01 92
in the spring of 2023 | 2023-03-01 92
towards the end of summer 2023 | 2023-08-01 31
last Friday | 2023-08-11 1
on Friday | 2023-08-11 1
this Friday | 2023-08-18 1
next Saturday | 2023-08-19 1
last Tues. | 2023-08-15 1
Friday last week | 2023-08-11 1
last March | 2023-03-01 31
this May | 2023-05-01 31
the past two weeks | 2023-08-03 14
in the past year | 2022-08-17 365
the next 3 days | 2023-08-16 3
3 days ago | 2023-08-13 1
a week ago | 2023-08-06 7
two months ago | 2023-06-01 30
half a year ago | 2023-01-01 90
four years ago | 2019-01-01 365
a few years back | 2018-01-01 1461
a couple of weeks ago | 2023-07-23 14
a few days ago | 2023-08-11 4
What activity did Evan start one year ago? | 2022-01-01 365
early March | 2023-03-01 10
in mid-August 2023 | 2023-08-10 13
the beginning of the month | 2023-08-01 10
late last month | 2023-07-22 10
the first half of 2022 | 2022-01-01 182
Q3 2023 | 2023-07-01 92
third quarter of 2022 | 2022-07-01 92
the second week of November | 2023-11-08 7
the last Friday of May 2023 | 2023-05-26 1
the weekend of 7 May 2023 | 2023-05-06 2
the weekend before July 17, 2023 | 2023-07-15 2
last weekend before April 10, 2023 | 2023-04-08 2
the week before 16 November 2023 | 2023-11-09 7
the Friday after 7 May 2023 | 2023-05-12 1
two weeks before August 11, 2023 | 2023-07-25 7
three weeks after 7 May 2023 | 2023-05-25 7
last Christmas | 2022-12-24 3
Thanksgiving 2023 | 2023-11-23 1
Easter 2023 | 2023-04-07 4
last week, as mentioned on November 6, 2023 | 2023-10-30 7, 2023-11-06 1
by 7 November, 2022 | 2022-11-07 1
"""

CHINESE = """
2023年5月7日去了哪里 | 2023-05-07 1
5月7号说了什么 | 2023-05-07 1
十二月二十五日 | 2023-12-25 1
五月 | 2023-05-01 31
2021年的事 | 2021-01-01 365
二〇二三年五月 | 2023-05-01 31
昨天 | 2023-08-15 1
前天我们去了 | 2023-08-14 1
大前天 | 2023-08-13 1
明天 | 2023-08-17 1
上周五我去了 | 2023-08-11 1
周五说的 | 2023-08-11 1
下周一 | 2023-08-21 1
上周 | 2023-08-07 7
上周一直在下雨 | 2023-08-07 7
上上周 | 2023-07-31 7
上周末 | 2023-08-12 2
周末我去了哪里 | 2023-08-12 2
这个周末 | 2023-08-19 2
上个月 | 2023-07-01 31
上个月5号 | 2023-07-05 1
上个月底 | 2023-07-22 10
月初 | 2023-08-01 10
去年 | 2022-01-01 365
前年 | 2021-01-01 365
去年十月 | 2022-10-01 31
去年夏天 | 2022-06-01 92
今年春天 | 2023-03-01 92
上个冬天 | 2022-12-01 90
去年年底 | 2022-11-01 61
2023年第三季度 | 2023-07-01 92
三天前 | 2023-08-13 1
两周前 | 2023-07-30 7
半个月前 | 2023-07-30 7
三个月前 | 2023-05-01 31
半年前 | 2023-01-01 90
几天前 | 2023-08-11 4
三月初 | 2023-03-01 10
五月中旬 | 2023-05-11 11
六月底 | 2023-06-21 10
3月到5月 | 2023-03-01 92
2025年3月到5月 | 2025-03-01 92
3月5日到7日 | 2023-03-05 3
5月3日至6月2日 | 2023-05-03 31
最近两周 | 2023-08-03 14
我前几天去了 | 2023-08-12 5
国庆节我做了什么 | 2023-10-01 7
2023年春节 | 2023-01-21 9
去年中秋节 | 2022-09-09 3
2023年5月7日前两天 | 2023-05-05 1
5月7日之后的一周 | 2023-05-08 7
2023年5月7日那个周末 | 2023-05-06 2
"""

NOTHING = """
May I ask you something? It may rain, march on
You may 5 times; give me a second; spring into action
Those 3 may go and the 5 march on
I last saw him; at last; it will last; last but not least
31 June 2023
2023-13-01
29 February 2023
room 2023b and 19999
Have you played Cyberpunk 2077 and FIFA 23?
years ago, days go by, every day
the next day he left, on the last day of school
How did he overcome his injury from last season?
What did he learn recently? A long time ago
Green is the color of spring
version 1.2.3, 10:30, ratio 12/5
每周五都去，两周三次
周一到周五上班
二月三十日
春天的花园，夏天的海
每个月都去，每年一次
第三天我们爬山
吃了月饼
"""


def rows(table: str) -> list[tuple[str, str]]:
    return [(text, found) for text, found in (line.split(" | ") for line in table.strip().split("\n"))]


def shown(one: Interval) -> str:
    start = datetime(1970, 1, 1) + timedelta(seconds=one.start)
    return f"{start:%Y-%m-%d} {round((one.end - one.start) / 86_400)}"


def day(text: str) -> float:
    return wall_clock(datetime.fromisoformat(text))


@pytest.mark.parametrize(("text", "found"), rows(ENGLISH) + rows(CHINESE))
def test_an_expression_is_read_as_its_first_day_and_number_of_days(text: str, found: str) -> None:
    assert ", ".join(map(shown, intervals(text, NOW))) == found


@pytest.mark.parametrize("text", [*NOTHING.strip().split("\n"), ""])
def test_what_names_no_time_is_left_alone(text: str) -> None:
    assert intervals(text, NOW) == []


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("since June", "2023-06-01", None),
        ("since Friday", "2023-08-11", None),
        ("after 12 May 2023", "2023-05-13", None),
        ("before 12 May 2023", None, "2023-05-12"),
        ("until 12 May 2023", None, "2023-05-13"),
        ("6月以来", "2023-06-01", None),
        ("5月7号之前", None, "2023-05-07"),
    ],
)
def test_what_has_no_end_or_beginning_is_open(text: str, start: str | None, end: str | None) -> None:
    assert [(one.start, one.end) for one in intervals(text, NOW)] == [
        (day(start) if start else -inf, day(end) if end else inf)
    ]


@pytest.mark.parametrize("text", ["last night", "昨晚", "昨天晚上"])
def test_a_night_reaches_over_midnight(text: str) -> None:
    (night,) = intervals(text, NOW)
    assert (night.start, night.end) == (day("2023-08-15T18:00"), day("2023-08-16T06:00"))


def test_hours_count_from_the_moment_itself() -> None:
    (one,) = intervals("two hours ago", NOW)
    assert one.start < NOW - 7200 < one.end
    assert one.end - one.start == pytest.approx(3600, abs=1)


@pytest.mark.parametrize("now", [None, float("nan"), inf, -1e18])
def test_relative_words_need_a_moment_to_count_from(now: float | None) -> None:
    assert intervals("yesterday, last week, 上周五, three years ago, on Friday", now) == []
    assert intervals("in May 2023", now)


def test_without_a_year_each_year_of_the_conversation_is_meant() -> None:
    assert [shown(one) for one in intervals("29 February", None, [2023, 2024])] == ["2024-02-29 1"]
    assert [shown(one) for one in intervals("5月7日", NOW, [2021, 2022])] == ["2021-05-07 1", "2022-05-07 1"]


def test_a_shorter_time_fits_better() -> None:
    fits = [
        intervals(text, NOW)[0].fit for text in ("yesterday", "last week", "last month", "last summer", "last year")
    ]
    assert fits == sorted(set(fits), reverse=True)


# The first days of the Chinese years as the calendars print them.
@pytest.mark.parametrize(
    "printed",
    ["2000-02-05", "2004-01-22", "2007-02-18", "2012-01-23", "2015-02-19", "2020-01-25", "2022-02-01", "2024-02-10"],
)
def test_the_spring_festival_holds_its_first_day(printed: str) -> None:
    first = datetime.fromisoformat(printed)
    start, end = holiday(first.year, "春节") or (0, 0)
    assert start <= first.toordinal() < end


@pytest.mark.parametrize("printed", ["2000-04-23", "2008-03-23", "2011-04-24", "2019-04-21", "2024-03-31"])
def test_easter_holds_its_sunday(printed: str) -> None:
    sunday = datetime.fromisoformat(printed)
    assert holiday(sunday.year, "easter") == (sunday.toordinal() - 2, sunday.toordinal() + 2)


PIECES = """
last next this the past week month year Friday weekend May march 7 31 2023 2023-05-07 9999 0 ago before after since
until between and to of first second quarter summer early end beginning two a couple few as mentioned on in wedding
上 下 个 周 五 末 月 年 日 号 三 十 半 几 天 前 后 的 去年 今年 到 初 底 春节 婚礼 之 以来 \ue000 \ue3e8 , . - –
"""
TEXTS = st.text(max_size=60) | st.lists(st.sampled_from(PIECES.split()), max_size=14).map(" ".join)
TEXTS |= st.lists(st.sampled_from(PIECES.split()), max_size=14).map("".join)


@given(TEXTS, st.floats() | st.just(NOW))
def test_no_text_makes_reading_fail_and_intervals_are_ordered(text: str, now: float) -> None:
    for one in [*intervals(text, now), *mentioned(text, now)]:
        assert one.start < one.end
        assert 0 < one.fit <= 1


@pytest.mark.parametrize(
    "unit",
    ["1234567890", "12 34 ", "last ", "last week ", "last last last 2023 ", "in may two weeks ago ",
     "May 3 ", "2023-05-07 ", "三月", "月十", "前天",
     "婚礼前两天", "two weeks before ", "the week of 2023 ", "between May ", "   "],
)  # fmt: skip
def test_the_work_grows_with_the_length_of_the_text_not_its_square(unit: str) -> None:
    """Eight times the text is eight times the work; its square would be 64."""

    def least_time(length: int) -> float:
        text, times = (unit * length)[:length], []
        for _ in range(3):
            start = process_time()
            found = intervals(text, NOW)
            times.append(process_time() - start)
            assert len(found) <= LIMIT
        return min(times)

    assert least_time(24_000) < 25 * (least_time(3_000) + 0.001)


CALENDAR = """
2023年5月上旬 | 2023-05-01 10
2023年5月初 | 2023-05-01 10
2023年5月中旬 | 2023-05-11 11
2023年5月下旬 | 2023-05-22 10
2023年5月底 | 2023-05-22 10
2023年底 | 2023-11-01 61
五一 | 2023-05-01 5
劳动节 | 2023-05-01 5
国庆 | 2023-10-01 7
元旦 | 2024-01-01 1
清明 | 2023-04-04 3
on Halloween | 2023-10-31 1
at Christmas 2022 | 2022-12-24 3
on Independence Day | 2023-07-04 1
on Valentine's Day | 2023-02-14 1
the first Friday of May 2023 | 2023-05-05 1
the second Friday of May 2023 | 2023-05-12 1
the last Friday of May 2023 | 2023-05-26 1
the first weekend of May 2023 | 2023-05-06 2
the second week of May 2023 | 2023-05-08 7
the last week of May 2023 | 2023-05-25 7
the Friday before 10 May 2023 | 2023-05-05 1
the Friday after 10 May 2023 | 2023-05-12 1
the week before 10 May 2023 | 2023-05-03 7
the week after 10 May 2023 | 2023-05-11 7
"""


@pytest.mark.parametrize("line", CALENDAR.strip().split("\n"))
def test_parts_of_months_and_days_with_a_name_are_those_of_the_calendar(line: str) -> None:
    text, _, expected = line.partition(" | ")
    assert [shown(interval) for interval in intervals(text, NOW)] == [expected]
