"""Facts of any field survive in a summary without a model: who, how to reach, what is wanted and promised, how much."""

from __future__ import annotations

import pytest

from tiermem import Message
from tiermem.providers.tokenizers import as_counter
from tiermem.summaries.extractive import extract
from tiermem.summaries.merging import fit

TOKENS = 500  # of a summary in a window of 6,250 tokens or more
Turns = list[tuple[str, str, str]]  # speaker, what is said, the fact in it

MOVING: Turns = [
    ("user", "Hello, my name is Ruth Sample and I want to move my household.", "Ruth Sample"),
    ("user", "The old flat is in Oak Lane 17, third floor, without a lift.", "Oak Lane 17"),
    ("user", "We move to Brookfield on 28 August.", "28 August"),
    ("user", "There are about 35 boxes.", "35 boxes"),
    ("user", "The piano weighs 240 kg.", "240 kg"),
    ("user", "You can reach me at ruth@example.org.", "ruth@example.org"),
    ("user", "My mobile is 0171 5550123.", "0171 5550123"),
    ("user", "The booking code on your letter is MV-20431.", "MV-20431"),
    ("user", "Our budget is 1,800 euros.", "1,800 euros"),
    ("user", "Please do not come before nine, the baby sleeps.", "before nine"),
    ("user", "My brother Tim has the keys.", "Tim"),
    ("user", "The wardrobe door is broken already.", "wardrobe door"),
    ("user", "I would like to pay in two parts.", "two parts"),
    ("user", "Our cat must travel with us and not in the van.", "cat"),
    ("user", "The street is closed for lorries on market days.", "market days"),
    ("user", "I have no contents insurance any more.", "insurance"),
    ("user", "I prefer text messages to calls.", "text messages"),
    ("user", "The cellar is damp, so nothing stays there overnight.", "damp"),
    ("user", "Please put all invoices into my husband's name.", "husband's name"),
    ("user", "The new landlord is called Mr Field.", "Mr Field"),
    ("assistant", "I have reserved van 7 for you under order K-7781.", "K-7781"),
    ("assistant", "We will refund the deposit of 150 euros.", "150 euros"),
    ("assistant", "Your contact on the day is Olga, extension 412.", "412"),
    ("user", "We decided to leave the old sofa behind if the van is full.", "old sofa"),
]
CLINIC: Turns = [
    ("user", "您好，我叫周小样，想预约体检。", "周小样"),
    ("user", "我的病历号是 B20417。", "B20417"),
    ("user", "手机号换成 13800001111 了。", "13800001111"),
    ("user", "我住在示例路 88 号 3 栋。", "示例路 88 号"),
    ("user", "我对青霉素过敏。", "青霉素"),
    ("user", "上个月体重是 72 公斤。", "72 公斤"),
    ("user", "我母亲有糖尿病。", "糖尿病"),
    ("user", "每天吃两片降压药。", "两片降压药"),
    ("user", "周三下午我要上课，不能来。", "周三下午"),
    ("user", "希望安排女医生。", "女医生"),
    ("user", "邮箱是 zhou@example.cn。", "zhou@example.cn"),
    ("user", "我的医保卡丢了。", "医保卡"),
    ("user", "预算不超过 600 元。", "600 元"),
    ("user", "我从 5 月 8 日到 5 月 20 日出差。", "5 月 20 日"),
    ("user", "请以后都用短信通知我。", "短信"),
    ("user", "我先生姓林，也要一起来。", "林"),
    ("user", "我左膝做过手术。", "左膝"),
    ("user", "发票抬头写样例公司。", "样例公司"),
    ("user", "抽血的时候我会头晕。", "头晕"),
    ("user", "我不吃牛肉。", "牛肉"),
    ("assistant", "我已为您预约 6 月 2 日上午，单号 YY-3391。", "YY-3391"),
    ("assistant", "我们会退还押金 50 元。", "50 元"),
    ("assistant", "报告在 3 个工作日内寄出。", "3 个工作日"),
    ("user", "我们最后决定做套餐二，如果还有名额的话。", "套餐二"),
]
SMALL_TALK = {
    "en": ("And does option {} also work on a rainy day?", "Option {} works on rainy days too."),
    "zh": ("那么方案{}下雨天也可以吗？", "方案{}下雨天也可以的。"),
}
THANKS = {"en": "Thank you, I have noted that.", "zh": "好的，我记下了。"}


def talk(turns: Turns, language: str) -> list[Message]:
    said: list[tuple[str, str]] = []
    for role, text, _ in turns:
        said += [("user", text), ("assistant", THANKS[language])] if role == "user" else [(role, text)]
    for number in range(30):
        said += [
            (role, text.format(number)) for role, text in zip(("user", "assistant"), SMALL_TALK[language], strict=True)
        ]
    return [Message(role=role, content=text, id=f"i{n}", sequence=n) for n, (role, text) in enumerate(said, 1)]


@pytest.mark.parametrize(("turns", "language"), [(MOVING, "en"), (CLINIC, "zh")], ids=["English", "Chinese"])
def test_twenty_of_twenty_four_facts_of_a_talk_survive_in_five_hundred_tokens(turns: Turns, language: str) -> None:
    messages = talk(turns, language)
    text = fit(extract(messages), 1, len(messages), "s1", TOKENS, as_counter(None))
    lost = [fact for _, _, fact in turns if fact not in text]
    assert len(lost) <= 4, lost


@pytest.mark.parametrize(
    ("text", "decided"),
    [
        ("We decided to replace the unit if it leaks again.", True),
        ("We agreed to meet at noon, unless it rains.", True),
        ("You could raise the pool from 20 to 80.", False),
        ("I suggest that we switch to Redis.", False),
        ("It is best to use PostgreSQL instead of MySQL.", False),
        ("我们最后决定把连接池从20改成80。", True),
        ("如果再漏水，我们就换成新的。", False),
        ("建议您把连接池从20改成80。", False),
        ("可以采用方案B，也可以换成方案C。", False),
        ("一般应该设置为50。", False),
        ("我建议过，但我们决定采用方案A。", True),
        ("已经改成80了。", True),
    ],
)
def test_advice_is_no_decision_and_a_condition_behind_one_takes_nothing_away(text: str, decided: bool) -> None:
    said = [Message(role="assistant", content=text, sequence=1)]
    assert bool(extract(said).key_decisions) is decided


def test_what_is_said_again_and_again_is_no_fact() -> None:
    messages = talk(MOVING, "en")
    context = extract(messages).critical_context.values()
    assert sum("rainy days" in line for line in context) <= 1
    assert not any("noted" in line for line in context)
