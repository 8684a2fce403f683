"""Sentences that look like a fact, or like another one than they state."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tiermem.facts.stated.reading import PASTED, stated
from tiermem.facts.stated.record import CHANGES, CORRECTS, NO, ONCE, RETRACTS, STATES, YES

OSLO = ("user", "home", "Oslo")


def told(text: str) -> list[tuple[str, str, str, str]]:
    return [(one.subject, one.attribute, one.value, one.manner) for one in stated(text, "user")]


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Now I live in Oslo.", (*OSLO, CHANGES)),
        ("Nowadays I live in Oslo.", (*OSLO, CHANGES)),
        ("So now I live in Oslo.", (*OSLO, CHANGES)),
        ("Now the deadline is 5 May.", ("", "deadline", "5 May", CHANGES)),
        ("No, I live in Oslo.", (*OSLO, CORRECTS)),
        ("no the deadline is 5 May", ("", "deadline", "5 May", CORRECTS)),
    ],
)
def test_what_is_so_now_changes_and_what_follows_no_corrects(text: str, fact: tuple[str, ...]) -> None:
    assert told(text) == [fact]


def test_a_day_before_a_job_is_no_age() -> None:
    assert told("I am a Sunday School teacher.") == [("user", "job", "School teacher", STATES)]
    assert ("user", "age", "38", STATES) in told("I'm a 38-year-old teacher.")


HANDED_OVER = [
    "Here is my cover letter. I work at SAP.",
    "can you proofread this?\n\nHello, my name is Ann and I live in Oslo.",
    "fix the grammar: i live in oslo and works at SAP",
    "I'd like you to play a detective. My name is Bob.",
    "Let's do a roleplay. My name is Bob.",
    "You're a pirate. I live in Oslo.",
    "Please make this sound nicer: I live in Oslo.",
    "Make this more professional: I work at SAP.",
    "How do I say this in French? I live in Oslo.",
    'How do you say "I live in Oslo" in French?',
    "What's wrong with this sentence? I lives in Oslo. I work at SAP.",
    "Is this sentence right: I live in Oslo.",
    "Is this correct? I work at SAP.",
    "Explain this text. I live in Oslo.",
    "Give feedback on my essay. I live in Oslo.",
    "I need this email proofread. I work at SAP.",
    "Turn this into a poem. I live in Oslo.",
    "Answer as my sister would. I live in Oslo.",
    "Story: I live in Oslo.",
    "Write a dating profile. I live in Oslo.",
    "这句话对吗？我住在北京。",
    "帮我看看这段话。我住在北京。",
    "用英语怎么说？我住在北京。",
    "请把这段话翻译成英文：我住在北京。",
    "假设我是老师。我住在北京。",
    "给我讲个故事。我住在北京。",
    "角色扮演：我叫李明。",
    "帮我改一下作文。我住在北京。",
    "造句：我住在北京。",
    "请写一封信\n我住在北京。",
    "Alice: hey\nI live in Rome\nBob: cool",
    "User: my name is Ann\nAssistant: hi",
    "> I live in Oslo.\n> I work at SAP.",
    "The protagonist speaks. I live in Oslo.",
    "Monologue of a chef. I live in Oslo.",
    "Let n be 5. My rent is $500.",
    "Consider this scenario. I live in Oslo.",
    "Problem: My rent is $500. My salary is $3000. How much do I save?",
    "Proofread this please. My name is Ann. I live in Oslo.",
    "Please translate to French: I live in Oslo.",
    "Translate the following\nI live in Oslo.",
    "Can you summarize this? I work at SAP. I live in Oslo.",
    "Could you rewrite it better. I work at SAP.",
    "Edit this paragraph: I work at SAP.",
    "Help me improve my bio. I work at SAP.",
    "Correct my grammar. I live in Oslo.",
    "Write a cover letter for me. I work at SAP.",
    "Write me a story. I live in a castle. My name is Bob. I live in Oslo.",
    "write a poem\nI live in Oslo",
    "Let's play a game. I live in Oslo.",
    "Imagine a wizard. My name is Merlin.",
    "Act as a nurse. I work at SAP.",
    "Given that the price is $5, compute the tax. The budget is $500.",
    "Let x be 5. The budget is $500.",
    "Ann writes:\nI live in Oslo.",
    "Ann writes: hello there. I live in Oslo.",
    "Here's my friend's bio: she is nice. I live in Rome. I work at SAP.",
    "请写一个故事：我住在北京。我叫李明。",
    "翻译：我住在北京。",
    "请帮我润色这段话。我住在北京。",
    "写一封信。我住在北京。",
    "你扮演医生。我叫李明。",
    "假装你是老师。我住在北京。",
    "总结一下。我住在北京。",
    "Ann: I live in Oslo.\nBob: I live in Rome.",
    "Ann: hi\nBob: hello. My name is Bob.",
    "妈妈：我住在北京。\n爸爸：我住在上海。",
    "Subject: Hello\nI live in Oslo.",
    "From: ann@x.org\nTo: b@x.org\n\nI live in Oslo.",
    "I live in Rome and work at SAP.\n\nTranslate the above into French.",
    "I live in Rome. Translate this into French.",
    "小王说：我住在北京。我叫李明。",
    "我朋友的简介：我住在北京。",
]


@pytest.mark.parametrize("text", HANDED_OVER)
def test_nothing_is_read_of_texts_that_are_handed_over_or_made_up(text: str) -> None:
    assert stated(text, "user") == []


@pytest.mark.parametrize(
    "text",
    [
        "I live in Oslo. Write me a poem about spring. My name is Bob.",
        "Some facts about me:\n- I live in Oslo",
        "Update: I live in Oslo.\nNote: it rains.",
        "I translate books. I live in Oslo.",
        "I need to finish my essay. I live in Oslo.",
        "Can you check the weather? I live in Oslo.",
        "Here's an update: I live in Oslo.",
        "Problem solved! I live in Oslo.",
        "How do I get to the airport? I live in Oslo.",
        "You're a lifesaver! I live in Oslo.",
    ],
)
def test_what_stands_before_them_or_is_no_request_is_read(text: str) -> None:
    assert [one[:3] for one in told(text)] == [OSLO]


def test_a_chinese_word_for_work_on_texts_is_no_request_by_itself() -> None:
    for text in (
        "我的总结写完了。我住在北京。",
        "我写了一封信。我住在北京。",
        "设计师很忙。我住在北京。",
        "记住：我住在北京。",
    ):
        assert [one[:3] for one in told(text)] == [("user", "home", "北京")]


def test_a_name_alone_is_read() -> None:
    assert [one[:3] for one in told("My name is Ann.")] == [("user", "name", "Ann")]


@pytest.mark.parametrize(
    "piece",
    ["把", "请把你", "please ", "\n", "write a ", "Ann: ", "here is a : ", "says a b c ", "i need ", "make this "],
)
def test_requests_are_looked_for_in_time_linear_in_the_text(piece: str) -> None:
    text = (piece * 2_000)[: PASTED - 16] + "\nI live in Oslo."
    began = time.process_time()
    stated(text, "user")
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "我叫了外卖。",
        "我叫他明天来。",
        "我叫小王去拿。",
        "我叫车回家。",
        "我叫醒了孩子。",
        "我叫不紧张。",
        "我叫停了会议。",
        "我妹妹叫我回家。",
        "我住在水深火热之中。",
        "I work at night.",
        "I work at home on Fridays.",
        "I work for free.",
        "I work for a living.",
        "I work for myself.",
        "They moved to Oslo.",
        "I left Italy.",
        "I left Rome in 2019.",
        "I left Rome for Oslo.",
        "My former boss is Anna.",
        "My former boss moved to Oslo.",
        "Anna was my former boss.",
    ],
)
def test_words_that_only_look_like_a_name_a_home_or_an_employer_are_none(text: str) -> None:
    assert stated(text, "user") == []


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("我叫李明。", ("name", "李明")),
        ("我叫欧阳娜娜。", ("name", "欧阳娜娜")),
        ("我叫小明。", ("name", "小明")),
        ("我的名字叫王伟。", ("name", "王伟")),
        ("我的名字是王伟。", ("name", "王伟")),
        ("My favorite number is 7.", ("favorite number", "7")),
        ("My favorite year is 1999.", ("favorite year", "1999")),
        ("My favorite time is 5pm.", ("favorite time", "5pm")),
        ("My favorite color is `teal`", ("favorite color", "teal")),
        ("I work for a startup.", ("work", "startup")),
        ("I work at St. Mary's Hospital in Leeds.", ("work", "St Mary's Hospital")),
        ("I live in St. Louis.", ("home", "St Louis")),
        ("I left SAP last year.", ("work", "SAP")),
        ("I left Google for SAP.", ("work", "SAP")),
        ("I quit my job at Initech.", ("work", "Initech")),
    ],
)
def test_names_values_and_employers_are_read_whole(text: str, fact: tuple[str, str]) -> None:
    assert [one[:3] for one in told(text)] == [("user", *fact)]


@pytest.mark.parametrize(
    ("text", "attribute", "value"),
    [
        ("I don't live in Rome anymore.", "home", "Rome"),
        ("I no longer live in Rome.", "home", "Rome"),
        ("I moved out of Rome.", "home", "Rome"),
        ("I don't work at SAP anymore.", "work", "SAP"),
        ("I'm no longer at SAP.", "work", "SAP"),
        ("I was fired from SAP yesterday.", "work", "SAP"),
        ("I quit SAP.", "work", "SAP"),
        ("我不住在北京了。", "home", "北京"),
        ("我不再住在北京了。", "home", "北京"),
        ("我搬出了北京。", "home", "北京"),
        ("我不在腾讯工作了。", "work", "腾讯"),
        ("我从腾讯离职了。", "work", "腾讯"),
        ("我被腾讯裁了。", "work", "腾讯"),
    ],
)
def test_a_denial_ends_what_it_denies(text: str, attribute: str, value: str) -> None:
    assert told(text) == [("user", attribute, value, ONCE)]


@pytest.mark.parametrize(
    "text",
    [
        "I moved out of Marketing.",
        "I moved out of AWS.",
        "I'm no longer with Anna.",
        "I no longer work at night.",
        "我离开北京了。",
        "我不在周末工作了。",
        "My name is not important.",
        "我不叫外卖了。",
    ],
)
def test_a_denial_of_no_home_employer_or_name_ends_nothing(text: str) -> None:
    assert stated(text, "user") == []


@pytest.mark.parametrize(
    ("text", "name"), [("My name is not Ann.", "Ann"), ("我不叫李明。", "李明"), ("我的名字不是李明。", "李明")]
)
def test_who_denies_a_name_never_had_it(text: str, name: str) -> None:
    assert told(text) == [("user", "name", name, RETRACTS)]


def test_an_allergy_is_corrected_by_what_it_is_not() -> None:
    assert told("不对，我不是对花生过敏，是对虾过敏。") == [
        ("user", "allergic to 花生", NO, CORRECTS),
        ("user", "allergic to 虾", YES, CHANGES),
    ]


def test_who_moves_out_of_one_town_to_another_lives_in_that() -> None:
    (fact,) = stated("I moved out of Rome to Oslo.", "user")
    assert (fact.value, fact.old, fact.manner) == ("Oslo", "Rome", CHANGES)


def spans(text: str) -> list[tuple[str, str, float | None, float | None]]:
    """Value, manner, since and until of each fact of *text*."""
    return [(one.value, one.manner, one.since, one.until) for one in stated(text, "user", day(2024, 6))]


def day(year: int, month: int = 1) -> float:
    return datetime(year, month, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "value", "since", "until"),
    [
        ("I lived in Rome from 2015 to 2018.", "Rome", day(2015), day(2019)),
        ("I lived in Rome from 2015 until 2018.", "Rome", day(2015), day(2019)),
        ("I lived in Rome between 2015 and 2018.", "Rome", day(2015), day(2019)),
        ("I worked at SAP from 2015 to 2018.", "SAP", day(2015), day(2019)),
        ("I worked at SAP between March 2015 and May 2018.", "SAP", day(2015, 3), day(2018, 6)),
    ],
)
def test_what_was_so_over_a_span_ends_with_it(text: str, value: str, since: float, until: float) -> None:
    assert spans(text) == [(value, ONCE, since, until)]


@pytest.mark.parametrize(
    ("text", "value", "since"),
    [
        ("I've lived in Oslo since 2019.", "Oslo", day(2019)),
        ("I have been living in Oslo since 2019.", "Oslo", day(2019)),
        ("I've worked at SAP since 2018.", "SAP", day(2018)),
        ("I have worked for SAP since March 2018.", "SAP", day(2018, 3)),
        ("I've lived in Oslo for 3 years.", "Oslo", None),
    ],
)
def test_what_has_been_so_since_a_time_is_so(text: str, value: str, since: float | None) -> None:
    assert spans(text) == [(value, STATES, since, None)]


@pytest.mark.parametrize(
    "text", ["I have lived in Paris, London and Rome.", "I've worked at Google and Meta.", "I've lived in Rome."]
)
def test_where_somebody_has_been_is_not_where_he_is(text: str) -> None:
    assert stated(text, "user") == []
