"""What a noun phrase is about: its words without those that tell nothing, and the words that are about anything."""

from __future__ import annotations

from tiermem.text.analyzer import terms, words_of

_FILLER = frozenset(
    terms(
        "now current currently new latest recent recently updated revised increased reduced total overall actual own "
        "original initial previous still just already around approximately extended rescheduled improved whole right "
        "final increased lowered adjusted corrected newest finally really"
    )
) | words_of("现在 目前 如今 已经 新 最新 总共 一共 一 的话 这边 那边 这次 改 原来 之前 原先 原本 当前 家里")
# Subjects that fit anything; alone they are about nothing in particular.
GENERIC = frozenset(
    terms(
        "answer result sum example step number thing problem question page chapter time times day days way point part "
        "one ones value price cost name size color colour date rate amount score rating length height option item "
        "probability chance percentage fraction total count difference ratio level case reason idea x y n a b week "
        "year "
        "month hour people lot bit couple minute person room place event today yesterday tomorrow night morning"
    )
) | words_of(
    "答案 结果 例子 步骤 数字 东西 问题 时间 日期 价格 名字 大小 数量 总数 概率 方法 地方 事情 今天 昨天 明天 感觉 "
    "那天 当天"
)
# In sums and exercises each number belongs to its own example.
EXERCISE = frozenset(
    terms(
        "probability chance outcome favorable favourable odds equation formula example quiz fraction ratio dice die "
        "coin toss"
    )
) | words_of("概率 例题 分数 骰子 硬币")


def content(phrase: str) -> frozenset[str]:
    """The words of *phrase* that tell what it is about."""
    return frozenset(terms(phrase.replace("olour", "olor"))) - _FILLER
