"""More ways in which something is laid down in English, by kind of sentence: no word of them says "rule". Pure.

They are asked last (`kinds.py`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tiermem.facts.rules.english import tastes, ways
from tiermem.facts.rules.record import CONSTRAINT, DEADLINE, NEED, WISH
from tiermem.text import late
from tiermem.text.analyzer import words_of

_OWN = r"(?:i|we|he|she|they|my \w+|our \w+|the (?:kids|children|baby|dog|cat)|kids|children)"
_DO = (
    r"(?:avoid|no|don't|never|pick|choose|give me|use|keep|schedule|only|stick|book|leave|skip|make sure|put|send"
    r"|write"
    r"|stay|plan|find|speak|read|recommend|suggest|nothing)"
)
_BODY = late.compile(
    rf"\b(?:i'm|i am|we're|we are|he's|she's|he is|she is|my \w+ is|my \w+'s) (?:(?:very|a bit|quite|severely"
    rf"|partly|badly) )?(?:on an? (?:[\w-]+ ){{1,3}}diet"
    r"|colou?r-?blind|deaf|blind|hard of hearing|dyslexic|epileptic|asthmatic|left-handed|in a wheelchair"
    r"|afraid of (?:\w+ )?(?:heights|flying|dogs|needles|water|spiders)"
    r"|scared of (?:\w+ )?(?:heights|flying|dogs|needles|water|spiders)|claustrophobic)\b"
    rf"|\b{_OWN} (?:get|gets) (?:car|sea|motion|air)-?sick\b|\bmy (?:hearing|eyesight|sight|back|knees?|heart"
    rf"|stomach|hips?) (?:is|are) (?:bad|poor|weak|not good|failing)\b"
    r"|\bi have (?:diabetes|asthma|epilepsy|arthritis|high blood pressure|a heart condition|a bad (?:back|knee"
    r"|hip)|dyslexia|adhd)\b",
    re.IGNORECASE,
)
# "I go to bed at ten, so schedule reminders before that."
_REASON = late.compile(
    rf"^{_OWN}(?: |'m |'re |'s )(?!(?:just|was|were|had|did|tried|got|think|thought|guess|need"
    rf"|want)\b)[^,?;]{{3,60}},? so (?:please )?{_DO}\b(?! (?:idea|problem|worries))"
    r"|^(?:my|our) [^,?;]{3,60} (?:is|are|has|have) [^,?;]{2,40},? so (?:please )?"
    rf"{_DO}\b(?! (?:idea|problem|worries))"
    r"|^my readers? (?:are|is) \w+",
    re.IGNORECASE,
)
# "Titles stay below sixty characters", "Prices with two decimals": what shall be so of all of a kind.
_OF_ALL = late.compile(
    r"^(?!(?:some|many|most|several|few|things?|kids|days|these|those|they|we|people|guys|plans?|thanks|lots"
    r"|loads|dreams|feelings|times)\b)(?:[\w-]+ ){0,2}[a-z-]+s"
    r" (?:go|stay|remain|come|start|end|are written|are to be|get)"
    r" (?:in|under|below|at|as|within|before|after|above|without|lowercase|uppercase|private|untouched) ?(?!a\b"
    r"|my mind|touch\b|love\b|all\b)[^.?!]*[.!]?$"
    r"|^(?!(?:thanks|best|congrats|cheers|greetings|lots)\b)(?:[\w-]+ )?[a-z-]+s (?:with(?:out)?|in|only"
    r"|never) [^,.?!]{3,40}, (?:please|always)[.!]*$"
    r"|^(?:[\w-]+ )?[a-z-]+s never (?:on|in|before|after|at|with|without|for|above|below) [^,.?!]{3,40}[.!]*$"
    r"|\bshould (?:always |only )?be [\w -]{2,30} (?:wherever|whenever|where|if|when) possible\b"
    r"|^everything (?:that|which|we|i|you)\b[^,.?]{2,50} (?:gets|needs|has to|must|goes)\b"
    r"|^(?:the |my |our )?(?:kids|children|son|daughter|guests|clients|students|staff|visitors)(?: \w+)? (?:can't"
    r"|cannot|mustn't|aren't allowed to|are not allowed to) \w+",
    re.IGNORECASE,
)
_MANNER = late.compile(
    r"^keep (?:the |your )(?:tone|language|answers?|style|wording|replies|text|names?|explanations?|summar(?:y"
    r"|ies)|emails?|paragraphs?|sentences)\b"
    r"|^keep my (?:address|name|number|phone|email|data|details|surname|salary|diagnosis)\b"
    r"|^skip (?:the )?(?:small talk|intros?|introductions?|preamble|pleasantries|disclaimers?|filler|apologies"
    r"|summary)\b"
    r"|^sign (?:my|all|the|every|our) \w+"
    r"|^(?:talk|speak|write)(?: \w+){0,3} (?:like|as if|as though) (?:i|you)(?:'m| am| were|'re| are)\b"
    r"|^write in (?:the )?(?:first|second|third|past|present|active|passive)\b"
    r"|^(?:one|two|three) \w+(?: \w+)? (?:is|are) (?:enough|plenty|all i)\b"
    r"|\bi(?:'d| would) (?:like|want|appreciate) (?:the |my |your |all )?(?:\w+ )?\w+ first\b"
    r"|\bi(?:'d| would) (?:really )?appreciate it if you (?!could (?:help|tell|give|show|explain|share|provide)"
    r"|can |would (?:help|tell))\w+"
    r"|\bif (?:you're|you are) (?:not sure|unsure|in doubt)\b[^.?]*\b(?:say|ask|tell|stop|leave)\b"
    r"|\b(?:comes|goes) (?:always )?first (?:on|in|with|here|for|when)\b|\bis (?:the |my |our )?(?:top|first"
    r"|highest|number one) priority\b"
    r"|^run (?:the|all|every)\b[^.?]* (?:after|before) (?:every|each|any)\b|^(?:say|give|show"
    r"|write) (?:all )?(?:numbers?|figures?|amounts?|prices?|dates?) with\b",
    re.IGNORECASE,
)
_TERMS = late.compile(
    r"^(?:our|my|the) (?:house |ground |family |golden |one |only |first )?rules? (?:here )?(?:is"
    r"|are)\b(?! (?:that simple|confusing|unclear|hard|complicated|different))"
    r"|^it (?:must|has to|needs to) (?:run|work|fit|support|be (?:compatible|under|below|at most|vegan|free"
    r"|finished|accessible|waterproof))\b"
    r"|\b(?:budget|price|cost|rent) (?:tops out|maxes out|is capped|caps out) at\b"
    r"|^(?:we|i) (?:don't|do not|won't) (?:work with|deal with|accept|do business with)\b"
    r"|^i only have [^.?]{3,40} (?:free|off)\b|^i(?:'m| am) only free\b"
    r"|^check with (?:me|my \w+) before\b|^ask (?:me|my \w+) before\b|\bneeds? my (?:ok|okay|approval|sign-?off"
    r"|permission)\b"
    r"|\bmakes? me (?:sick|ill|throw up)\b(?! of| thinking)"
    r"|^from (?:tomorrow|next (?:week|month|monday)|monday|january|february|march|april|june|july|august"
    r"|september|october|november|december)(?: on(?:wards?)?)?,",
    re.IGNORECASE,
)
_TOLD = late.compile(
    r"\b(?:was|were|had|did|went|used to|yesterday|last (?:week|night|year|month)|ago|i think|i guess|maybe"
    r"|probably|might"
    r"|sometimes|usually|lol|haha|can you|could you|would you|help me)\b|\?",
    re.IGNORECASE,
)


class SentenceForm(NamedTuple):
    """One form of sentence: the kind of what it lays down, its pattern, words of which one stands in whatever that
    finds, what must not stand beside it, and whether it may begin as a story does ("I have …")."""

    kind: str
    found: re.Pattern[str]
    cues: frozenset[str]
    absent: re.Pattern[str] = _TOLD
    in_story: bool = False


# The first that fits decides.
FORMS = (
    SentenceForm(
        NEED,
        _BODY,
        words_of("diet blind deaf hearing dyslexic epileptic asthmatic left-handed wheelchair afraid scared")
        | words_of("claustrophobic carsick seasick car-sick sea-sick airsick eyesight sight knees knee back heart")
        | words_of("stomach hips hip diabetes asthma epilepsy arthritis pressure dyslexia adhd")
        | words_of("color-blind colour-blind colorblind colourblind"),
        in_story=True,
    ),
    SentenceForm(
        CONSTRAINT,
        _TERMS,
        words_of("rule rules run work fit support compatible finished accessible waterproof tops maxes capped caps")
        | words_of("deal accept business free off check ask ok okay approval sign-off signoff permission makes make")
        | words_of("from must"),
    ),
    SentenceForm(
        CONSTRAINT,
        _OF_ALL,
        words_of("go stay remain come start end written get never please always possible everything kids children son")
        | words_of("daughter guests clients students staff visitors"),
    ),
    SentenceForm(
        WISH,
        _MANNER,
        words_of(
            "keep skip sign talk speak write enough plenty first appreciate unsure sure doubt priority run say give"
        )
        | words_of("show"),
    ),
    SentenceForm(WISH, _REASON, words_of("so readers reader")),
    SentenceForm(NEED, tastes.CANNOT, tastes.CANNOT_CUES, tastes.PASSING, in_story=True),
    SentenceForm(WISH, tastes.TASTE, tastes.TASTE_CUES, tastes.PASSING, in_story=True),
    SentenceForm(WISH, tastes.BOTHERED, tastes.BOTHERED_CUES, tastes.PASSING, in_story=True),
    SentenceForm(CONSTRAINT, tastes.BUSY, tastes.BUSY_CUES, tastes.PASSING, in_story=True),
    SentenceForm(DEADLINE, ways.DUE_TOO, ways.DUE_CUES, ways.GONE),
    SentenceForm(WISH, ways.HENCE, ways.HENCE_CUES, ways.GONE),
    SentenceForm(CONSTRAINT, ways.BANNED, ways.BANNED_CUES),
    SentenceForm(CONSTRAINT, ways.POLICY, ways.POLICY_CUES),
    SentenceForm(WISH, ways.FORM, ways.FORM_CUES),
    SentenceForm(CONSTRAINT, ways.PASSING_BY, ways.PASSING_CUES, ways.GONE),
    SentenceForm(WISH, ways.POLITE, ways.POLITE_CUES, ways.GONE),
)


def form_of(said: str, words: frozenset[str]) -> SentenceForm | None:
    """The form that *said*, with those *words*, has; None where it lays nothing down."""
    for form in FORMS:
        if not form.cues.isdisjoint(words) and form.found.search(said):
            return None if form.absent.search(said) else form
    return None
