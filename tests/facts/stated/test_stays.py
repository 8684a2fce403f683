"""Lists, stays, departments and titles that look like several likes, a home, an origin or an employer."""

from __future__ import annotations

import pytest

from tiermem.facts.stated.reading import stated

LIKES = [
    ("I love reading about wars, death and disease.", ["reading about wars"]),
    ("I like tea with milk, honey and lemon.", ["tea with milk"]),
    ("I enjoy books about space, time and gravity.", ["books about space"]),
    ("I love cooking with friends, hiking and reading.", ["cooking with friends", "hiking", "reading"]),
    ("I like pasta, rice and beans.", ["pasta", "rice", "beans"]),
    ("我喜欢加牛奶、蜂蜜和柠檬的茶。", []),
    ("我喜欢看关于战争、死亡和疾病的书。", []),
    ("我喜欢读书、画画和游泳。", ["读书", "画画", "游泳"]),
]


@pytest.mark.parametrize(("text", "things"), LIKES)
def test_a_list_behind_a_preposition_is_one_thing(text: str, things: list[str]) -> None:
    assert [one.attribute.removeprefix("like ") for one in stated(text, "user")] == things


VALUES = [
    ("I work in Prof. Miller's lab.", {"work": "Prof Miller's lab"}),
    ("I work at Dr. Smith's clinic.", {"work": "Dr Smith's clinic"}),
    ("I work for Mr. Jones.", {"work": "Mr Jones"}),
    ("I'm from HR.", {}),
    ("I come from Marketing.", {}),
    ("I'm from the Sales team.", {}),
    ("I'm from Chile.", {"origin": "Chile"}),
    ("我来自人事部。", {}),
    ("我来自财务部门。", {}),
    ("我来自四川。", {"origin": "四川"}),
    ("I live in Oslo.", {"home": "Oslo"}),
    ("I'm staying at the Hilton.", {}),
    ("I'm in Paris this week.", {}),
    ("I'm based in Berlin this week.", {}),
    ("I live in Rome for the summer.", {}),
    ("I live in a hotel.", {}),
    ("我住在酒店里。", {}),
    ("我这几天住在北京。", {}),
    ("我暂时住在上海。", {}),
    ("我住院了。", {}),
    ("我住在公寓里。", {}),
    ("我住在北京了。", {"home": "北京"}),
    ("我在酒店工作。", {"work": "酒店"}),
]


@pytest.mark.parametrize(("text", "facts"), VALUES)
def test_a_stay_is_no_home_a_department_no_origin_and_a_title_no_employer(text: str, facts: dict[str, str]) -> None:
    assert {one.attribute: one.value for one in stated(text, "user")} == facts
