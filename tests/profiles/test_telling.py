"""Which facts and wishes are worth a line in every prompt: what a person found in profiles of real conversations."""

from __future__ import annotations

import pytest

from tiermem.facts.rules.record import NEED, WISH
from tiermem.facts.stated.record import APPLICATION, NO, YES, Stated
from tiermem.profiles.lines.telling import lasts, prefers, tells
from tiermem.profiles.lines.wording import worded

TELLING = """
taste: like climbing | like creating art | like japanese food | like 科幻电影
habit: play acoustic guitar | learn german | drink coffee | smoke | 学 绘画 | 学 做川湘菜 | like 做一些家常菜
use: use facebook | use google docs
"""
THIN = """
taste: like making him happy | like option | like using | like shooting landscapes the | like bands like ac | like data
habit: play mostly online | play a fair bit | learn most | learn new skill
habit: 学 会了一些街舞 | like 在海滩 | 学 一门新技能
use: use stories | use it
"""


def facts(table: str) -> list[Stated]:
    rows = (row.split(": ") for row in table.strip().splitlines())
    return [Stated("user", one.strip(), YES, kind) for kind, several in rows for one in several.split(" | ")]


@pytest.mark.parametrize("fact", facts(TELLING), ids=str)
def test_what_tells_something_is_a_line(fact: Stated) -> None:
    assert tells(fact)


@pytest.mark.parametrize("fact", facts(THIN), ids=str)
def test_what_a_rule_cut_short_is_none(fact: Stated) -> None:
    assert not tells(fact)
    assert tells(Stated(fact.subject, fact.attribute, YES, fact.kind, how=APPLICATION))


def test_what_is_not_had_and_figures_are_none() -> None:
    assert not tells(Stated("user", "own dog", NO, "own"))
    assert not tells(Stated("user", "focus", "100%", "figure"))
    assert not tells(Stated("user", "favorite bookstore", "closing down", "favorite"))
    assert tells(Stated("user", "favorite activity", "hiking", "favorite"))


@pytest.mark.parametrize(
    "text",
    [
        "Always include version numbers when I ask about software.",
        "Always use metric units.",
        "Please never use emojis.",
        "From now on, answer in German.",
        "You can call me Jack.",
        "I prefer short answers.",
        "I prefer simple explanations over long ones.",
        "I prefer white wine.",
        "以后请用中文回答。",
        "每次都附上来源。",
        "请叫我志强。",
        "Could you keep your answers to three sentences max from here on?",
        "Don't ever suggest palm oil to me please.",
        "Never recommend horror films.",
        "别给我推荐辣的。",
    ],
)
def test_standing_wishes_are_for_every_conversation(text: str) -> None:
    assert lasts(WISH, text)


@pytest.mark.parametrize(
    "text",
    [
        "I like how you've set it out.",
        "I'd prefer if you could apply that to the first section.",
        "Never saw this coming.",
        "Always happy to help.",
        "Always surprises me how much stuff accumulates.",
        "It's a hard game, but always ends well.",
        "Call me at the store.",
        "Stop playing games.",
        "I prefer it a bit warmer than Susan.",
        "I prefer white.",
        "I prefer something a bit warmer, please.",
        "I prefer music off in here.",
        "When I send it, please always confirm.",
        "这次请简短一点。",
        "Always use metric units. " * 12,
    ],
)
def test_what_was_asked_for_once_or_only_told_is_none(text: str) -> None:
    assert not lasts(WISH, text)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("I can't drive at night.", True),
        ("The youngest is allergic to peanuts.", True),
        ("I can't have dairy.", True),
        ("You can't have everything.", False),
        ("我女儿对花生过敏。", True),
        ("No food allergies, luckily.", False),
        ("I once taught a student who was allergic to chalk.", False),
        ("There are studies that predict allergies.", False),
        ("如果有人过敏怎么办", False),
    ],
)
def test_needs_are_those_of_the_user_and_theirs(text: str, own: bool) -> None:
    assert lasts(NEED, text) is own


def test_tastes_come_behind_what_is_asked_for() -> None:
    assert prefers("I prefer short answers.")
    assert not prefers("Always answer in short.")


@pytest.mark.parametrize(
    ("subject", "attribute", "value", "kind", "words"),
    [
        ("user", "home", "Bergen", "home", "home: Bergen"),
        ("user", "home", "上海", "home", "住处: 上海"),
        ("user", "allergic to peanuts", YES, "allergy", "allergic to peanuts"),
        ("user", "allergic to 花生", NO, "allergy", "对花生不过敏"),
        ("user", "drink coffee", NO, "habit", "does not drink coffee"),
        ("user", "study law", YES, "habit", "studies law"),
        ("user", "watch birds", YES, "habit", "watches birds"),
        ("user", "play chess", YES, "habit", "plays chess"),
        ("user", "smoke", NO, "habit", "does not smoke"),
        ("user", "pregnant", YES, "trait", "pregnant"),
        ("user", "pregnant", NO, "trait", "not pregnant"),
        ("user", "学 绘画", YES, "habit", "学绘画"),
        ("user", "喝 咖啡", NO, "habit", "不喝咖啡"),
        ("user", "like 爬山", YES, "habit", "喜欢爬山"),
        ("user", "favorite 颜色", "蓝色", "favorite", "最喜欢的颜色: 蓝色"),
        ("user's sister", "name", "Eva", "name", "sister's name: Eva"),
        ("user's 妹妹", "name", "小红", "name", "妹妹的名字: 小红"),
        ("user's partner", "pregnant", YES, "trait", "partner: pregnant"),
        ("user", "newsletter", NO, "stated", "newsletter: no"),
    ],
)
def test_a_fact_is_worded_in_the_language_of_its_value(
    subject: str, attribute: str, value: str, kind: str, words: str
) -> None:
    assert worded(subject, attribute, value, kind) == words
