"""Values are read and compared whatever way they are written; questions tell whether they ask for now or then."""

from __future__ import annotations

import pytest

from tiermem.recall.quantities import quantities
from tiermem.recall.updates import current_only


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What is my current address?", True),
        ("Where do I live now?", True),
        ("What is the latest deadline?", True),
        ("我现在住在哪里？", True),
        ("目前的预算是多少？", True),
        ("How did my weight change over the year?", False),
        ("What was the deadline originally?", False),
        ("Where did I live before?", False),
        ("What did I plan at first?", False),
        ("我原来住在哪里？", False),
        ("一开始的预算是多少？", False),
        ("Where did I live before I moved?", False),
        ("Who is Alice?", None),
        ("Have I met Alice before?", None),
        ("How old is my dog?", None),
        ("What must be done before the deadline?", None),
        ("我的历史老师是谁？", None),
        ("我的狗叫什么名字？", None),
    ],
)
def test_a_question_tells_whether_it_asks_for_now_or_for_then(question: str, wanted: bool | None) -> None:
    assert current_only(question) is wanted


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
        ("$5", "5%", None),
    ],
)
def test_values_are_compared_by_what_they_mean(one: str, other: str, differs: bool | None) -> None:
    first, second = quantities(one)[1], quantities(other)[1]
    assert first[0].differs(second[0]) is differs
