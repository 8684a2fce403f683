"""What a question asks of a person, in English and Chinese, and what it does not."""

from __future__ import annotations

import pytest

from tiermem.facts.asked.cues import RELATIONS, TOPICS
from tiermem.facts.asked.wanted import MOST, telling, wanted
from tiermem.facts.stated.record import Stated, StatedAt

ASKS = {
    "Where do I live?": {"home"},
    "do you know where I'm living now": {"home"},
    "Which city am I based in?": {"home"},
    "What's my address?": {"home"},
    "Where did we move to?": {"home"},
    "Where am I from?": {"origin"},
    "Where did she grow up?": {"origin"},
    "Where do I work these days?": {"work"},
    "Which company do I work for?": {"work"},
    "What does she do for a living?": {"work"},
    "When was I born?": {"birth"},
    "How old am I?": {"birth"},
    "Do you remember my name?": {"name"},
    "Am I married?": {"bond"},
    "Who am I married to?": {"called", "bond"},
    "What can't I eat?": {"diet"},
    "Suggest a restaurant for tonight": {"diet"},
    "What is she allergic to?": {"diet"},
    "Which languages do I speak?": {"language"},
    "Do I have any pets?": {"pets"},
    "What's my wife's name?": {"called"},
    "How many kids do I have?": {"children"},
    "What car do I drive?": {"vehicle"},
    "我现在住哪里？": {"home"},
    "我住在哪个城市": {"home"},
    "我搬到哪儿了？": {"home"},
    "你还记得我老家是哪的吗": {"origin"},
    "我是哪里人？": {"origin"},
    "我在哪里上班？": {"work"},
    "我是做什么工作的？": {"work"},
    "我的职业是什么": {"work"},
    "我哪天出生的？": {"birth"},
    "我今年多大了？": {"birth"},
    "我叫什么名字？": {"name"},
    "我结婚了吗？": {"bond"},
    "我不能吃什么？": {"diet"},
    "推荐个饭店": {"diet"},
    "我对什么过敏？": {"diet"},
    "我太太叫什么？": {"called"},
    "我女儿叫什么名字": {"called"},
    "我有几个孩子？": {"children"},
    "我开什么车？": {"vehicle"},
    "我有宠物吗？": {"pets"},
}
ABOUT = {
    "Where does my uncle live?": {"uncle"},
    "What is my older cousin allergic to?": {"cousin"},
    "What can my grandmother not eat?": {"grandmother"},
    "Where does my wife work?": {"wife", "husband", "妻子"},
    "我奶奶住哪里？": {"奶奶"},
    "我婆婆對什麼過敏？": {"婆婆"},
    "What is my job?": set(),
    "What's my home address?": set(),
    "我叫什麼名字？": set(),
}
ASKS_NOTHING = (
    "What restaurant did we choose for the client dinner?",
    "When does the client dinner start?",
    "Where does the config file live?",
    "How old is the server?",
    "What language is the billing service written in?",
    "How many eggs are in grandma's recipe?",
    "What is broken, the dish washer or the dryer?",
    "火锅店的合同哪天签？",
    "菜单按钮是什么颜色？",
    "哪个公司网站的域名？",
    "这个服务器多大年纪了？",
    "Why do checkouts fail?",
    "What did we decide about the pool?",
    "Is the server live?",
    "Where is the log written?",
    "Make it work for Python 3.12",
    "The old cat command",
    "这个接口为什么超时？",
    "我们吃亏了，怎么办",
    "谁主持例会？",
    "部署在哪台机器上？",
)


def at(subject: str, attribute: str, value: str = "yes", kind: str = "", sequence: int = 1) -> StatedAt:
    return StatedAt(Stated(subject, attribute, value, kind or attribute), 7, sequence, 0, float(sequence))


@pytest.mark.parametrize(("text", "topics"), ASKS.items())
def test_what_is_asked_of_a_person(text: str, topics: set[str]) -> None:
    found = wanted(text)
    assert found is not None
    assert found.topics == topics


@pytest.mark.parametrize(("text", "of"), ABOUT.items())
def test_whom_it_asks_about(text: str, of: set[str]) -> None:
    asked = wanted(text)
    assert asked is not None
    assert asked.of >= of
    assert bool(asked.of) is bool(of)


@pytest.mark.parametrize("text", ASKS_NOTHING)
def test_other_questions_ask_nothing_of_a_person(text: str) -> None:
    assert wanted(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [("Where do I live these days?", {"live"}), ("我哪天出生的？", {"出生"}), ("Where am I from?", set())],
)
def test_the_words_by_which_it_is_asked_are_told(text: str, words: set[str]) -> None:
    found = wanted(text)
    assert found is not None
    assert found.words >= words
    assert "dai" not in found.words


HOME, HERS, RUI = at("user", "home", "Porto"), at("user's sister", "home", "Rome"), at("Rui", "home", "Faro")
WIFE, SON = at("user's 老婆", "name", "陈静", "name"), at("user's 儿子", "name", "小宝", "name")


@pytest.mark.parametrize(
    ("text", "named", "told"),
    [
        ("Where do I live?", (), [HOME]),
        ("Where does my sister live?", (), [HERS]),
        ("Where does Rui live?", ("rui",), [RUI]),
        ("Where does Eva live?", ("eva",), []),
        ("Where does my brother live?", (), []),
        ("我太太叫什么？", (), [WIFE]),
        ("我儿子叫什么？", (), [SON]),
        ("What can I eat?", (), []),
    ],
)
def test_only_what_is_told_of_who_is_asked_about(text: str, named: tuple[str, ...], told: list[StatedAt]) -> None:
    asked = wanted(text, named=bool(named))
    assert asked is not None
    assert telling([HOME, HERS, RUI, WIFE, SON], asked, named) == told


def test_of_very_many_statements_the_newest_are_told() -> None:
    asked = wanted("Where do I live?")
    assert asked is not None
    homes = [at("user", "home", f"Town {number}", sequence=number) for number in range(1, 40)]
    assert [one.sequence for one in telling(homes, asked, ())] == [*range(39, 39 - MOST, -1)]


@pytest.mark.parametrize(
    ("attribute", "kind", "topic"),
    [
        ("allergic to nuts", "allergy", "diet"),
        ("diet", "diet", "diet"),
        ("eat pork", "habit", "diet"),
        ("吃 辣", "habit", "diet"),
        ("乳糖不耐受", "trait", "diet"),
        ("lactose intolerant", "trait", "diet"),
        ("birthday", "figure", "birth"),
        ("生日", "figure", "birth"),
        ("own cat", "own", "pets"),
        ("own 猫", "own", "pets"),
        ("drive a Tesla", "habit", "vehicle"),
        ("kids", "count", "children"),
    ],
)
def test_facts_as_the_rules_call_them_are_told(attribute: str, kind: str, topic: str) -> None:
    named = f"{kind}|{attribute}"
    assert [one for one in TOPICS if kind in TOPICS[one].kinds and TOPICS[one].told.search(named)] == [topic]


@pytest.mark.parametrize(
    ("attribute", "kind"), [("monthly budget", "figure"), ("study English", "habit"), ("shy", "trait")]
)
def test_other_facts_tell_none_of_it(attribute: str, kind: str) -> None:
    named = f"{kind}|{attribute}"
    assert not [one for one in TOPICS if kind in TOPICS[one].kinds and TOPICS[one].told.search(named)]


def test_every_row_of_relations_is_of_small_letters() -> None:
    assert all(row == row.casefold() and len(row.split()) > 1 for row in RELATIONS)
