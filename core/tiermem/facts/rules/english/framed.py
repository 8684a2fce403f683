"""What is laid down in English inside of a frame: politely, as a question, with its reason first, for a time. Pure.

A frame ("could you please", "since I read this on my phone", "until Friday", "for future reference") is taken away, and
what is left is read by its structure: an order or a ban to who is spoken to, with a word that says that it holds for
more than once; what somebody labels, of himself or to be done; what holds whenever something is so.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tiermem.facts.rules.english.lookalikes import ONCE
from tiermem.facts.rules.english.ways import MADE
from tiermem.facts.rules.record import CONSTRAINT, WISH
from tiermem.text import late
from tiermem.text.analyzer import words_of

VERBS = (
    r"(?:use|keep|give|write|answer|reply|respond|show|explain|list|call|refer|address|stick|stay|avoid|skip|leave"
    r"|treat|include|exclude|cite|quote|format|translate|convert|round|check|double-check|ask|tell|put|add|mention"
    r"|name|make|limit|spell|speak|talk|assume|ignore|consider|start|begin|end|sign|send|book|schedule|plan|suggest"
    r"|recommend|propose|provide|return|report|measure|state|test|verify|confirm|log|save|store|mark|prefix|count"
    r"|express|present|prioriti[sz]e|focus|follow|respect|wait|let|be|do|pick|choose|run|commit|document|comment"
    r"|summari[sz]e|highlight|link|order|offer|read|review|remind|prefer|notify|inform|warn|flag|say|stop|quit|drop"
    r"|omit|delete|remove|touch|change|restart|deploy|merge|push|promise|share|post|attach|copy|cc|reveal|repeat"
    r"|apologi[sz]e|guess|invent|go|come|contact|open|close|pay|buy|cook|set|sort|split|wrap|indent|capitali[sz]e"
    r"|abbreviate|number|bring|turn|take|look|make up|print|draw|forward|disclose|try)"
)
_EACH = (
    rf"(?:\b(?:in|to|for|of|with|at|after|before|on|by|from|under|\w+ing) )(?:(?:each|every)(?: (?:single"
    rf"|one of your|of your))?|all(?: of)? (?:your|my|our|future))"
    rf" (?:\w+ )?(?:{MADE}|time|turn|repl(?:y|ies)|mails?|e-?mails?|quotes?|meetings?|dish(?:es)?|recipes?|schedules?)"
)
_LASTING = (
    r"(?:(?:^|[,;:–—] ?|\b(?:please|to|you|by|should|must|and|but|so|just|would|could|can|also|will|i|not"
    r"|like)\s)(?:always|never)"
    r"|always(?=\W*$)|(?:don't|do not|never|not)\b[^.?!]{0,60}\bever|each time|every ?time|any ?more(?= please|\W*$)"
    r"|every (?:day|morning|evening|night|week|month)|everywhere|in (?:the )?future|from (?:now|here|today"
    r"|this point)(?: on(?:wards?)?)?|(?:going|moving) forward"
    r"|henceforth|by default|in general|generally|unless (?:i|we|asked|told|otherwise)|until (?:further|i (?:say"
    r"|tell))|throughout"
    r"|at (?:all|any) times?|at a time|as a rule|(?:in|to|for|on|with|under|after|before"
    r"|at) all(?: of)?(?: the)? (?:\w+ )?"
    rf"(?:{MADE}|recipes|mails|e-?mails|quotes|meetings|schedules)|under (?:no|any) circumstances|for (?:good"
    rf"|next time)|no matter|the first time you|(?:can|could) we (?:please )?agree"
    rf"|whenever|^(?:starting|beginning|as of) (?:today|tomorrow|now|(?:this|next|the) \w+|\w+day|[a-z]{3, 9} \d|\d)"
    rf"|(?:don't|do not|never|not|no|stop)\b[^.?!,]{{2,80}} again(?=\W*$)|never again|{_EACH})"
)
LASTS = late.compile(rf"{_LASTING}\b", re.IGNORECASE)
"""What says that an order holds for more than once; in a question too."""
SCOPE = late.compile(
    rf"{_LASTING}\b|\bwhen (?:i|we) (?:ask|say|write|paste|send|post|share|upload|show|talk|mention|quote|give"
    rf"|call)\b",
    re.IGNORECASE,
)
"""The same in an order."""
_LABEL = (
    r"(?:so you know|for (?:(?:my|the) )?(?:future )?reference|for (?:the )?next time|for the record"
    r"|(?:please )?(?:make|take) (?:a )?note(?: of this)?(?: that)?|(?:please )?(?:do not"
    r"|don't) forget(?: that)?(?= (?:i|my|we|our|the|he|she)\b)|mind you"
    r"|be aware(?: that)?|in general|generally|by default|(?:please )?(?:remember|note|keep in mind"
    r"|bear in mind)(?: for (?:(?:the )?next time|later|the future|good))?(?: that)?"
    r"|one (?:more |last )?(?:thing|request|rule|wish)(?: though)?|as (?:always|usual|agreed)\b[^,:]{0,30}"
    r"|(?:my|the|our) (?:standing |usual )?(?:rule|wish|request)(?: is)?(?: that)?)[,:;–— ]+"
)
_POLITE = (
    r"(?:(?:could|can|would|will|may|might) (?:you|we)(?: (?:please|kindly|maybe|perhaps|possibly|also|just|all))*"
    r"(?: (?:mind|agree(?: that| to)?(?: you| we)?|make sure(?: that| to)?|be so kind(?: as to)?))?"
    r"|(?:is there |is it |would it be )?(?:any chance|possible|any way|ok|okay|all right|alright"
    r"|fine)(?: for you)?(?: that)?"
    r"(?: (?:you|we))?(?: (?:could|can|might|to))?"
    r"|i(?:'d| would| do)?(?: (?:really|also|just|very much|kindly))* (?:appreciate(?: it)? if|be (?:\w+ )?(?:glad"
    r"|grateful|happy"
    r"|thankful|delighted|obliged) if|love (?:it )?if|like|prefer|ask|want|need|expect|beg"
    r"|urge)(?: for)? you(?:r)?(?: to"
    r"| would| could)?|kindly|please|do me a favou?r(?: and|,|:)?|(?:it )?(?:would|will) (?:help"
    r"|be)\b[^,.]{0,30}? if(?: you)?"
    r"|you(?:'d|'ll| would| will| could| can) [\w ]{3,30}? by(?= (?:always|never|not)\b)|if (?:you (?:don't"
    r"|do not) mind|possible|it(?:'s| is) (?:ok|okay"
    r"|not too much trouble|possible)|that(?:'s| is) (?:ok|okay|possible)|you (?:can|could))|(?:make"
    r"|be) sure (?:that |to )?(?:you )?"
    r"|(?:you|we)(?:'re| are) to|you (?:should|must|need to|have to)|i (?:insist|ask) that you"
    r"|let(?:'s| us) agree (?:that|to)(?: you| we)?)[,:]? "
)
_REASON = (
    r"(?:(?:because|since|as(?! for| if| soon| long)|given(?: that)?|considering(?: that)?|seeing that|now that"
    r"|due to|thanks to"
    r"|(?:in order )?to (?:save|spare|avoid|help|make)) [^,;]{3,90}[,;] |[^,;]{3,110}[,;:–—]+ (?:so|therefore|hence"
    r"|thus"
    r"|that's why|which is why|for that reason)\b,? |that(?:'s| is) (?:the|why) [^.,]{0,30}[.,] )"
)
_PERIOD = (
    r"(?:(?:until|till|during|throughout|between|for the rest of|for the next|as of|starting|beginning|from|while|on)"
    r" (?!my\b|what\b|where\b|experience\b)(?:the |this |next |now )?[^,?]{2,40}?(?:,| on(?:wards?)?,?)? "
    r"|after \d[^,]{0,12}, |before \d[^,]{0,12}, )"
)
_FRAME = late.compile(
    rf"^(?:and |but |so |also |then )*(?:(?P<label>{_LABEL})|(?P<reason>{_REASON})|(?P<polite>{_POLITE}))",
    re.IGNORECASE,
)
_UNTIL = late.compile(
    rf"^{_PERIOD}(?P<core>(?:please )?(?:don't|do not|never|always|only|no|not|nobody|no one|everything|everyone|all"
    r"|every|each|any|anything|nothing|remind|write|answer|send|use|call|invoices?)\b.*)",
    re.IGNORECASE,
)
_ORDER = late.compile(
    rf"^(?:(?:please|kindly|also|just|only|always|never|again|don't|do not|not|ever|either|rather|really|actually) )*"
    rf"(?!let's|let us|do (?:you|we|i|they)\b|end of|be (?:ready|there|back)|make me\b)(?:{VERBS}|{VERBS[:-1]}"
    rf"|putting|leaving|using|ending|starting|writing|attaching|calling|sending|adding|mentioning|saying"
    r"|suggesting|including|giving|answering|replying|keeping|making|explaining|asking|telling|showing|quoting))\b"
    r"|^(?:no more|stop|quit|refrain from|steer clear)\b",
    re.IGNORECASE,
)
_EVER = late.compile(r"(?:always|never) (?!been|had|was)\w+", re.IGNORECASE)
_LIMITS = late.compile(
    r"^(?:(?:please|kindly|just) )*(?:don't|do not|never|avoid|skip|only|keep|leave|limit|stick|stay|use only|no|not)\b"
    r"(?! (?:worry|hesitate|forget|wait|bother|mind))",
    re.IGNORECASE,
)
_OWN = late.compile(
    r"^(?:(?:i|we) (?:\w+ly )?(?!(?:was|were|had|did|will|would|just|am|have|need|got|went|think|guess|hope|see|know"
    r"|feel|believe"
    r"|\w+ed)\b|want to\b)[a-z]+\b|i(?:'m| am)? (?:really |absolutely |strictly |only |always |never )*(?:don't"
    r"|do not|never|only|can't|cannot|hate|prefer"
    r"|like|want|need|won't|always|dislike|avoid|detest|take|eat|drink|fly|allergic|vegan|vegetarian)\b"
    r"|my (?:\w+ )?\w+ (?:can't|cannot|may not|mustn't|must|doesn't|don't|does not|hates?|prefers?|is (?:spelled|spelt"
    r"|written|pronounced|allergic|vegan|vegetarian|to be)|only|never|always)\b"
    r"|(?:we|they|he|she|the \w+) (?:never|don't|do not|only|always|can't|cannot|may not|may|must|mustn't|are not to"
    r"|is not to"
    r"|aren't allowed)\b|(?:nobody|everything|every|all|each|nothing|no)\b)",
    re.IGNORECASE,
)
_WHEN = late.compile(
    rf"^(?:when(?:ever)?|if|(?:each|every|any) ?time|before|after|unless|where(?:ver)?|in case(?: of)?)"
    r" (?:(?:i|you|we|a|an|any|something|anything|somebody|someone|there(?:'s| is| are)|it|the|two|several|doubt"
    r"|conflict"
    r"|trouble|problems?|errors?|asked|told|possible|necessary|needed|unsure)\b)[^,?]{0,80}, "
    rf"(?:(?:please|then|always|just|only|first|you|never|don't|do not|must|should|rather) )*"
    rf"(?!let(?:'s| (?:me|us|him|her|them) know)\b|send\b|share\b|bring\b|try\b|promise\b|come\b|go (?!for\b)|take\b"
    rf"|look\b"
    rf"|do you|be (?:sure|careful|ready)\b)(?:{VERBS})\b",
    re.IGNORECASE,
)
_QUANTIFIED = late.compile(
    r"^(?:everything|everyone|all|every|each|any|anything|nobody|no one|nothing)\b[^,?]{1,60}"
    r"\b(?:goes|gets|needs?|requires?|comes?|merges?|touch(?:es)?|pass(?:es)?|stays?|ends?|leaves?)\b",
    re.IGNORECASE,
)
_BANNED_THINGS = late.compile(
    rf"^(?:please,? |absolutely |strictly |really,? )*no (?:\w+ )?(?:{MADE}|small talk|emojis?|bullet points?"
    rf"|bullets|jargon|fluff"
    r"|markdown|html|lists?|tables?|code|apolog(?:y|ies)|spoilers|clich[eé]s?|metaphors?|filler|abbreviations|acronyms"
    r"|exclamation marks|slang|swearing|ads|nicknames|guesses|guessing|placeholders|pleasantries|chit-?chat|flattery)"
    r"(?:,? (?:please|ever|thanks|thx))?[.!]*$|^(?:stop|quit) (?:with|it with) (?:the|your|all|those|these) \w+"
    r"|^no more (?!\w+ing\b)\S.{1,40}? (?:at|in|from|about|per|with|before|after|of|please)\b"
    r"|^no more [\w -]{3,30}, please[.!]*$"
    r"|^don't you (?:dare |ever )(?:ever )?\w+|^you(?:'re| are) (?:not|never) (?:allowed )?to \w+",
    re.IGNORECASE,
)
ASKS = late.compile(r"^(?:can|could|would|will|do) (?:you|we)\b", re.IGNORECASE)
# Whatever is read here has one of these words, begins with one of the next, or with one of the last and has "you".
_CUES = words_of(
    "always never ever anymore whenever future forward henceforth default generally unless everywhere anytime reference"
    " kindly refrain favour favor forget stop quit avoid note remember so therefore hence why"
)
_FIRST = words_of(
    "no when if before after where wherever since because given considering seeing to until till during throughout"
    " between from starting beginning as on for while could can would will is any every each in one"
    " please don't do mind you're"
)
_SPEAKS = words_of("i i'd you you're you'd it it'd")


def may(said: str, words: frozenset[str]) -> bool:
    """Whether *said*, with these *words*, may be one that is read here."""
    first = said.split(" ", 1)[0].rstrip(",").lower()
    return not _CUES.isdisjoint(words) or first in _FIRST or (first in _SPEAKS and "you" in words)


class Framed(NamedTuple):
    """What stands inside of a sentence's frames, and of what kinds these were."""

    core: str
    labelled: bool
    reasoned: bool


def opened(said: str) -> Framed:
    """*said* without its frames."""
    core, labelled, reasoned = said, False, False
    for _ in range(4):
        found = _FRAME.match(core)
        if not found:
            break
        labelled = labelled or bool(found["label"])
        reasoned = reasoned or bool(found["reason"])
        core = core[found.end() :]
    return Framed(core, labelled, reasoned)


def kind_of(said: str, inner: Framed, *, once: bool) -> str:
    """The kind of what *said*, which holds what is *inner*, lays down, "" for nothing; *once*: it is of one thing or
    moment."""
    core = inner.core
    if core.rstrip("\"' )").endswith("?"):
        return WISH if core != said and _ORDER.match(core) and LASTS.search(said) else ""
    if (_ORDER.match(core) or (core != said and _EVER.match(core))) and (LASTS if ASKS.match(said) else SCOPE).search(
        said
    ):
        return "" if ONCE.search(said) else WISH
    if once:
        return ""
    found = _UNTIL.match(core)
    if found and (_ORDER.match(found["core"]) or _QUANTIFIED.match(found["core"])):
        return CONSTRAINT
    if _WHEN.match(core):
        return WISH
    limits = _BANNED_THINGS.match(core) or (inner.labelled and (_ORDER.match(core) or _OWN.match(core)))
    limits = limits or (inner.reasoned and (_LIMITS.match(core) or _QUANTIFIED.match(core)))
    return CONSTRAINT if limits and not ONCE.search(core) else ""
