"""What a Chinese numeral is worth, and which characters one is written with: for names, dates, facts and summaries.

二十三 is 23, 一千零五 is 1,005, 三万五 is 35,000 as it is said, 二〇二四 is 2024 digit by digit, 3万5千 is 35,000.
"""

from __future__ import annotations

from types import MappingProxyType

from tiermem.text import late

ZEROS, ONES, TWOS = "零〇", "一二三四五六七八九", "两兩"
COUNTS = ONES + TWOS
"""The digits that a numeral may begin with."""
SCALES = MappingProxyType(
    {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
)
"""Each scale with its value, the smallest first."""
NUMERALS = ZEROS + COUNTS + "".join(SCALES)
"""Every character that a numeral is written with, as it may stand inside the brackets of a regular expression."""
LONGEST = 40  # characters; what is longer is no numeral

_DIGITS = {digit: str(number) for number, digit in enumerate(ONES, 1)} | dict.fromkeys(TWOS, "2")
_DIGITS |= dict.fromkeys(ZEROS, "0")
_ARABIC = late.compile(r"[0-9]+(?:\.[0-9]+)?")


def value(numeral: str) -> int | float | None:
    """What *numeral* is worth, a whole number where it is one; None where it is no numeral, or two: 三四十, 十几."""
    return _value(numeral) if 0 < len(numeral) <= LONGEST else None


def _value(numeral: str) -> int | float | None:
    scale = next((scale for scale in reversed(SCALES) if scale in numeral and not _above(scale, numeral)), None)
    if scale is None:
        return _digits(numeral)
    before, _, after = numeral.rpartition(scale)
    times, rest = _times(before, SCALES[scale]), _rest(after, SCALES[scale])
    if times is None or rest is None:
        return None
    total = times * SCALES[scale] + rest
    return int(total) if total == int(total) else total


def _above(scale: str, numeral: str) -> bool:
    """Whether *numeral* has 萬 behind its last 万: only the last one of a size parts it."""
    return any(SCALES[other] == SCALES[scale] and numeral.rfind(other) > numeral.rfind(scale) for other in SCALES)


def _digits(numeral: str) -> int | float | None:
    if _ARABIC.fullmatch(numeral):
        return float(numeral) if "." in numeral else int(numeral)
    digits = [_DIGITS.get(character) for character in numeral]
    return None if not digits or None in digits else int("".join(digit for digit in digits if digit))


def _times(before: str, scale: int) -> int | float | None:
    """How often *scale* is meant: once where nothing stands before it; one digit before 十, 百 and 千."""
    if not before:
        return 1
    if _ARABIC.fullmatch(before):
        return float(before) or None
    before = before.lstrip(ZEROS)  # 一万零三百, of which 零三 is left
    times = int(_DIGITS.get(before, 0)) if scale < SCALES["万"] else before and _value(before)
    return times if times and times < scale else None


def _rest(after: str, scale: int) -> int | float | None:
    """What is added; one digit right behind a scale counts the next smaller one: 一百二 is 120, 三万五 is 35,000."""
    if not after:
        return 0
    if len(after) == 1 and after in COUNTS and scale > SCALES["十"]:
        return int(_DIGITS[after]) * scale // 10
    rest = _value(after)
    return rest if rest is not None and rest < scale else None
