"""The kinds of facts that a text may state, told by single words of it, in English and Chinese.

Rule 1: whatever pattern of a kind matches, a word of that kind's stands in the text: these are read off the patterns.
Rule 2: a word is a run of letters; what stands for a value or a quote is no letter, so no rewriting of a sentence makes
a word that was not there, but "had to move", which becomes "moved".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tiermem.facts.topics.kinds import FIGURE, KINDS, bits
from tiermem.facts.topics.words import DEEDS, HABITS, ROLES
from tiermem.text.analyzer import HAN
from tiermem.text.chinese_numerals import COUNTS

_WORD = re.compile(rf"[^\W\d_{HAN}]+")
_HAN = re.compile(f"[{HAN}]")
_VALUE = re.compile(rf"\d|[{COUNTS}十]|周|星期|礼拜")
_WEEKDAY = re.compile("(?:mon|tues|wednes|thurs|fri|satur|sun)day")
_ALIKE = re.compile("[ıſ]")  # which patterns that ignore case take for i and s
_NOT = frozenset({"not", "t"})  # don't
_STILL = frozenset({"more", "anymore", "now"})
_ENGLISH = {
    "home": "live lives living lived reside resides residing based moved relocated",
    "work": "work works working employed joined started got took accepted left",
    "job": "work works working worked promoted",
    "bond": "single dating relationship engaged married separated divorced widowed",
    "favourite": "favorite favourite",
    "role": "responsible charge assigned reassigned leading handling owns leads handles over",
    "is": "changed renamed switched updated",
    "use": "use using uses chose picked running run",
    "switch": "switched migrated moved changed went replaced instead but",
    "lost": "longer sold gave rehomed rid",
    "died": "died passed ran stolen",
    "own": "have has own owns got adopted bought ve",
    "stopped": "longer stopped quit gave given",
    "allergic": "allergic",
    "outgrew": "outgrew outgrown",
    "never": "never",
    "ended": "longer stopped quit gave given hate hates dislike dislikes outgrew outgrown",
    "figure": "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty",
}
_CHINESE = {
    "home": "住 定居 家在 搬 移居 迁到",
    "work": "工作 上班 任职 就职 跳槽 跳到 入职 加入",
    "bond": "单身 恋爱 订婚 结婚 已婚 离婚 离异 分手",
    "favourite": "最喜欢 最爱 最常",
    "role": "负责 接手 跟进",
    "is": "改成 改为 换成 换为 改用 变成 改叫 数据库 框架 语言 地点 地址 目的地 主题 颜色 名字 专业 方案 酒店 餐厅 "
    "手机 电脑 车 供应商 平台 经理 老板 导师 教练 医生 老师",
    "switch": "从 代替 替换 取代 是",
    "use": "用",
    "lost": "不 没 把",
    "died": "去世 死 走丢 跑丢 不见",
    "own": "养 有 买",
    "stopped": "不 戒",
    "does": "喜欢 爱 吃 喝 抽 打 玩 用 学 练 弹",
    "allergic": "过敏",
    "never": "没 从未",
    "ever": "过",
    "ended": "不 戒",
}


def _by_word(words: Iterable[tuple[str, Iterable[str]]]) -> dict[str, int]:
    masks: dict[str, int] = {}
    for kind, cues in words:
        for cue in cues:
            masks[cue] = masks.get(cue, 0) | KINDS[kind]
    return masks


_WORDS = _by_word(
    [
        *((kind, words.split()) for kind, words in _ENGLISH.items()),
        ("does", HABITS),
        ("ever", DEEDS),
    ]
)
_BEING = frozenset(["is", "am", "are", "was", "be", "s", "m", "re"])
_PARTS = tuple(_by_word((kind, words.split()) for kind, words in _CHINESE.items()).items())
_OF = frozenset({"of", "for"})
_IS, _ROLE = KINDS["is"], KINDS["role"]
_NO_LONGER, _NOT_MINE, _NOT_ALLERGIC = bits("stopped ended"), bits("lost"), bits("ended")


def topics(text: str) -> int:
    """The bits (`KINDS`) of the kinds of which *text* may state something."""
    lower = text.lower()
    words = set(_WORD.findall(lower))
    mask = _of_words(words)
    if _VALUE.search(text) or ("day" in lower and _WEEKDAY.search(lower)) or _ALIKE.search(text):
        mask |= FIGURE
    if not text.isascii() and _HAN.search(text):
        for part, kinds in _PARTS:
            if part in text:
                mask |= kinds
    if mask & FIGURE and ("turn" in lower or "old" in words or "岁" in text):
        mask |= KINDS["age"]
    return mask


def _of_words(words: set[str]) -> int:
    mask = 0
    if "had" in words:
        words |= {f"{word}d" for word in words if word.endswith("e")}
    for word in words:
        mask |= _WORDS.get(word, 0)
    if not words.isdisjoint(_BEING) and not words.isdisjoint(ROLES):
        mask |= _IS | (_ROLE if "the" in words and not words.isdisjoint(_OF) else 0)
    if not _NOT.isdisjoint(words):
        mask |= _NO_LONGER if not _STILL.isdisjoint(words) else 0
        mask |= _NOT_MINE if not words.isdisjoint({"have", "own"}) else 0
        mask |= _NOT_ALLERGIC if "allergic" in words else 0
    return mask
