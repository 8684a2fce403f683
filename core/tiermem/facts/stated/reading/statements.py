"""The facts that a message states for certain, by rules in English and Chinese.

Rule 1: precision first. What is asked, supposed, planned, wished, guessed, joked, quoted or told of others' words is no
fact, nor is what has no subject that can be known.
Rule 2: most messages state none; single words tell which sentences may, before any is read closely.
Rule 3: no text makes these functions raise; the time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from tiermem.facts.clauses import Clause, clauses, marked, prose, without_code
from tiermem.facts.quantities import MARK
from tiermem.facts.stated.chinese import requests as chinese_requests
from tiermem.facts.stated.chinese import rules as chinese_rules
from tiermem.facts.stated.chinese import things as chinese_things
from tiermem.facts.stated.dating import dated
from tiermem.facts.stated.english import livelihood, requests, rules, things
from tiermem.facts.stated.english.subjects import about
from tiermem.facts.stated.reading.gates import chinese, may_joke, may_state
from tiermem.facts.stated.reading.gates import english as english_may_state
from tiermem.facts.stated.reading.greetings import greets, introduced
from tiermem.facts.stated.reading.handed import own
from tiermem.facts.stated.reading.lists import listed
from tiermem.facts.stated.record import Stated, attribute_key, value_key
from tiermem.facts.stated.told import Told
from tiermem.text import late
from tiermem.text.analyzer import HAN, words_of
from tiermem.text.chinese_numerals import COUNTS
from tiermem.text.sentences import split_by_rules
from tiermem.text.synonyms import simplified

MOST = 12  # facts of a message; more is a table
PASTED = 2_000  # characters without code; who tells something of his own does it in fewer, what is longer is pasted
# Letters, forms and profiles that somebody writes for others, or about them.
_OTHERS = late.compile(
    (
        r"^\s*Dear\b|\bSincerely,|\[(?:Your|Employer|Company|Name)|^\s*(?:Interviewer|Q|User|Customer"
        r"|Agent)\s*:|^You are (?:a|an|the)\b"
    ),
    re.MULTILINE,
)
_HAN = late.compile(f"[{HAN}]")
_WORD = late.compile("[a-z]+")
_DIGIT = late.compile(r"\d")
_ZH_VALUE = late.compile(rf"\d|[{COUNTS}十]|周|星期|礼拜")
_WORDS = late.compile(r"[a-z][a-z'’-]*")
_MARK = late.compile(MARK)
_JOKE = late.compile(
    r"\byeah,? right\b|(?:^|\s)/s\b|\bjust kidding\b|\bjk\b|\bkidding\b|\bsaid no one\b|\bin my"
    r" dreams\b|\bas if\b|\boh,? (?:sure|great|joy|yay|wonderful|perfect|fantastic|lovely)\b"
    r"|\bnot really\b|\byeah,? sure\b|\bsure,? (?:and|because)\b|🙄|\btotally (?:not|love)\b"
    r"|\bsarcasm\b|\bpretend|\brole-?play|\bapril fools?\b|\bobviously\b[^.]*!\s*$|\bof course I"
    r" (?:love|enjoy|live)\b|\bI (?:just|simply|absolutely) (?:love|adore|LOVE)\b[^.]*\b(?:when|waiting"
    r"|being|getting|sitting|paying|traffic|meetings?|mondays?|queues?)\b|\bwho does ?n[o']t love\b",
    re.IGNORECASE,
)
_JOKE_ZH = late.compile(
    r"才怪|呵呵|开玩笑|骗你的|逗你|反话|做梦都|讽刺|愚人节|我可真是|真是太?“|🙃|假的|瞎说|扮演|谢谢啊"
)
_QUOTED = late.compile(r"[\"“「『‘](?=[^\"”」』’\n]*[ ，。我])[^\"”」』’\n]{6,}[\"”」』’]|(?<!\w)'[^'\n]{12,}'(?!\w)")
_TOLD_BY = late.compile(
    r"[,，]?\s*\b(?:he|she|they|[A-Z][a-z]+|my \w+)\s+(?:said|says|told|claims|claimed|wrote|joked"
    r"|insisted|replied|texted|keeps? saying)\b"
    r"|(?:^|[.!?]\s+)(?!(?:Update|Correction|News|Note|Context|Background|Edit|Ps|Reminder|Fact|Info"
    r"|Status|Ok|Fyi|Btw|Also|Again|Sorry|Wait|No)\b)(?-i:[A-Z][a-z]+):\s+(?-i:I|My|We)\b"
    r"|\b(?:said|says|wrote|claims|told (?:me|us)) (?:he|she|they|my|the|[A-Z])"
    r"|^\W*(?:translate|rewrite|rephrase|proofread|correct|summari[sz]e|paraphrase|example|sample"
    r"|prompt|write|draft|quote|lyrics|dialogue|scene|story|act as|you are|say|repeat)\b"
    r"|\b(?:in (?:my|the|this|a) (?:novel|story|book|game|dream|movie|film|play|script|scene|poem|song"
    r"|sim|simulation|example|essay)|the (?:narrator|character|protagonist)|lyrics|the phrase|the"
    r" sentence|means in (?:english|chinese|french|spanish|german))\b",
    re.IGNORECASE,
)
_TOLD_BY_ZH = late.compile(
    r"翻译|改写|润色|台词|歌词|小说|剧本|例句|造句|这句话|他说|她说|他们说|有人说|据说|听说|主角|角色"
    r"|梦见|梦到|作文|写一[篇段封]"
)
_HYPOTHETIC = late.compile(
    r"\b(?:wish|if only|would|could|might|(?-i:may)|should|if|unless|suppose|imagine|assuming|whether"
    r"|hopefully|hoping|almost|nearly|thinking (?:of|about)|considering|planning|plan to"
    r"|want to|wanted to|wants to|going to|gonna|about to|supposed to|meant to|used to be able|dream of"
    r"|dreaming|expect(?:s|ed|ing)? to|pretend|feels? like|as though|like I|probably|perhaps|maybe"
    r"|possibly|apparently"
    r"|i (?:guess|think|believe|suppose|doubt|wonder)|not sure|unsure|someday|one day|eventually|soon"
    r"|until|before I|what if|let's say|for example|e\.g)\b",
    re.IGNORECASE,
)
_HYPOTHETIC_ZH = late.compile(
    r"如果|要是|假如|假设|倘若|万一|的话|打算|计划(?!书)|想要|希望|准备|考虑|可能|也许|或许|大概会"
    r"|应该会|恨不得|巴不得|差点|本来想|早知道|就好了|比如|例如|好像|似乎|据说"
)
# Dots that end no sentence: of titles, of letters ("U.S. but"), of initials ("J. R. Smith", "Anna B. Lee").
_DOTTED = (
    (late.compile(r"\b(Dr|Mr|Mrs|Ms|Prof|St|Mt|Ft)\.\s(?=[A-Z])"), r"\1 "),
    (late.compile(r"\b([A-Z])\.(?=[A-Z]\.)"), r"\1"),
    (late.compile(r"\b([A-Z]{2,4})\.(?= [a-z]|,)"), r"\1"),
    (late.compile(r"\b([A-Z])\. (?=[A-Z]\. [A-Z][a-z])"), r"\1 "),
    (late.compile(r"\b([A-Z] [A-Z]|(?:is|am|I'm|I’m) [A-Z])\. (?=[A-Z][a-z])"), r"\1 "),
    (late.compile(r"\b((?!Plan|Vitamin|Option|Type|Grade|Team|Class)[A-Z][a-z]+ [A-Z])\. (?=[A-Z][a-z])"), r"\1 "),
)
# What would part a clause, or look like what others say: 不过 in 不过敏, 说 in 会说.
_ZH = (
    (late.compile(r"^\s*(?:哎呀?|啊|抱歉|不好意思)?[，,]?我?(?:说|写|打|记|搞)错了[，,。：:]?"), "不对，"),
    (
        late.compile(
            r"^\s*(?:跟你说一下|跟你说|跟大家说一下|告诉你|顺便说一下|顺便说|补充说明|说一下|说个事)[，,：:]?"
        ),
        "",
    ),
    (late.compile("不过敏"), "不会过敏"),
    (late.compile("会说"), "会讲"),
    # "是 50 元", "5 月 3 日": blanks that typesetting puts in.
    (late.compile(f"(?<=[{HAN}]) (?=[0-9A-Za-z$¥€£])|(?<=[0-9]) (?=[年月日号点])"), ""),
)
_UNTIL = late.compile(r"(\b(?:from|between) (?:\w+ ){0,2}[12]\d{3}) (?:until|till) (?=(?:\w+ ){0,2}[12]\d{3}\b)")
_SUBJECTLESS = late.compile(
    r"^(?:只[吃能]|叫(?![他她我你它了])|是|住|在|做|养|对|有|喜欢|讨厌|不|没|戒|学|会|爱|来自|老家|属"
    r"|搬|跳槽|转行|入职|离职|辞|升|结婚|离婚|订婚|毕业|退休|\ue000|[\ue000-\uf0ff])"
)
_I = late.compile(r"\bi\b(?!\.e)")


def stated(text: str, speaker: str, said: float | None = None) -> list[Stated]:
    """What *text*, said by *speaker* of himself and his things at *said* (wall-clock seconds), states; at most `MOST`
    facts, in order.

    A fact without an attribute refers to what was spoken of before (`resolving.py`).
    """
    if len(text) > PASTED:
        text = without_code(text)
    if len(text) > PASTED:
        return []
    if not text.isascii() and (plain := simplified(text)) != text:
        return [_as_written(fact, plain, text) for fact in _stated(plain, speaker, said)]
    return _stated(text, speaker, said)


def _as_written(fact: Stated, plain: str, text: str) -> Stated:
    """*fact*, read of *plain*, with its value in the characters of *text*; attributes are the same in either."""
    start = plain.find(fact.value) if fact.value else -1
    return fact if start < 0 else replace(fact, value=text[start : start + len(fact.value)])


def _stated(text: str, speaker: str, said: float | None) -> list[Stated]:
    if jokes(text) or _OTHERS.search(text):
        return []
    if "." in text:
        for dotted, plain in _DOTTED:
            text = dotted.sub(plain, text)
    named = introduced(own(text), speaker) if greets(text) else []
    if not named and not may_state(text):
        return []
    return list(dict.fromkeys(islice((*named, *_facts(text, speaker, said)), MOST)))


# One of these words stands in whatever `_TOLD_BY`, or `_HYPOTHETIC`, finds in English; most sentences have none.
_TELLING = words_of(
    "said says told claims claimed wrote joked insisted replied texted keep keeps translate rewrite rephrase "
    "proofread correct summarize summarise paraphrase example sample prompt write draft quote lyrics dialogue "
    "scene story act you say repeat novel book game dream movie film play script poem song sim simulation essay "
    "narrator character protagonist phrase sentence means"
)
_SUPPOSING = words_of(
    "wish if would could might may should unless suppose imagine assuming whether hopefully hoping almost nearly "
    "thinking considering planning plan want wanted wants going gonna about supposed meant used dream dreaming "
    "expect expects expected pretend feel feels as like probably perhaps maybe possibly apparently guess think believe "
    "doubt wonder not unsure someday one eventually soon until before what let example e"
)


_NUMBERS = words_of(
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty monday tuesday "
    "wednesday thursday friday saturday sunday"
)


def _valued(sentence: str) -> bool:
    """Whether an amount or a time may stand in *sentence*."""
    return bool(_DIGIT.search(sentence)) or not _NUMBERS.isdisjoint(_words(sentence))


def jokes(text: str) -> bool:
    """Whether *text* says that it is no earnest."""
    return (not text.isascii() and bool(_JOKE_ZH.search(text))) or (may_joke(text.lower()) and bool(_JOKE.search(text)))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def told_by(sentence: str) -> bool:
    """Whether *sentence* tells what others say, or is an example, a quote or a piece of fiction."""
    if _HAN.search(sentence) and _TOLD_BY_ZH.search(sentence):
        return True
    if ":" not in sentence and _TELLING.isdisjoint(_words(sentence)):
        return False
    return bool(_TOLD_BY.search(sentence))


def _supposed(clause: str) -> bool:
    """Whether *clause* tells what is planned, wished, supposed or not known for sure."""
    if _HAN.search(clause) and _HYPOTHETIC_ZH.search(clause):
        return True
    return not _SUPPOSING.isdisjoint(_words(clause)) and bool(_HYPOTHETIC.search(clause))


def _facts(text: str, speaker: str, said_at: float | None) -> Iterator[Stated]:
    said = _QUOTED.sub(" … ", prose(own(text)))
    for sentence in split_by_rules(said):
        chinese_one = bool(_HAN.search(sentence))
        if not (chinese(sentence) if chinese_one else english_may_state(sentence.lower())) or told_by(sentence):
            continue
        if not chinese_one:
            english = _I.sub("I", sentence)
            yield from _without_doubles(listed(_in_english(english, speaker, said_at), english))
        elif not sentence.rstrip().endswith(("?", "？")):
            yield from listed(_chinese(sentence, speaker, said_at), sentence)
        if chinese_one:
            yield from chinese_requests.taken_for_granted(*marked(sentence), speaker)


def _in_english(sentence: str, speaker: str, said_at: float | None) -> Iterator[Stated]:
    sentence = _UNTIL.sub(r"\1 to ", sentence)  # "until" alone says that something may still be so
    text, values = marked(sentence)
    for clause in clauses(sentence, lambda span: english_may_state(span.lower()), valued=_valued(sentence)):
        if not clause.real or _supposed(clause.text):
            continue
        words = frozenset(_WORDS.findall(clause.text.lower()))
        told = _told(clause, speaker)
        found = [requests.of_named(fact, text, clause.text, speaker) for fact in things.back(told)]
        if not found and (whose := about(clause.text, speaker)) is not None:
            if whose.thing:
                found = [*things.of_thing(whose, told)]
            else:
                found = [*rules.of_person(whose, told, words)] or [*things.of_mover(whose, told)]
        yield from dated([*found, *livelihood.beside(told)], told, said_at)
    yield from requests.taken_for_granted(text, values, speaker)


def _without_doubles(facts: Iterator[Stated]) -> Iterator[Stated]:
    """*facts* of one sentence, of one thing and value the first."""
    seen: set[tuple[str, str, str]] = set()
    for fact in facts:
        key = (fact.subject, attribute_key(fact.attribute) if fact.attribute else "", value_key(fact.value))
        if key not in seen:
            seen.add(key)
            yield fact


def _chinese(sentence: str, speaker: str, said_at: float | None) -> Iterator[Stated]:
    for pattern, put in _ZH:
        sentence = pattern.sub(put, sentence)
    his = False
    for clause in clauses(sentence, chinese, valued=bool(_ZH_VALUE.search(sentence))):
        text = chinese_rules.unled(clause.text)
        if not clause.real or _supposed(clause.text):
            his = False
            continue
        told = _told(clause, speaker)
        if his and _SUBJECTLESS.match(text):
            told = replace(told, text="我" + text)
        else:
            his = bool(_HIS.match(text))
        found = [*chinese_rules.of_clause(told)]
        found = found or [*chinese_things.back(told, chinese_rules.unled(told.text.strip()))]
        yield from dated(found, told, said_at)


def _told(clause: Clause, speaker: str) -> Told:
    corrects = bool(_CORRECTS.match(clause.text)) or bool(_CORRECTS.fullmatch(clause.before))
    return Told(clause.text, clause.values, speaker, clause.changed, corrects, clause.past, clause.other)


_HIS = late.compile(
    r"我(?!们?的?(?:妻|老婆|丈|老公|爱人|女|男|未婚|姐|妹|哥|弟|妈|爸|母|父|儿|老板|领导|室友|舍友|同|闺"
    r"|发小|好朋|爷|奶|外|姥|岳|公公|婆|叔|舅|姑|阿姨|表|堂|导师|房东|邻居|教练|家教|侄|孙|狗|猫|朋友))"
)
_CORRECTS = late.compile(
    r"^\W*(?:(?:(?:no(?! (?:longer|one|more|doubt)\b)|wait|sorry|oops|correction|my mistake|my bad|i misspoke"
    r"|scratch that|i was wrong|i meant|typo|i made a mistake|actually no|oh wait|let me correct that|i mistyped"
    r"|i mixed that up|that was wrong|strike that)\b"
    r"|不对|错了|更正(?:一下)?|纠正(?:一下)?|说错了|我说错了|记错了|我记错了|写错了|打错了|口误|搞错了)\W*)+",
    re.IGNORECASE,
)
