"""The layer of a sentence: factual, procedural, contextual or ancillary, and what each is worth. Pure.

A sentence is of the first layer that fits. The priorities and methods are those of the source documents: 1.0
extraction, 0.8 summarising, 0.6 abstraction, 0.3 elimination.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tiermem.facts.preferences import standing
from tiermem.text import cues, late
from tiermem.text.analyzer import words_of

FACTUAL, PROCEDURAL, CONTEXTUAL, ANCILLARY = "factual", "procedural", "contextual", "ancillary"
LAYERS: Final = (FACTUAL, PROCEDURAL, CONTEXTUAL, ANCILLARY)
PRIORITIES: Final[Mapping[str, float]] = {FACTUAL: 1.0, PROCEDURAL: 0.8, CONTEXTUAL: 0.6, ANCILLARY: 0.3}
_FEW = 3  # words beside an acknowledgement up to which nothing else is said
_COMMITS = (cues.DECISION, cues.CONSTRAINT, cues.IDENTITY, cues.PREFERENCE)
_STEP = late.compile(
    r"^\W*(?:step \d|first(?:ly)?\b|second(?:ly)?\b|third(?:ly)?\b|then\b|next\b|finally\b|\d{1,2}[.)]\s)"
    r"|^\W*(?:第[一二三四五六七八九十\d]+步|首先|其次|然后|接着|接下来|最后|再把|先把)",
    re.IGNORECASE,
)
_COMMAND = late.compile(
    r"^\s*(?:\$ |>>> |sudo |pip |npm |git |docker |kubectl |cd |make |curl |SELECT |CREATE |ALTER )"
)
_IMPERATIVE = late.compile(
    r"^\W*(?:please |now |just |also )?(?:use|open|click|press|select|install|restart|copy|paste|move|put|take|turn"
    r"|enter|type|go to|make sure|ensure|remember|try|start|stop|remove|replace|keep"
    r"|avoid|mix|heat|wait|call|send|save)\b"
    r"|^\W*(?:请|把|打开|点击|选择|安装|重启|输入|复制|运行|执行|确保|记得|保存|检查|使用)",
    re.IGNORECASE,
)
_TURNING: Final = words_of(
    "not no never none nor neither cannot without unless except until only instead anymore canceled cancelled"
    " rejected wrong false lie"
)
_TURNING_HAN = late.compile("[不没無无未别只]|除非|除了|取消|假的|拒绝")
_WORDS = late.compile(r"\w+")
_SHORT_NOT = late.compile(r"n['’]t\b|\bany more\b")
_TAKES_BACK = late.compile(
    r"\b(?:just |only )?(?:kidding|joking)\b|\bnever ?mind\b|\bscratch that\b|\bI take (?:it|that) back\b"
    r"|开玩笑|算了|当我没说|收回",
    re.IGNORECASE,
)
_REPLY = late.compile(
    r"^\W*(?:yes|yeah|yep|no|nope|sure|ok(?:ay)?|never|not|don['’]t|do it|go ahead|of course|absolutely|\d"
    r"|是|不|好|对|没|别|可以|行|当然)",
    re.IGNORECASE,
)
_WORD = late.compile(r"[A-Za-z]+(?:['’][a-z]+)?|[\u3400-\u9fff]")
_SMALL_TALK = late.compile(
    r"^\W*(?:(?:oh|wow|well|haha|lol|aw|yeah|yes|ok(?:ay)?|hey|hi)[ ,!]+)*(?:how are you"
    r"|how(?:'s| is) (?:it|everything)|what(?:'s| is) (?:up|new)|nice to|good to|glad to|happy to|great to|sounds"
    r"|that(?:'s| is) (?:great|awesome|amazing|cool|nice|wonderful|so)"
    r"|take care|have a|see you|talk (?:soon|later)|let me know|feel free"
    r"|hope (?:that|this|you)|i hope|no (?:problem|worries))\b"
    r"|^\W*(?:最近怎么样|太好了|太棒了|真的吗|哈哈|祝你"
    r"|希望(?:这|对|能)|如果(?:你|您)(?:还)?有|有什么(?:问题|需要)|很高兴)",
    re.IGNORECASE,
)


def layer_of(text: str, *, telling: bool) -> str:
    """The layer of the sentence *text*.

    Args:
        text: one sentence or line.
        telling: whether it holds a detail that can be looked up again (`reading.details.particulars`).
    """
    if telling or commits(text):
        return FACTUAL
    if _says_nothing(text):
        return ANCILLARY
    if cues.IMPERATIVE.match(text) or _IMPERATIVE.match(text) or _STEP.match(text) or _COMMAND.match(text):
        return PROCEDURAL
    return CONTEXTUAL


def replies(text: str) -> bool:
    """Whether *text*, behind a question, is nothing but its answer: yes, no, a figure."""
    return bool(_REPLY.match(text)) and len(_WORD.findall(text)) <= _FEW + 1


def turns(text: str) -> bool:
    """Whether *text* denies, restricts or takes back."""
    low = text.lower()  # words in a set: an expression of all of them took most of the time of a compression
    if not _TURNING.isdisjoint(_WORDS.findall(low)) or _SHORT_NOT.search(low):
        return True
    return not text.isascii() and _TURNING_HAN.search(text) is not None


def commits(text: str) -> bool:
    """Whether it decides, forbids, takes back, or says who somebody is and what they want; a question does not."""
    if text.rstrip().endswith(("?", "？")):
        return False
    if _TAKES_BACK.search(text):
        return True
    found = cues.seeking(text)
    return any(found(cue) is not None for cue in _COMMITS) or standing(text)


def _says_nothing(text: str) -> bool:
    words = len(_WORD.findall(text))
    if words <= 1 or _SMALL_TALK.match(text):
        return True
    acknowledged = cues.ACKNOWLEDGEMENT.match(text.lstrip(" \t\"'“‘([{-–—*"))
    return acknowledged is not None and words - len(_WORD.findall(acknowledged[0])) <= _FEW
