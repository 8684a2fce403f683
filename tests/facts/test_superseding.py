"""Of several statements about one thing the newest is current; what only looks alike is not marked."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.thinned import share
from tiermem.facts.superseding import Statement, UpdateMark, marks
from tiermem.text.analyzer import query_terms

UPDATES = [
    ("I have a deadline of April 1, 2024, for the first sprint.", "I have a new sprint deadline of April 5."),
    ("My rent is $1,200 a month.", "My rent went up to $1,350."),
    ("The wedding is on June 12.", "We had to postpone the wedding to September 4."),
    ("My flight leaves at 9 AM.", "My flight was delayed to 11:30 AM."),
    ("Tom is the project lead.", "Jane is now the project lead."),
    ("I use Vim for everything.", "I switched from Vim to Emacs."),
    ("I'm dating Mark.", "Mark and I got engaged!"),
    ("会议在周二。", "会议改到周四了。"),
    ("我在学法语。", "我不再学法语了。"),
    ("The pool size is 10.", "We raised it to 50."),
    ("The connection pool size is 10.", "We increased the connection pool size from 10 to 50."),
    ("The deadline is 3 May.", "The deadline moved to 10 May."),
    ("The deadline is 3 May.", "It's been moved to 10 May."),
    ("My 5K best is 27:12.", "My 5K best is now 25:50."),
    ("I have 3 cats.", "Now I have 4 cats."),
    ("I have three cats at home.", "We now have four cats."),
    ("I live in Paris.", "I moved to Berlin last week."),
    ("My sister lives in Oslo.", "My sister moved to Rome."),
    ("Alice lives in Boston.", "Alice has moved to Denver."),
    ("I work at Google.", "I joined Meta in March."),
    ("I'm engaged!", "We got married on Saturday!"),
    ("I'm single.", "I'm engaged now."),
    ("My favourite color is blue.", "My favorite colour is now green."),
    ("My favourite movie is Alien.", "My favorite movie is Heat."),
    ("I'm allergic to peanuts.", "I'm no longer allergic to peanuts."),
    ("Alice is responsible for the release.", "Bob took over the release."),
    ("The release is assigned to Alice.", "The release was reassigned to Bob."),
    ("The budget is $500.", "Actually, it's $650."),
    ("The budget is $500.", "Correction: the budget is $650."),
    ("My monthly budget is $500.", "I increased my monthly budget to $650."),
    ("We use MySQL.", "We switched from MySQL to PostgreSQL."),
    ("Our database is MySQL.", "Our database is now PostgreSQL."),
    ("I have a dog.", "I no longer have a dog."),
    ("I have a car.", "I sold my car."),
    ("I don't have a car.", "I bought a car!"),
    ("I drink coffee.", "I don't drink coffee anymore."),
    ("I smoke.", "I quit smoking."),
    ("I'm 28 years old.", "I just turned 29."),
    ("The timeout is 30 seconds.", "We bumped the timeout to 60 seconds."),
    ("I have a meeting with Dana on March 22 at 3 PM.", "The meeting with Dana is rescheduled to March 22 at 4:30 PM."),
    ("I joined a reading challenge, my goal is 10 books.", "I've extended my reading challenge goal to 12 books."),
    ("My Zotero library has 45 sources.", "My Zotero library now has 52 sources."),
    ("The estate tax is 15%.", "The estate tax is now 12%."),
    ("I met Kelly at the book club.", "I've never met Kelly at any book club."),
    ("I've never tried sushi before.", "I tried sushi for the first time."),
    ("The accuracy of the model is 87%.", "The new accuracy of the model is 90%."),
    ("I eat meat.", "I gave up meat."),
    ("I play chess.", "I quit chess."),
    ("I drive to work.", "I no longer drive to work."),
    ("我喝咖啡。", "我戒咖啡了。"),
    ("Ann is the head of design.", "Tom is now the head of design."),
    ("Alice is responsible for the backend release.", "Bob took over the release."),
    ("We use MySQL as our database.", "We now use PostgreSQL as our database."),
    ("My phone is Pixel.", "I changed my phone to iPhone."),
    ("连接池大小是10。", "我们把连接池大小调到50了。"),
    ("连接池大小是10。", "不对，是50。"),
    ("截止日期是5月3日。", "截止日期改成5月10日了。"),
    ("截止日期是5月3日。", "截止日期推迟到5月10日。"),
    ("我有三只猫。", "现在我有四只猫了。"),
    ("我住在北京。", "我上个月搬到上海了。"),
    ("我在腾讯工作。", "我跳槽到字节了。"),
    ("我订婚了。", "我们结婚了！"),
    ("我最喜欢的颜色是蓝色。", "我最喜欢的颜色现在是绿色。"),
    ("我对花生过敏。", "我不再对花生过敏了。"),
    ("小李负责部署。", "现在小王负责部署。"),
    ("小李负责部署。", "部署改由小王负责。"),
    ("项目负责人是张伟。", "项目负责人换成李娜了。"),
    ("预算是500元。", "预算增加到650元了。"),
    ("预算是500元。", "更正：预算是650元。"),
    ("我养了一只狗。", "我没有狗了。"),
    ("我喝咖啡。", "我不再喝咖啡了。"),
    ("我们用MySQL。", "我们从MySQL换成PostgreSQL了。"),
    ("会议时间定在下午3点。", "会议时间改到下午4点了。"),
    ("超时时间是30秒。", "超时时间从30秒调整为60秒。"),
    ("我今年28岁。", "我现在29岁了。"),
    ("我们的酒店是希尔顿。", "我们的酒店换成万豪了。"),
]
APART = [
    ("The wedding is on June 12.", "The rehearsal was moved to June 10."),
    ("Our team has 8 engineers.", "Their team now has 11 engineers."),
    ("I work at Google.", "I joined Slack to chat with friends."),
    ("I have 3 cats.", "We raised it to 50."),
    ("My flight leaves at 9 AM.", "My return flight leaves at 11 AM."),
    ("我单身。", "我妹妹订婚了。"),
    ("我昨天花了20元吃午饭。", "我今天花了45元吃晚饭。"),
    ("The pool size is 10.", "The batch size is 50."),
    ("The pool size is 10.", "The pool timeout is 50 seconds."),
    ("The pool size is 10.", "The pool size is 10."),
    ("The pool size is 10.", "Should we raise the pool size to 50?"),
    ("The pool size is 10.", "If we raised the pool size to 50, it would crash."),
    ("The pool size is 10.", "We could raise the pool size to 50."),
    ("The pool size is 10.", "I plan to raise the pool size to 50."),
    ("The pool size is 50.", "The pool size was 10 before."),
    ("The budget is $500.", "My boss said the budget is $650."),
    ("The travel budget is $500.", "The food budget is now $650."),
    ("My annual budget is $500.", "My monthly budget is now $50."),
    ("My dog Rex is 3 years old.", "My dog Max is 5 years old now."),
    ("I have a dog.", "I no longer have a cat."),
    ("I have 3 cats.", "I have 2 dogs now."),
    ("I have 3 cats.", "My neighbour now has 4 cats."),
    ("I live in Paris.", "I want to move to Berlin."),
    ("I live in Paris.", "I'm going to Berlin next week."),
    ("I live in Paris.", "My brother lives in Berlin."),
    ("I live in Paris.", "I might move to Berlin someday."),
    ("I work at Google.", "My wife works at Meta."),
    ("I work at Google.", "I joined the chess club."),
    ("I work at Google.", "I used to work at Meta."),
    ("My favourite color is blue.", "My favourite food is pizza."),
    ("My favourite color is blue.", "My sister's favourite color is green."),
    ("I'm allergic to peanuts.", "I'm allergic to shellfish."),
    ("I'm married.", "When we got engaged it was raining."),
    ("Alice is responsible for the release.", "Bob is responsible for the tests."),
    ("My friend is Tom.", "My friend is Jane."),
    ("The meeting with Alice is on 3 May.", "The meeting with Bob moved to 10 May."),
    ("I have a dentist appointment on May 3.", "I have a dentist appointment on June 3."),
    ("We use MySQL.", "They switched from Oracle to PostgreSQL."),
    ("The deadline is 3 May.", "She thinks the deadline is now 10 May."),
    ("I love coffee.", "I don't drink tea anymore."),
    ("I ran 5 miles.", "Today I ran 8 miles."),
    ("I like meat.", "I gave up meat."),  # whoever eats none may like it
    ("I teach chess.", "I quit chess."),
    ("I've never met Kelly.", "I met Tom yesterday."),
    ("The first step takes 5 minutes.", "The second step takes 10 minutes."),
    ("The probability is 0.5.", "The probability is now 0.25."),
    ("For example, the limit is 10.", "The limit is 20 for instance."),
    ("I was 28 years old then.", "My sister just turned 29."),
    ("The room costs $100.", "The other room costs $150."),
    ("I watched 3 movies.", "I read 4 books now."),
    ("In my dream I moved to Berlin.", "I live in Paris."),
    ("连接池大小是10。", "批次大小现在是50。"),
    ("连接池大小是10。", "要不要把连接池大小调到50？"),
    ("连接池大小是10。", "如果把连接池大小调到50会怎样？"),
    ("连接池大小是10。", "我打算把连接池大小调到50。"),
    ("我住在北京。", "我哥哥住在上海。"),
    ("我住在北京。", "我想搬到上海。"),
    ("我住在北京。", "我下周去上海出差。"),
    ("我有三只猫。", "现在我有两只狗。"),
    ("我对花生过敏。", "我对海鲜过敏。"),
    ("小李负责部署。", "小王负责测试。"),
    ("我在腾讯工作。", "我老婆在字节工作。"),
    ("截止日期是5月3日。", "听说截止日期改成5月10日了。"),
    ("截止日期是5月3日。", "会议改到5月10日了。"),
    ("我最喜欢的颜色是蓝色。", "我最喜欢的食物是饺子。"),
    ("预算是500元。", "他说预算是650元。"),
    ("我养了一只狗。", "我没有猫了。"),
    ("我喝咖啡。", "我不再喝酒了。"),
    ("连接池大小是50。", "连接池大小原来是10。"),
    ("我订婚了。", "我姐姐结婚了。"),
    ("第一步是5分钟。", "第二步是10分钟。"),
]
UNRELATED = [
    "What a lovely day!",
    "Thanks, that helps a lot.",
    "Could you explain how this works?",
    "今天天气真好。",
    "谢谢你的帮助！",
    "Let me think about it and come back to you.",
]
FRAGMENTS = [
    "pool size", "is", "now", "10", "50", "from", "to", "we raised it", "I have", "cats", "not", "but", "I live in",
    "Paris", "my", "favourite", "deadline", "3 May", "$500", "？", "。", "连接池大小", "是", "改成", "我",
    "搬到", "上海", "不是", "而是", "\ue000", "\uf0ff", "!",
]  # fmt: skip


def said(*texts: str, speaker: str = "user", step: int = 2) -> list[Statement]:
    return [Statement(1 + step * place, speaker, text) for place, text in enumerate(texts)]


@pytest.mark.parametrize(("older", "newer"), UPDATES)
def test_the_newer_statement_is_current_and_the_older_one_superseded(older: str, newer: str) -> None:
    found = marks(said(older, newer))
    assert found[1].superseded_by == 3
    assert not found[1].current
    assert found[3].current
    assert found[3].superseded_by is None


@pytest.mark.parametrize(("first", "second"), APART)
def test_statements_about_different_things_or_no_facts_are_not_marked(first: str, second: str) -> None:
    assert marks(said(first, second)) == {}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("I live in Paris.", "I moved to Berlin."),
        ("I have a dog.", "I no longer have a dog."),
        ("My monthly budget is $500.", "I increased my monthly budget to $650."),
        ("我住在北京。", "我搬到上海了。"),
    ],
)
def test_what_another_speaker_says_of_himself_updates_nothing(older: str, newer: str) -> None:
    assert marks([Statement(1, "Ann", older), Statement(3, "Bob", newer)]) == {}


def test_a_chain_of_updates_points_to_the_newest() -> None:
    found = marks(said("The pool size is 10.", "We raised the pool size to 20.", "The pool size is now 50."))
    assert [found[n].superseded_by for n in (1, 3, 5)] == [5, 5, None]
    assert [found[n].current for n in (1, 3, 5)] == [False, False, True]


def test_a_value_that_came_back_is_not_history() -> None:
    found = marks(said("The pool size is 10.", "The pool size is now 50.", "The pool size is 10 again now."))
    assert 1 not in found
    assert found[3].superseded_by == 5


def test_who_denies_what_he_told_before_is_marked_as_a_conflict() -> None:
    found = marks(said("I met Kelly at the book club.", "I've never met Kelly at any book club."))
    assert found[1].conflict
    assert found[3].conflict
    later = marks(said("I've never tried sushi before.", "I tried sushi for the first time."))
    assert not later[1].conflict


def test_it_refers_to_what_was_said_shortly_before_only() -> None:
    near = [Statement(1, "user", "The pool size is 10."), Statement(5, "user", "We raised it to 50.")]
    far = [Statement(1, "user", "The pool size is 10."), Statement(50, "user", "We raised it to 50.")]
    assert marks(near)
    assert marks(far) == {}


def test_it_is_not_resolved_when_two_things_could_be_meant() -> None:
    both = said("The pool size is 10.", "The batch limit is 20.", "We raised it to 50.", step=1)
    assert marks(both) == {}


def test_the_old_value_tells_what_is_meant_however_far_away() -> None:
    found = marks([Statement(1, "user", "The pool size is 10."), Statement(90, "user", "We raised it from 10 to 50.")])
    assert found[1].superseded_by == 90


def test_two_things_of_one_noun_are_kept_apart_by_an_ambiguous_update() -> None:
    three = said("The travel budget is $500.", "The food budget is $300.", "The budget is now $900.")
    assert marks(three) == {}


def test_an_assistants_long_advice_updates_nothing() -> None:
    advice = "Here are some ideas. " * 30 + "We raised the pool size to 50."
    assert marks([Statement(1, "user", "The pool size is 10."), Statement(2, "assistant", advice)]) == {}


def test_an_assistant_that_reports_a_change_updates() -> None:
    report = Statement(2, "assistant", "Done: I changed the pool size from 10 to 50.")
    assert marks([Statement(1, "user", "The pool size is 10."), report])[1].superseded_by == 2


def test_code_and_quoted_lines_state_nothing() -> None:
    assert marks(said("The pool size is 10.", "```\nThe pool size is now 50.\n```")) == {}
    assert marks(said("The pool size is 10.", "> The pool size is now 50.")) == {}


def test_of_several_marks_the_one_nearest_to_the_question_is_returned() -> None:
    shown = said("The pool size is 10.", "I live in Paris. The pool size is now 50.", "I moved to Berlin.")
    assert marks(shown, lambda: query_terms("pool size?"))[3] == UpdateMark(True, None, "pool size")
    assert marks(shown)[3].superseded_by == 5


def test_what_was_said_earlier_is_older_even_if_it_was_stored_later() -> None:
    late, early = "The pool size is now 50.", "The pool size is 10."
    found = marks([Statement(1, "user", late, 900.0), Statement(2, "user", early, 5.0)])
    assert found == {1: UpdateMark(True, None, "pool size"), 2: UpdateMark(False, 1, "pool size")}


@settings(max_examples=share(150), deadline=None)
@given(st.lists(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=12), max_size=14), max_size=8))
def test_no_text_makes_it_raise_and_marks_are_sound(parts: list[list[str]]) -> None:
    shown = said(*(" ".join(words) for words in parts))
    found = marks(shown)
    assert set(found) <= {one.sequence for one in shown}
    for sequence, mark in found.items():
        assert mark.current == (mark.superseded_by is None)
        assert mark.superseded_by is None or mark.superseded_by > sequence


@settings(max_examples=share(60), deadline=None)
@given(st.lists(st.integers(2, 12), min_size=1, max_size=8))
def test_of_one_attribute_at_most_the_newest_is_current(values: list[int]) -> None:
    shown = said(*(f"The pool size is now {value}." for value in values))
    found = marks(shown)
    older = [one.sequence for one, value in zip(shown, values, strict=True) if value != values[-1]]
    assert [sequence for sequence, mark in found.items() if not mark.current] == older
    assert [sequence for sequence, mark in found.items() if mark.current] == [shown[-1].sequence] * bool(older)


@settings(max_examples=share(80), deadline=None)
@given(st.sampled_from(UPDATES), st.lists(st.sampled_from(UNRELATED), max_size=3), st.randoms(use_true_random=False))
def test_unrelated_messages_and_their_order_change_nothing(
    pair: tuple[str, str], others: list[str], chance: random.Random
) -> None:
    alone = marks(said(*pair))
    between = [Statement(2, "user", text) for text in others[:1]]
    around = [Statement(10 + n, "user", text) for n, text in enumerate(others[1:])]
    mixed = [*said(*pair), *between, *around]
    chance.shuffle(mixed)
    assert marks(mixed) == alone


def test_two_hundred_statements_take_no_more_than_their_share_of_time() -> None:
    def seconds(count: int) -> float:
        texts = [
            f"The pool size {n % 7} is now {n}. I have {n + 2} cats. We raised the limit {n} from {n} to {n + 1}."
            for n in range(count)
        ]
        start = time.process_time()
        marks(said(*texts))
        return time.process_time() - start

    seconds(20)
    assert seconds(400) < 10 * seconds(100) + 0.2


def test_one_long_statement_takes_little_time() -> None:
    start = time.process_time()
    for text in (
        "1 2 3 " * 5000,
        "we moved the " * 5000 + " to 5",
        "我住在" * 9000,
        "to " * 9000 + "5",
        "Alice Bob " * 9000,
    ):
        marks(said(text, text))
    assert time.process_time() - start < 2.0
