"""A question as ranking reads it: its terms and what they weigh, related words, names, whose words it asks for. Pure.

Rule 1: words about asking stand in questions and not in answers; light words stand everywhere; neither says much.
Rule 2: a pair of Chinese characters that is no word is there to repair wrong cuts, and weighs little.
Rule 3: what a question says is a hint for ranking, never a filter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from tiermem.facts.preferences import TERM as STANDING
from tiermem.text import late
from tiermem.text.analyzer import HAN, is_word, query_terms, words_of
from tiermem.text.entities import entities
from tiermem.text.synonyms import Others, Related, Synonyms, expand

LIGHT_WEIGHT = 0.3  # of a light word
PAIR_WEIGHT = 0.2  # of a pair of characters that is no word
# Words about asking.
ASKING = words_of(
    "say said told tell ask call mention announc accord quot describ explain kind mani much thing way time"
)
LIGHT = words_of(
    "想 好 觉得 真的 可以 现在 应该 知道 一定 特别 有点 还是 不 没 没有 能 会 做 去 来 上 下 里 中 大 小 "
    "多 少 多少 几 更 最 非常 一样 一起 一点 时候 有时 有时候 自己 别人 大家 人 时间 今天 明天 昨天 那天 "
    "每天 每次 这次 下次 上次 事情 东西 地方 办法 问题 感觉 感到 看 看看 听 说 说说 告诉 问 问问 需要 "
    "想要 希望 可能 也许 或许 其实 当然 确实 真是 真 太 太好了 太棒 太棒了 不错 很好 好的 好好 嗯 哇 哈哈 "
    "哦 对 对了 对啊 不是 是不是 要 不要 为什么 怎么办 如何 有些 有没有 一会儿 一直 已经 曾经 刚刚 刚才 "
    "然后 之后 之前 以后 以前 不过 虽然 只是 还会 起来 出来 过来 看起来 听起来 提到 提过 记得 聊 聊聊 "
    "聊到 讨论 谈 谈到 介绍 推荐 用 带 拿 放 找 变 变得 成为 继续 开始 完成 帮 帮助 了解 明白 理解 相信 "
    "认为 喜欢 可是 这么 那种 这种 各种 每个 别 才 只 完全 完全正确 很多 好多 许多 所有 任何 其他 另外 "
    "尤其 比较 十分 越来越 越 像 就像 像是 一般 平时 通常 总是 经常 常常"
)
_HAN = late.compile(f"[{HAN}]")
_TOLD = (
    r"(?:mention|bring|brought|sa(?:y|id)|t(?:ell|old)|ask|discuss|talk|describe|share|explain|report|try|tried|plan|cover"
    r"|express|raise|request|list|note|state)"
)
_ADVISED = (
    r"(?:recommend|suggest|sa(?:y|id)|t(?:ell|old)|advi[sc]e|propos|explain|mention|give|gave|list|describe|provide|offer"
    r"|answer|respond|promis)"
)
_ADVICE = r"(?:recommendation|suggestion|advice|answer|explanation|response)"
_I_SAID = late.compile(
    rf"\b(?:i|we)(?:'ve| have| had)? (?:\w+ ){{0,2}}?{_TOLD}|\bmy (?:\w+ )?(?:question|request|message)s?\b"
    r"|\b(?:have|had|did|was|were|am) (?:i|we)\b(?! supposed)"
    r"|我\w{0,4}(?:说|提|问|告诉|聊|讲)",
    re.IGNORECASE,
)
_YOU_SAID = late.compile(
    rf"(?<!can )(?<!could )(?<!would )\byou(?:'ve| have| had)? (?:\w+ ){{0,2}}?{_ADVISED}|\byour (?:\w+ )?{_ADVICE}"
    rf"|\bthe (?:ai|assistant)\b|\bai (?:{_ADVISED})|(?:你|AI)\w{{0,4}}(?:说|推荐|建议|告诉|提到|介绍|给)",
    re.IGNORECASE,
)


class Side(IntEnum):
    """Whose words a question asks for, in a conversation with an assistant."""

    ASSISTANT = -1
    EITHER = 0
    USER = 1


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked. `terms` are index terms and their weight (0 to 1), in order."""

    text: str
    terms: Mapping[str, float]
    related: Others = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    side: Side = Side.EITHER

    def index_terms(self) -> list[str]:
        """Every index term that can matter: the question's own and the related ones, each once."""
        others = (other for words in self.related.values() for other in words)
        return list(dict.fromkeys([*self.terms, *others, STANDING]))


def read(text: str, related: Related | None = None, synonyms: Synonyms | None = None) -> Question:
    """*text* as a question, with related words from the tables that are given."""
    terms = telling(query_terms(text))
    named = frozenset(term for name in entities(text) for term in query_terms(name))
    return Question(
        text=text,
        terms={term: _weight(term) for term in terms},
        related=expand(terms, text, related, synonyms),
        names=named.intersection(terms),
        side=side(text),
    )


def telling(terms: Sequence[str]) -> list[str]:
    """The terms of a question without those about asking; all of them where little else is left."""
    kept = [term for term in terms if term not in ASKING]
    return kept if len(kept) > 1 else list(terms)


def side(text: str) -> Side:
    """Whose words *text* asks for: "what did I say" or "what did you suggest"; EITHER when it says neither, or both."""
    return Side(bool(_I_SAID.search(text)) - bool(_YOU_SAID.search(text)))


def without_names(text: str, names: Iterable[str]) -> str:
    """*text* without the *names* (speakers of the conversation): every message of theirs is as near to their name."""
    known = [re.escape(name) for name in names if name]
    if not known:
        return text
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(known)})(?:['’]s)?(?!\w)", re.IGNORECASE)
    left = " ".join(pattern.sub(" ", text).split())
    return left or text


def _weight(term: str) -> float:
    if not _HAN.search(term):
        return 1.0
    if term in LIGHT:
        return LIGHT_WEIGHT
    return 1.0 if len(term) != 2 or is_word(term) else PAIR_WEIGHT


_ORDERS = late.compile(
    r"(?:^|[.!;:\n]\s*)(?:(?:please|kindly|now|so|then|ok(?:ay)?|and|also|just),? )*"
    r"(?:tell|show|give|remind|look|find|check|search|list|name|send|explain|summari[sz]e|repeat|recall|describe|compare"
    r"|help|fetch|read|open|what|when|where|which|who|whose|why|how)\b"
    r"|\bplease\b|\b(?:can|could|would|will) you\b|\bI (?:want|need|would like|'d like) to know\b"
    r"|请(?!假|客|柬|帖)|帮我|帮忙|告诉我|麻烦|给我|查(?:一下|查|询)|看(?:一下|看)|找(?:一下|找)|列出|说说|提醒我|什么|多少|哪|吗|怎么|为何",
    re.IGNORECASE,
)


def asks(text: str) -> bool:
    """True when *text* ends with a question: it has the words of an answer, and is none."""
    return text.rstrip().endswith(("?", "？"))


def wants_answer(text: str) -> bool:
    """True when *text* asks or orders something anywhere, in English or Chinese, with a question mark or without."""
    return "?" in text or "？" in text or bool(_ORDERS.search(text))
