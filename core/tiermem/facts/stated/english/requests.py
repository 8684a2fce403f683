"""What a request takes for granted of its writer's own matters: "help me spend my increased budget of $650". Pure.

A figure that stands in a noun phrase is asserted by nobody, but taken for granted by who asks, plans or worries about
it, so it is read where clauses are not (`clauses`: what is asked or wanted states nothing).

Rule 1: the phrase is the writer's ("my", "our"), or "the" with a word that says that it changed in a sentence about
himself; what is supposed, or told of others, takes nothing for granted.
Rule 2: the whole phrase is read, up to where it ends; what is proposed, former or one of several is no value.
Rule 3: "my budget of $200" may be that of anything; the phrase says of what it is ("monthly budget", "budget for
shoes").
Rule 4: a figure has a unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tiermem.facts.quantities import MARK, Quantity
from tiermem.facts.stated.english.subjects import About
from tiermem.facts.stated.english.things import PERSONAL_HEAD, SHARED_HEAD, thing
from tiermem.facts.stated.english.words import APPOINTMENTS, SHARED
from tiermem.facts.stated.phrases import content
from tiermem.facts.stated.record import CHANGES, Stated
from tiermem.facts.stated.told import Told
from tiermem.text import late
from tiermem.text.analyzer import words_of

_NEWER = (
    r"(?:new|newest|latest|current|updated|increased|raised|reduced|lowered|extended|revised|adjusted|rescheduled"
    r"|postponed|improved|shortened|corrected)"
)
_WORDS = r"(?:[A-Za-z][\w'’/+&-]* ){0,4}?"
_BECAME = (
    r"(?:is (?:now|currently)|(?:has|have)(?: (?:now|recently|just|since|already|finally))*"
    r" (?:improved|increased|decreased|dropped|risen|grown|gone (?:up|down)|reached|fallen|been (?:moved|rescheduled"
    r"|postponed|extended|shortened|raised|increased|reduced|lowered|pushed|cut|changed|updated)(?: back| up| down)?)"
    r"(?: to)?)"
)
_NO_USE = r"(?!(?:this|that|these|those|him|her|them|it|me|us|any|each|every|now|example|instance|early|late)\b|mid-"
_NO_USE += r"|(?:the |next |last )?(?:week|month|year|day)\b)"
_USE = rf"(?P<use>{_NO_USE}[a-z][\w-]*(?: [a-z][\w-]*){{0,3}}?)"
_FOR = rf"(?: for (?:the |my |our )?{_USE})?"
_STOP = (
    r"(?=\s*$|\s*[^\w\s'’-]|\s+(?:and|but|or|so|to|is|was|by|on|in|at|as|with|while|when|because|since|like|such|which"
    r"|that|who|per|a|each|this|next|now|considering|especially|without|if|before|after|due|it|are|has|have|given"
    r"|including|instead|under|over|across|within|will|would|can|could|should|i|we)\b)"
)
_WHOSE = r"\b(?P<whose>[Mm]y|[Oo]ur|[Tt]he)"
_OF = late.compile(rf"{_WHOSE} (?P<newer>{_NEWER} )?(?P<what>{_WORDS}[a-z][\w-]*) of (?P<value>{MARK}){_FOR}{_STOP}")
_BEFORE = late.compile(
    rf"{_WHOSE} (?P<newer>{_NEWER} )?(?P<value>{MARK}) (?P<what>{_WORDS}(?:budget|deadline|limit|rent|salary|mortgage"
    rf"|target|goal|allowance|rate limit|timeout|fee)){_FOR}{_STOP}"
)
_WHICH = late.compile(
    rf"(?<!\bof )(?<!\bin )(?<!\bto )(?<!\bon )(?<!\bat )(?<!\bby )(?<!\bfor )(?<!\bfrom )(?<!\bwith )(?<!\binto )"
    rf"{_WHOSE} (?P<what>{_WORDS}[a-z][\w-]*),? which (?P<became>{_BECAME}|is) (?:about |around |at |roughly )?"
    rf"(?P<value>{MARK}){_STOP}"
)
_SET_ASIDE = late.compile(
    rf"\b(?:I|we)(?: have)?(?: (?:just|already|now|only))? (?:allocated|budgeted|set aside|earmarked)"
    rf" (?P<value>{MARK}) for (?:the |my |our )?{_USE}{_STOP}"
)
_FORMS = (_OF, _BEFORE, _WHICH)
# What a figure is supposed with, or told of others; more than the phrase itself could say.
_SUPPOSED = late.compile(
    r"\b(?:if|unless|suppose|supposing|imagine|assum(?:e|ing)|hypothetical\w*|what about|pretend|wish|instead of"
    r"|for (?:example|instance)|e\.g|let's say|whether|according to|used to|rather than|would have|could have"
    r"|should have|propos\w+|(?:he|she|they|[A-Z][a-z]+) (?:said|says|told|thinks?|wants?|wanted|suggest\w*|propos\w*"
    r"|claims?|asked|has|had|have|mentioned))\b"
)
_NO_VALUE = late.compile(
    r"\b(?:old|original|initial|previous|former|first|last|earlier|prior|proposed|suggested|possible|potential|ideal"
    r"|dream|hypothetical|maximum|minimum|max|min|average|half|part|rest|share|remaining|remainder|other|second|third"
    r"|next|each|every|additional|extra|some|most|kind|sort|type|version|list|set|series|pair|group|couple|bit|lot)\b",
    re.IGNORECASE,
)
_TIMED = late.compile(r"^ (?:in (?:\d|[A-Z])|this |next |last |during )")
_MINE = late.compile(r"\b(?:I|my|me|we|our|us)\b", re.IGNORECASE)
NAMED_BY = 2  # words that tell what a thing is, at least
_ONE = frozenset({"rent", "mortgage", "salary"})  # of which somebody has one
# Words of which one stands in whatever is found here.
CUES = words_of("of which budget deadline limit rent salary mortgage target goal allowance timeout fee allocated")
CUES |= words_of("budgeted aside earmarked currently has contains holds")


def taken_for_granted(text: str, values: Sequence[Quantity], speaker: str) -> Iterator[Stated]:
    """What *text*, a sentence with its *values* as private characters, takes for granted of *speaker*'s matters."""
    told = Told(text, values, speaker)
    for pattern in _FORMS:
        for match in pattern.finditer(text):
            if not _SUPPOSED.search(text[: match.start()]):
                yield from _figure(match, told, after=text[match.end() :])
    for match in _SET_ASIDE.finditer(text):
        after = text[match.end() :]
        money = told.quantity(match["value"]).kind == "money"
        if money and not (
            _SUPPOSED.search(text[: match.start()]) or _TIMED.match(after) or _NO_VALUE.search(match["use"])
        ):
            yield told.fact(speaker, f"budget for {match['use']}", match["value"], "figure")


def _figure(match: re.Match[str], told: Told, after: str) -> Iterator[Stated]:
    part = match.groupdict()
    became = bool(part.get("newer")) or (part.get("became") or "is") != "is"
    what = match["what"] if not part.get("use") else f"{match['what']} for {_bare(part['use'])}"
    theirs = match["whose"].lower() == "the"
    if _NO_VALUE.search(what) or _TIMED.match(after) or (theirs and not (became and _MINE.search(told.text))):
        return
    if not (PERSONAL_HEAD.search(match["what"]) or SHARED_HEAD.search(match["what"])):
        return
    value = told.quantity(match["value"])
    if value.kind == "count" and not value.unit:
        return  # "my 3 deadlines"
    found = thing(About(told.speaker, "", speaker=told.speaker), match["what"], measured=True, moved=became)
    if found is None:
        return
    attribute = found[1] if not part.get("use") else f"{found[1]} for {_bare(part['use'])}"
    if len(content(attribute)) < NAMED_BY and attribute not in _ONE:
        return
    fact = told.fact(found[0], attribute, match["value"], "figure")
    yield replace(fact, manner=CHANGES) if became else fact


def _bare(phrase: str) -> str:
    return re.sub(r"^(?:the|my|our) ", "", phrase)


# What a sentence speaks of before it says "it": a thing that is known, by its whole name.
_SPOKEN_OF = late.compile(
    rf"{_WHOSE} (?P<what>{_WORDS}(?:{SHARED}|{APPOINTMENTS})(?: (?:with|about|on) (?:(?:my|the) )?[\w.'-]+"
    rf"(?: (?!(?:on|for|at|to|and|so|that|which|is|was|has)\b)[\w.'-]+){{0,3}}?)?){_STOP}"
)


def of_named(fact: Stated, sentence: str, clause: str, speaker: str) -> Stated:
    """*fact*, of which "it" says what it is about, with the thing that *sentence* names before *clause*, if it does."""
    before = sentence[: max(0, sentence.find(clause[:12]))]
    for match in reversed([*_SPOKEN_OF.finditer(before)]):
        whose = About(speaker if match["whose"].lower() != "the" or _MINE.search(before) else "", "", speaker=speaker)
        if found := thing(whose, match["what"], measured=True, moved=True):
            return replace(fact, subject=found[0], attribute=found[1], kind="figure")
    return fact
