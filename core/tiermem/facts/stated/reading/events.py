"""What somebody says that he did, or never did: "I met Kelly at the book club", "I've never met Kelly". Pure.

These are read to be compared, and are no facts that anybody asks for (`EVENT`): a denial says that what was told before
never was so, and what was told after it has its place.

Rule 1: both are of the speaker's own doing, with the same verb and the same thing, which has a name or two words of its
own; "I've never tested it" is about anything.
Rule 2: a denial that is narrower than what was told denies nothing of it: "never met Kelly at any bar" leaves the
library. So it is read with its place, and what was told of that place has it too.
Rule 3: what is supposed, asked or told of others did not happen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from tiermem.facts.clauses import prose, without_code
from tiermem.facts.stated.phrases import content
from tiermem.facts.stated.reading.handed import own
from tiermem.facts.stated.reading.statements import PASTED, jokes, told_by
from tiermem.facts.stated.record import CORRECTS, EVENT, NO, STATES, YES, Stated, tidy
from tiermem.text import late
from tiermem.text.analyzer import words_of
from tiermem.text.sentences import split_by_rules

MOST = 6  # of one message
# Each verb as it is said behind "have", and as it is said alone where that is another word.
_PAST = {
    "seen": "saw",
    "written": "wrote",
    "taken": "took",
    "eaten": "ate",
    "spoken to": "spoke to",
    "driven": "drove",
    "been to": "went to",
    "flown to": "flew to",
    "run": "ran",
}
_SAME = words_of(
    "met used tried visited read watched completed solved finished attended installed downloaded deployed"
    " integrated implemented tested rotated synchronized migrated configured ordered bought played hired"
    " owned signed fixed built created published joined studied practiced practised received cancelled"
    " canceled missed booked paid submitted placed reviewed cooked"
)
_SAME |= {
    "worked with",
    "talked to",
    "listened to",
    "applied for",
    "travelled to",
    "traveled to",
    "lived in",
    "worked at",
    "worked for",
    "enrolled in",
}
_PAST |= {verb: verb for verb in _SAME}
_DONE = {alone: had for had, alone in _PAST.items()} | {had: had for had in _PAST}
_VERBS = "|".join(sorted(_DONE, key=len, reverse=True))
_HAD = "|".join(sorted(_PAST, key=len, reverse=True))
_SURELY = r"(?:(?:just|already|recently|finally|actually|also|even|really|once|personally|now) )*"
_ANY = (
    r"(?:(?:any|some|a|an|the|my|our|those|these|all|several|many|two|three|four|five|six|seven|eight|nine|ten"
    r"|about|over"
    r"|attorney|doctor|dr\.?|\d+) )*"
)
_WORD = r"[A-Za-z0-9][\w.+#'’&/-]*"
_ENDING = (
    r"(?:before|until|till|yet|so|but|and|or|because|when|while|since|using|with|on|at|in|by|from|during|after|last"
    r"|yesterday"
    r"|today|ago|that|which|who|whom|to|as|back|again|myself|together|via|through|like|once|twice|thanks|this"
    r"|recently|is|was"
    r"|are|were|has|have)"
)
_THING = rf"[\"“]?(?P<what>{_WORD}(?: (?!{_ENDING}\b){_WORD}){{0,6}})[\"”]?"
_DETERMINERS = late.compile(r" (?:any|some|a|an) ")
_PLACE = rf"(?P<where>(?:[A-Za-z][\w'’-]*)(?: (?!{_ENDING}\b)[A-Za-z][\w'’-]*){{0,5}})"
_TOLD = late.compile(
    rf"(?:^|[,;:.–—-] ?|\b(?:and|but|so|because|since|as|considering|(?i:the fact that)|where|then) )I(?:['’]ve"
    rf"| have)? {_SURELY}"
    rf"(?P<verb>{_VERBS}) {_ANY}{_THING}(?:[^,;.?!]{{0,40}}? at {_ANY}{_PLACE})?"
)
_WE_MET = late.compile(
    r"\bI(?:['’]ve| have)? (?:been )?work(?:ing|ed)? with (?P<what>[A-Z][a-z]+)\b[^.?!]{0,120}?\b(?:since|when"
    r"|after) we met\b"
)
_NEVER = late.compile(
    rf"\bI(?:['’]ve never| have never| have not ever| haven['’]t ever) {_SURELY}(?P<verb>{_HAD}) {_ANY}{_THING}"
    rf"(?: at any {_PLACE}(?: or {_PLACE.replace('where', 'where2')})?)?"
    r"(?: (?:before|yet|ever|so far|at all|myself|in (?:this|my|the) project|to (?:draft|write|make) my \w+))*"
    r"(?=\s*$|\s*[,;.!?]|\s+(?:so|but|because|or)\b|\s+and (?:I|it|that|we|so|now)\b)"
)
# "Any digital software like WillMaker Pro": what it is like is denied.
_LIKE = late.compile(
    rf"\bI(?:['’]ve never| have never) {_SURELY}(?P<verb>{_HAD}) any [a-z][\w -]{{2,40}}?,? (?:like|such as)"
    r" (?P<what>[A-Z][\w.+#-]*(?: [A-Z][\w.+#-]*){0,3})"
)
_UNREAL = late.compile(
    r"\b(?:if|whether|unless|wish|as though|as if|like|pretend|imagine|suppose|say|says|said|told|thought|dreamed"
    r"|when|once"
    r"|until|after|before|in case|almost|nearly) *$",
    re.IGNORECASE,
)
_CUES = late.compile(r"\bI(?:['’]ve| have)? ", re.IGNORECASE)
_ZH_VERBS = (
    "见|用|去|看|读|写|做|完成|解|试|参加|安装|部署|学|吃|喝|买|玩|听|坐|养|住|认识|拜访"
    "|测试|集成|下载|提交|预订|加入|签|修"
)
_ZH_ANY = r"(?:任何|一些|几[个次本篇道]|[一二两三四五六七八九十\d]+[个次本篇道部款种场件份]|那[个本部]|这[个本部])?"
_ZH_THING = r"(?P<what>[^，。！？；、\s的了过吗呢吧]{2,14})"
_ZH_NEVER = late.compile(
    rf"我(?:自己|可|还|其实|真的)*(?:从来都?没有?|从没有?|从未"
    rf"|压根没有?)(?P<verb>{_ZH_VERBS})过{_ZH_ANY}{_ZH_THING}(?=了?(?:[，。！；、]|$))"
)
_ZH_TOLD = late.compile(
    rf"(?:^|[，。；])我(?:们)?(?:已经|曾经|以前|之前|刚刚?|昨天|前天|上周|上个月|去年|今天|上次|早就|终于|也"
    rf"|还)*[^，。！？；没不想要会能可如若]{{0,8}}?"
    rf"(?P<verb>{_ZH_VERBS})(?:过|了|完了?){_ZH_ANY}{_ZH_THING}(?=了?(?:[，。！；、]|$))"
)
_HAN = late.compile("[\u4e00-\u9fff]")


def events(text: str, speaker: str) -> list[Stated]:
    """What *text*, said by *speaker*, says that he did or never did; at most `MOST`, each once."""
    if len(text) > PASTED:
        text = without_code(text)
    if len(text) > PASTED or jokes(text) or not (_CUES.search(text) or "我" in text):
        return []
    found: dict[tuple[str, str], Stated] = {}
    for sentence in split_by_rules(prose(own(text))):
        if told_by(sentence):
            continue
        for fact in _chinese(sentence, speaker) if _HAN.search(sentence) else _english(sentence, speaker):
            found.setdefault((fact.attribute.casefold(), fact.value), fact)
    return list(found.values())[:MOST]


def _english(sentence: str, speaker: str) -> Iterator[Stated]:
    for match in _NEVER.finditer(sentence):
        if _real(sentence, match):
            places = [place for name in ("where", "where2") if (place := match[name])]
            for place in places or [""]:
                yield from _event(speaker, match["verb"], match["what"], NO, place)
    for match in _LIKE.finditer(sentence):
        if _real(sentence, match):
            yield from _event(speaker, match["verb"], match["what"], NO)
    for match in _TOLD.finditer(sentence):
        if _real(sentence, match) and not sentence.rstrip().lower().startswith(("if ", "suppose ", "imagine ")):
            yield from _event(speaker, _DONE[match["verb"]], match["what"], YES)
            if match["where"]:
                yield from _event(speaker, _DONE[match["verb"]], match["what"], YES, match["where"])
    for match in _WE_MET.finditer(sentence):
        yield from _event(speaker, "met", match["what"], YES)


def _real(sentence: str, match: re.Match[str]) -> bool:
    return not _UNREAL.search(sentence[: match.start()])


def _event(speaker: str, verb: str, what: str, value: str, where: str = "") -> Iterator[Stated]:
    if what[0].isupper():
        what = what.partition(" for ")[0]
    if not (what[0].isupper() or len(content(what)) > 1):
        return
    what = _DETERMINERS.sub(" ", what)
    place = f" at {' '.join(where.split()[-2:]).lower()}" if where else ""
    manner = CORRECTS if value == NO else STATES
    yield Stated(speaker, tidy(f"{_one_verb(verb)} {what}{place}"), value, EVENT, manner)


@lru_cache(maxsize=256)
def _one_verb(verb: str) -> str:
    return _DONE.get(verb, verb)


def _chinese(sentence: str, speaker: str) -> Iterator[Stated]:
    if sentence.rstrip().endswith(("?", "？", "吗", "呢")):
        return
    for pattern, value in ((_ZH_NEVER, NO), (_ZH_TOLD, YES)):
        for match in pattern.finditer(sentence):
            manner = CORRECTS if value == NO else STATES
            yield Stated(speaker, f"{match['verb']}过{match['what']}", value, EVENT, manner)
