"""What a fact is about: the words, the owner and the label of a noun phrase, and the phrases that are about nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tiermem.facts.clauses import Clause
from tiermem.facts.quantities import MARK, Quantity
from tiermem.text.analyzer import terms, words_of

_MOST_WORDS = 7  # content words of a subject; more is a sentence
LABEL = 60  # characters
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
        "probability chance outcome favorable favourable odds equation formula example fraction ratio dice die coin "
        "toss"
    )
) | words_of("概率 例题 分数 骰子 硬币")
OWN = re.compile(r"\b(?:my|our|mine|ours)\b|我|咱|俺", re.IGNORECASE)
THEIRS = re.compile(r"\b(?:your|his|her|their|its|yours)\b|[你您他她它]", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:have|has|had|do|did|does|got|went|goes|said|made|make|is|are|was|were|be|been|tell|told|see|saw|not|never"
    r"|no|with"
    r" a|like|love|spent|bought|found|ran|get|gets|give|gave|take|took|add|added|all|any|some|most|only)\b",
    re.IGNORECASE,
)
_NEW = re.compile(
    r"\b(?:new|increased|reduced|updated|revised|extended|rescheduled|lowered|raised|adjusted)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One stated value: `words` name the attribute, `owner` whose it is ("" for a thing), `words` empty: "it"."""

    kind: str
    owner: str
    words: frozenset[str]
    value: Quantity | str
    label: str
    changed: bool = False
    past: bool = False
    old: Quantity | str | None = None
    frame: str = ""  # of a state: the verb or role that must be the same
    explicit: bool = False  # the change is told of this very value: "raised the size to 50", "the new size of 50"
    fresh: bool = False  # introduced with "a", so maybe one more of its kind
    names: frozenset[str] = frozenset()  # of a deed: the names in it


def content(phrase: str) -> frozenset[str]:
    """The words of *phrase* that tell what it is about."""
    return frozenset(terms(phrase.replace("olour", "olor"))) - _FILLER


def about(
    clause: Clause, phrase: str, value: Quantity, speaker: str, old: Quantity | None, changed: bool
) -> Fact | None:
    """The figure of the noun phrase *phrase*; None where it is somebody else\'s, a sentence, or says nothing."""
    if THEIRS.search(phrase) or _VERB.search(phrase) or re.search(MARK, phrase):
        return None
    words = content(phrase)
    if not words - GENERIC or len(words) > _MOST_WORDS or words & EXERCISE:
        return None
    label = re.sub(r"^(?:(?:my|our|the|an?|new|this)\s+)+", "", phrase.strip(), flags=re.IGNORECASE)
    owner = speaker if OWN.search(phrase) else ""
    explicit = changed or bool(_NEW.search(phrase))
    fresh = bool(re.match(r"an?\s", phrase.strip(), re.IGNORECASE))
    base = Fact("figure", owner, words, value, label[:LABEL], explicit or clause.changed, clause.past, old)
    return replace(base, explicit=explicit, fresh=fresh)


def refers_back(clause: Clause, value: Quantity, speaker: str, old: Quantity | None = None, *, frame: str = "") -> Fact:
    """The figure of what was said before: "it is now 50"; of a possession ("now I have 4") the frame is "have"."""
    return Fact("figure", speaker, frozenset(), value, "", True, clause.past, old, frame, explicit=True)
