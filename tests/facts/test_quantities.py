"""Values are read and compared whatever way they are written."""

from __future__ import annotations

import pytest

from tiermem.facts.quantities import quantities


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("5 minutes", "10 minutes", True),
        ("5 minutes", "five minutes", False),
        ("5 minutes", "5 hours", None),
        ("$1,200", "$1.2k", False),
        ("3 May", "May 3, 2024", False),
        ("3 May", "10 May", True),
        ("5月3日", "3 May", False),
        ("March 22 at 3 PM", "March 22 at 4:30 PM", True),
        ("3 PM", "March 22", None),
        ("5-7 months", "6-9 months", True),
        ("三只", "3只", False),
        ("三十五岁", "35岁", False),
        ("四十五分钟", "50分钟", True),
        ("一千二百人", "1,200人", False),
        ("两万个", "2万个", False),
        ("$5", "5%", None),
    ],
)
def test_values_are_compared_by_what_they_mean(one: str, other: str, differs: bool | None) -> None:
    first, second = quantities(one)[1], quantities(other)[1]
    assert first[0].differs(second[0]) is differs


@pytest.mark.parametrize("text", ["三四十岁", "百年孤独", "几十个人", "第三十五个"])
def test_chinese_words_for_no_certain_amount_are_no_values(text: str) -> None:
    assert quantities(text) == (text, [])
