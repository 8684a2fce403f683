"""Amounts, dates and times of a text as values that can be compared, in English and Chinese.

Rule 1: a value found is replaced by one character, so that rules about sentences need not know how values are written.
Rule 2: values of different kinds or units are neither equal nor different: they are not about the same thing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from tiermem.text import late
from tiermem.text.chinese_numerals import COUNTS, NUMERALS, ONES, SCALES, value

FIRST, LAST = "\ue000", "\uf0ff"  # the private characters that stand for values
MARK = f"[{FIRST}-{LAST}]"
_MOST = ord(LAST) - ord(FIRST) + 1
_SPELLED = {
    "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0,
    "ten": 10.0, "eleven": 11.0, "twelve": 12.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0, "forty": 40.0,
    "fifty": 50.0,
}  # fmt: skip
_ALIKE = str.maketrans("ſı", "si")  # what a pattern that ignores case takes for these
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "billion": 1e9, **SCALES}
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_CLOCK = r"(?:\d{1,2}(?::\d\d){1,2}(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?|\d{1,2}\s?o'clock)"
_CLOCK_ZH = (
    rf"(?:(?:早上|上午|中午|下午|晚上|凌晨)[\d{COUNTS}十]{{1,3}}|\d{{1,2}})[点點]"
    rf"(?:半|[\d{ONES}十]{{1,3}}分?)?(?!击|多|儿|[的钟])"
)
_NUMBER = r"\d(?:[\d,]*\d)?(?:\.\d+)?(?:\s?[-–~至到]\s?\d(?:[\d,]*\d)?(?:\.\d+)?)?"  # also a range: 5-7 months
_DATE = (
    rf"(?:\d{{4}}-\d\d?-\d\d?|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? \d{{4}})?"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?(?!\d|[:%])|{_WEEKDAY})"
)
_DATE_ZH = (
    r"(?:(?:\d{4}年)?\d{1,2}月(?:\d{1,2}[日号號])?|\d{1,2}[日号號]|(?:下|这|本)?(?:周|星期|礼拜)[一二三四五六日天])"
)
_UNIT = (
    r"(?:%|percent\b|(?:milliseconds?|ms|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?"
    r"|years? old|years?|[KMGT]B|km|kg|lbs?|pounds|miles|words|pages|tokens)\b)"
)
_UNIT_ZH = (
    r"(?:%|毫秒|秒|分钟|小时|天|周岁|岁|个月|年|公里|公斤|斤|米|个人|人|连接"
    r"|[个個只隻条條台辆本张張次名位间家套件篇页首杯瓶支棵匹把座份块元行颗])"
)
_QUANTITY = late.compile(
    rf"(?P<when>{_DATE}(?:,? (?:at )?{_CLOCK})?|{_DATE_ZH}(?:的?{_CLOCK_ZH})?|{_CLOCK}(?: on {_DATE})?|{_CLOCK_ZH})"
    r"|(?P<money>[$€£¥￥]\s?\d(?:[\d,]*\d)?(?:\.\d+)?(?:\s?(?:k|K|M|million|billion|thousand|万|亿)\b)?"
    r"|\d(?:[\d,]*\d)?(?:\.\d+)?\s?(?:万|千|亿)?(?:dollars?\b|euros?\b|USD|EUR|GBP|美元|欧元|元|块钱|块))"
    rf"|(?<![A-Za-z0-9_.\-/#])(?P<number>{_NUMBER})\s?(?P<scale>k\b(?! (?:best|race|run|time|pb|personal|record"
    rf"|steps?|swim|walk|distance))|M\b|thousand\b|million\b|billion\b|万|亿|千)?"
    rf"(?:[ -]?(?P<unit>{_UNIT}|{_UNIT_ZH}))?(?![A-Za-z0-9_.]*\d|[A-Za-z_/])"
    rf"|\b(?P<word>{'|'.join(_SPELLED)})(?:[ -](?P<wordunit>{_UNIT}))?\b"
    rf"|(?<![第几{NUMERALS}])(?P<han>[{COUNTS}十][{NUMERALS}]{{0,12}})(?P<hanunit>{_UNIT_ZH})(?!月)",
    re.IGNORECASE,
)  # fmt: skip
_DIGITS = late.compile(r"\d[\d,]*(?:\.\d+)?")
_PRIVATE = late.compile(MARK)
_SCALED = late.compile(r"million|billion|thousand|[km](?![a-z])|万|亿|千")
_SYMBOLS = {"￥": "元", "¥": "元", "块": "元", "块钱": "元", "dollar": "$", "usd": "$", "美元": "$"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount, a date or a time: `kind` is "count", "money" or "when"; `unit` "" where none is written; `text` as it
    was written, which makes no difference."""

    kind: str
    unit: str
    value: tuple[str, ...]
    text: str = field(default="", compare=False)

    def differs(self, other: Quantity) -> bool | None:
        """Whether the two cannot both be right; None if they do not measure the same."""
        if self.kind != other.kind or (self.unit and other.unit and self.unit != other.unit):
            return None
        if self.kind != "when":
            return self.value != other.value
        pairs = [(a, b) for a, b in zip(self.value, other.value, strict=True) if a and b]
        if pairs and self.value[0] and other.value[0] and self.value[0][0].isdigit() != other.value[0][0].isdigit():
            return None  # a weekday and a date may be the same day
        return any(a != b for a, b in pairs) if pairs else None


def quantities(text: str, *, valued: bool = True) -> tuple[str, list[Quantity]]:
    """*text* with every value as one private character, and the values: character ``FIRST + n`` is the n-th.

    What is not *valued* has none.
    """
    values: list[Quantity] = []

    def stand_in(match: re.Match[str]) -> str:
        quantity = _quantity(match) if len(values) < _MOST else None
        if quantity is None:
            return match.group()
        values.append(replace(quantity, text=match.group()))
        return chr(ord(FIRST) + len(values) - 1)

    bare = _PRIVATE.sub(" ", text)
    return (_QUANTITY.sub(stand_in, bare) if valued else bare), values


def _quantity(match: re.Match[str]) -> Quantity | None:
    """The value of *match*; None for Chinese characters that are no numeral, or two."""
    if match["when"]:
        return _when(match["when"])
    if match["money"]:
        return _money(match["money"])
    unit = match["unit"] or match["wordunit"] or match["hanunit"] or ""
    amounts = _counted(match)
    return Quantity("count", _unit(unit), tuple(f"{amount:.12g}" for amount in amounts)) if amounts else None


def _counted(match: re.Match[str]) -> list[float]:
    if match["han"]:
        amount = value(match["han"])
        return [] if amount is None else [amount]
    if match["word"]:
        return [_SPELLED[match["word"].lower().translate(_ALIKE)]]
    return _amounts(match["number"], match["scale"] or "")


def _unit(written: str) -> str:
    unit = written.lower()
    unit = {"percent": "%", "hr": "hour", "hrs": "hour", "mins": "min", "secs": "sec"}.get(unit, unit)
    if unit in ("years old", "year old", "岁", "周岁"):
        return "age"
    if unit in ("", "个", "個"):
        return ""
    return unit[:-1] if len(unit) > 2 and unit.endswith("s") else unit


def _amounts(number: str, scale: str) -> list[float]:
    return [float(digits.replace(",", "")[:30]) * _SCALES.get(scale.lower(), 1.0) for digits in _DIGITS.findall(number)]


def _money(written: str) -> Quantity:
    rest = _DIGITS.sub("", written).strip().lower()
    scaled = _SCALED.search(rest.replace("美元", "$"))
    scale = scaled.group() if scaled else ""
    unit = rest.replace(scale, "").strip().removesuffix("s")
    return Quantity("money", _SYMBOLS.get(unit, unit), tuple(f"{a:.12g}" for a in _amounts(written, scale)))


def _when(written: str) -> Quantity:
    clock = re.search(rf"{_CLOCK}|{_CLOCK_ZH}", written, re.IGNORECASE)
    rest = written.replace(clock.group(), " ") if clock else written
    time = re.sub(r"[\s.]|:00(?=[ap]|$)", "", clock.group().lower()) if clock else ""
    return Quantity("when", "", (_day(rest), time))


def _day(written: str) -> str:
    """ "month-day" however it is written; a weekday as a word. The year is left out: few say it twice."""
    parts = [str(int(part)) for part in re.findall(r"\d+", written) if len(part) < 4]
    if month := re.search(_MONTH, written, re.IGNORECASE):
        parts.insert(0, str(_MONTHS.index(month.group()[:3].lower()) // 3 + 1))
    return "-".join(parts[:2]) or re.sub(r"\b(?:at|on)\b|的|[,\s]", "", written.lower())
