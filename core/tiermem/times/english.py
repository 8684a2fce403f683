"""English time expressions as patterns, most telling first; `intervals` applies them."""

from __future__ import annotations

import re
from typing import Literal

from tiermem.text import late
from tiermem.times import calendar
from tiermem.times import english_readers as read
from tiermem.times.calendar import MONTHS, ORDINALS, WEEKDAYS
from tiermem.times.terms import MARK, Reader, Rule


def _any(words: list[str], name: str) -> str:
    return f"(?P<{name}>{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})"


_SURE = [name for name in MONTHS if name.isascii() and name not in {"may", "march"}]
_MONTH = rf"(?:{_any([*_SURE, 'may', 'march'], 'month')}\b\.?)"
# "may" and "march" are verbs unless they are written like names or a preposition stands before them.
_NAMED = rf"(?P<month>{'|'.join(sorted(_SURE, key=len, reverse=True))}|(?-i:May|March|MAY|MARCH))\b\.?"
_YEAR = r"(?P<year>(?:1[89]|20)\d\d)\b"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
_ON = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? (?:the )?)?"
_WEEKDAY = rf"{_any([name for name in WEEKDAYS if name.isascii()], 'weekday')}\b"
_UNIT = r"(?P<unit>minute|hour|day|night|weekend|week|fortnight|month|quarter|year|decade)s?\b"
_AMOUNT = (
    r"(?P<amount>\d{1,3}|an?|(?:a )?couple(?: of)?|(?:an? )?(?:good )?few|several|"
    + "|".join(word for word in calendar.AMOUNTS if word.isascii() and len(word) > 2)
    + ")"
)
_SEASON = r"(?P<season>spring|summer|autumn|fall|winter)\b"
_HOLIDAY = _any([name for name in calendar.HOLIDAYS if name.isascii()], "holiday") + r"(?: day\b|\b)"
_TO = r"\s?(?:to|and|until|till|through|-|–|—)\s?(?:the )?"
_P = rf"(?P<at>{MARK})"
_REL = r"(?P<rel>(?:this )?past|(?:this |the )?coming|last|(?:the )?previous|this|next)"
_PART = "(?P<part>" + "|".join(sorted(read.PARTS, key=len, reverse=True)) + ")"
_BEFORE = (
    r"(?P<pre>\b(?:in|of|during|since|until|till|before|after|by|for|throughout|around|early(?: in)?|late(?: in)?|mid|"
    r"from|between|to|and|through|as of)[ -](?:the )?)"
)
_YEAR_BEFORE = _BEFORE.replace("|from|", "|from|back in|year|summer of|winter of|")


_ANY_DAY = "|".join(name for name in WEEKDAYS if name.isascii())
_WHICH = "|".join(ORDINALS)
_LAST = rf"{_any(list(MONTHS), 'last')}\b"


_Matter = Literal["month", "season", "holiday", "quarter", "year", "day", "unit", "weekday", "built"]
YEARS = frozenset(f"{year}{ending}" for year in range(1800, 2100) for ending in ("", "s")[: 2 - bool(year % 10)])
_DAY_NAMES = frozenset(name for name in WEEKDAYS if name.isascii())
UNITS = frozenset(
    ["minute", "hour", "day", "night", "week", "weekend", "fortnight", "month", "quarter", "year", "decade"]
)
UNITS |= {f"{unit}s" for unit in UNITS}
FRAMES = frozenset(
    [
        "last",
        "past",
        "previous",
        "next",
        "coming",
        "this",
        "these",
        "back",
        "end",
        "beginning",
        "start",
        "middle",
        "early",
        "late",
        "other",
    ]
)
_NEEDS: dict[str, frozenset[str]] = {
    "month": frozenset(name for name in MONTHS),
    "season": frozenset(["spring", "summer", "autumn", "fall", "winter"]),
    "holiday": frozenset(word.split("'")[0].split()[0] for word in calendar.HOLIDAYS if word.isascii()),
    "quarter": frozenset(["quarter", "q1", "q2", "q3", "q4"]),
    "year": YEARS,
    "day": frozenset(["yesterday", "today", "tonight", "tomorrow", "night", "day", "morning", "afternoon", "evening"]),
    "unit": UNITS,
    "weekday": _DAY_NAMES,
    "built": frozenset(),
}
# A text with one of these may name a time; so may one that holds a frame and a unit: "last" … "week".
WORDS = _NEEDS["month"] | _NEEDS["season"] | _NEEDS["holiday"] | _NEEDS["quarter"] | YEARS | _DAY_NAMES
WORDS |= {"yesterday", "today", "tonight", "tomorrow", "ago", "weekend", "weekends"}


def _rule(matter: _Matter, pattern: str, meant: Reader, anchored: bool = False) -> Rule:
    return Rule(late.compile(pattern, re.IGNORECASE), meant, anchored, _NEEDS[matter], matter == "built")


_ABSOLUTE = (
    _rule("month", rf"\b{_DAY}{_TO}(?P<until>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_NAMED}(?:,? ?{_YEAR})?", read.days),
    _rule("month", rf"\b{_NAMED} {_DAY}{_TO}(?P<until>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? ?{_YEAR})?", read.days),
    _rule("year", r"(?<![\d-])(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)(?P<fixed>)", read.date),
    _rule("year", r"(?<![\d/])(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>(?:19|20)\d\d)(?!\d)", read.date),
    _rule("month", rf"\b{_ON}{_DAY}(?: of)? {_NAMED}(?:,? ?{_YEAR})?", read.date),
    _rule(
        "month",
        rf"\b{_ON}(?P<day>\d{{1,2}})(?:(?:st|nd|rd|th)(?: of)?|(?= \w{{3,5}},? \d{{4}}\b)) {_MONTH}(?:,? {_YEAR})?",
        read.date,
    ),
    _rule("month", rf"\b{_ON}{_NAMED} (?:the )?{_DAY}(?:,? ?{_YEAR})?", read.date),
    _rule(
        "month", rf"\b{_ON}{_MONTH} (?P<day>\d{{1,2}})(?:(?:st|nd|rd|th)\b|(?=,? \d{{4}}\b))(?:,? {_YEAR})?", read.date
    ),
    _rule("month", rf"\b(?:between|from) {_MONTH}(?: (?P<from>\d{{4}}))?{_TO}{_LAST}(?:,? {_YEAR})?", read.months),
    _rule("month", rf"\b{_NAMED}(?: (?P<from>\d{{4}}))?{_TO}{_LAST},? {_YEAR}", read.months),
    _rule("month", rf"\b{_MONTH}(?: of)?,? {_YEAR}", read.month),
    _rule("month", rf"\b(?P<rel>last|previous|next|this past) {_MONTH}(?! \d)", read.month),
    _rule("month", rf"\b(?P<rel>this) {_NAMED}", read.month),
    _rule("month", rf"{_BEFORE}{_NAMED}", read.month),
    _rule(
        "month",
        rf"(?P<pre>\b(?:in|during|since|by|early|late|mid|(?:beginning|start|middle|end|week|day) of)[ -]){_MONTH}",
        read.month,
    ),
    _rule("season", rf"\b{_SEASON}(?: of|,)? {_YEAR}", read.season),
    _rule("season", rf"\b{_REL} {_SEASON}", read.season),
    _rule(
        "season",
        r"(?P<pre>\b(?:in|during|over|since|until|throughout|(?:early|mid|late)(?: in)?|"
        r"(?:end|beginning|start|middle) of)[ -](?:the )?)(?P<season>spring|summer|autumn|winter)\b",
        read.season,
    ),
    _rule("holiday", rf"\b(?:{_REL} )?{_HOLIDAY}(?:(?: of|,)? {_YEAR})?", read.holiday),
    _rule("quarter", rf"\bq(?P<digit>[1-4])(?P<word>)(?: of|,|/)? ?{_YEAR}", read.quarter),
    _rule(
        "quarter",
        rf"\b(?P<word>first|second|third|fourth|last|[1-4](?:st|nd|rd|th)) quarter(?: of|,)? {_YEAR}(?P<digit>)",
        read.quarter,
    ),
    _rule(
        "year",
        r"(?P<pre>\b(?:in|during|since|of|early|late|mid|from|to|and)[ -](?:the )?(?:early |mid |late )?)"
        r"(?P<year>(?:19|20)\d0)(?P<decade>s)\b",
        read.years,
    ),
    _rule("year", rf"{_YEAR_BEFORE}{_YEAR}(?P<decade>)(?![-/.:]\d)", read.years),
    _rule("year", rf"^\W*{_YEAR}(?P<decade>)(?=\W*$)", read.years),
)
_RELATIVE = (
    _rule(
        "built",
        rf"\b(?:as of|mentioned|said|told|shared|wrote|asked|discussed)(?: \w+)?(?: on| in|,)? ?{_P}",
        read.as_of,
    ),
    _rule(
        "built",
        rf"\b(?P<rel>last) (?P<unit>week|weekend|night|month|{_ANY_DAY}) (?P<place>before|prior to) (?:the )?{_P}",
        read.besides,
    ),
    _rule(
        "day",
        r"\b(?:the )?day (?:before yesterday|after tomorrow)\b|\b(?:last|the other) night\b|\bthe other day\b|"
        r"\b(?:yesterday|tomorrow)(?: (?:morning|afternoon|evening|night))?\b|\btonight\b|\btoday\b|"
        r"\bthis (?:morning|afternoon|evening)\b|\bearlier today\b",
        read.spoken,
        anchored=True,
    ),
    _rule(
        "unit",
        rf"\b(?:the|these|this) (?P<rel>last|past) (?:{_AMOUNT} )?{_UNIT}(?! of\b)",
        read.recent,
        anchored=True,
    ),
    _rule("unit", rf"\b(?:the )?(?P<rel>last|past|next|coming) {_AMOUNT} {_UNIT}(?! of\b)", read.recent, anchored=True),
    _rule("unit", r"\bhalf a year ago\b", read.half_year, anchored=True),
    _rule(
        "unit",
        rf"\b{_AMOUNT} (?:more )?{_UNIT}(?: or (?:so|two))? (?:ago|back\b(?! (?:to|from|home|in|with|and)))\b",
        read.ago,
        anchored=True,
    ),
    _rule(
        "unit",
        rf"(?<!the )\b{_REL} (?P<unit>week|weekend|month|quarter|year|decade)\b(?! (?:of|after|before)\b)",
        read.relative,
        anchored=True,
    ),
    _rule(
        "unit",
        r"\b(?:over|on|at|during) the (?P<unit>weekend)\b(?! (?:of|before|after)\b)(?P<rel>)",
        read.relative,
        anchored=True,
    ),
    _rule(
        "weekday",
        rf"\b(?P<rel>(?:this )?past|(?:this )?coming|last|this|next|on) (?:the )?{_WEEKDAY}"
        rf"(?! (?:of|before|after)\b)(?: (?:morning|afternoon|evening|night))?",
        read.weekday,
        anchored=True,
    ),
    _rule("weekday", rf"(?P<pre>\b(?:since|before|after|until|till) )(?P<rel>){_WEEKDAY}", read.weekday, anchored=True),
    _rule("unit", rf"\b(?:the )?{_PART}(?: of)? (?:the|this) (?P<unit>week|month|year)\b", read.part_of, anchored=True),
)
_BUILT = (
    _rule("built", rf"\b(?:the )?(?P<part>early|mid|late)[ -](?:in )?(?:the )?{_P}", read.part_of),
    _rule("built", rf"\b(?:the )?{_PART} of (?:the )?{_P}", read.part_of),
    _rule(
        "built",
        rf"\b(?:the )?(?P<which>{_WHICH}) (?P<unit>week|weekend|{_ANY_DAY}) (?:of|in) (?:the )?{_P}",
        read.numbered,
    ),
    _rule(
        "built",
        rf"\b(?:the )?(?P<unit>week|weekend|day|night|month|year|{_ANY_DAY}) "
        rf"(?P<place>of|before|after|following|preceding|prior to|leading up to) (?:the )?{_P}",
        read.besides,
    ),
    _rule(
        "built",
        rf"\b{_AMOUNT} {_UNIT} (?P<place>before|prior to|earlier than|after|following|from) (?:the )?{_P}",
        read.counted,
    ),
    _rule("built", rf"\b(?:on )?{_WEEKDAY}(?: of| in|,)? {_P}", read.day_of),
    _rule(
        "built",
        rf"\b(?:between|from) {_P} ?(?:to|and|until|till|through|-|–) ?(?:the )?(?P<until>{MARK})",
        read.spanning,
    ),
    _rule("built", rf"{_P} ?(?:to|until|till|through|-|–|—) ?(?:the )?(?P<until>{MARK})", read.spanning),
    _rule(
        "built",
        rf"\b(?P<word>since|until|till|up to|before|prior to|earlier than|after|later than) (?:the )?{_P}",
        read.unending,
    ),
)
RULES = (*_ABSOLUTE, *_RELATIVE, *_BUILT)
