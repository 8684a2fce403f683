"""The wording by which something is laid down in English: one pattern for each way to say it.

They read one sentence, without what leads into it; `kinds.py` says which of them decide.
"""

from __future__ import annotations

import re

from tiermem.text import late
from tiermem.text.analyzer import words_of

# One of these words stands in every sentence that a pattern below accepts; most sentences have none.
CUES = words_of(
    "always never don't dont not avoid stop quit refrain must mustn't shall should shouldn't has have need needs "
    "may cannot can't only no nothing nobody none anything everything each every all prefer rather want hate "
    "dislike stand like call refer address spell write pronouns allergic allergy intolerant intolerance vegan "
    "vegetarian halal kosher gluten-free dairy-free diabetic remember mind note important essential crucial vital "
    "imperative rule constraint requirement condition reminder sure ensure keep use stick stay leave treat cite "
    "quote format limit answer reply respond speak skip ask double-check measure express round sign assume "
    "respect forward henceforth future rest throughout whenever time circumstances condition account matter "
    "exception exceptions whatever off-limits limits table non-negotiable negotiable dealbreaker deal-breaker "
    "no-go option forbidden prohibited confidential mandatory approval permission consent budget cap maximum "
    "minimum most least deadline due promised promise told owe goal objective task aim mission open decide "
    "decided undecided tbd remind unresolved ignore forget drop cancel lift longer fine ok okay off without "
    "allowed permitted agree agreed during conversation "
)
WORDS = late.compile(r"[a-z][a-z'-]*")
SHORTEST = 8  # characters of a sentence that lays something down

LEAD = late.compile(
    r"^[\s\-*•>#\d.)(]*(?:(?:ok(?:ay)?|so(?! you know)|and|also|but|please|pls|oh|hey|hi|well|then|just|again|first"
    r"|second|finally"
    r"|thanks?|thank you|one more thing|another thing|one last thing|by the way|btw|fyi|ps|p\.s|quick note"
    r"|for the record|actually|sorry|hmm|yes|no(?=[,.!;])|right|great|perfect|sure)[\s,.:;!–—-]+)*",
    re.IGNORECASE,
)
LABEL = late.compile(
    r"^(?:(?:the |my |our |a |an |one |another |some )?(?:\w+ )?(?:rules?|constraints?|requirements?|conditions?|wish"
    r"|request"
    r"|restriction|reminder|guideline|house rule|ground rule)(?: (?:number|no\.?|#) ?\w+| #?\d+)?\s*[:–—-]\s"
    r"|(?:very |really )?important(?: note)?\s*[:!–—-]\s|n\.?b\.?\s*[:.]?\s"
    r"|(?:please )?(?:remember|keep in mind|bear in mind|never forget|note)"
    r"(?:,| that\b| this\b|:| to\b| i\b| we\b| my\b| our\b| the\b| not\b)"
    r"|(?:let's|let us) agree\b|we agree(?:d)? that\b|make it a (?:rule|habit)|the (?:rule|deal) is\b|i insist\b)",
    re.IGNORECASE,
)
_START = r"(?:^|[,;:(—–]\s*(?:(?:and|but|so|then|please|also|or)\s+)*|\s[-–—]\s+|\b(?:so|please)\s+)"
_IMPERATIVE = (
    r"(?:use|keep|give|write|answer|reply|respond|show|explain|list|call|refer|address|stick|stay|avoid|skip|leave"
    r"|treat"
    r"|include|exclude|cite|quote|format|translate|convert|round|check|double-check|ask|tell|put|add|mention|name"
    r"|make"
    r"|limit|spell|speak|talk|assume|ignore|consider|start|begin|end|sign|send|book|schedule|plan|suggest|recommend"
    r"|propose|provide|return|report|measure|state|test|verify|confirm|log|save|store|mark|prefix|count|express"
    r"|present"
    r"|prioriti[sz]e|focus|follow|respect|wait|let|be|do|pick|choose|run|commit|document|comment|summari[sz]e"
    r"|highlight"
    r"|link|order|offer|read|review|remind|prefer|notify|inform|warn|flag|don't|do not|never|always|please)"
)
STANDING = late.compile(
    r"\b(?:from (?:now|here|today|this (?:point|moment))(?: on(?:wards?)?| forward| out)\b"
    r"|(?<!not )(?<!are )(?<!looking )"
    r"(?<!and )(?:going|moving) forward\b(?! (?:with|until|after|on|in))|henceforth|in (?:the )?future(?:,| please\b)"
    r"|for the (?:rest|remainder) of (?:this|the|our)|until further notice"
    r"|(?:for|throughout|during) (?:this |our |the (?:entire |whole |entirety of (?:the|this|our) |course of (?:the"
    r"|this|our) ))(?:entire |whole )?(?:conversation|chat|discussion|dialogue|interaction|exchange"
    r"|thread)\b(?! (?:with|i had|we had|about))"
    r"|(?:in|to|of|for|at the (?:end|start|beginning) of) (?:each|every|all)(?: one)?(?: of)?(?: (?:my"
    r"|your))+(?: \w+)?"
    r" (?:questions?|responses?|answers?|replies|messages?|turns?|prompts?)\b"
    r"|at all times|under (?:no|any) (?:circumstances?|conditions?)|in no case|on no account|no matter what"
    r"|without exception|no exceptions|whatever happens|as a (?:general |strict )?rule|in all (?:your|my|our|future)"
    r"|in (?:each|every|any) (?:answer|reply|response|message|email|letter|document|one of)|in everything (?:you"
    r"|we))",
    re.IGNORECASE,
)
EACH_TIME = late.compile(
    r"^(?:when|if) (?:i|we) (?:say|write|ask for) .{2,30}?,? (?:i|we) (?:mean|want|expect)\b|"
    rf"(?:\b(?:when(?:ever)?|if|(?:each|every|any) ?time|as soon as|before|once) (?:i|you|we) [^,?]{{2,80}}, "
    rf"(?:please |then |always |just |you )*{_IMPERATIVE}\b)"
    rf"|^(?!let\b|be\b){_IMPERATIVE}\b[^?]*\b(?:whenever|when|if|(?:each|every|any) ?time) (?:i|you|we)\b(?! (?:can"
    rf"|could|have"
    r"|want|find|get|need|would)\b)|^(?:ask|check|tell|warn|notify|inform)\b[^?]*\bbefore (?:you|we|\w+ing)\b",
    re.IGNORECASE,
)
ALWAYS = late.compile(
    rf"{_START}(?:always|never(?: ever)?|(?:do not|don't) ever)\s+(?!mind\b|again\b|the\b|been\b|had\b|knew\b"
    rf"|thought\b"
    r"|heard\b|seen\b|really\b|\w+ing\b|good\b|on\b|got\b|gonna\b|before\b|was\b|is\b|a\b|in\b|have i\b|did\b|felt\b"
    r"|tried\b|used to\b|more\b)\w+"
    r"|\b(?:please|(?:sure|you|remember) to|(?:you|it|they|we|everything|nothing|answers?|code|\w+s) (?:should|must"
    r"|shall|may)|sure (?:that )?"
    r"(?:you|it|they|we)) (?:always|never)\b(?! (?:been|had|was|were|thought|knew|a\b|have\b|be (?:able|there"
    r"|the same)\b))"
    r"|,\s*(?:always|every (?:single )?time|each time|without exception|no exceptions)[.!]*$",
    re.IGNORECASE,
)
BAN = late.compile(
    rf"{_START}(?:(?:do not|don't|dont)(?: (?:ever|just))? (?!(?:know|think|worry|hesitate|get me wrong|you\b|mind|be"
    r" (?:shy|afraid|sorry|silly)|have\b|want\b|like\b|understand|see\b|feel\b|remember|believe|really|even\b|need\b"
    r"|seem"
    r"|we\b|i\b|they\b|forget|give up|care\b|make (?:sense|me)|work\b|necessarily|always|quite|tell me|ask me (?:what"
    r"|where|how|why|if)|wanna"
    r"|bother|punt|push|just|do (?:anything|it|that)|delay|let me|give me|start|dare|look\b|leave me|come|wait|go\b"
    r"|be\b"
    r"|try\b|waste|muck|discuss|get back)\b)[a-z]+"
    r"|avoid (?!(?:it|this|that|them)\b[.,!])\w+|(?:stop|quit) \w+ing\b|refrain from|steer clear of|skip (?:the|all"
    r"|any"
    r"|that)\b|no more [a-z]+s (?:in|per|please|for|at|on|from)\b)",
    re.IGNORECASE,
)
OBLIGED = late.compile(
    r"(?<!\bit )(?<!this )(?<!that )(?<!they )(?<!\bone )(?<!now )(?<!if i )\b(?:must(?:n't| not| never| always"
    r"| only)?|shall(?: not)?)\b(?!-)(?! (?:have (?:been|had|felt|got|made|done|gone|taken|seen|come|lost|won|\w+ed"
    r"|iron|such|so much|a lot)\b"
    r"|be (?:so|really|very|quite|pretty|super|such|an?|proud|excited|happy|glad|stoked|thrilled|tired|hard|nice"
    r"|why|because|exhaust|difficult|tough|fun|great|amazing|\w+ing)|say|admit|read|see|try)\b)"
    r"|\b(?:you|nobody|no one|no-one|none of \w+|nobody (?:except|but)[^.]{1,40}) (?:may|can|could)(?: not)?\b"
    r"(?<!you can)(?<!you could)(?<!you may)|\byou (?:may not|mustn't|shouldn't)\b"
    r"|(?<!\bit )(?<!this )(?<!that )(?<!they )(?<!just )(?<!still )(?<!\bi )(?<!\bwe )(?<!\byou )\b(?:has|have"
    r"|needs?) to (?:always |also |only |all |still )?(?:be|stay|remain|fit|allow|include|support|contain|run"
    r" on|work (?:with|on|without)|use|come with|cost|last|take)\b",
    re.IGNORECASE,
)
EVERY = late.compile(
    r"^(?:[\w-]+ ){0,2}(?:all|every|each|any|no|anything|everything|nothing|nobody"
    r"|both)\b(?! need)[^,;]{0,80}\b(?:must|should|has to|have to|needs"
    r"? to|need to|needs?|shall|may|is to|are to|stays?|leaves?|requires?|goes|ends?)\b"
    r"|(?<!\bi )(?<!\bif )\b(?:should|shouldn't)(?! i\b) (?:\w+ ){0,8}(?:every|each|all|any|no (?:longer|more|less"
    r"|later)|at (?:most|least)|only|never"
    r"|always)\b|\bshould (?:not |never )?(?:exceed|contain|mention|see|touch|be (?:no |at most|under|below|within"
    r"|written in|kept|avoided))",
    re.IGNORECASE,
)
_MONEY = r"(?:[$€£¥]\s?)?\d[\d.,]*"
_NUMBER = r"(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|fifty|a hundred)"
LIMIT = late.compile(
    rf"^(?:at (?:most|least)|no (?:more|less|fewer|longer|later) than|max(?:imum)?(?: of)?|up to"
    rf"|not more than) {_NUMBER}\b"
    rf"|\b(?:budget|limit|cap|maximum|ceiling|minimum)\b[^.?]{{0,30}}\b(?:is|are|of|must|stays?|at|can't|cannot"
    rf"|may not"
    rf"|should)\b[^.?]{{0,30}}{_MONEY}"
    rf"|\b(?:cannot|can't|must not|may not|won't|don't want to|do not want to|not allowed to|never) (?:exceed"
    rf"|spend (?:more"
    rf"|over)|go (?:over|above|beyond)|cost more|pay more|take longer|be (?:more|longer|later))\b"
    rf"|\b(?:keep|stay|limit|hold|cap)\b[^.?]{{0,50}}\b(?:under|below|within|to|at|between"
    rf"|above)\s(?:[a-z ]{{0,12}})?"
    rf"{_MONEY}|\b(?:we|i) only (?:have|have got|allow)\b[^.?]{{0,30}}(?:{_MONEY}|{_NUMBER} )",
    re.IGNORECASE,
)
OFF = late.compile(
    r"\b(?:off[- ]limits|off the table|out of the question|non-negotiable|not negotiable|deal-?breakers?|(?:a|is|are)"
    r" no-go|not an option|strictly \w+|(?:is|are|'re|'s) (?:not|never|n't) (?:allowed|permitted)|aren't allowed"
    r"|isn't allowed|(?:is|are) (?:strictly |absolutely )?(?:forbidden|prohibited|mandatory|confidential|required"
    r"|a must)"
    r"|as (?:strictly )?confidential|hard (?:limit|requirement|constraint)|(?:needs?|requires?) my (?:approval|ok"
    r"|okay"
    r"|permission|consent|sign-?off)|without (?:asking (?:me|first)|my (?:approval|ok|okay|permission|consent"
    r"|knowledge)"
    r"|telling me|checking with me)|ask me (?:first|before)|check with me|run it by me|to be kept secret)\b",
    re.IGNORECASE,
)
ONLY = late.compile(
    r"^only (?!(?:problem|thing|issue|time|question|because|if i|then|now)\b)\w+"
    r"|^(?:[\w'-]+ ){1,6}only\b\s*(?:[,.;!(]|$)"
    r"|\b(?:use|eat|take|recommend|suggest|speak|accept|consider|book|buy|run|answer|work with|show|give me|discuss"
    r"|send|want"
    r"|need|take) only\b|\bonly (?:use|eat|take|recommend|suggest|speak|accept|consider|book|buy|answer|show|discuss"
    r"|send"
    r"|work with|reply|respond)\b|\b(?:we|i|you|they)(?: can| may| could|'m| am|'re| are) only\b"
    r"(?! (?:imagine|hope|wonder|guess|human|getting|just|trying))|\bexclusively\b",
    re.IGNORECASE,
)
NONE = late.compile(
    r"^(?:absolutely |please,? |strictly |really,? )?no (?!(?:one|idea|problem|worries|way|doubt|need|longer|wonder"
    r"|matter)\b)"
    r"[a-z-]+(?: [a-z-]+){0,3} (?:in (?:your|my|the|any|our)|before|after|without|over|with|for (?:me|us|the|my"
    r"|breakfast"
    r"|lunch|dinner)|please|at|on (?:mon|tues|wednes|thurs|fri|satur|sun|week)\w*|may|should|must|until|ever"
    r"|whatsoever|at all"
    r"|leaves?|longer than)\b(?!.*\b(?:yet|so far|i|i'm|we|you|it|was|were)\b)|^no [a-z -]{3,40}, (?:please|ever)\b"
    r"|^nothing (?:with|spicy|before|after|over|containing|sweet|fancy|may|must|should|leaves)\b"
    r"|\bso no \w+ (?:may|in|with|or|please|for|at)\b|\bplease no \w+",
    re.IGNORECASE,
)
WANTS = late.compile(
    r"\bi(?:'d| would| do)?(?: (?:really|also|generally|usually|always|strongly|much|personally|still|just"
    r"|definitely))*"
    r" (?:prefer|rather)\b(?!red)|\bmy (?:strong |personal )?preference is\b"
    r"|\b(?:i|we) (?:really |always |only )?(?:want|expect|insist on|require) (?:you to (?:always|never|only|not"
    r"|avoid|keep"
    r"|stop|use|ask|check|double-check|stick|include|treat|address|cite)|your|all|every|each|everything|no|any|only"
    r"|the"
    r" answers?|answers|replies|responses|nothing)\b"
    r"|\b(?:i|we)(?: would|'d) like (?:you to (?:always|never|only|not|avoid|keep|stop|use|ask|check|double-check"
    r"|stick"
    r"|include|treat|address|cite)|all|every|each|everything|your (?:answers|replies|responses)|no)\b"
    r"|\bi need you to (?:always|never|only|not|avoid|keep|stop|ask|double-check|stick|treat|\w+ (?:all|every|each"
    r"|any"
    r"thing|everything)\b)"
    r"|\bi (?:really |absolutely )?(?:hate|dislike|can't stand|cannot stand|don't like|do not like|like|love"
    r"|appreciate) (?:it"
    r" when|when (?:you|answers|people)|answers|replies|responses|your (?:answers|replies)|emojis?)\b"
    r"|\b(?:i|we) (?:don't|do not) want (?:you|to (?:see|hear|have|use|be|get|spend|receive|share|travel|stay|fly"
    r"|drive)|any"
    r"|it|the|anything|anyone|my)\b|\bi like my \w+",
    re.IGNORECASE,
)
NAMED = late.compile(
    r"\b(?:call me (?!back|at|when|if|on|tomorrow|later|a\b|crazy|old|an\b|in\b|again|anytime|tonight|today|for\b"
    r"|about"
    r"|up\b|out\b)[\w\"“'‘]+|call (?:my|our|his|her|the|this) (?:\w+ ){1,2}(?-i:[A-Z])\w+(?:,? (?:not|instead"
    r"|please)\b|[.!]*$)|refer to (?:me|my [\w ]{2,30}|her|him|them|us|it) as|(?:^|please |should |must "
    r"|always )address (?:me"
    r"|mrs?|ms|dr|her|him|them|my|the client|us)\b|my pronouns are|(?:spell|write) my (?:sur|last |first "
    r"|full )?name)",
    re.IGNORECASE,
)
BODY = late.compile(
    r"\b(?:allergic to|allergy to|allergies|intolerant|intolerance|(?:i'm|i am|we're|we are|she's|she is|he's|he is"
    r"|wife is"
    r"|son is|daughter is|husband is|mother is|partner is|strictly|a strict) (?:a |an |strictly |strict )*(?:vegan"
    r"|vegetarian"
    r"|coeliac|celiac|diabetic|lactose)|only (?:vegan|vegetarian|halal|kosher)|(?:must|has to|have to|should|please)"
    r"[^.?]{0,30}\b(?:vegan|vegetarian|halal|kosher|gluten-free|dairy-free|nut-free))\b"
    r"|\b(?:i|we|he|she|they|my \w+|kids|children) (?:don't|do not|can't|cannot|can not|doesn't|does not|mustn't"
    r"|must not)"
    r" (?:\w+ )?(?:eat|drink|drive|fly|walk|climb|tolerate|lift|swim|smoke|work (?:on|before|after|past) \w+)\b"
    r"|\b(?:i|we|he|she|they|my \w+|kids|children) (?:can't|cannot|can not|mustn't) have (?!(?:any(?:thing|one)?|time"
    r"|to|a|an|the"
    r"|enough|much|it|that|this|them|him|her|you|been|done)\b)\w+",
    re.IGNORECASE,
)
MATTERS = late.compile(
    r"\bit(?:'s| is) (?:very |really |absolutely |extremely |so )?(?:important|essential|crucial|vital|critical"
    r"|imperative)"
    r" (?:to me )?that\b|^(?:please )?(?:make sure|be sure|ensure|see to it)\b(?: that| to| you| it| we)* (?:always"
    r"|never|don't|do not|all|every|each"
    r"|no|nothing|nobody|only|any)\b",
    re.IGNORECASE,
)
POLICY = late.compile(
    r"^(?:(?:use|keep|stick|stay|leave|treat|cite|quote|format|limit|answer|reply|respond|speak|ask|double-check"
    r"|measure"
    r"|express|round|sign|assume|respect|prefer|spell|address|write|give|name|state|report|explain|end|start|begin"
    r"|list|add"
    r"|put|include|mention|return|send|save|store|show)\b)"
    r"(?=.*\b(?:all (?:your|my|our|the|times?|dates?|prices?|code|answers?|future|amounts?|[a-z]+s)|every \w+ you"
    r"|every"
    r"(?:thing|where)|each (?:answer|reply|response|time|claim|file|function|section|\w+ you)|any(?:thing|where)"
    r"|instead of|rather than|exactly as|as (?:it|they) (?:is|are)|untouched|alone|confidential|secret|private|only"
    r"|unless"
    r"|except|short|brief|concise|formal(?:ly)?|informal(?:ly)?|polite|simple|metric|in (?:your|all|every|each) \w+"
    r"|always"
    r"|at most|at least|no more than|under \d|below \d|with(?:out)? (?:exception|tax|vat)|including vat|excluding vat"
    r"|to (?:python|version|the (?:plan|rules|facts|topic|budget|schema|format))|formally|throughout)\b)"
    r"|^stick (?:to|with)\b|^keep (?:your|all|everything)\b(?! (?:same|eye))|^keep (?:it|this|that|things) (?:short"
    r"|brief|simple|formal|secret|private"
    r"|confidential|polite|under|below|to \w+ (?:words|sentences|lines|points)|between us|concise)\b"
    r"|^(?:answer|reply|respond|speak|write)(?: to)?(?: me| us)? (?:only )?in (?:english|chinese|german|french"
    r"|spanish|italian"
    r"|mandarin|simplified|british|american|plain|short|full|the second)\b|^treat (?:the|my|our|all|any|me|it|this)\b"
    r"|^use (?:metric|imperial|british|american|simple|plain|formal|informal|only|the (?:metric|24)|24-hour"
    r"|bullet)\b",
    re.IGNORECASE,
)
_DAY = (
    r"(?:(?:the )?(?:very )?(?:end|start|beginning|middle) of|next|this|coming|the|noon|midnight|early|late"
    r"|mid-?)?\s*"
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tonight|tomorrow|noon|midnight|eod|eow|eom|january|february"
    r"|march"
    r"|april|may \d|may\b(?=[.,!]|$)|june|july|august|september|october|november|december|jan\b|feb\b|mar\b|apr\b"
    r"|jun\b"
    r"|jul\b|aug\b|sept?\b|oct\b|nov\b|dec\b|\d{1,2}(?:st|nd|rd|th)?\b(?: of)?(?:\s(?:jan|feb|mar|apr|may|jun|jul|aug"
    r"|sep"
    r"|oct|nov|dec)\w*)?|\d{4}-\d\d|q[1-4]|christmas|easter|(?:day|week|month|year|quarter)\b)"
)
DUE = late.compile(
    rf"\b(?:deadline|due(?: date)?)\b[^.?]{{0,40}}\b(?:is|are|by|on|at|in)?\s*{_DAY}"
    r"|\b(?:must|has to|have to|need(?:s|ed)? to|is to|are to|should|will|'ll|promised|promise|told|owe|supposed"
    r"|going to|want"
    r"|expects?|committed|agreed)\b[^.?]{0,90}\b(?:by|before|no later than|until|at the latest on|not later than) "
    rf"{_DAY}|\b(?:expires?|runs out|is up) (?:on|by|at) {_DAY}",
    re.IGNORECASE,
)
DUE_WORD = late.compile(
    r"\b(?:deadline|due|submit|submitted|deliver\w*|hand(?:ed)? in|turn(?:ed)? in|launch\w*|go live|finish\w*"
    r"|complet\w*|ready"
    r"|done|file[d]?|ship\w*|pay|paid|renew|expires?|runs out|promised?|owe|told|send|sent|draft|manuscript|report"
    r"|release"
    r"|book(?:ed)?|publish\w*|signed?|repl(?:y|ied)|arrive|return\w*)\b",
    re.IGNORECASE,
)
GOAL = late.compile(
    r"\b(?:my|our|the|your) (?:main |overall |primary |ultimate |current |final |real |actual |long-term |new |only "
    r"|big )?"
    r"(?:goal|objective|task|aim|mission|job)(?: here| now| today| for \w+(?: \w+)?| (?:of|in|with) this \w+)?"
    r" (?:is|will be|remains)(?: to\b|:|,| that\b| \w+ing\b)|^(?:goal|task|objective|mission)\s*:",
    re.IGNORECASE,
)
OPEN = late.compile(
    r"\bopen (?:question|issue|point)s?\b|\b(?:still|yet) (?:have|need|has|needs) to (?:decide|figure out|choose"
    r"|find out"
    r"|clarify|confirm|settle|sort out|agree)|\b(?:haven't|have not|hasn't|has not|not) (?:yet )?(?:decided|settled"
    r"|agreed on"
    r"|chosen|figured out)(?: yet)?\b|\bundecided\b|\btb[dc]\b|\bto be (?:decided|determined|confirmed)\b"
    r"|\bremind me (?:to|about|that|later|tomorrow|next)\b|\bstill (?:open|unresolved|unclear|undecided) (?:who|what"
    r"|which"
    r"|whether|when|where|how|if)\b|\bit(?:'s| is) still (?:open|unclear|undecided)\b|\bunresolved\b",
    re.IGNORECASE,
)
REVOKES = late.compile(
    r"\b(?:ignore|forget|drop|cancel|disregard|lift|scrap|never mind)\b[^.?]{0,40}\b(?:rules?|limit|constraint|wish"
    r"|request"
    r"|restriction|requirement|what i said|instruction|ban|deadline)\b|\b(?:you|we) (?:no longer|don't"
    r"|do not) (?:need|have) to"
    r"\b[^.?]*(?:any ?more|after all|now)\b|\b(?:you|we) no longer (?:need|have) to\b|\b(?:rule|limit|restriction"
    r"|constraint|ban"
    r"|deadline)\b[^.?]{0,40}\b(?:no longer applies|is lifted|is off|doesn't apply|does not apply|is gone)\b"
    r"|\bit(?:'s| is) (?:fine|ok|okay|alright|all right) (?:now )?to\b|\byou (?:can|may) (?:now|again)\b|\byou (?:can"
    r"|may)"
    r" \w+ [^.?]{0,60}\bagain\b",
    re.IGNORECASE,
)
ASKED = late.compile(
    r"^(?:for|throughout|during) (?:the |this |our )?(?:entire |whole )?(?:conversation|chat|discussion),? (?:can"
    r"|could|would|will)"
    r" you\b|^(?:can|could|would|will) you (?:please )?.*\b(?:in (?:each|every|all)(?: of)?(?: your)? (?:response"
    r"|answer|repl|message)|throughout (?:our|this|the)|for (?:this|our|the) (?:entire"
    r" |whole )?(?:chat|conversation))\b|^(?:can|could|would|will) you (?:please )?(?:(?:from now on|going forward"
    r"|in future),? )?(?:always|never|stop"
    r"|avoid"
    r"|make sure|keep|refrain|only|not)\b|^(?:from now on|going forward)\b",
    re.IGNORECASE,
)
