"""The clauses of a message in which somebody states something as a fact, in English and Chinese.

Rule: questions, conditions, plans, wishes, guesses and what others are said to have said are no statements; better to
leave out a fact than to take a plan for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tiermem.facts.quantities import MARK, Quantity, quantities
from tiermem.text import late

READ_LIMIT = 1_200  # characters of a message that are read: who states a fact of his own does it early, in few words
_CODE = late.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_PHOTO = late.compile(r"\[[^\]\n]{0,300}\]")
_CONTRACTED = [
    (late.compile(pattern, re.IGNORECASE), spelled)
    for pattern, spelled in (
        (r"\bhad to (\w+e)\b", r"\1d"),
        (r"\bcan't\b", "can not"), (r"\bwon't\b", "will not"), (r"n't\b", " not"), (r"\b(I)'m\b", r"\1 am"),
        (r"'re\b", " are"), (r"\b(I|we|you|they|he|she|it)'ve\b", r"\1 have"), (r"'ll\b", " will"),
        (r"\b(I|we|you|they)'d\b", r"\1 would"), (r"\b(it|he|she|that|there)'s (?=been\b|got\b)", r"\1 has "),
        (r"\b(it|he|she|that|there|who|what|where|here|let)'s\b", r"\1 is"),
    )
]  # fmt: skip
_HAD_TO = "had to "
_BREAK = late.compile(
    r"(,(?! for (?:the|my|our) )|[;，；、：。!?！？\n()（）—]+|(?<=\s)[-–]+(?=\s)|\.(?=\s|$)|:(?=\s)"
    r"|\b(?:but|because|although|though|so(?! far)|while|whereas|however"
    r"|since(?= [Iimwty])(?! (?:March|May|mid|the (?:start|beginning|end)"
    r"|today|yesterday|Monday|Tuesday|Wednesday|Thursday)\b))\b"
    r"|(?:remind me|considering|given|now|especially|note) that|considering(?= (?:I|my|we|our|the)\b)"
    r"|especially(?: since)?\b|\band (?=(?:I|we|my|our|the|it|she|he|now|then|can|could)\b)|但是|但|不过|因为|所以"
    r"|而且)",
    re.IGNORECASE,
)
_ASKS = late.compile(
    r"^\W*(?:(?:so|and|or|then|also|well|oh|hey|ok|okay|please)\W+)*(?:who|what|when|where|which(?= (?:one|of|way))"
    r"|why|how|is|are|am|was|were|do|does|did|can|could|would|will|should|shall|may|might|has|have (?:you|we|i)|had"
    r"|any|whether)\b|[吗呢]\W*$|什么|怎么|多少|哪|几[个只条天点]|是不是|有没有|能不能|要不要|会不会|是否|谁",
    re.IGNORECASE,
)
_CONDITION = late.compile(
    r"\b(?:if|unless|suppose|supposing|imagine|assum(?:e|ing)|hypothetical\w*|for (?:example|instance)|e\.g|let's say"
    r"|say you|pretend|in case|whether|until|quot(?:e|ed|ing)|used as an example|in (?:a|the|my) (?:dream|game|novel"
    r"|story|book|movie))\b|如果|假如|假设|要是|万一|比如|例如|除非|倘若|设想|梦到|梦见|小说里|游戏里|电影里|故事里",
    re.IGNORECASE,
)
_REPORTED = late.compile(
    r"\b(?:(?!I\b|we\b|been\b)\w+ (?:said|says|saying|told|tells|thinks|thought|claims|claimed|believes|mentioned"
    r"|insists|heard"
    r"|suggested|suggests|wrote|wants|wanted|hopes|joked|guess(?:es|ed)?)|according to|I (?:have )?(?:heard|read)"
    r"|rumou?r"
    r"|supposedly|apparently|allegedly)\b|听说|据说|据传|传言|(?<![我们])(?:说|认为|觉得|告诉|声称|建议|以为)|我听",
    re.IGNORECASE,
)
_UNREAL = late.compile(
    r"\b(?:would|could|should|might|can|cannot|want(?:s|ed|ing)?|wanna|wish\w*|hop(?:e|es|ed|ing)|plan(?:s|ned"
    r"|ning)?(?= to| on)"
    r"|going to|gonna|consider(?:s|ed|ing)?|think(?:ing)? (?:about|of)|try|tries|tried(?= to)|trying|need(?:s|ed)?"
    r"|dream\w*|maybe"
    r"|perhaps|probably|possibly|likely|almost|nearly|about to|let us|let's|let me|not sure|unsure|wonder\w*|guess"
    r"|seems?"
    r"|feels? like|as though|propos(?:e|es|ed|ing|al)|suggest\w*|recommend\w*|ideally|soon|someday|one day|eventually"
    r"|tomorrow|next (?:week|month|year)|ought|intend\w*|aim(?:s|ing)? to|prefer(?:ably)?|may(?= (?:be|have|become"
    r"|change))"
    r"|will(?! be (?:on|at|held)\b)|shall|expect\w*|had better|to be|fake|joking|kidding|as if|tempted|don't"
    r"|do not think)\b"
    r"|可能|也许|或许|大概会|打算|计划(?!是|书|的|改|为)|(?<!联)想(?!法|象)|希望|准备|考虑|应该|应当|可以|能够|似乎|好像"
    r"|将会|会(?=[去改换搬调加入买养到])|要(?=去|改|换|搬|调|买|养|结婚|加入)"
    r"|快要|差点|建议|提议|最好|下周|明年|下个月|以后|将来|开玩笑|假装|不如",
    re.IGNORECASE,
)  # fmt: skip
_PAST = late.compile(
    r"\b(?:(?:was|were)(?! (?:just |recently |finally )?(?:re\w{3,}ed|moved|chang|rais|increas|lower|reduc|extend"
    r"|postpon"
    r"|push|shorten|updat|switch|promot|set|cut|assign|bump))|used to|originally|initially|previously|formerly"
    r"|at first|back (?:then|when|in)|at the time|years? ago"
    r"|months? ago|weeks? ago|when I was|as a (?:kid|child)|in the past|last (?:year|month|week)|earlier|before|old"
    r"|ex)\b"
    r"|原来|原先|原本|以前|之前|曾经|曾|当时|最初|一开始|过去|当初|那时|去年|上个月|小时候|前任",
    re.IGNORECASE,
)
_CHANGED = late.compile(
    r"\b(?:now|currently|nowadays|these days|as of|no longer|any ?more|instead|actually|correction|update|updated"
    r"|corrected"
    r"|new|newest|latest|recent|recently|just|finally|increased|reduced|revised|extended|rescheduled|postponed|delayed"
    r"|chang(?:ed|es)|switch(?:ed|es)|moved|raised|lowered|bumped|became|turned|upgraded|renamed|replaced|took over"
    r"|taken over|improved|adjusted|shortened|up to|down to)\b"
    r"|现在|目前|如今|眼下|最新|已经|已|改|换|更新|更正|纠正|不再|其实|实际上|刚刚|刚|调整|调到|调成|推迟|提前|延长"
    r"|搬|变成|新的?|涨到|降到|增加到|接手",
    re.IGNORECASE,
)  # fmt: skip
_OTHER = late.compile(
    r"\b(?:another|other|second|also|too|both|each|every|per|either|half)\b|另一|另外|也|每|各|第二|都", re.IGNORECASE
)
_SPOKEN = late.compile(r"[\"“「『][^\"”」』\n]{25,}[\"”」』]|(?m:^\s*>.*$)|[:：]\s*[\"“「『][^\"”」』\n]*[\"”」』]")
_TOLD = late.compile(
    r"that$|considering|especially", re.IGNORECASE
)  # what follows is taken for true, even in a question
_CORRECTS = late.compile(
    r"^\W*(?:no|wait|sorry|oops|actually|correction|update|in fact|my mistake|i misspoke|不对|错了|更正(?:一下)?"
    r"|纠正(?:一下)?|其实|更新(?:一下)?)\W*$",
    re.IGNORECASE,
)
_EMPTY = late.compile(r"^\W*$")


@dataclass(frozen=True, slots=True)
class Clause:
    """A stated clause, its values as private characters; `before` is the clause it follows in the same sentence."""

    text: str
    before: str
    real: bool  # not asked, planned, wished or guessed: what its verbs say has happened
    past: bool
    changed: bool
    other: bool  # about one more, or each of several
    values: tuple[Quantity, ...]


def without_code(text: str) -> str:
    """*text* with nothing of what stands between fences; all behind one that is left open is code."""
    return _CODE.sub("\n", text)


def prose(text: str, limit: int = READ_LIMIT) -> str:
    """The first *limit* characters of *text* that somebody says himself: no code, no quotes, no photographs."""
    return _SPOKEN.sub(" … ", _PHOTO.sub(" ", _CODE.sub("\n", text[: 2 * limit])))[:limit].replace("’", "'")


def clauses(sentence: str, worth: Callable[[str], bool], *, valued: bool = True) -> Iterator[Clause]:
    """The clauses of *sentence* that may state facts, in order; none where none is *worth* it, as it stands.

    *valued*: there may be amounts or times in it.
    """
    text, values = marked(sentence, valued=valued)
    parts = _BREAK.split(text)
    spans, marks = parts[0::2], [*parts[1::2], ""]
    if not any(worth(span.strip()) for span in spans):
        return
    before, real, announced, corrects = "", True, False, False
    for number, (span, mark) in enumerate(zip(spans, marks, strict=True)):
        if _EMPTY.match(span) and not re.search(MARK, span):
            continue
        if _REPORTED.search(span) or _CONDITION.search(span):
            return  # what follows in the sentence is theirs too, or depends on the condition
        asked = not announced and (bool(_ASKS.search(span)) or (mark[:1] in ("?", "？") and (number == 0 or not real)))
        real = not asked and not _UNREAL.search(span)
        corrects = corrects or bool(_CORRECTS.match(span))
        changed, past = corrects or bool(_CHANGED.search(span)), bool(_PAST.search(span))
        yield Clause(span.strip(), before, real, past, changed, bool(_OTHER.search(span)), tuple(values))
        announced = bool(_TOLD.search(mark))
        before = before if asked and before else span.strip()


def marked(sentence: str, *, valued: bool = True) -> tuple[str, list[Quantity]]:
    """*sentence* without contractions, its amounts and times as private characters, and these."""
    return quantities(_spelled(sentence), valued=valued)


def _spelled(sentence: str) -> str:
    """*sentence* without contractions."""
    if "'" in sentence or _HAD_TO in sentence.lower():
        for pattern, spelled in _CONTRACTED:
            sentence = pattern.sub(spelled, sentence)
    return sentence
