"""Chinese time expressions as rules, most telling first; `intervals` applies them."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import floor, inf

from tiermem.text import late
from tiermem.text.chinese_numerals import COUNTS, ONES, ZEROS
from tiermem.times import calendar
from tiermem.times.calendar import SEASONS, UNITS, WEEKDAYS, Span, join
from tiermem.times.english_readers import HABIT, beside, cut
from tiermem.times.terms import MARK, Reader, Rule, Term, TimeReading, between, mapped, settled

_Match = re.Match[str]

_NUMBER = rf"(?:\d{{1,2}}|[{ONES}]?十[{ONES}]?|[{ONES}])"
_TENS = f"[{COUNTS}]?十[{ONES}]?|[{COUNTS}]|好?几"
_AMOUNT = rf"(?P<amount>\d{{1,3}}|{_TENS}|数|半)"
_UNIT = r"(?P<unit>分钟|小时|钟头|天|日|晚|周末|周|星期|礼拜|季度|年)"
_RELATIVE_YEARS = {"大前年": -3, "前年": -2, "去年": -1, "上一年": -1, "今年": 0, "本年": 0, "明年": 1, "后年": 2}
_YEAR = rf"(?:(?P<rel>{'|'.join(_RELATIVE_YEARS)})|(?<!\d)(?P<year>(?:19|20)\d\d|[一二][{ZEROS}{ONES}]{{3}})年)"
_WAY = {"上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}
_THIS = r"(?P<way>上上|下下|上|下|这|本)(?:一)?(?:个)?"
_MONTH = rf"(?<![\d{ONES}十.])(?P<month>{_NUMBER})月(?![球亮经饼光])"
_PARTS = {"初": (0.0, 1 / 3), "上旬": (0.0, 1 / 3), "中": (0.3, 0.7), "中旬": (1 / 3, 2 / 3), "底": (2 / 3, 1.0)}
_PARTS |= {"末": (2 / 3, 1.0), "下旬": (2 / 3, 1.0), "上半": (0.0, 0.5), "下半": (0.5, 1.0), "中下旬": (1 / 3, 1.0)}
_YEAR_PARTS = _PARTS | {"初": (0.0, 1 / 6), "底": (5 / 6, 1.0), "末": (5 / 6, 1.0)}  # 年底 is November and December
_PART = r"(?P<part>上半|下半|中下旬|上旬|中旬|下旬|[初底末]|中(?!国|秋|午|间|心|学|的))"
_DAY = rf"(?P<day>{_NUMBER})[日号號]"
_WEEK = r"(?:周|週|星期|礼拜)"
_WORDS = {"大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "昨夜": -1, "今天": 0, "今日": 0, "今晚": 0}
_WORDS |= {
    "今早": 0,
    "今晨": 0,
    "昨儿": -1,
    "前晚": -2,
    "明天": 1,
    "明日": 1,
    "明晚": 1,
    "明早": 1,
    "后天": 2,
    "大后天": 3,
}
_HOLIDAY = "(?P<holiday>" + "|".join(name for name in calendar.HOLIDAYS if not name.isascii()) + ")"
_P = rf"(?P<at>{MARK})"


def _number(text: str) -> int:
    amount = calendar.amount(text)
    return amount[0] if amount else 0


def _year(match: _Match, reading: TimeReading) -> int | None:
    """The year that was said; None where none was; 0 where it cannot be known."""
    parts = match.groupdict()
    if parts.get("rel"):
        return reading.year and reading.year + _RELATIVE_YEARS[parts["rel"]]
    return _number(parts["year"]) if parts.get("year") else None


def _term(match: _Match, reading: TimeReading, of: Callable[[int], Span | None]) -> Term | None:
    """What *of* makes of a year; nothing for "last year" when nobody knows when that was said, or for 31 June."""
    year = _year(match, reading)
    term = Term(of, year)
    return None if year == 0 or term.of(year or 2000) is None else term


def _days(match: _Match, reading: TimeReading) -> Term | None:
    month, first, last = _number(match["month"]), _number(match["day"]), _number(match["until"])
    return _term(match, reading, lambda year: join(calendar.day(year, month, first), calendar.day(year, month, last)))


def _month(match: _Match, reading: TimeReading) -> Term | None:
    """三月, 3月5日, 去年五月中旬."""
    month, day, part = _number(match["month"]), match["day"], match["part"]
    if not 1 <= month <= 12:
        return None
    if day:
        return _term(match, reading, lambda year: calendar.day(year, month, _number(day)))
    whole = Term(lambda year: calendar.months(year, month))
    return _term(match, reading, (mapped(whole, lambda span: cut(span, _PARTS[part])) if part else whole).of)


def _this_month(match: _Match, reading: TimeReading) -> Term | None:
    span = calendar.around(reading.now or 0.0, _WAY[match["way"] or "这"], "month")
    if span is None:
        return None
    if match["day"]:
        start = span[0] + _number(match["day"]) - 1
        return settled((start, start + 1) if start < span[1] else None)
    return settled(cut(span, _PARTS[match["part"]]) if match["part"] else span)


def _in_year(match: _Match, reading: TimeReading) -> Term | None:
    """去年夏天, 2023年第三季度, 今年国庆, 去年底, 2021年."""
    parts = match.groupdict()
    if parts["season"]:
        return _term(match, reading, lambda year: calendar.season(year, SEASONS[parts["season"]]))
    if parts["holiday"]:
        return _term(match, reading, lambda year: calendar.holiday(year, parts["holiday"]))
    if parts["quarter"]:
        first = 3 * _number(parts["quarter"]) - 2
        return _term(match, reading, lambda year: calendar.months(year, first, 3) if 0 < first < 11 else None)
    whole = Term(lambda year: calendar.months(year, 1, 12))
    part = parts["part"]
    return _term(match, reading, (mapped(whole, lambda span: cut(span, _YEAR_PARTS[part])) if part else whole).of)


def _this_year(match: _Match, reading: TimeReading) -> Term | None:
    span = calendar.months(reading.year, 1, 12)
    return settled(cut(span, _YEAR_PARTS[match["part"]])) if span else None


def _season(match: _Match, reading: TimeReading) -> Term | None:
    first = SEASONS[match["season"]]
    return reading.occurrence(_WAY[match["way"]], lambda year: calendar.season(year, first))


def _holiday(match: _Match, _: TimeReading) -> Term | None:
    name = match["holiday"]
    return Term(lambda year: calendar.holiday(year, name), None, HABIT)


def _week(match: _Match, reading: TimeReading) -> Term | None:
    """上周, 上上周, 上周五, 下个周末."""
    now, way, day = reading.now or 0.0, _WAY[match["way"]], match["weekday"]
    if not day:
        return settled(calendar.week(now, way))
    start = calendar.week(now, way)[0] + WEEKDAYS[day]
    return settled((start, start + (2 if day == "末" else 1)))


def _weekday(match: _Match, reading: TimeReading) -> Term | None:
    """周五: the one just past; 周末: the one just past, or the one that is now."""
    now, number = reading.now or 0.0, WEEKDAYS[match["weekday"]]
    if match["weekday"] != "末":
        return settled(calendar.weekday(now, number, -1))
    start = calendar.weekday(now + 1, number, -1)[0]
    return settled((start, start + 2))


def _word(match: _Match, reading: TimeReading) -> Term | None:
    today, word = floor(reading.now or 0.0), match[0]
    start = today + _WORDS[match["word"]]
    span = (start + 0.75, start + 1.25) if word.endswith(("晚", "夜", "晚上", "夜里")) else (start, start + 1)
    return settled(span, 1.0 if _WORDS[match["word"]] else HABIT)


def _ago(match: _Match, reading: TimeReading) -> Term | None:
    return settled(moved(match, reading.now or 0.0, -1))


def moved(match: _Match, ordinal: float, direction: int) -> Span | None:
    """What lies the amount of *match* before (-1) or after (1) a moment."""
    amount, unit = _unit_of(match)
    if amount is None:
        return None
    if _adjacent(match):
        return beside((ordinal, ordinal + 1), unit, direction)
    near, far = (calendar.shift(ordinal, direction * number, unit) for number in amount)
    return join(far, near) if direction < 0 else join(near, far)


def _unit_of(match: _Match) -> tuple[tuple[int, int] | None, str]:
    """The amount and unit that `_MANY` found: 三天, 两个月, 半年; no amount where half of it makes no unit."""
    unit = "month" if match["months"] else UNITS[match["unit"]]
    word = match["amount"] or match["months"]
    if word == "半":
        half = {"year": "halfyear", "month": "fortnight"}.get(unit)
        return ((1, 1), half) if half else (None, unit)
    return calendar.amount(word), unit


def _adjacent(match: _Match) -> bool:
    """Whether the very next or last unit is meant: 之后的一周."""
    return bool(match.groupdict().get("next")) and _unit_of(match) in [
        ((1, 1), u) for u in ("day", "week", "month", "year")
    ]


def _recent(match: _Match, reading: TimeReading) -> Term | None:
    amount, unit = _unit_of(match)
    if amount is None:
        return None
    today = floor(reading.now or 0.0)
    return settled((today + 1 - max(1.0, amount[1] * calendar.LENGTHS[unit]), today + 1))


def _range(match: _Match, reading: TimeReading) -> Term | None:
    return between(reading.term(match["at"]), reading.term(match["until"]))


def _from(match: _Match, reading: TimeReading) -> Term | None:
    direction = 1 if match["place"][-1] in "后後" else -1
    return mapped(reading.term(match["at"]), lambda span: moved(match, span[0], direction) if -inf < span[0] else None)


def _open(match: _Match, reading: TimeReading) -> Term | None:
    word, term = match["word"], reading.term(match["at"])
    if "前" in word:
        return mapped(term, lambda span: (-inf, span[0]))
    return mapped(term, lambda span: (span[1] if word[-1] in "后後" else span[0], inf))


def _around(match: _Match, reading: TimeReading) -> Term | None:
    """5月7日那个周末, 5月7日那周."""
    unit = "weekend" if match["unit"] == "周末" else "week"
    return mapped(reading.term(match["at"]), lambda span: calendar.around(span[0], 0, unit) if span[0] > -inf else None)


def _rule(pattern: str, read: Reader, anchored: bool = False) -> Rule:
    return Rule(late.compile(pattern), read, anchored)


_MANY = rf"(?:{_AMOUNT}(?:个多|多|个)?{_UNIT}|(?P<months>\d{{1,3}}|{_TENS}|半)个多?月)"
_TO = r"\s?(?:到|至|-|－|~|～|—{1,2}|–)\s?"
# 周一直, 周三个人, 周天气: the character belongs to the next word.
_WEEKDAY = r"(?P<weekday>一(?![直起共样切些次下定])|[二三四五六末]|日(?![常本记])|天(?!气))(?!个)"
_OLD = r"(?<![以之今然])"
_DAY_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
RULES = (
    _rule(rf"{_YEAR}?的?{_MONTH}(?P<day>{_NUMBER})[日号號]?{_TO}(?P<until>{_NUMBER})[日号號]", _days),
    _rule(rf"{_YEAR}的?{_MONTH}份?的?(?:{_DAY}|{_PART})?", _month),
    _rule(rf"{_MONTH}份?(?:{_DAY}|{_PART})?", _month),
    _rule(rf"{_THIS}月份?的?(?:{_DAY}|{_PART})?", _this_month, anchored=True),
    _rule(r"(?<![个每年])月(?P<part>初|底|末)(?P<way>)(?P<day>)", _this_month, anchored=True),
    _rule(
        rf"{_YEAR}的?(?:(?P<season>[春夏秋冬])(?!节)[天季]?|第?(?P<quarter>[一二三四1-4])季度|{_HOLIDAY}节?|年?{_PART}年?)?",
        _in_year,
    ),
    _rule(
        r"(?<![每\d去今前明后])(?:年(?=[初底末]))?(?P<part>初(?<=年初)|底(?<=年底)|末(?<=年末)|[上下]半(?=年))年?",
        _this_year,
        anchored=True,
    ),
    _rule(rf"{_THIS}(?P<season>[春夏秋冬])[天季]", _season),
    _rule(rf"(?<!每年){_HOLIDAY}节?(?!路|广场|街|老人|树|红|快乐)", _holiday),
    _rule(rf"{_THIS}{_WEEK}(?:{_WEEKDAY})?", _week, anchored=True),
    _rule(rf"(?<![{COUNTS}十几每\d半到至那个]){_WEEK}{_WEEKDAY}(?!到|至|都|总|岁)", _weekday, anchored=True),
    _rule(rf"{_OLD}(?P<word>{_DAY_WORD})(?:早上|上午|中午|下午|晚上|夜里)?", _word, anchored=True),
    _rule(rf"(?<![第\d的]){_MANY}(?:之|以)?前(?!后)", _ago, anchored=True),
    # "前两天" after a noun counts from that noun: 婚礼前两天.
    _rule(
        rf"(?:(?:最近|过去|近|这)的?这?|(?:^|(?<=[我你他她们就在，。！？、\s]))前(?=[几两])){_MANY}",
        _recent,
        anchored=True,
    ),
    _rule(rf"[从自由]?{_P}{_TO}(?P<until>{MARK})", _range),
    _rule(rf"{_P}的?(?P<place>(?:之|以)?[前后後])(?P<next>的)?第?{_MANY}", _from),
    _rule(rf"{_P}的?{_MANY}(?P<place>(?:之|以)?[前后後])", _from),
    _rule(rf"{_P}那个?(?P<unit>周末|周|星期|礼拜)", _around),
    _rule(rf"[从自]?{_P}(?P<word>(?:之|以)[前后後]|前|[后後]|以来|起|开始|至今)", _open),
)
