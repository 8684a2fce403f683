"""Whom a question is about: who asks, somebody of theirs, or no person at all. Pure.

Rule: the grammatical subject decides. "Where does my uncle live" is not about who asks, though nobody knows the uncle;
"where does the config file live" is about nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tiermem.facts.asked.cues import RELATIONS
from tiermem.text import late
from tiermem.text.analyzer import HAN, words_of

_HAN = late.compile(f"[{HAN}]")
_WORD = late.compile(r"[^\W\d_]+")
_GROUPS = tuple(frozenset(row.split()) for row in RELATIONS)
_PERSON = late.compile(
    r"\b(?:i|me|my|mine|we|us|our|she|he|her|him|his|they|them|their|the user)\b|[我咱俺他她]|用户", re.IGNORECASE
)
_SUBJECT = late.compile(
    r"(?:\b(?:does|do|did|is|are|was|were|can(?:['’]?t|not)?|could|will|would|should|has|have|had|may|must)|['’]s)"
    r" (?P<whose>my|our|his|her|their|the|this|that|these|those|an?) (?P<what>[\w-]+(?: [\w-]+){0,2})",
    re.IGNORECASE,
)
_OWNER = late.compile(r"\b(?P<owner>[a-z]+)['’]s (?!(?:my|our|the|this|that|a|an|there|it|on|in|not)\b)\w")
_NO_OWNER = words_of("what where who when how that it there let here she he which")
_BEFORE = words_of(
    "older younger elder big little old new first last full family home current favourite favorite next own best date "
    "two three other"
)
# What of somebody is asked, and is not somebody.
_OWN = words_of(
    "name surname nickname address city town hometown country home house place residence job work employer company "
    "firm workplace occupation profession career position role age birthday birth diet allergy allergies intolerance "
    "intolerances food foods restaurant restaurants meal dinner lunch breakfast car vehicle pets pet language "
    "languages nationality status relationship marital origin birthplace cuisine options drink drinks user"
)
_OF = words_of("my our his her their")
_KNOWN = "|".join(
    sorted({word for group in _GROUPS for word in group if len(word) > 1 and not word.isascii()}, key=len)[::-1]
)
_PEOPLE = late.compile(
    "爷爷|奶奶|外公|外婆|姥姥|姥爷|叔叔|伯伯|舅舅|姑姑|阿姨|姨妈|表[哥弟姐妹]|堂[哥弟姐妹]|侄[子女]|外甥女?|孙[子女]|岳父|岳母|公公|婆婆"
    "|朋友|闺蜜|同学|同事|邻居|客户|房东|房客|医生|老师|教练|师傅|学生|经理|老板|领导|室友|舍友|保姆|亲戚|嫂子|姐夫|妹夫|弟媳"
    f"|{_KNOWN}"
)
_THING = late.compile(
    "(?:这|那|哪)[个台款家种部本张份](?!人|孩子|城市|公司|单位|国家)|我们?的?(?:公司|团队|项目|网站|服务|系统|接口|店)(?!叫|是|在)"
)


@dataclass(frozen=True, slots=True)
class Whom:
    """Whether a question is about a person; the words for those of the user's whom it asks about."""

    person: bool
    of: frozenset[str] = frozenset()


def whom(text: str) -> Whom:
    """Whom *text* asks about, names aside."""
    if _HAN.search(text):
        found = {match.group() for match in _PEOPLE.finditer(text)}
        if found:
            return Whom(person=True, of=frozenset[str]().union(*(of_group(word) for word in found)))
        return Whom(bool(_PERSON.search(text)) and not _THING.search(text))
    of = frozenset[str]()
    if (match := _SUBJECT.search(text)) is not None:
        words = [word for word in match["what"].lower().split() if word not in _BEFORE]
        what = words[0] if words else ""
        if match["whose"].lower() in _OF:
            of = of_group(what) if what and what not in _OWN else of
        elif what and what != "user":
            return Whom(person=False)
    if not of and (owned := _OWNER.search(text)) is not None and owned["owner"] not in _NO_OWNER:
        of = of_group(owned["owner"])
    known = of or frozenset[str]().union(*(group for group in _GROUPS if group & set(_words(text))))
    return Whom(bool(known) or bool(_PERSON.search(text)), known)


def of_group(word: str) -> frozenset[str]:
    """The words that may mean the same one of somebody's as *word* does."""
    return frozenset({word}).union(*(group for group in _GROUPS if word in group))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
