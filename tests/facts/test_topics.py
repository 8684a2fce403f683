"""What single words tell stops no fact and no mark: reading less says the same as reading all."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.facts import reading
from tiermem.facts.reading import facts, mentions
from tiermem.facts.superseding import FactReaders, Statement, marks
from tiermem.facts.topics.cues import topics
from tiermem.facts.topics.kinds import ALL, KINDS, comparable

TOLD = {
    "home": "I live in Paris|I'd lived in Oslo|I have moved from Oslo to Rome|我搬到上海了|我住在北京",
    "work": "I work at Acme|I joined Globex|I just left Acme for Initech|我在腾讯工作|我跳槽到华为了",
    "job": "I work as a nurse|I was promoted to captain",
    "bond": "I'm engaged|We are divorced now|我结婚了|我单身",
    "favourite": "My favourite colour is blue|My favorite tea is now oolong|我最喜欢的颜色是蓝色",
    "age": "I just turned 30|I turned thirty|我今年三十岁",
    "role": "Ann is responsible for billing|Bob took over billing|Ann is the owner of the board|小王负责测试|"
    "测试由小李接手",
    "is": "Our database is Postgres|Bob is our manager|We renamed the app from Foo to Bar|我们的数据库是MySQL|"
    "我们的框架改成Vue了",
    "use": "I use Emacs for notes|We're running on Linux|我用Python",
    "switch": "I switched from Vim to Emacs|We replaced Vim with Emacs|We picked Emacs instead of Vim|不是红色，是蓝色|"
    "从红色换成蓝色",
    "lost": "I no longer have a car|I sold my car|I don't own a car|我把车卖了|我没有车了",
    "died": "My cat died|My bike was stolen|我家的猫去世了",
    "own": "I have a car|I've a cat|I adopted a dog|我养了一只猫",
    "stopped": "I don't eat meat any more|I quit smoking|I no longer play chess|我不喝咖啡了|我戒烟了",
    "does": "I eat meat|I smoke|I hate chess|I play chess|我喜欢喝咖啡",
    "allergic": "I'm allergic to nuts|I'm not allergic to nuts anymore|我对花生过敏",
    "outgrew": "I outgrew my nut allergy",
    "never": "I have never met Kelly|I've never tried sushi|我从来没去过东京",
    "ever": "I met Kelly|I tried sushi|我去过东京",
    "figure": "The pool size is 10|We raised the pool size to 50|It is now forty|We meet on Monday|My rent is $1,200|"
    "We had to move the date to 9 May|It's moved to Tuesday|I have three cats|会议在周二|会议改到周四|我有三只猫|"
    "池大小是十个",
}
SAID = [text for told in TOLD.values() for text in told.split("|")]
OTHER = ["Hello there", "ok", "The weather is fine", "What do you mean?", "If I had a car", "(a photo)"]
OTHER += ["`x = 10`", "你好", "ſix ıf"]
JOINTS = [". ", ", ", "! ", "\n", " but ", "。", "，", " and ", "8:30", "’s "]


def joined(parts: list[tuple[str, str]]) -> str:
    return "".join(text + joint for text, joint in parts)


PARTS = st.tuples(st.sampled_from([*SAID, *OTHER]), st.sampled_from(JOINTS))
TEXTS = st.lists(PARTS, min_size=1, max_size=5).map(joined)


@pytest.mark.parametrize("kind", TOLD)
def test_each_kind_is_known_by_a_word_of_what_states_it(kind: str) -> None:
    for text in TOLD[kind].split("|"):
        assert topics(text) & KINDS[kind], text


def everything(_: str) -> int:
    return ALL


@given(TEXTS | st.text(max_size=60))
def test_no_fact_and_no_mention_is_passed_over(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_is_worth", lambda *_, **__: True)
        all_facts, all_mentions = facts(text, "ann", everything), mentions(text, everything)
    assert facts(text, "ann") == all_facts
    assert mentions(text) == all_mentions


SPEAKERS = st.sampled_from(["User", "Ann", "Assistant"])


@given(st.lists(st.tuples(TEXTS, SPEAKERS, st.integers(1, 6)), min_size=2, max_size=8))
def test_no_mark_is_passed_over(said: list[tuple[str, str, int]]) -> None:
    statements, number = [], 0
    for text, speaker, gap in said:
        number += gap
        statements.append(Statement(number, speaker, text))
    every = FactReaders(partial(facts, may_state=everything), everything, partial(mentions, may_state=everything))
    assert marks(statements) == marks(statements, reading=every)


def test_statements_that_can_be_about_nothing_together_are_not_read() -> None:
    read: list[str] = []

    def heard(text: str, speaker: str) -> list[object]:
        read.append(text)
        return [*facts(text, speaker)]

    texts = ["I live in Paris.", "I eat meat.", "I met Kelly.", "I have a car.", "Hello.", "The pool size is 10."]
    statements = [Statement(number, "User", text) for number, text in enumerate(texts, 1)]
    assert marks(statements, reading=FactReaders(heard)) == {}  # type: ignore[arg-type]
    assert read == []
    marks([*statements, Statement(9, "User", "I have never met Kelly.")], reading=FactReaders(heard))  # type: ignore[arg-type]
    assert read == ["I met Kelly.", "I have never met Kelly."]


def test_one_statement_is_comparable_with_none() -> None:
    assert comparable([ALL]) == [False]
    assert comparable([KINDS["does"], KINDS["does"]]) == [False, False]
    assert comparable([KINDS["does"], KINDS["ended"], 0]) == [True, True, False]
