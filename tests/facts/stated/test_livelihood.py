"""What is told in passing: a business, a car, a diet that is kept, who is named beside somebody; and what is none."""

from __future__ import annotations

import pytest

from tiermem import Memory
from tiermem.facts.stated.reading.statements import stated

TOLD = {
    "I run a small bakery in Porto with my husband Rui.": {
        ("user", "work", "small bakery"),
        ("user's husband", "name", "Rui"),
    },
    "We opened our own coffee shop last year.": {("user", "work", "coffee shop")},
    "I keep kosher.": {("user", "diet", "kosher")},
    "We bought a used red Renault Clio.": {("user", "drive Renault Clio", "yes")},
    "I turned 40 last week.": {("user", "age", "40")},
    "I talked about it with my son Francis.": {("user's son", "name", "Francis")},
    "My sister went to Rome with my brother Tom.": {("user's brother", "name", "Tom")},
    "我花生过敏。": {("user", "allergic to 花生", "yes")},
    "我海鲜过敏。": {("user", "allergic to 海鲜", "yes")},
    "我有麸质不耐受。": {("user", "麸质不耐受", "yes")},
    "我信伊斯兰教，只吃清真。": {("user", "diet", "清真")},
    "我生日是1991年7月12日。": {("user", "生日", "1991年7月12日")},
    "我买了辆比亚迪。": {("user", "开 比亚迪", "yes")},
    "我开一辆红色的特斯拉。": {("user", "开 特斯拉", "yes")},
    "我在医院当护士。": {("user", "work", "医院"), ("user", "job", "护士")},
    "我在云帆科技做后端开发。": {("user", "work", "云帆科技"), ("user", "job", "后端开发")},
    "我在杭州做后端开发。": {("user", "job", "后端开发")},
    "我上周离职了，现在在一家创业公司叫云帆科技。": {("user", "work", "云帆科技")},
    "我姓欧阳，叫欧阳雪。": {("user", "name", "欧阳雪")},
}
TRADITIONAL = {
    "我對花生過敏。": ("allergic to 花生", "yes"),
    "我們搬到東京了。": ("home", "東京"),
    "我是工程師。": ("job", "工程師"),
    "我來自台北。": ("origin", "台北"),
}
ENDED = (
    ("I keep kosher.", "I don't keep kosher anymore.", "diet"),
    ("I run a bakery.", "I no longer run a bakery.", "work"),
    ("I run a bakery.", "I sold the bakery last month.", "work"),
    ("I'm vegan.", "I'm not vegan anymore.", "diet"),
)
NONE = (
    "I got a Jaguar T-shirt.",
    "I got a BMW as a rental for the weekend.",
    "I opened a bakery in 2010 and closed it in 2012.",
    "My brother French is awful.",
    "My wife's sister moved to Paris.",
    "我们公司搬到浦东了。",
    "我在公司叫Tony。",
    "我叫妈妈。",
    "I run every morning with my dog.",
    "I run a business meeting every Monday.",
    "Should I open a bakery with my husband Rui?",
    "If I run a bakery, I need a permit.",
    "I want to buy a Renault Clio.",
    "My friend Tom bought a Tesla stock.",
    "I keep telling you.",
    "He owns a bakery.",
    "我皮肤过敏。",
    "我不过敏。",
    "我买了辆车。",
    "如果我买了辆比亚迪呢？",
    "我想在医院当护士。",
    "我姓欧阳，叫他来吧。",
    "我点了外卖，叫了一份面。",
)


def read(text: str) -> set[tuple[str, str, str]]:
    return {(one.subject, one.attribute, one.value) for one in stated(text, "user")}


@pytest.mark.parametrize(("text", "told"), TOLD.items())
def test_what_is_told_in_passing_is_read(text: str, told: set[tuple[str, str, str]]) -> None:
    assert read(text) >= told


@pytest.mark.parametrize("text", NONE)
def test_what_only_looks_like_it_is_not(text: str) -> None:
    about = ("work", "drive ", "diet", "name", "allergic", "开 ", "job", "home")
    assert not [one for one in read(text) if one[1].startswith(about)]


@pytest.mark.parametrize(("text", "told"), TRADITIONAL.items())
def test_traditional_characters_are_read_and_kept_as_they_are(text: str, told: tuple[str, str]) -> None:
    assert [(one.attribute, one.value) for one in stated(text, "user")] == [told]


@pytest.mark.parametrize(("begins", "ends", "attribute"), ENDED)
def test_what_begins_in_passing_ends_so_too(begins: str, ends: str, attribute: str) -> None:
    with Memory.open(":memory:") as memory:
        session = memory.session("s", "ann")
        session.add([begins, ends])
        assert memory.facts("ann").current(attribute=attribute) == []
        assert len(memory.facts("ann").history(attribute=attribute)) > 0


@pytest.mark.parametrize("denied", ["anymore", "any more", "after all", "now"])
def test_an_allergy_that_is_denied_is_over(denied: str) -> None:
    assert read(f"I'm not allergic to tree nuts {denied}.") == {("user", "allergic to tree nuts", "no")}


def test_a_place_that_begins_with_new_is_a_home() -> None:
    assert {("user", "home", "新加坡")} == read("我搬到新加坡了。")
    assert not read("我搬到新家了。")


def test_who_works_in_a_city_is_not_employed_by_it() -> None:
    assert not [one for one in read("我在杭州做后端开发。") if one[1] == "work"]
