"""Which facts tell a reader who somebody is, of those that rules read, and which wishes are for good. Pure.

Rule 1: a fact that is asked for may be thin; a line of a profile stands in every prompt, so what a rule cut short or
took for a thing is no line. What is left out here is still a fact.
Rule 2: what was asked for once is no standing wish, however it was put.
"""

from __future__ import annotations

import re

from tiermem.facts.preferences import standing
from tiermem.facts.rules.record import CONSTRAINT, NEED
from tiermem.facts.stated.qualities import QUALITIES
from tiermem.facts.stated.record import NO, RULE, Stated
from tiermem.text import late

MOST_WISH = 200  # characters; what is longer tells why, and of what
# Quantities and dates of what somebody talks about: of a moment, or of no thing of theirs.
_PASSING = frozenset({"figure", "appointment"})
_DOINGS = frozenset({"habit", "taste", "use"})
_CUT_SHORT = late.compile(
    r"\b(?:the|an?|of|with|for|to|and|or|in|on|at|by|like|as|lately|recently|now|today|so|too|ac)$"
    r"|^(?:most(?:ly)?|mainly|more|a (?:fair )?bit|a (?:lot|little|few)|how|what|that|this|these|those|online|so)\b"
    r"|^(?:using|doing|being|having|making|getting|going|options?|data|things?|stuff|something|new (?:skills?"
    r"|things?)"
    r"|instruments?|stories|sketches|books|using it)$"
    r"|\b(?:him|her|them|you|me|us|it|your|his|their)\b"
    r"|^(?:在|会了|过|了|得|一下|一门新)|[的了着]$|[你他她它]"
)
# How something looks or feels: who prefers "white" or "something warmer" speaks of a thing that was named before.
_LOOK = "|".join(sorted(QUALITIES, key=len, reverse=True))
_HAPPENS = late.compile(r"\w+ing (?:down|up|out|off|over|away|back)(?: .*)?", re.IGNORECASE)
_ONCE = late.compile(
    r"\bi(?:'|’)?d (?:much |really |also )?(?:prefer|rather)\b|\bi would (?:prefer|rather)\b"
    r"|\bprefer (?:it|that|this|them|both|neither|either|the (?:former|latter|other|first|second|last))\b"
    rf"|\bprefer (?:(?:a|the|an?|very|really|something|a bit|slightly|more|less|quite) )*(?:{_LOOK})(?: (?:one|ones"
    rf"|please|too|better"
    r"|color|colour|light|version))?(?=[.,!?;]|$| (?:in here|here|please|too|for (?:it|this|that)))"
    r"|\bprefer [^.?!]*\b(?:in here|right here|tonight|right now|at the moment|today)\b"
    r"|\bwhen i (?:send|share|show|give|ask) (?:it|that|this|them)\b"
    r"|^(?:i )?never (?:\w+ed|saw|thought|knew|had|heard|been|seen|felt|mind|would|could|did|got)\b"
    r"|\bcall me (?:at|on|when|if|later|back|now|to|for|in|tomorrow|tonight|any ?time|crazy|whatever)\b"
    r"|\b(?:this|that|the (?:first|second|next|last)) (?:one|time|part|section|draft)\b|\bfor now\b"
    r"|这次|这一次|刚才|暂时",
    re.IGNORECASE,
)
_LASTS = late.compile(
    r"\b(?:from now on|from here on|from this (?:point|day|moment)|going forward|whenever|every time|each time"
    r"|in (?:the )?future|at all times|ever again|(?:do not|don['’]t) ever|when i"
    r" (?:ask|send|write|share)(?! (?:it|that|this|them)\b))\b"
    r"|\b(?:do not|don['’]t|never) (?:recommend|suggest|offer|call) (?:me )?(?!(?:me|it|that|this|him|her|them|so)\b)"
    r"|以后|今后|每次|总是|始终|一律|永远|(?:别|不要)再?[给向跟]我(?:推荐|发|提|讲)",
    re.IGNORECASE,
)
# "Always happy to help", "but always ends well": what somebody is or does, not what is to be done.
_TOLD = late.compile(
    r"\balways (?:\w+(?:ed|ing|[^su]s)|happy|here|glad|curious|ready|there|up|an?|the|good|great|nice|fun"
    r"|appreciate|love|like|enjoy|so|been|in|on|my|your)\b|\b(?:but|and|i|we|you|he|she|they|it)(?:'ve"
    r"|’ve)? always\b",
    re.IGNORECASE,
)
_OWN = late.compile(
    r"\b(?:i|i['’]m|i['’]ve|my|we|we['’]re|our|youngest|oldest|eldest|kids?|son|daughter|wife|husband|partner)\b"
    r"|我|咱|孩子|女儿|儿子|老婆|老公|妻子|丈夫",
    re.IGNORECASE,
)
_OTHERS = late.compile(
    r"^no\b|\b(?:once|who (?:was|is|are)|there(?:['’]s| (?:is|are))|stud(?:y|ies)|shots|if"
    r"|(?<!\bi )can(?:['’]t|not) have"
    r"|without \w+ing|students?|clients?|customers?|people|they)\b|学生|客户|有人|如果",
    re.IGNORECASE,
)
_BODILY = late.compile(
    r"\b(?:allerg|intoleran|diabet|coeliac|celiac|vegan|vegetarian)|过敏|不耐受|糖尿病|素食", re.IGNORECASE
)
_PREFERS = late.compile(r"\bprefer|偏好|偏爱|更喜欢|倾向|宁", re.IGNORECASE)
_ALONE = frozenset({"smoke", "vape", "drink", "drive"})  # verbs that need no object


def tells(fact: Stated) -> bool:
    """Whether *fact* is worth a line."""
    if fact.how != RULE:
        return True
    if fact.kind in _PASSING or (fact.kind == "own" and fact.value == NO):
        return False
    if fact.kind in _DOINGS:
        _, _, what = fact.attribute.partition(" ")
        return fact.attribute in _ALONE or (bool(what) and not _CUT_SHORT.search(what.lower()))
    return not (fact.kind == "favorite" and _HAPPENS.fullmatch(fact.value))


def lasts(kind: str, text: str) -> bool:
    """Whether *text*, which was laid down, is for every conversation: a need of the user's own, or a standing"
    " wish."""
    if len(text) > MOST_WISH:
        return False
    if kind == NEED or (kind == CONSTRAINT and _BODILY.search(text)):
        return bool(_OWN.search(text)) and not _OTHERS.search(text)
    if not (standing(text) or _LASTS.search(text)):
        return False
    return bool(_LASTS.search(text)) or not (_ONCE.search(text) or _TOLD.search(text))


def prefers(text: str) -> bool:
    """Whether *text* tells a taste; what is asked for outright comes first."""
    return bool(_PREFERS.search(text))
