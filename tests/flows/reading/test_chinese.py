"""A session of 200 turns in Chinese: tokens, stubs, summaries, search and dates are as right as in English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Open
from tiermem import Memory, Message, Session, Shown, ToolCall
from tiermem.providers.tokenizers import encoding_counter
from tiermem.testing import StoppedClock

START = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)  # 09:00 in Beijing, a Monday
FACTS = [
    (
        "五一我们一家四口想去云南，孩子一个6岁一个9岁，预算两万元左右。",
        "好的，建议昆明、大理、丽江八天，人均约五千元。",
    ),
    ("机票订好了，4月30日早上8点20分从虹桥飞昆明，航班MU5804。", "记下了：4月30日8:20虹桥出发，航班MU5804。"),
    ("大理住哪里好？要能看到洱海，最好带厨房。", "我们决定住双廊的海景民宿，每晚680元，带厨房，可以看到洱海。"),
    ("我对花生过敏，吃饭的时候千万注意。", "已经记住：您对花生过敏，点菜时我会避开花生和花生油。"),
    ("我喝咖啡只喝燕麦拿铁，不加糖。", "明白，您的偏好是燕麦拿铁，不加糖。"),
    ("我太太喜欢靠窗的座位，孩子们晕车，要坐前排。", "好的，太太靠窗，孩子坐前排。"),
    ("公司的结算项目叫“青松”，7月15日必须上线。", "青松项目的上线日期是7月15日，我会以此倒排计划。"),
    (
        "青松第一期的预算批下来了，一共385万元，其中硬件120万元。",
        "第一期预算385万元，硬件120万元，其余265万元是人力和服务。",
    ),
    ("测试负责人从王磊换成了赵敏，后端还是陈浩。", "更新：测试负责人是赵敏，后端负责人是陈浩。"),
    ("客户说并发要到每秒3000笔，现在只有800笔。", "目标是每秒3000笔，目前800笔，差距主要在数据库。"),
    (
        "线上昨晚报错，订单服务在 services/order/payment.py 第214行超时。",
        "先看 services/order/payment.py 第214行的连接获取逻辑。",
    ),
    ("日志说连接池耗尽，等待超过30秒。", "原因是连接池只有10个连接，我们决定把连接池从10改成50。"),
    (
        "改完 config/database.yaml 以后还是偶尔超时。",
        "再查慢查询：orders 表缺少 created_at 索引，需要新增 idx_orders_created_at。",
    ),
    (
        "索引加好了，压测99分位从2.4秒降到180毫秒。",
        "很好，问题解决：99分位从2.4秒降到180毫秒，决定把监控阈值设为300毫秒。",
    ),
    ("密钥放在哪里了？我记得你说过。", "部署密钥的名字是 pine-deploy-7731，保存在密码库的运维分组。"),
]
QUESTIONS = [
    ("孩子在火车上闷了怎么办？", "可以带两本贴纸书和一副飞行棋，路上轮流玩。"),
    ("今天例会都说了什么？", "例会讨论了进度、风险和下周的安排，没有新的结论。"),
    ("帮我看看这段文字通不通顺。", "整体通顺，只是第二句稍长，可以拆成两句，语气会更自然一些。"),
    ("周末附近有什么展览？", "美术馆有一个水彩展，博物馆有青铜器的常设展，都可以提前预约。"),
    ("最近睡得不太好，有什么建议吗？", "晚饭后散步半小时，睡前一小时不看手机，房间温度低一些会更舒服。"),
    ("这个接口的返回值是什么意思？", "它返回分页结果，其中列表是数据，总数用来计算页数，失败时带有说明。"),
    ("晚饭做什么好？", "冰箱里有番茄和鸡蛋，可以做番茄炒蛋，再煮一个青菜汤，二十分钟就好。"),
    ("帮我把这句话翻成英文。", "已经翻好，注意正式邮件里最好不要用缩写，结尾加上祝好。"),
]
FILLER = "补充说明：以上内容只是一般性的介绍，具体情况还要结合实际安排再做调整，有问题可以随时告诉我。"
LOG = "2025-03-0{d} 12:00:{s:02d} 警告 订单服务 等待连接超过30秒，已放弃，编号 {n}。\n"

ANSWERS = {
    "花生能吃吗？我对什么过敏": "花生过敏",
    "去昆明的航班号是多少": "MU5804",
    "我平时喝什么咖啡": "燕麦拿铁",
    "青松项目什么时候上线": "7月15日",
    "青松第一期的预算是多少": "385万元",
    "现在谁是测试负责人": "赵敏",
    "连接池改成了多少": "从10改成50",
    "payment.py 哪一行超时": "第214行",
    "部署密钥叫什么名字": "pine-deploy-7731",
    "大理住哪里能看到洱海": "双廊",
}


def turns() -> Iterator[list[Message]]:
    """200 turns over 40 days; every 9th says one of the facts, every 20th has a tool's output."""
    for number in range(200):
        when = START + timedelta(hours=4.8 * number)
        fact, place = divmod(number, 9)
        if place == 2 and fact < len(FACTS):
            said, answer = FACTS[fact]
        else:
            said, answer = QUESTIONS[number % len(QUESTIONS)]
            said, answer = f"第{number}个问题：{said}", f"{answer}{FILLER * 2}"
        made = [Message(role="user", content=said, id=f"u{number}", created_at=when)]
        if number % 20 == 7:
            call = ToolCall(f"c{number}", "read_log", {"path": f"/var/log/order-{number}.log"})
            log = "".join(LOG.format(d=number % 9 + 1, s=n, n=number * 100 + n) for n in range(30))
            made.append(Message(role="assistant", content=None, tool_calls=(call,), id=f"t{number}", created_at=when))
            result = Message(role="tool", content=log, tool_call_id=call.id, name="read_log", id=f"r{number}")
            made.append(replace(result, created_at=when))
        made.append(Message(role="assistant", content=answer, id=f"a{number}", created_at=when + timedelta(minutes=1)))
        yield made


@pytest.fixture
def session(store: Open) -> Session:
    memory: Memory = store(pre_rot_threshold=5_000, keep_recent_count=6, clock=StoppedClock(START))
    found = memory.session("云南", "用户甲")
    for one in turns():
        found.add(one)
    return found


def test_two_hundred_turns_are_kept_managed_and_found(session: Session) -> None:
    """The session is made once for all these promises, because making it is what takes the time."""
    sent = [one for turn in turns() for one in turn]
    assert session.messages() == sent
    assert session.verify().problems == ()
    assert_tokens_are_exact(session, sent)
    assert_stubs_open_their_originals(session, sent)
    assert_summaries_say_what_was_decided_and_when(session)
    for question, answer in ANSWERS.items():
        assert_found(session, question, answer)
    assert [m.canonical for m in session.restore()] == [m.canonical for m in sent]


def assert_tokens_are_exact(session: Session, sent: list[Message]) -> None:
    """A character is about 0.7 of a token; a quarter of the characters would be a third of that."""
    stats, exact = session.stats(), encoding_counter("o200k_base")
    texts = [m.text for m in sent]
    tokens = sum(map(exact, texts))
    assert stats.tokens >= tokens
    assert 0.5 < tokens / sum(map(len, texts)) < 1.0
    assert stats.window_tokens < 5_000
    assert stats.covered > 0


def assert_stubs_open_their_originals(session: Session, sent: list[Message]) -> None:
    for stub in (m for m in session.view().messages if "__compaction__" in m.state):
        assert str(stub.content).startswith("[COMPACTED: ")
        assert len(str(stub.content)) < len(stub.state["__compaction__"]["original_content"])
        assert session.explain(f"m{stub.sequence}").shown is Shown.COMPACTED
        assert session.expand(f"m{stub.sequence}").messages == (sent[stub.sequence - 1],)


def assert_summaries_say_what_was_decided_and_when(session: Session) -> None:
    summaries = session.view().summaries
    text = "\n".join(one.text for one in summaries)
    print(text)
    assert "摘要 s" in text
    assert "目标" in text
    for decided in ("连接池从10改成50", "双廊"):
        assert any(decided in line for one in summaries for line in one.structure.key_decisions), text
    for one in summaries:
        opened = {m.sequence for m in session.expand(one.ref).messages}
        assert all(sources and set(sources) <= opened for sources in one.structure.sources.values())
    first = min(summaries, key=lambda one: one.first)
    assert first.structure.time_range.start == START
    assert "2025-03-03" in first.text


def assert_found(session: Session, question: str, answer: str) -> None:
    """What left the window long ago is found by a question that does not quote it."""
    assert any(answer in hit.message.text for hit in session.search(question, 5)), question
    context = session.context(question, 1_500)
    assert context.tokens <= 1_500
    assert answer in "\n".join(m.text for m in context.messages), question
