"""Short Chinese questions, and questions in the other language of a chat, find what was said in other words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tiermem import Memory, Message, Session

START = datetime(2025, 3, 3, 1, tzinfo=UTC)
TALK = [
    ("我们下周三要去车管所办手续。", "好的，需要带身份证和购车发票。"),
    ("新车的号牌是沪A·12345，记一下。", "记下了：沪A·12345。"),
    ("我对花生过敏，点菜的时候千万注意。", "已经记住，点菜时避开花生和花生油。"),
    ("周一例会改到上午十点。", "好的，例会改到周一上午十点。"),
    ("例会由赵敏主持，会议纪要由王磊写。", "明白，赵敏主持，王磊记录。"),
    ("网关的端口是8443，超时设为30秒。", "记下：端口8443，超时30秒。"),
    ("我太太喜欢靠窗的座位。", "好的，太太靠窗。"),
    ("今天中午吃什么好？", "可以试试番茄鸡蛋面。"),
    ("预算批下来了，一共385万元。", "第一期预算385万元。"),
    ("主持人的话筒坏了，已经报修。", "好的，等师傅来修。"),
]


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Memory.open(":memory:") as memory:
        opened = memory.session("s")
        for place, (asked, answered) in enumerate(TALK):
            at = START + timedelta(minutes=10 * place)
            opened.add(Message(role="user", content=asked, created_at=at))
            opened.add(Message(role="assistant", content=answered, created_at=at + timedelta(minutes=1)))
        opened.index()
        yield opened


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("我的车牌是多少", "新车的号牌"),
        ("车牌号码", "新车的号牌"),
        ("号牌", "新车的号牌"),
        ("牌照号是什么", "新车的号牌"),
        ("gateway的端口是多少", "网关的端口"),
        ("What is the port of the gateway?", "网关的端口"),
        ("谁主持例会", "赵敏主持"),
        ("例会几点", "上午十点"),
        ("端口多少", "8443"),
        ("花生过敏", "我对花生过敏"),
    ],
)
def test_what_is_asked_comes_first_and_is_quoted(session: Session, question: str, answer: str) -> None:
    recalled = session.recall(question, 80)
    best = max(recalled.hits, key=lambda hit: hit.score)
    assert answer in best.message.text
    assert answer in recalled.text


def test_of_a_question_of_four_characters_the_lines_about_it_come_first(session: Session) -> None:
    hits = sorted(session.recall("谁主持例会", 400).hits, key=lambda hit: -hit.score)
    assert all("主持" in hit.message.text or "例会" in hit.message.text for hit in hits[:2])
