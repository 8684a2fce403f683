"""The calendar: what the words for months, weekdays, seasons, holidays and amounts mean, and the days they cover.

Days are counted as `date.toordinal` counts them, with fractions for hours; a `Span` is half-open, and None where the
calendar has no such day. Every function is pure; none raises for any number.
"""

from __future__ import annotations

import re
from datetime import date
from math import floor

from tiermem.text import chinese_numerals

Span = tuple[float, float]

DAY = 86_400.0
EPOCH = date(1970, 1, 1).toordinal()

_MONTH_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS = {name[:cut]: number for number, name in enumerate(_MONTH_NAMES, 1) for cut in (3, len(name))} | {"sept": 9}
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS = {name: number for number, name in enumerate(_DAY_NAMES)} | {c: n for n, c in enumerate("一二三四五六日")}
WEEKDAYS |= {"天": 6, "末": 5, "mon": 0, "tues": 1, "tue": 1, "wed": 2, "thurs": 3, "thu": 3, "fri": 4}
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12, "春": 3, "夏": 6, "秋": 9, "冬": 12}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
ORDINALS |= {"5th": 5, "last": -1, "final": -1}
_AMOUNTS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
]
AMOUNTS = {word: (number, number) for number, word in enumerate(_AMOUNTS, 1)}
AMOUNTS |= {"a": (1, 1), "an": (1, 1), "twenty": (20, 20), "thirty": (30, 30), "couple": (2, 3), "few": (2, 5)}
AMOUNTS |= {"several": (3, 7), "几": (2, 5), "数": (3, 7)}  # what people mean by these, roughly
UNITS = {
    "分钟": "minute", "小时": "hour", "钟头": "hour", "天": "day", "日": "day", "晚": "day", "周": "week",
    "星期": "week", "礼拜": "week", "周末": "weekend", "月": "month", "季度": "quarter", "年": "year",
}  # fmt: skip
# Days in a unit, where it is counted from any day on.
LENGTHS = {
    "minute": 1 / 1440, "hour": 1 / 24, "day": 1, "night": 1, "week": 7, "weekend": 7, "fortnight": 14,
    "month": 30, "quarter": 91, "halfyear": 182, "year": 365, "decade": 3652,
}  # fmt: skip

# Month, day and length of the days that are fixed in the sun's calendar; people mean the days around them, too.
FIXED = {
    "christmas": (12, 24, 3), "xmas": (12, 24, 3), "halloween": (10, 31, 1), "new year's eve": (12, 31, 1),
    "new year's day": (1, 1, 1), "new year's": (1, 1, 1), "valentine's day": (2, 14, 1),
    "independence day": (7, 4, 1), "国庆": (10, 1, 7), "元旦": (1, 1, 1), "五一": (5, 1, 5), "劳动节": (5, 1, 5),
    "圣诞": (12, 24, 3), "情人节": (2, 14, 1), "儿童节": (6, 1, 1), "教师节": (9, 10, 1), "万圣节": (10, 31, 1),
    "清明": (4, 4, 3), "双十一": (11, 11, 1), "妇女节": (3, 8, 1),
}  # fmt: skip
# First month and day on which a new moon may begin the feast's lunar month, days from it to the feast, its length.
# The moon is taken at its mean speed, so a day's error is possible either way; the length allows for it.
LUNAR = {"春节": (1, 21, -1, 9), "除夕": (1, 21, -2, 3), "元宵": (1, 21, 13, 3), "端午": (5, 24, 3, 3)}
LUNAR |= {"中秋": (8, 24, 13, 3), "重阳": (9, 23, 7, 3)}
HOLIDAYS = [*FIXED, *LUNAR, "thanksgiving", "easter"]
_NEW_MOON, _LUNATION = date(2000, 1, 6).toordinal() + 1.093, 29.530588853  # 6 Jan 2000 18:14 UT, in Chinese time


def seconds(span: Span) -> tuple[float, float]:
    """*span* in seconds since 1970; ends that are open stay infinite."""
    return (span[0] - EPOCH) * DAY, (span[1] - EPOCH) * DAY


def date_of(ordinal: float) -> date | None:
    """The date of an ordinal; None outside the years 1 to 9999."""
    return date.fromordinal(floor(ordinal)) if 1 <= ordinal < 3_652_060 else None


def day(year: int, month: int, number: int) -> Span | None:
    """One day, or None: 31 June does not exist."""
    try:
        start = date(year, month, number).toordinal()
    except (ValueError, OverflowError):
        return None
    return start, start + 1


def months(year: int, first: int, count: int = 1) -> Span | None:
    """*count* months from month *first*, which may lie outside 1 to 12: month 0 is the December before."""
    start = day(year + (first - 1) // 12, (first - 1) % 12 + 1, 1)
    end = day(year + (first + count - 1) // 12, (first + count - 1) % 12 + 1, 1)
    return join(start, end and (end[0], end[0]))


def join(first: Span | None, last: Span | None) -> Span | None:
    """From the start of *first* to the end of *last*; None when that is backwards or one of them is missing."""
    return (first[0], last[1]) if first and last and first[0] < last[1] else None


def week(ordinal: float, away: int = 0) -> Span:
    """The week, Monday to Sunday, that lies *away* weeks from the day."""
    start = floor(ordinal) - (floor(ordinal) - 1) % 7 + 7 * away  # 1 January of year 1 was a Monday
    return start, start + 7


def weekend(ordinal: float, away: int = 0) -> Span:
    """Saturday and Sunday of that week."""
    monday = week(ordinal, away)[0]
    return monday + 5, monday + 7


def weekday(ordinal: float, number: int, direction: int) -> Span:
    """The nearest *number* (Monday is 0) strictly before (-1) or after (1) the day."""
    today = (floor(ordinal) - 1) % 7
    start = floor(ordinal) + (((number - today - 1) % 7 + 1) if direction > 0 else -((today - number - 1) % 7 + 1))
    return start, start + 1


def season(year: int, first: int) -> Span | None:
    """Three months from month *first* (north of the equator); winter belongs to the year in which it begins."""
    return months(year, first, 3)


def holiday(year: int, name: str) -> Span | None:
    """The days of a holiday that `HOLIDAYS` names."""
    if name in FIXED:
        month, number, length = FIXED[name]
        start = day(year, month, number)
        return start and (start[0], start[0] + length)
    if name in LUNAR:
        return _lunar(year, *LUNAR[name])
    if name == "easter":
        return _easter(year)
    november = day(year, 11, 1)
    return november and weekday(november[0] + 20, 3, 1)  # the fourth Thursday: the first one after the 21st


def _lunar(year: int, month: int, number: int, offset: int, length: int) -> Span | None:
    earliest = day(year, month, number)
    if earliest is None:
        return None
    turns = -floor(-(earliest[0] - _NEW_MOON) / _LUNATION)
    start = floor(_NEW_MOON + turns * _LUNATION) + offset
    return start, start + length


def _easter(year: int) -> Span | None:
    """Good Friday to Easter Monday. Butcher's rule (Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    sunday = day(year, (h + k - 7 * m + 114) // 31, (h + k - 7 * m + 114) % 31 + 1)
    return sunday and (sunday[0] - 2, sunday[0] + 2)


def shift(ordinal: float, amount: int, unit: str) -> Span | None:
    """What lies *amount* units from a moment: that day, the week around that day, that month, that year …"""
    if unit in {"minute", "hour"}:
        length = 1 / 24 if unit == "hour" else 1 / 1440
        return ordinal + (amount - 0.5) * length, ordinal + (amount + 0.5) * length
    start = floor(ordinal)
    if unit in {"day", "night"}:
        return start + amount, start + amount + 1
    if unit in {"week", "fortnight"}:
        middle = start + amount * (7 if unit == "week" else 14)
        return middle - 3, middle + 4
    return weekend(ordinal, amount) if unit == "weekend" else _shift_months(start, amount, unit)


def _shift_months(start: int, amount: int, unit: str) -> Span | None:
    there = date_of(start)
    if there is None:
        return None
    if unit == "halfyear":
        return months(there.year, there.month + 6 * amount - 1, 3)
    if unit in {"month", "quarter"}:
        return months(there.year, there.month + amount * (1 if unit == "month" else 3))
    return months(there.year + amount * (10 if unit == "decade" else 1), 1, 12)


def around(ordinal: float, away: int, unit: str) -> Span | None:
    """The calendar's own week, weekend, month, quarter, year or decade *away* units from the one that holds the day."""
    there = date_of(ordinal)
    if there is None:
        return None
    if unit in {"week", "weekend"}:
        return week(ordinal, away) if unit == "week" else weekend(ordinal, away)
    if unit == "day":
        return floor(ordinal) + away, floor(ordinal) + away + 1
    if unit == "month":
        return months(there.year, there.month + away)
    if unit == "quarter":
        return months(there.year, (there.month - 1) // 3 * 3 + 1 + 3 * away, 3)
    return months(there.year + away, 1, 12) if unit == "year" else months(there.year // 10 * 10 + 10 * away, 1, 120)


def amount(text: str) -> tuple[int, int] | None:
    """The least and most that an amount means ("a couple of" is 2 to 3, "十二" is 12); None for no amount."""
    word = re.sub(r"^(?:a|about|好|前)\s*(?=couple|few|几)|\s*of$", "", text.strip().lower())
    if word.isdecimal():
        return int(word), int(word)
    if word in AMOUNTS:
        return AMOUNTS[word]
    number = chinese_numerals.value(word)
    return (number, number) if isinstance(number, int) else None
