"""Still more ways in which English lays something down: politely, as a policy, as a form, by a time, in passing. Pure.

"It would help if the steps were numbered", "we only ship to the EU", "amounts in Swiss francs", "registration closes
on the 3rd", "starting now, …", "he only reads German". They are asked last, with `forms.py`.
"""

from __future__ import annotations

import re

from tiermem.text import late
from tiermem.text.analyzer import words_of

# What is written, answered or arranged for somebody: of these a wish says how they shall be.
_MADE_WORDS = (
    "answer reply response step list table bullet heading header title subtitle caption summary version footnote link"
    " source citation reference example code snippet comment date number figure amount price unit name"
    " word sentence paragraph tone email mail message letter draft text file filename folder chart graph image"
    " picture"
    " photo slide document report recipe ingredient measurement distance temperature time currency translation quote"
    " instruction explanation option suggestion recommendation reminder invoice signature font colour color logo"
    " button"
    " label error log test commit branch question opener intro introduction greeting disclaimer emoji jargon output"
    " column"
    " row page chapter section appendix deck memo post tweet subject spelling punctuation indentation"
)
MADE = rf"(?:{'|'.join(_MADE_WORDS.split())})s?"
_DO = (
    r"(?:avoid|don't|never|always|pick|choose|give|use|keep|schedule|only|stick|book|leave|skip|make|put|send|write"
    r"|stay"
    r"|plan|speak|say|recommend|suggest|list|show|start|begin|end|add|include|mark|mention|name|call|ask|tell|check"
    r"|sort"
    r"|round|spell|sign|cite|quote|explain|answer|reply|state|order|group|number|translate|format|no|one|nothing)"
)
_ALL = (
    r"(?:when(?:ever)? (?:you|i|we)|every|each|any|all|always|everything|anything|for me|from now|in your|never|only"
    r"|again)"
)
POLITE = late.compile(
    rf"^(?:would|do) you mind (?:not )?\w+ing\b.*\b{_ALL}\b"
    rf"|^(?:could|may|can|might) i (?:please )?ask (?:you|that you|for)\b.*\b{_ALL}\b"
    rf"|\bit(?:'d| would|'ll| will)? (?:really |also |just )?(?:be (?:an? )?(?:\w+ )?(?:great|nice|good|lovely"
    rf"|helpful|useful"
    rf"|easier|better|best|ideal|perfect|wonderful|appreciated|kind|help|relief|favou?r)|help(?: (?:me"
    rf"|us))?(?: (?:a lot|a ton|enormously"
    rf"|greatly))?|mean a lot(?: to me)?) if (?:(?:you|we) (?:could|would|can|always|only|never|didn't|don't|put"
    rf"|gave|kept"
    rf"|used|left)\b.*\b(?:{MADE}|{_ALL}|first|before|instead)\b"
    rf"|(?:the |all |your |all the |all your |every |each )?{MADE} (?:were|was|are|is|had|have|has|came|come|stayed"
    rf"|could|did"
    rf"|didn't"
    r"|started|began|ended)\b)"
    rf"|\bi(?:'d| would) (?:be (?:glad|grateful|happy|thankful)|appreciate it) if (?:you|the|your"
    rf"|all)\b.*\b(?:{MADE}"
    rf"|{_ALL}|first)\b",
    re.IGNORECASE,
)
BANNED = late.compile(
    r"^(?:keep (?:your )?)?hands off\b|^paws off\b"
    r"|\b(?:doesn't|don't|does not|do not|needn't|need not)(?: need to| have to|) (?:know|hear|see|find out|learn"
    r"|be told)"
    r" (?:about |of )(?:the|my|our|this|that|any|it)\b(?<!^i )"
    r"|\b(?:is|are) none of (?:his|her|their|anyone's|anybody's|your) (?:business|concern)\b|^not a (?:word"
    r"|peep) (?:to"
    r"|about|of)\b|\b(?:stays?|remains?|is|are|keep \w+) (?:strictly )?between (?:us|you and me|the two of us)\b"
    r"|\b(?:nobody|no one|noone|none)\b[^.?]{0,40} gets? to \w+|\b(?:is|are) not to (?:be )?[a-z]+(?:ed|en|n|t)?\b"
    r"|\b(?:leave|keep) (?:my|the|our|his|her)\b[^.?]{2,40} out of (?:it|this|the|any|all|your|every)\b"
    r"|\b(?:isn't|aren't|is not|are not) for (?:sale|publication|sharing|outsiders|strangers|anyone else|public)\b"
    r"|\b(?:is|are) (?:strictly |absolutely )?(?:taboo|hush-hush|a no|not up for discussion|not up for debate)\b",
    re.IGNORECASE,
)
_SERVE = (
    r"(?:ship|sell|accept|take|deliver|hire|serve|work|open|pay|publish|support|buy|allow|offer|deal|quote|bill"
    r"|invoice"
    r"|recruit|rent|cater|trade|operate|release|deploy|stock|print|repair|train|teach)"
)
POLICY = late.compile(
    rf"^(?:we|our (?:team|company|shop|firm|office|clinic|school|store|practice)) (?:only|never|don't"
    rf"|do not) {_SERVE}s?\b"
    r"(?! (?:it|that|this|no)\b)"
    r"|^(?:all |any |every )?[\w' $€£-]{3,50} (?:go|goes|come|comes|run|runs|pass|passes) (?:through|via|past|by"
    r"|to) [\w' ]{2,25}"
    r" first\b"
    r"|^(?:the |our |my |a )?(?:company|team|house|office|school|family|shop|store|studio|clinic|firm|department"
    r"|club)(?:'s)?"
    r" (?:policy|rule|practice|standard|convention|custom|guideline)s?\b *(?:is|are|:|,|says?)"
    r"|\b(?:that's|that is|this is) (?:just )?(?:how|the way) we (?:do|handle|run|work|keep|like)\b"
    r"|^(?!(?:these|those|they|we|some|many|most|things|people|kids|days|thanks)\b)(?:all "
    r"|the )?[a-z]+s (?:over [^,.]{1,12}"
    r" )?(?:are|get) (?:only |always |to be )?(?:paid|sent|kept|stored|written|reviewed|signed|approved|locked"
    r"|deleted"
    r"|archived|printed|billed|charged|refunded|named|tagged|labelled|labeled|shipped|delivered|closed"
    r"|merged) (?:within"
    r"|before|after|only|by|no later|at the latest|in (?:two|three|\d+)|on (?:mon|tues|wednes|thurs|fri))"
    r"|^(?:all |our |company |the )?(?:laptops|phones|keys|files|documents|badges|dogs|shoes|guests|visitors|kids"
    r"|tools"
    r"|passwords|data|records|originals|copies|devices|employees|interns|contractors|staff|members) (?:don't|do not"
    r"|aren't"
    r" to|are not to|may not|can't) (?:leave|go|enter|get|come|touch|sit|sleep|share|take|stay)\b",
    re.IGNORECASE,
)
# "Amounts in Swiss francs", "For code, four spaces": a phrase without a verb that says how things shall be written.
FORM = late.compile(
    rf"^(?!.*\b(?:is|are|was|were|have|has|had|do|does|did|can|could|will|would|made|seems?|looks?|helps?|works?"
    rf"|needs?|i"
    rf"|we|it|that|what|how|vs|versus|example|like)\b)(?:all |the |your |any |my |each |code |file |variable "
    rf"|client |product |error |page )*{MADE} (?:in(?! (?:my|the long))|as|with|without|at"
    rf"|on(?! my)|first|last|rounded|under|above|below|up to|not|instead of) (?:[^.?:;]|:(?=\S)){{3,60}}[.!]*$"
    rf"|^for (?:the |all |any |every )?(?:\w+ )?(?:{MADE}|recipes|trips|flights|hotels|meetings|gifts), (?:please )?"
    rf"(?:{_DO}|(?:two|three|four|five|ten|\d+|single|double|plain|simple|short|british|american|metric))\b"
    rf"|^(?:whatever|whichever|any|every|all|for (?:any|every|each))\b[\w ]{{0,30}}\b(?:you|i) (?:make|write|send"
    rf"|give|show|build"
    rf"|draw|draft|suggest|create|produce|find|pick|book|ask for)\b[^.?]{{0,20}}, (?:please )?{_DO}\b",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY = (
    rf"(?:(?:the \d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th))\b(?: of {_MONTH}| {_MONTH})?"
    rf"|\d{{1,2}}(?: of)? {_MONTH}\b|{_MONTH} \d{{1,2}}|(?:this |next |coming |first thing )?(?:mon"
    r"|tues|wednes|thurs|fri|satur|sun)day|tomorrow|tonight|today|(?:the )?end of|midnight|noon|next (?:week|month"
    r"|year)|new"
    r" year|christmas|easter)"
)
DUE_TOO = late.compile(
    r"\b(?:applications?|registrations?|sign-?ups?|enrol?lments?|calls?|submissions?|offers?|window|sale|grants?"
    r"|tenders?|votes?"
    r"|voting|poll|trial|subscription|contract|lease|visa|passport|early bird|rsvps?|entries|nominations?|bookings?"
    r"|portal"
    rf"|competition|permit|licen[cs]e|warranty|insurance|booking)\b[^.?]{{0,30}}\b(?:closes?|ends?|shuts?|stops?"
    rf"|lapses?|finish(?:es)?"
    rf"|runs? out|expires?|is over|are over)\b[^.?]{{0,30}}\b{_DAY}"
    rf"|\b(?:i|we)(?:'ve| have)? (?:only )?(?:got |have )?(?:until|till|til) {_DAY} to\b"
    rf"|(?<!\bi )\b(?:needs?|wants?|expects?|is waiting for|are waiting for) (?:my|our|the|this"
    rf"|it)\b[^.?]{{0,50}}\b{_DAY}",
    re.IGNORECASE,
)
HENCE = late.compile(
    rf"^(?:as of (?!now\b)|(?:effective|beginning|starting|from) )(?:today|now|tomorrow|immediately|right now"
    rf"|this (?:week|month|year)|next (?:week"
    rf"|month|year)|(?:mon|tues|wednes|thurs|fri|satur|sun)day|{_MONTH})\b(?! (?:to|until|through|till|my|the)\b)"
    r"|^let's (?:switch|stick|stay|agree|move|use|keep|call|speak|talk|write|do)\b.*\b(?:for the rest of|from now"
    r"|from here|always"
    r"|until (?:i|we)|in (?:all|every)|for all|for every)\b"
    r"|\bfor the rest of (?:our|the|this|my|these)\b.*\b(?:chats?|conversations?|project|discussion|emails?|course"
    r"|lessons?|trip|week"
    r"|month|year)\b|\buntil (?:i|we) (?:say|tell you) otherwise\b",
    re.IGNORECASE,
)
# Said in passing, in the middle of what is asked for: what stands for the request, and for the next ones.
PASSING_BY = late.compile(
    r"(?:^|[,;.–—(-] ?)(?:and |but |as |since |because )?(?:(?:we|i) only (?:have|own|speak|read|eat|know|use|take)"
    r"|(?:he|she|they|my"
    r" \w+) only (?:reads?|speaks?|eats?|drinks?|uses?|knows?|accepts?|understands?))\b(?! (?:have to|to)\b)"
    r"|[,;] ?(?:and )?nothing (?:(?:that|which) (?:takes|costs|needs|is|has|contains|requires)|over|above|longer"
    r"|heavier|with)\b"
    r"|(?:^|[,;] ?)(?:the |my |our )?\w+ (?:wants|needs|requires|asked for|insists on) (?:it"
    r"|them) (?:to be )?(?:under|in|below|by|within"
    r"|at most|as|without)\b",
    re.IGNORECASE,
)
GONE = late.compile(
    r"\b(?:yesterday|last (?:week|night|year|month)|ago|i think|i guess|maybe|probably|might|lol|haha)\b", re.IGNORECASE
)
POLITE_CUES = words_of("mind ask if")
BANNED_CUES = words_of(
    "hands paws know hear see find learn told none word peep between gets get not leave keep isn't aren't taboo"
    " hush-hush no"
)
POLICY_CUES = words_of(
    "only never always don't first policy rule practice standard convention custom guideline policies rules how way"
    " within before"
    " after by later latest in on do aren't are may can't"
)
FORM_CUES = (
    frozenset(_MADE_WORDS.split())
    | frozenset(f"{word}s" for word in _MADE_WORDS.split())
    | words_of("recipes trips flights hotels meetings gifts whatever whichever any every all for currencies")
)
DUE_CUES = words_of(
    "closes close ends end shuts shut stops stop lapses lapse finishes finish runs run expires expire over until"
    " till til needs need"
    " wants want expects expect waiting"
)
HENCE_CUES = words_of("as effective beginning starting from let's rest otherwise")
PASSING_CUES = words_of("only nothing wants needs requires asked insists")
