"""Numerals are read whatever way they are written, and what is none, or two, is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.text.chinese_numerals import NUMERALS, ONES, value

WORTH = """
零 0 | 〇 0 | 一 1 | 九 9 | 两 2 | 兩 2 | 十 10 | 十二 12 | 二十 20 | 二十三 23 | 九十九 99
一百 100 | 百 100 | 一百二 120 | 一百二十 120 | 一百零二 102 | 两百五 250 | 一百一十 110 | 一百十二 112
一千五 1500 | 一千零五 1005 | 一千零五十 1050 | 一千五百六 1560 | 九千九百九十九 9999
一万 10000 | 三万五 35000 | 三万五千 35000 | 一万零五百 10500 | 一万〇五 10005 | 十二万三千四百 123400 | 两萬 20000
百万 1000000 | 一亿 100000000 | 三亿五 350000000 | 一億零三百 100000300 | 两亿三千万 230000000 | 一万亿 1000000000000
二〇二四 2024 | 二零二五 2025 | 一九四九 1949 | 〇七 7 | 三五 35
3万 30000 | 3万5千 35000 | 3.5万 35000 | 1.25 1.25 | 2千 2000 | 12亿 1200000000 | 35 35 | 1.23456万 12345.6
"""


@pytest.mark.parametrize("entry", [entry.split() for line in WORTH.strip().splitlines() for entry in line.split("|")])
def test_what_a_numeral_is_worth(entry: list[str]) -> None:
    numeral, worth = entry
    assert value(numeral) == float(worth)
    assert isinstance(value(numeral), float if "." in worth else int)


@pytest.mark.parametrize(
    "text",
    ["", "几", "十几", "三四十", "七八十", "二三百", "三十五六", "十十", "百千", "零十", "一百三百", "万一千万", "-3",
     "1.万", "3千万里", "一 百", "一点五", "一" * 41],
)  # fmt: skip
def test_what_is_no_numeral_or_two_is_worth_nothing(text: str) -> None:
    assert value(text) is None


def spelled(number: int) -> str:
    """*number*, below 10 ** 12, in words as a cheque has them."""
    for scale, size in (("亿", 10**8), ("万", 10**4), ("千", 1_000), ("百", 100), ("十", 10)):
        if number >= size:
            times, rest = divmod(number, size)
            return f"{spelled(times)}{scale}{'零' if 0 < rest < size // 10 else ''}{spelled(rest) if rest else ''}"
    return f"零{ONES}"[number]


@given(st.integers(0, 10**12 - 1) | st.integers(0, 9_999))
def test_a_number_in_words_is_that_number(number: int) -> None:
    words = spelled(number)
    assert value(words) == number
    assert value(words.replace("万", "萬").replace("亿", "億").replace("零", "〇")) == number
    assert value(re.sub("^一十", "十", words)) == number


@given(st.integers(0, 10**15))
def test_a_number_in_digits_is_that_number(number: int) -> None:
    assert value("".join(f"〇{ONES}"[int(digit)] for digit in str(number))) == number
    assert value(str(number)) == number


@given(st.text(st.sampled_from(NUMERALS + "0123456789.几点"), max_size=50))
def test_no_text_makes_it_raise(text: str) -> None:
    worth = value(text)
    assert worth is None or worth >= 0
