"""Which Chinese noun phrase has which value: 连接池大小是10, 把它调到50, 我有三只猫."""

from __future__ import annotations

import re
from dataclasses import replace

from tiermem.facts.clauses import Clause
from tiermem.facts.fact import EXERCISE, GENERIC, LABEL, OWN, THEIRS, Fact, content, refers_back
from tiermem.facts.quantities import FIRST, MARK, Quantity
from tiermem.text.analyzer import HAN

_NP = rf"(?P<np>[{HAN}A-Za-z0-9_ ]{{0,16}}?)"
_MOVED = (
    r"(?:调整|调|改|换|提高|提升|增加|增|扩大|扩|降低|降|减少|减|缩短|延长|推迟|延期|延|提前|挪|移|更新|修改"
    r"|变|涨|升|上调|下调|增长|顺延)"
)
_IS = re.compile(
    rf"^{_NP}(?:现在|目前|如今|已经|原来|之前|以前|原先|大概|大约|约|一共|总共|就|都|只)*(?:定在|定于|设为|设置为|设成|达到|安排在|在|是"
    rf"|为|=|：|:|有)了?"
    r"(?:大概|大约|约|下|这)?$"
)  # fmt: skip
_TO = re.compile(
    rf"^(?:我们|我|咱们|团队)?(?:已经|又|刚刚|刚|后来|现在)*(?P<take>把|将)?{_NP}(?:从(?P<old>{MARK}))?(?:已经|又"
    rf"|被|都|刚刚|刚|现在)*"
    rf"{_MOVED}(?:成|到|为|至)了?(?:下|这)?$"
)
_HAS = re.compile(r"^(?P<np>我(?:们)?(?:家)?)(?:现在|目前|如今|已经|一共|总共|家里)*(?:有|养了|养着|养|存了|买了)了?$")
_BARE = re.compile(
    r"^(?:不对|不|哦|错了|更正|更正一下|纠正一下|其实|实际上|应该说|我是说|我的意思是|现在|它|这个)*(?:现在)?(?:是"
    r"|改成|改为|有)$"
)
_NOUN = re.compile(rf"^([{HAN}]{{1,6}}?)(?:了|啦|呢|$|[^{HAN}])")
_LEAD = re.compile(
    r"^(?:嗯|对了|好的|那|然后|另外|还有|今天|昨天|刚才|我记得|更正一下|更正|纠正一下|其实|现在|目前|如今|后来|原来"
    r"|之前|把|将|这个|那个|我们的|我的|我们|咱们的|咱们|我)+"
)


def figure(clause: Clause, before: str, after: str, value: Quantity, speaker: str) -> Fact | None:
    """The fact that *value*, between *before* and *after* in its clause, is part of; None if it is part of none."""
    before = before.replace(" ", "")
    if not clause.real or clause.other:
        return None
    noun = _NOUN.match(after.strip())
    fact: Fact | None = None
    if (match := _HAS.match(_strip_lead(before))) and noun:
        fact = _about(clause, f"我的{noun[1]}", value, speaker, None)
        fact = replace(fact, frame="have") if fact else None
    elif _BARE.match(before):
        fact = refers_back(clause, value, speaker)
    elif match := _TO.match(before):
        old = clause.values[ord(match["old"]) - ord(FIRST)] if match["old"] else None
        bare = match["np"] in ("", "它", "这个", "那个", "我", "我们")
        fact = refers_back(clause, value, speaker, old) if bare else None
        fact = fact or _about(clause, match["np"], value, speaker, old, explicit=True)
    elif match := _IS.match(before):
        fact = _about(clause, match["np"], value, speaker, None)
    return fact


def _strip_lead(before: str) -> str:
    return re.sub(r"^(?:嗯|对了|那|然后|另外|现在|目前|如今|其实|后来)+", "", before)


def _about(
    clause: Clause, phrase: str, value: Quantity, speaker: str, old: Quantity | None, *, explicit: bool = False
) -> Fact | None:
    bare = _LEAD.sub("", phrase.strip())
    words = content(bare)
    if not bare or THEIRS.search(bare) or not words - GENERIC or words & EXERCISE:
        return None
    owner = speaker if OWN.search(phrase) else ""
    base = Fact("figure", owner, words, value, bare[:LABEL], clause.changed, clause.past, old)
    return replace(base, explicit=explicit or phrase.startswith(("新", "最新")))
