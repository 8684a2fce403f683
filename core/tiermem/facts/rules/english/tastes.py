"""What somebody likes or does not, cannot have, or keeps to, said of oneself and for good, in English. Pure.

"I avoid fried food", "I'm not a fan of musicals", "dairy doesn't agree with me": who says so wants it kept in mind. A
taste of the moment, of one thing ("I hate this") or of the past is none.
"""

from __future__ import annotations

import re

from tiermem.text import late
from tiermem.text.analyzer import words_of

_ADVERB = (
    r"(?:(?:really|strongly|generally|usually|absolutely|personally|just|also|actively|always|completely|deeply"
    r"|typically"
    r"|particularly|adamantly|firmly|very|quite|extremely|much|still|mostly|intensely|simply|strictly|definitely"
    r"|truly|honestly|genuinely|entirely|normally"
    r"|consciously|tend to|try to|prefer to|like to|have to|make a point to)\s+)*"
)
_I = r"(?:^|[,;:–—-]\s*|\b(?:and|but|so|because|since|as|though)\s+)(?:and |but |so )?i"
_LIVED = (
    r"(?:wear|eat|drink|watch|listen to|buy|use|read|play|consume|stay (?:in|at)|travel|fly|drive|shop|support|own"
    r"|visit"
    r"|trust|do|take|book|attend|work (?:with|on|from|in|at|out)|go (?:to|on)|participate|engage|follow|consider"
    r"|choose)"
)
_ONE = (
    r"(?!\s*(?:it|that|this|them|these|those|you|him|her|myself|how|what|when|where|why|if|to (?:say|admit|ask"
    r"|bother|be"
    r"|interrupt|break|see|hear|think|disappoint)|being|feeling|the (?:way|thought|idea|fact)|my|your|his|her"
    r"|their)\b)"
)
TASTE = late.compile(
    rf"{_I}(?: {_ADVERB}(?:dislike|loathe|detest|despise|hate(?! to\b)|avoid|refuse to(?! (?:give|believe|let|admit"
    rf"|accept|live|be))|can't stand|cannot stand|can not stand"
    r"|can't handle|cannot handle|can't tolerate|cannot tolerate|can't bear|steer clear of|stay away from"
    r"|shy away from"
    r"|prioriti[sz]e|favou?r|insist on|opt for|gravitate towards?|don't care for|do not care for"
    r"|(?:don't|do not) (?:like|enjoy)"
    rf"|(?:don't|do not|won't|will not|never) (?!do\b){_LIVED}"
    rf"|(?:only|exclusively) (?:ever |want to |enjoy )?(?:{_LIVED}|enjoy|dine|adopt|watching|reading|eating)"
    rf"|(?:follow|keep to|stick to|adhere to) (?:a|an)\b[^,.?]{{0,30}}\b(?:diet|lifestyle|routine"
    rf"|schedule|regimen)){_ONE}\s+\w+"
    rf"|(?:'m| am) {_ADVERB}(?:uninterested in|uncomfortable with|averse to|opposed to|against|sensitive to"
    rf"|not (?:{_ADVERB})(?:a (?:big |huge |great )?fan of|into|interested in|keen on|comfortable"
    rf" (?:with|using|in)|fond of|drawn to|attracted to|a \w+ person)){_ONE}"
    rf"| {_ADVERB}have (?:(?:a|an|no|very little|zero) )?(?:(?:very|extremely|extreme|strong|severe|serious"
    rf"|deep|firm|clear|general|personal"
    r"|major|bad|mild|huge|intense|slight|ethical|moral)\s+)*(?:\w+ )?(?:aversion|objection|dislike|preference|bias"
    r"|phobia|fear|allergy"
    rf"|sensitivity|intolerance|interest|sensitive (?:skin|stomach|eyes|hearing))\b(?:\s+(?:in|to|for|of|against"
    rf"|towards?){_ONE})?"
    rf"| find [^,.?]{{3,60}} (?:and (?:\w+ly )?prefer|(?:too |very |overly |quite )?(?:boring|tedious"
    rf"|overwhelming"
    r"|distracting|ineffective|uncomfortable|exhausting|stressful|disorienting|pretentious|annoying|off-putting))\b"
    r"| (?:learn|work|sleep|focus|concentrate|think) best\b)"
    rf"|(?<!\bit )(?<!that )\b(?:doesn't|don't|does not|do not) (?:interest|appeal to) me\b|\band (?:\w+ly "
    rf"|much )?prefer{_ONE} \w+",
    re.IGNORECASE,
)
TASTE_CUES = words_of(
    "dislike loathe detest despise hate avoid refuse stand handle tolerate bear steer shy away prioritize"
    " prioritise favor"
    " favour insist opt gravitate lean care like enjoy don't not won't never only follow keep stick adhere fan into"
    " interested keen comfortable uninterested uncomfortable averse opposed against sensitive objection exclusively"
    " find interest appeal best fond drawn attracted person aversion preference bias phobia fear allergy sensitivity"
    " intolerance interest prefer"
)
# What drives somebody up the wall, in general: no "it", no "that".
BOTHERED = late.compile(
    r"^(?!(?:it|that|this|he|she|they|which|what|you|who|there|one|these|those|something|everything|nothing|life|work"
    r"|the)\b)(?:(?!(?:i|to|not|is|are|was|enough)\b)[\w'-]+ ){1,5}(?:(?:really|just|always|seriously"
    r"|honestly) )?(?:(?:annoy|irritate|bother|bore|confuse"
    r"|overwhelm|distract|exhaust|scare)s? me\b|stress(?:es)? me out\b|drives? me (?:up the wall|crazy|nuts|mad"
    r"|insane"
    r"|bonkers)|gets? on my nerves|puts? me off|(?:is|are)(?: just| really)?(?: not|n't) (?:my thing|for me"
    r"|my cup of tea"
    r"|to my taste))"
    r"|\bspare me (?:the|those|these|any|your|all|them)\b|(?:^|[,;] ?)(?:i|we) (?:could|can) do without (?!(?:it"
    r"|that|this|you|him"
    r"|her)\b)",
    re.IGNORECASE,
)
BOTHERED_CUES = words_of(
    "annoy annoys irritate irritates bother bothers bore bores confuse confuses overwhelm overwhelms distract"
    " distracts"
    " exhaust exhausts scare scares stress stresses drive drives nerves put puts not isn't aren't spare without"
)
_FOOD = (
    r"(?:sugar|salt|alcohol|booze|wine|beer|caffeine|coffee|meat|red meat|pork|beef|fish|dairy|milk|cheese|gluten"
    r"|wheat"
    r"|bread|carbs|nuts|eggs|soy|spicy food|fried food|fast food|junk food|sweets|soda|smoking|cigarettes|nicotine)"
)
CANNOT = late.compile(
    r"^(?!(?:it|that|this|you|he|she|they)\b)[\w' -]{2,40} (?:doesn't|don't|does not|do not) (?:agree"
    r"|sit well) with (?:me|us"
    r"|him|her|my \w+)\b"
    r"|\b(?:doctor|doc|gp|physio|dietitian|dietician|nutritionist|dentist|cardiologist|oncologist"
    r"|midwife)\b[^,.?]{0,12}"
    r"\b(?:took|has taken|put|has put|keeps?) (?:me|him|her|us|my \w+) (?:off|on)\b"
    r"|\b(?:doctor|doc|gp|physio|dietitian|dietician|nutritionist|dentist|cardiologist|oncologist"
    r"|midwife)\b[^,.?]{0,12}"
    r"\b(?:said|says|told me|wants me|advised me|advises me|ordered|forbids|forbade"
    r"|has forbidden)\b[^.?]{0,20}\b(?:no|not"
    r" to|avoid|to avoid|stay off|stay away|cut)\b"
    rf"|\b(?:i|we)(?:'ve| have) (?:cut out|given up|gone off|quit|sworn off|stopped (?:eating"
    rf"|drinking)) (?:all )?{_FOOD}\b"
    rf"|\b(?:i'm|i am|we're|we are|he's|she's) (?:off|avoiding|staying off|staying away from"
    rf"|cutting out) (?:all )?{_FOOD}\b"
    r"|\b(?:i'm|i am|we're|we are|he's|he is|she's|she is) (?:a |an )?(?:strict(?:ly)? )?(?:pregnant|breastfeeding"
    r"|teetotal|pescatarian|teetotaler|sober|lactose[- ]intolerant|on (?:blood thinners|insulin|antibiotics|statins"
    r"|keto"
    r"|dialysis|crutches))\b"
    r"|\b(?:we|i|they) (?:keep|eat|cook) (?:strictly )?(?:kosher|halal|vegan|vegetarian|gluten-free|keto)\b"
    r"|\bi (?:use|wear|have) a (?:wheelchair|pacemaker|hearing aid|screen reader|service dog|stoma|prosthesis)\b"
    r"|\b(?:gives?|give) (?:me|him|her|my \w+) (?:hives|migraines?|a rash|heartburn|headaches|cramps|nightmares|panic"
    r" attacks)\b|\btriggers? my\b|\bi (?:react badly|am sensitive|'m sensitive) to\b"
    r"|\b(?:i|we|he|she)(?:'m| am|'re| are|'s| is)? (?:not allowed|forbidden) to (?:eat|drink|drive|lift|run|fly"
    r"|swim)\b",
    re.IGNORECASE,
)
CANNOT_CUES = words_of(
    "agree sit doctor doc gp physio dietitian dietician nutritionist dentist cardiologist oncologist midwife cut"
    " given gone"
    " quit sworn stopped off avoiding staying cutting pregnant breastfeeding teetotal pescatarian teetotaler sober"
    " lactose"
    " blood insulin antibiotics statins keto dialysis crutches kosher halal vegan vegetarian gluten-free wheelchair"
    " pacemaker hearing screen service stoma prosthesis hives migraine migraines rash heartburn headaches cramps"
    " nightmares"
    " panic trigger triggers react sensitive allowed forbidden"
)
BUSY = late.compile(
    r"^(?:(?:i|we) )?(?:can't|cannot|can not|don't) do (?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?"
    r"|mornings?"
    r"|afternoons?|evenings?|nights?|before|after)\b"
    r"|^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends|mornings|afternoons|evenings"
    r"|nights)\b[^.?]{0,20}\b(?:don't"
    r" work|doesn't work|are (?:out|off|taken|bad|blocked|sacred|for (?:my|the|family))|is (?:out|taken|bad"
    r"|blocked))\b",
    re.IGNORECASE,
)
BUSY_CUES = words_of(
    "can't cannot don't doesn't work out off taken bad blocked sacred mondays tuesdays wednesdays thursdays fridays"
    " saturdays sundays weekends mornings afternoons evenings nights monday tuesday wednesday thursday friday"
)
# Of this moment, of this one thing, or asked.
PASSING = late.compile(
    r"\?|\b(?:right now|today|tonight|yesterday|tomorrow|at the moment|last (?:week|night|year|month|time)"
    r"|this (?:time"
    r"|morning|evening|week|one)|any ?more|used to|was|were|had|did|i think|i guess|lol|haha|can you|could you"
    r"|would you"
    r"|help me|you know|to be honest)\b",
    re.IGNORECASE,
)
