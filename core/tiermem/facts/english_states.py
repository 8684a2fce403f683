"""How English tells a state: patterns in the order in which they are tried. Groups: who, what, value, old, verb, no.

Rule: each pattern is strict about what stands between subject, verb and value; an adverb it does not know breaks it.
"""

from __future__ import annotations

import re

from tiermem.facts.quantities import MARK
from tiermem.facts.topics.words import DONE, ROLE, VERB_OF

_KIN = (
    "wife|husband|partner|girlfriend|boyfriend|fianc[eé]e?|sister|brother|mother|father|mom|dad|son|daughter|boss|manager"
    "|roommate|best friend|cousin|aunt|uncle|grandmother|grandfather|grandma|grandpa|parents|dog|cat"
)
_NAME = r"[a-z]?[A-Z][\w'-]*(?:\.[a-z]+)?"
_WHO = rf"(?:\b(?P<who>I|[Ww]e|(?:[Mm]y|[Oo]ur) (?:{_KIN})|{_NAME}))"
_ADV = (
    r"(?:(?:have|has|am|is|are|was|just|now|currently|recently|finally|officially|actually|already|still|since"
    r"|then)\s+)*"
)
_BE = r"(?:am|is|are|was|were|got|just got|have been|has been|became)"
_PLACE = rf"(?P<value>(?:the )?{_NAME}(?:,? {_NAME}){{0,3}})"
_OLD = rf"(?P<old>(?:the )?{_NAME}(?: {_NAME}){{0,3}})"
_THING = r"(?:[\w'.+#-]+ ){0,3}?[\w'.+#-]+"  # as few words as its end allows
_END = (
    r"(?=\s*$|\s*[^\w\s'-]|\s+(?:and|with|since|because|for|now|instead|as|at|by|to|in|on|these|anymore|any more"
    r"|again|recently|last|this|yet|who|which|that|but)\b)"
)
_ONLY = r"(?P<no>no longer|do not|does not|did not|never|stopped|have stopped|quit|gave up|have quit|have given up)"
_FORMS = "|".join(sorted(VERB_OF, key=len, reverse=True))


def _pattern(kind: str, text: str) -> tuple[str, re.Pattern[str]]:
    return kind, re.compile(text)


PATTERNS = (
    _pattern("home", rf"{_WHO} {_ADV}(?:live|lives|living|(?<=ve )lived|(?<=as )lived|reside|resides|residing"
             rf"|based) (?:together )?in "
             rf"{_PLACE}"),
    _pattern("home", rf"{_WHO} {_ADV}(?:moved|relocated)(?: back| over| out| here)?(?: from {_OLD})? to "
             rf"{_PLACE}(?! Club)"),
    _pattern("work", rf"{_WHO} {_ADV}(?:work|works|working|employed) (?:at|for) {_PLACE}"),
    _pattern("work", rf"{_WHO} {_ADV}(?:joined|started (?:working )?at|(?:got|took|accepted|started) (?:a |my "
             rf"|the )?(?:new )?"
             rf"(?:job|position|role) (?:at|with)|left {_OLD} (?:for|to join)) {_PLACE}\b(?!'s| to\b| [Cc]lub| [Gg]roup"
             rf"| [Tt]eam| [Gg]ym)"),
    _pattern("job", rf"{_WHO} {_ADV}(?:work|works|working|worked) as an? (?P<value>{_THING}){_END}"),
    _pattern("job", rf"{_WHO} {_ADV}(?:got |been |was )?promoted to (?P<value>{_THING}){_END}"),
    _pattern("bond", rf"{_WHO} (?:(?:have|has|now|just|finally|officially|both|still|currently) )*{_BE} (?:now |just "
             rf"|officially |still |happily |both )*"
             r"(?P<value>single|dating|in a relationship|engaged|married|separated|divorced|widowed)\b(?! (?:in|about"
             r"|with the|life|mom|parent|by|people|couple))"),
    _pattern("favourite", rf"(?P<who>[Mm]y|[Oo]ur|{_NAME}'s) (?:(?:new|current|absolute"
             rf"|all-time) )*[Ff]avou?rite (?P<what>[\w' -]{{2,30}}?)(?: these days| right now| now"
             rf"| currently)? (?:is|are|was|became)"
             rf" (?:now |currently |still |actually |definitely )*(?P<value>{_THING}){_END}"),
    _pattern("age", rf"{_WHO} {_ADV}(?:turned|turning)?\s?(?P<value>{MARK})(?= now\b|\s*$)"),
    _pattern("role", rf"(?P<value>{_NAME}|I) (?:is|am|are|was|will be) (?:now |currently )?(?:responsible for"
             rf"|in charge of|assigned to|the (?P<frame>{ROLE}) (?:of|for)"
             rf"|leading|handling) (?P<what>{_THING}){_END}"),
    _pattern("role", rf"(?P<value>{_NAME}|I) (?:now )?(?:owns|leads|handles|(?:has |have )?(?:took|taken|taking"
             rf"|takes) over(?! from)) (?P<what>{_THING})(?: from {_OLD})?{_END}"),
    _pattern("is", rf"\b(?P<value>{_NAME}) is (?:now |currently )*(?:the|our) (?P<what>(?:[a-z][\w-]* ){{0,2}}(?:"
             rf"{ROLE})){_END}"),
    _pattern("role", rf"(?P<what>{_THING}) (?:is|was|has been|are) (?:now )?(?:re)?assigned (?:from "
             rf"{_OLD} )?to (?P<value>{_NAME}){_END}"),
    _pattern("is", rf"\b(?P<who>[Mm]y|[Oo]ur|[Tt]he) (?P<what>(?:[a-z][\w-]* ){{0,3}}(?:{ROLE})(?: (?:of"
             rf"|for) (?:the |our |my )?{_THING})?) (?:is|was) "
             rf"(?:now |currently |actually )*(?P<value>`[^`]+`|{_NAME}(?: {_NAME}){{0,2}}){_END}"),
    _pattern("is", rf"\b(?:changed|renamed|switched|updated) (?P<who>[Mm]y|[Oo]ur|[Tt]he) (?P<what>{_THING}) (?:from "
             rf"{_OLD} )?to (?P<value>`[^`]+`|{_NAME}(?: {_NAME}){{0,2}}){_END}"),
    _pattern("use", rf"{_WHO} {_ADV}(?:use|using|uses|chose|picked|running on|run on) (?P<value>{_NAME}(?: "
             rf"{_NAME})?)(?: (?:as|for) (?:the |our |my )?(?P<what>{_THING}))?{_END}"),
    _pattern("switch", rf"\b(?:switched|migrated|moved|changed|went) (?:\w+ ){{0,2}}?from {_OLD} to (?P<value>"
             rf"{_NAME}(?: {_NAME})?)"),
    _pattern("switch", rf"\breplaced {_OLD} with (?P<value>{_NAME}(?: {_NAME})?)"),
    _pattern("switch", rf"\b(?:use|using|chose|picked|went with) (?P<value>{_NAME}(?: {_NAME})?) instead of {_OLD}"),
    _pattern("switch", rf"\bnot {_OLD} but (?P<value>{_NAME}(?: {_NAME})?)"),
    _pattern("lost", rf"{_WHO} {_ADV}(?:no longer (?:have|has|own|owns)|do not (?:have|own)|does not (?:have|own)"
             rf"|sold|gave away|rehomed|got rid of) "
             rf"(?:a|an|the|my|our|his|her|any) (?P<what>{_THING})(?: any ?more| now)?{_END}"),
    _pattern("died", rf"(?P<who>[Mm]y|[Oo]ur) (?P<what>{_THING}) (?:died|passed away|ran away|was stolen){_END}"),
    _pattern("own", rf"{_WHO} {_ADV}(?:have|has|own|owns|got|adopted|bought) (?:a|an|my own|a new) (?P<what>{_THING})"
             rf"{_END}"),
    _pattern("stopped", rf"{_WHO} {_ADV}{_ONLY} (?P<verb>{_FORMS}|smoking|drinking)?(?: |\b)(?P<what>"
             rf"{_THING})?(?P<more> any ?more| now)?{_END}"),
    _pattern("does", rf"{_WHO} (?:(?:really|usually|always|often|also|still|now|am|is|are|absolutely"
             rf"|just) )*(?P<verb>{_FORMS}) (?P<what>{_THING}){_END}"),
    _pattern("does", rf"{_WHO} (?:(?:also|still|now|usually) )*(?P<verb>smokes?|drinks?)(?P<what>)(?=\s*$)"),
    _pattern("allergic", rf"{_WHO} (?:am|is|are|was) (?:(?P<no>not|no longer) )?(?:actually |really |now |severely "
             rf"|very |also )*allergic to (?P<what>{_THING})(?: any ?more| now)?{_END}"),
    _pattern("outgrew", rf"{_WHO} {_ADV}outgr(?:ew|own) (?:my|his|her|the) (?P<what>{_THING}) allergy"),
    _pattern("never", rf"{_WHO} (?:have|has) never (?:actually |really |ever )?(?P<verb>"
             rf"{DONE}) (?P<what>[^{MARK[1:-1]}]{{3,90}})"),
    _pattern("ever", rf"{_WHO} (?:(?:have|has|just|already|finally|also|recently) )*(?P<verb>"
             rf"{DONE}) (?P<what>[^{MARK[1:-1]}]{{3,90}})"),
)  # fmt: skip
