"""What English says of people: where they live and work, what they are, have, do and like.

Rule: a pattern begins at the verb of its clause and is strict up to its end; what it does not know is no fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tiermem.facts.quantities import MARK
from tiermem.facts.stated.english.livelihood import MAKERS as LIVELIHOOD
from tiermem.facts.stated.english.livelihood import PATTERNS
from tiermem.facts.stated.english.patterns import (
    CLUB,
    DOING,
    END,
    FROM,
    HAVE,
    IS,
    LIKED,
    NAMED,
    NOT_ANY_MORE,
    OBJECT,
    OF_SOMEBODY,
    ORG,
    PLACE,
    ROLE_OF,
    STILL,
    TOOL,
    WORD,
)
from tiermem.facts.stated.english.people import MAKERS
from tiermem.facts.stated.english.subjects import NAME, About
from tiermem.facts.stated.english.words import APPOINTMENTS, BONDS, DIETS, JOBS, KIDS, OWNED, PLURAL_PETS
from tiermem.facts.stated.record import Stated
from tiermem.facts.stated.told import Told
from tiermem.text import late


@dataclass(frozen=True, slots=True)
class PersonRule:
    """Where *pattern* matches a predicate, the maker named *make* says what it states; *cues* are words of which one
    must be there."""

    cues: frozenset[str]
    pattern: re.Pattern[str]
    make: str


def _rule(cues: str, pattern: str, make: str) -> PersonRule:
    return PersonRule(frozenset(cues.split()), late.compile(pattern), make)


RULES = (
    _rule("live lives living lived reside resides residing based settled settle", (
        rf"(?:{IS} |(?:have|has) been |(?:have|has) )?(?:now |currently |still )?(?:live|lives|living"
        rf"|{STILL}lived|reside|resides|residing|based|settled(?: down)?)(?:"
        rf" together| alone)? (?:in|out of) {PLACE}"
    ), "home"),
    _rule("moved relocated moving", (
        rf"{HAVE}(?:moved|relocated)(?: back| over| out| down| up| across|house)*{FROM} (?:back |over |down "
        rf"|up )?to {PLACE}(?: from (?P<old2>{NAMED}))?(?! (?:[Tt]eam|[Dd]epartment|[Cc]loud|[Pp]lan|[Tt]ier"
        rf"|[Dd]ivision|[Oo]ffice)\b)"
    ), "moved"),
    _rule("live lives living reside resides moved longer", (
        rf"(?:(?:do|does) not (?:live|reside) in (?P<value>{NAMED}) any ?more\b|(?:{IS} )?no longer (?:live|lives"
        rf"|living|reside|resides) in (?P<value2>{NAMED})|{HAVE}moved (?:away from|out of) (?P<value3>{NAMED})(?! to\b)"
        r"(?=\s*$|\s*[^\w\s'’]|\s+(?:last|in|on|this|because|yesterday|today|two|a|and|\ue000)\b))"
    ), "ended home"),
    _rule("work works working longer employed", (
        rf"(?:(?:do|does) not work (?:at|for) (?P<value>{NAMED}) any ?more\b|(?:{IS} )?no longer"
        rf" (?:at|(?:work|works|working|employed) (?:at|for|with|by)) (?P<value2>{NAMED})(?P<value3>)?)"
    ), "ended work"),
    _rule("lived used was", (
        rf"(?:used to live|used to be based|lived(?<!have lived)(?<!has lived)|was living|were living|was"
        rf" based) in {PLACE}"
    ), "was home"),
    _rule("work works working worked employed", (
        rf"(?:{IS} |(?:have|has) been |(?:have|has) (?=worked))?(?:now )?(?:work|works|working|{STILL}worked|employed)"
        rf"(?: full[- ]time| part[-"
        rf" ]time| remotely| as an? [\w -]{{3,40}}?)? (?:(?:at|for)|in(?= {OF_SOMEBODY})) {ORG}{CLUB}"
    ), "works"),
    _rule("joined started got accepted took left hired", (
        rf"{HAVE}(?:joined|started (?:working |work |my new job |a new job |a job |a new role |a new"
        rf" position )?at|(?:got|landed|took|accepted|started) (?:a|an|the|my) (?:new )?(?:job|offer"
        rf"|position|role)(?: as an? [\w -]{{3,40}}?)? (?:at|with|from)|left (?P<old>{NAMED}) (?:for|to"
        rf" join)|(?:was|got|been) hired (?:by|at)) {ORG}{CLUB}"
    ), "hired"),
    _rule("used worked left quit laid resigned fired dismissed let sacked redundant", (
        rf"(?:used to work (?:at|for)|worked (?:at|for)|{HAVE}left|{HAVE}quit(?: my job at)?|(?:was|got|been)"
        rf" (?:laid off|fired|dismissed|let go|sacked|made redundant) (?:from|by|at)"
        rf"|{HAVE}resigned from) (?:my job at )?(?P<value>{NAMED})(?=\s*$|\s*[^\w\s]"
        rf"|\s+(?:last|in|on|after|before|this|because|until|from|between|for \ue000|back|yesterday|today|two|a))"
    ), "was work"),
    _rule("am is are work works working", (
        rf"(?:{IS} (?:now )?an? (?:(?P<years>{MARK})[- ](?:year[- ])?(?:old )?)?|(?:{IS} )?(?:work|works"
        rf"|working) as (?:an? |the )?)(?!(?:no|not|such)\b){ROLE_OF}"
    ), "jobs"),
    _rule("promoted became retrained started", (
        rf"{HAVE}(?:(?:got |was |been )?promoted to|became|retrained as|started (?:working )?as|switched"
        rf" careers to become) (?:an? |the )?(?P<value>(?:[\w-]+ ){{0,3}}?(?:{JOBS}|lead|head of [a-z]+|VP"
        rf"|vice president|partner|supervisor|foreman|team lead|tech lead)){END}"
    ), "became job"),
    _rule(
        "was used worked no",
        rf"(?:was|used to be|used to work as|worked as|{IS} no longer) an? {ROLE_OF}",
        "was job",
    ),
    _rule("am is turned turning turn are", (
        rf"(?:{IS}(?: turning)? |(?P<turned>turned|turns|just turned) )(?P<value>{MARK})(?: (?:years old|now"
        rf"|today|already))*(?=\s*$|\s*[^\w\s]|\s+(?:and|today|yesterday|last|this|in|on|so|now)\b)"
    ), "age"),
    _rule("single dating relationship engaged married separated divorced widowed", (
        rf"(?:and I )?(?:{IS} |(?:have|has) been |(?P<got>{HAVE}(?:got|became|were|was) ))(?:now |happily "
        rf"|recently |finally |still |newly |officially |just )*(?P<value>{BONDS})(?: (?:to|with)"
        rf" {NAME})?(?=\s*$|\s*[^\w\s]|\s+(?:and|now|since|for|last|this|in|on|again|with (?:two|three|one"
        rf"|no|a)|yesterday|these|at|after|over)\b(?! (?:the idea|my work|this book)))"
    ), "bond"),
    _rule("broke split separated", rf"(?:and I )?{HAVE}(?:broke up|split up|broken up|separated)\b", "broke"),
    _rule("allergic intolerant", (
        rf"(?:{IS} )(?:(?P<no>not|no longer) )?(?:(?:actually|really|severely|very|also|mildly|deathly"
        rf"|highly|quite|pretty|now) )*(?:allergic|intolerant) to (?!(?:it|this|that|them|bullshit|mornings|[Mm]ondays"
        rf"|work|mondays)\b)(?P<what>{WORD}(?: {WORD})??(?:,? (?:and|or) {WORD}(?: {WORD})?)??){END}"
    ), "allergic"),
    _rule("allergy allergies", (
        rf"(?:(?:have|has|got|developed|have got|has got) (?:an? )?(?:(?:bad|severe|mild|serious|nasty)"
        rf" )*(?P<what>[a-z]+(?: [a-z]+)?) allerg(?:y|ies)\b|(?:have |has )?(?:developed|have|has) an"
        rf" allergy to (?P<what2>[a-z]+(?: [a-z]+)?){END})"
    ), "allergies"),
    _rule(
        "outgrew outgrown",
        rf"{HAVE}outgr(?P<no>ew|own) (?:my|his|her|the) (?P<what>{WORD}(?: {WORD})?) allergy",
        "allergic",
    ),
    _rule((
        "vegetarian vegan pescatarian keto paleo gluten gluten-free dairy dairy-free halal kosher"
        " flexitarian lactose celiac coeliac diabetic left-handed right-handed color-blind colour-blind"
        " colorblind colourblind pregnant retired unemployed self-employed sober smoker non-smoker"
        " nearsighted only morning night introvert extrovert"
    ), (
        rf"(?:{IS} |(?:have|has) been |(?P<became>{HAVE}(?:became|went|turned|got|going) ))(?:(?P<no>not|no"
        rf" longer) )?(?:(?:a|an|strictly|strict|fully|now|currently|mostly|also|actually|still|really"
        rf"|basically) )*(?P<value>{DIETS})\b(?P<no2> any ?more)?(?! (?:food|restaurant|recipe|options?|meal"
        rf"|dish|diet for))"
    ), "trait"),
    _rule((
        "drink drinks drinking smoke smokes smoking eat eats eating play plays playing collect collects"
        " collecting study studies studying learn learns learning teach teaches teaching drive drives"
        " driving"
    ), (
        rf"(?:{IS} |(?:have|has) been )?(?:(?P<began>{HAVE}started) |(?P<once>used to) )?(?:(?P<no>no longer"
        rf"|do not|does not|never|(?:have |has )?stopped|(?:have |has )?quit|(?:have |has )?gave up|(?:have"
        rf"|has) given up) )?(?:ever |really )?(?P<verb>{DOING}) {OBJECT}{NOT_ANY_MORE}"
    ), "habit"),
    _rule("smoke smokes drink drinks", (
        r"(?:(?P<once>used to) )?(?:(?P<no>do not|does not|no longer|never) )?(?P<verb>smoke|smokes|drink"
        r"|drinks)(?: any ?more| at all)?(?=\s*$|\s*[^\w\s])"
    ), "smokes"),
    _rule("is", rf"is (?:now |called |named |actually )*(?P<value>{NAMED}){END}", "called"),
    _rule("speak speaks", (
        r"(?:(?P<no>do not|does not) )?(?:(?:also|now|a little|some|fluent|basic|decent) )*(?:speak|speaks)"
        r" (?:(?:fluent|some|a little|basic|decent|a bit of|good) )*(?P<what>[A-Z][a-z]{3,}(?:(?:,| and)"
        r" [A-Z][a-z]{3,}){0,3})"
    ), "languages"),
    _rule(
        "quit stopped gave given",
        rf"(?:{HAVE}(?:quit|stopped|gave up|given up|cut out)) (?P<what>[a-z]+(?: [a-z]+)?){END}",
        "gave_up",
    ),
    _rule("use uses using", rf"(?:{IS} )?(?:use|uses|using) {TOOL}", "uses"),
    _rule("switched migrated moved replaced", (
        rf"{HAVE}(?:(?:switched|migrated|moved)(?: over)? from (?P<old>{NAMED}|[a-z][\w.+#-]+) to"
        rf" (?P<what>{NAMED}|[a-z][\w.+#-]+))(?: for [\w ]+)?(?=\s*$|\s*[^\w\s]|\s+(?:and|last|this|in|on"
        rf"|since|for|because|after|over|during|today|yesterday|recently|completely|now)\b)"
    ), "switched"),
    _rule("like likes love loves enjoy enjoys adore hate hates dislike dislikes detest", (
        rf"(?:(?P<no>do not|does not|no longer) )?(?:really |absolutely |also |still |just |even"
        rf" )*(?P<verb>like|likes|love|loves|enjoy|enjoys|adore|adores|hate|hates|dislike|dislikes|detest)"
        rf" {LIKED}"
    ), "likes"),
    _rule("have has got booked scheduled arranged", (
        rf"{HAVE}(?:have|has|have got|got|booked|scheduled|arranged|set up) an? (?P<what>(?!second|another|weekly"
        rf"|daily|monthly|regular|recurring)(?:[\w-]+ ){{0,3}}?(?:{APPOINTMENTS})(?:"
        rf" (?:with|about|on) (?!{MARK}|(?:him|her|them|you|it|some\w*|this|that)\b)(?:(?:my|the|a|an)"
        rf" )?[\w.'-]+(?: (?!on\b|for\b|at\b|to\b|and\b)[\w.'-]+){{0,3}}?))"
        rf"(?: (?:scheduled|booked|planned|set|coming up))? (?:on|for|at) (?P<value>{MARK}(?: {MARK})?)"
        rf"(?=\s*$|\s*[^\w\s'’-]|\s+(?:to|and|in|at|with|so|for|about|where|because|but)\b)"
    ), "appointment"),
    _rule("have has own owns got bought adopted purchased 've", (
        rf"(?P<verb>{HAVE}(?:have|has|own|owns|got|bought|adopted|purchased|have got|has got)) (?:a|an|my"
        rf" own|our own|a new|a brand new)(?: new| second-hand| used| small| big| little| old| young| rescue"
        rf"| black| white| red| blue| brown| grey| gray| golden| orange| tabby| electric| vintage| cute|"
        rf" lovely)* (?P<what>{OWNED})(?: (?:named|called) (?P<called>{NAME}))?{END}(?! (?:to sell|for sale"
        rf"|to return|idea))"
    ), "owns"),
    _rule("have has sold gave rid rehomed returned traded lost crashed totaled longer own", (
        rf"(?:(?:do not|does not|no longer) (?:have|has|own|owns)(?: a| an| the| my| any)?|{HAVE}(?:sold"
        rf"|gave away|rehomed|got rid of|returned|traded in|totaled|gave up)(?: the| my| our)) (?:old |new "
        rf"|black |white |red |blue )*(?P<what>{OWNED})(?: any ?more)?{END}"
    ), "owns_none"),
    _rule(
        "died passed ran",
        r"(?:died|passed away|ran away|passed|has died|has passed away|was put (?:down|to sleep))\b",
        "died",
    ),
    _rule("have has own owns adopted got", (
        rf"{HAVE}(?:have|has|own|owns|have got) (?P<value>{MARK}) (?:(?:little|lovely|grown|adult|young"
        rf"|older|younger|rescue|small|beautiful|wonderful) )*(?P<what>{PLURAL_PETS}|{KIDS}){END}"
    ), "counts"),
    _rule("named called name", rf"{IS} (?:named|called) (?P<value>{NAME}){END}", "named"),
    _rule("go goes", rf"(?:go|goes) by (?P<value>{NAME}){END}", "named"),
    _rule(
        "from born grew come comes",
        rf"(?:{IS} (?:originally )?from|come from|comes from) (?P<value>{NAMED}){END}",
        "from",
    ),
    _rule("born", rf"(?:was|were) born in (?P<value>{NAMED})", "became birthplace"),
    _rule("born", rf"(?:was|were) born (?:on|in) (?P<value>{MARK}|[12]\d{{3}})", "became born"),
    _rule("grew", rf"grew up in (?P<value>{NAMED})", "became grew up in"),
    *(_rule(*one) for one in PATTERNS),
)  # fmt: skip


_EVERY = {**MAKERS, **LIVELIHOOD}
# Of others, who say nothing of themselves, only what is told in so many words.
_OF_OTHERS = frozenset(["home", "moved", "works", "hired", "jobs", "age", "bond", "allergic"])


def of_person(about: About, told: Told, words: frozenset[str]) -> Iterator[Stated]:
    """What the predicate says of who it is about; *words* are those of the clause, lower-case."""
    if about.named:
        yield told.fact(about.subject, "name", about.named, "name", several=True)
    if about.others:
        return
    named = about.subject != about.speaker and "'s " not in about.subject
    for rule in RULES:
        if named and rule.make not in _OF_OTHERS:
            continue
        if not rule.cues.isdisjoint(words) and (match := rule.pattern.match(about.predicate)):
            made = [*_EVERY[rule.make](about, match, told)]
            if made:
                yield from made
                return
