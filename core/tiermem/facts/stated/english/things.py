"""What English says of things and of who is responsible: "my rent went up to $1,350", "the deadline is 3 May"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tiermem.facts.quantities import MARK
from tiermem.facts.stated.english.patterns import END, NAMED
from tiermem.facts.stated.english.subjects import NAME, About, without_adverbs
from tiermem.facts.stated.english.words import APPOINTMENTS, KIN, PERSONAL, PETS, RELATED, SHARED
from tiermem.facts.stated.phrases import EXERCISE, GENERIC, content
from tiermem.facts.stated.record import CORRECTS, RETRACTS, STATES, Stated
from tiermem.facts.stated.told import Told
from tiermem.text import late

_CHANGED = (
    r"(?:(?:has|have|had|was|were|is|are|got|just|been|now|recently|already|actually|officially|being|since|finally) )*"
    r"(?:moved(?: up| back| forward| out)?|pushed(?: back| out)?|postponed|rescheduled|changed|raised|increased|lowered"
    r"|reduced|cut|bumped(?: up)?|went|went up|gone up|went down|gone down|dropped|rose|risen|grew"
    r"|grown|fell|fallen|extended"
    r"|shortened|brought forward|delayed|upgraded|switched|renamed|updated|set|jumped|climbed|shrank|shifted|slipped"
    r"|adjusted|improved|reset|revised|slashed|scaled up|scaled down)"
)
_MOVER = (
    r"(?:(?:have|has|had|just|now|recently|already|finally|also) )*"
    r"(?:moved|pushed(?: back)?|postponed|rescheduled|changed|raised|increased|lowered|reduced|cut"
    r"|bumped(?: up)?|extended"
    r"|shortened|delayed|upgraded|switched|renamed|updated|set|shifted|adjusted|revised|improved|beat|upped|dropped)"
)
_WORTH = (
    rf"(?:{MARK}(?: {MARK}|(?: [a-z]+)? [a-z]{{3,}}s\b)?|[\w.-]+@[\w-]+(?:\.[\w-]+)+|`[^`]+`|{NAMED}(?:"
    rf" {NAME})?|[A-Z]{{1,4}}\d{{1,5}}\b|\d{{1,4}}[A-Z]\b|[A-Z][+-]?(?=\s*$))"
)
_FAVOURITE = late.compile(
    r"^(?:new |current |all-time |absolute )*favou?rite (?P<what>[\w' -]{3,30}?)(?: these days| right"
    r" now| now| of all time| ever)? "
    r"(?:(?P<was>was|used to be)|is|are|became|has become|have become|has changed to|changed to|switched to) "
    r"(?:now |currently |still |actually |definitely |probably |always |been |by far |hands down |the )*"
    rf"(?P<value>{MARK}|[\w'’&+#-]+(?: [\w'’&+#-]+){{0,3}}?)(?=\s*$|\s*[^\w\s'’-]|\s+(?:and|now|since|because|these"
    r"|instead|so|at the moment|right|with|by|who|which|but|ever|from|in|on|for)\b)"
)
_NOT_CALLED = late.compile(rf"^name is not (?:actually |really )?(?P<value>{NAMED}){END}")
_IS = late.compile(
    rf"^(?P<what>[\w'’/+& -]{{2,60}}?) (?:(?P<was>was|were|used to be)|is|are|will be|has been|=|leaves"
    rf"|departs|starts|begins|ends|lands|arrives|opens|closes)"
    rf"(?: (?P<manner>now|currently|actually|officially|still|also|already|just|around|about|roughly"
    rf"|approximately|only|at|set at"
    rf"|set to|set for|due|due on|on|in|scheduled for|called|named|spelled|the|booked for|moved to|down"
    rf" to|up to|down at|up at|back to))*"
    rf" (?P<value>{_WORTH})(?P<after>.*)$"
)
_MOVED = late.compile(
    rf"^(?P<what>[\w'’/+& -]{{2,60}}?) {_CHANGED}(?: \w+ly)?(?: from (?P<old>{_WORTH}))?(?: again)?"
    rf" (?:up to|down to|to|for|until|till|at) (?:the )?(?P<value>{_WORTH})(?P<after>.*)$"
)
# "My library now has 52 sources": how many there are, which another number replaces.
_HOLDS = late.compile(
    rf"^(?P<what>[\w'’/+& -]{{2,40}}?) (?:(?:now|currently|already) )?(?:has|contains|holds|counts|has grown to|grew to"
    rf"|has reached|reached|is now up to|is up to)(?: (?:now|already|about|around|over|roughly|exactly))*"
    rf" (?P<value>{MARK}) (?P<of>(?:[a-z][\w-]* )?(?:[a-z]{{3,}}s|people))(?=\s*$|\s*[^\w\s'’-]"
    rf"|\s+(?:in|and|now|but|so|tagged|from|by|after|already|at|on|total|altogether)\b)"
)
# Of these there is soon another one, which has its own number of parts.
_EACH_ITS_OWN = late.compile(rf"(?:{APPOINTMENTS}|plan|project|trip|week|day|month|exam|quiz|test|order|list|draft)$")
_MOVES = late.compile(
    rf"^{_MOVER} (?P<whose>my|our|the) (?P<what>[\w'’/+& -]{{2,50}}?)(?: up| down| back| out)?(?: from"
    rf" (?P<old>{_WORTH}))? (?:up to|down to|to|until|till|at|for) (?:the"
    rf" )?(?P<value>{_WORTH})(?P<after>.*)$"
)
_PICKED = late.compile(
    rf"^(?:(?:have|has|just|finally|now) )*(?:picked|chose|selected|went with|settled on|decided on"
    rf"|booked|hired|use|are using|am using) (?P<value>{NAMED}(?: {NAME})?) (?:as|for) (?P<whose>my|our"
    rf"|the) (?P<what>[\w -]{{3,40}}?){END}"
)
_RESPONSIBLE = late.compile(
    rf"^(?:(?P<was>was|used to be)|is|am|are|will be)? ?(?:now |currently )*(?:responsible for|in charge"
    rf" of|(?P<verb>handles|owns|leads|runs|maintains|manages))"
    rf" (?:the |our |all )?(?P<what>[\w -]{{3,40}}?){END}"
)
_TOOK = late.compile(
    rf"^(?:(?:has|have|had|just|recently|officially|now) )*(?:taken|took|takes|is taking|will take|are"
    rf" taking|am taking) over"
    rf"(?: as (?:the |our )?(?P<role>[\w -]{{3,30}}?)| (?:the |our )?(?P<what>(?!from\b|as\b)[\w -]{{3,40}}?))"
    rf"(?: from (?P<old>{NAME}))?{END}"
)
_TITLE = late.compile(
    rf"^(?:(?P<was>was|used to be)|is|are|became|will be) (?:now |currently |officially )*(?P<whose>the"
    rf"|our|my) (?:new |current )?(?P<what>(?:[a-z][\w-]* ){{0,2}}(?:{SHARED}|{KIN})){END}"
)
_ASSIGNED = late.compile(
    rf"^(?P<what>[\w -]{{3,40}}?) (?:is|was|has been|got|were|are) (?:now |just"
    rf" )?(?P<again>re)?(?:assigned|handed(?: over)?|passed|transferred) (?:from (?P<old>{NAME}) )?to"
    rf" (?P<value>{NAME}){END}"
)
_BACK = late.compile(
    rf"^(?i:it|that|this|which)(?: is now| is actually| is| has been| was| got| just got| actually|['’]s (?:now|been))?"
    rf" ?(?:{_CHANGED} (?:to|for|until|up to|down to|from (?P<old>{MARK}) to)|(?:now|currently)(?: at| around| about)?"
    rf"|actually|been)?"
    rf" ?(?P<value>{MARK}|{NAMED})(?: now| instead)?(?=\s*$|\s*[^\w\s]|\s+(?:under|with|per|for|on) )"
)
_BACK_MOVES = late.compile(
    rf"^{_MOVER} (?:it|that|this)(?: up| down| back| out)?(?: from (?P<old>{MARK}))? (?:up to|down to|to"
    rf"|until|at|for) (?P<value>{MARK}|{NAMED})(?=\s*$|\s*[^\w\s]|\s+(?:now|last|this|after|because"
    rf"|since)\b)"
)
_MEANT = late.compile(
    rf"^(?i:(?:I )?(?:meant|mean|should have said)(?: to say)?|make (?:that|it)|scratch that|(?:no|sorry"
    rf"|correction|wait|oops|actually)[ :,—-]*)+ (?:it is |that is )?(?P<value>{MARK}|{NAMED})(?:,? not"
    rf" (?P<old>.+))?$"
)
PERSONAL_HEAD = late.compile(rf"(?:^| )(?:{PERSONAL})$", re.IGNORECASE)
SHARED_HEAD = late.compile(rf"(?:^| )(?:{SHARED})$", re.IGNORECASE)
_HOUSEHOLD = late.compile(
    r"(?:^| )(?:rent|mortgage|wedding|anniversary|landlord|landlady|address|house|wifi password)$"
)
_STRIP = late.compile(r"^(?:(?:new|current|latest|updated|total|official|actual|final|old|original|revised|own) )+")
_AFTER = late.compile(
    r"^\s*(?:$|[^\w\s]|(?:now|instead|and|because|since|as of|this|from|starting|for|at|on|in|per|a"
    r"|each|every|last|after|with"
    r"|by|before|due|these|right|so|but|not|if|today|total|altogether|exactly|sharp|anymore|again|until|to"
    r"|local|of|both|all)\b)"
)
_SEVERAL = late.compile(rf"\s*(?:and|or|,) {MARK}")
APPOINTED = late.compile(rf"^(?:[\w-]+ ){{0,3}}?(?:{APPOINTMENTS}) with \w", re.IGNORECASE)
FORMER = late.compile(rf"\b(?:former|ex)\b|\blate (?:{KIN})")  # who, or what, it was; not the one that is
_KIN_WORD = late.compile(rf"(?:{KIN})$")
_PLURAL_OR_VERB = late.compile(
    r"\b(?:is|are|was|were|have|has|had|that|which|who|where|when|if|do|does|did|not|never|can|will"
    r"|would|said|says|i|we|you"
    r"|he|she|they|it|thing|things|point|problem|question|issue|answer|reason|idea|part|way|first"
    r"|second|third|next|other"
    r"|another|last|previous|each|every|half|most|some|rest|same|average|best part|worst)\b",
    re.IGNORECASE,
)


def thing(about: About, what: str, *, measured: bool, moved: bool = False) -> tuple[str, str] | None:
    """(subject, attribute) of the noun phrase *what*; None where a thing of that name says nothing."""
    phrase = _STRIP.sub("", what.strip().lower().replace("’", "'")).replace("colour", "color")
    subject = about.subject
    if kin := re.match(rf"({RELATED}|{PETS})'s (.+)$", phrase):
        subject, phrase = f"{subject}'s {kin[1]}", _STRIP.sub("", kin[2])
    if _PLURAL_OR_VERB.search(phrase) or FORMER.search(phrase) or "'s " in phrase or len(phrase.split()) > 6:
        return None
    words = content(phrase)
    if words & EXERCISE or not phrase:
        return None
    if APPOINTED.match(phrase):
        subject = about.speaker  # who speaks of one with somebody goes there
    if about.plural and _HOUSEHOLD.search(phrase):
        subject = about.speaker
    head = PERSONAL_HEAD if subject else SHARED_HEAD
    if head.search(phrase) or (subject and SHARED_HEAD.search(phrase)):
        return subject, phrase
    return (subject, phrase) if measured and words - GENERIC and (subject or moved) else None


def of_thing(about: About, told: Told) -> Iterator[Stated]:
    """What "my …", "our …" or "the …" is said to be."""
    text = about.predicate
    if match := _FAVOURITE.match(text):
        if about.subject and match["value"].lower() not in ("it", "this", "that", "so", "not", "a", "when", "to"):
            yield from _favourite(about, match, told)
        return
    if about.subject and (match := _NOT_CALLED.match(text)):
        yield told.fact(about.subject, "name", match["value"], "name", manner=RETRACTS)
        return
    if match := _ASSIGNED.match(text):
        yield told.fact("", f"responsible for {match['what']}", match["value"], "role")
        return
    if about.subject and (match := _HOLDS.match(text)):
        yield from _counted(about, match, told)
        return
    match = _MOVED.match(text) or _IS.match(text)
    if match is None or not _AFTER.match(match["after"]) or _SEVERAL.match(match["after"]) or told.other:
        return
    named = thing(about, match["what"], measured=_measured(match), moved=match.re is _MOVED)
    if named is not None and not _vague(named[1], match["value"], told):
        yield from _valued(about, named, match, told)


def _counted(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    number = told.quantity(match["value"])
    if _EACH_ITS_OWN.search(match["what"]):
        return
    named = thing(about, match["what"], measured=True)
    if number.kind == "count" and not number.unit and named and not (told.past or told.other):
        yield told.fact(named[0], f"{named[1]} {match['of']}", match["value"], "figure")


def _measured(match: re.Match[str]) -> bool:
    return bool(re.match(MARK, match["value"]))


def _valued(about: About, named: tuple[str, str], match: re.Match[str], told: Told) -> Iterator[Stated]:
    """The value of what is *named* by subject and attribute."""
    part, measured = match.groupdict(), _measured(match)
    manner = told.news if match.re is _MOVED else told.fact
    subject, attribute = named
    if part.get("was"):
        if not told.changed:
            yield told.once(subject, attribute, match["value"], _kind(match["value"]))
        return
    if attribute in ("first name", "full name") and subject != about.subject:
        attribute = "name"
    if not measured and _KIN_WORD.fullmatch(attribute) and subject:
        if "moved" in match.group():  # a sister who moved to Paris is not called so
            return
        subject, attribute = f"{subject}'s {attribute}", "name"
    old = told.plain(part.get("old") or "")
    yield manner(subject, attribute, match["value"], _kind(match["value"]), old=old)


def _vague(attribute: str, value: str, told: Told) -> bool:
    """Whether *value* is a small count of things that are not said: "the meeting is 2"."""
    if not re.fullmatch(MARK, value):
        return False
    one = told.quantity(value)
    return one.kind == "count" and not one.unit and one.text.isalpha() and not SHARED_HEAD.search(attribute)


def _kind(value: str) -> str:
    return "figure" if re.match(MARK, value) else "is"


def _favourite(about: About, match: re.Match[str], told: Told) -> Iterator[Stated]:
    what = match["what"].strip().lower().replace("colour", "color")
    if re.search(r"\b(?:part|thing|things|way|moment|memory|of|one|ones|bit|to|about|is|are|was)\b", what):
        return
    attribute = f"favorite {what}"
    if match["was"]:
        yield told.once(about.subject, attribute, match["value"], "favorite")
    else:
        yield told.fact(about.subject, attribute, match["value"], "favorite")


def of_mover(about: About, told: Told) -> Iterator[Stated]:
    """What "we raised the budget to 5" and "Bob took over the release" say."""
    text = about.predicate
    if match := _MOVES.match(text):
        whose = About("" if match["whose"] != "my" else about.subject, "", plural=match["whose"] == "our")
        named = thing(whose, match["what"], measured=_measured(match), moved=True)
        if named and _AFTER.match(match["after"]):
            old = told.plain(match["old"] or "")
            yield told.news(named[0], named[1], match["value"], _kind(match["value"]), old=old)
    elif about.others:
        return
    elif match := _BACK_MOVES.match(text):
        yield told.news("", "", match["value"], "back", old=told.plain(match["old"] or ""))
    elif match := _PICKED.match(text):
        whose = About("" if match["whose"] != "my" else about.subject, "")
        if named := thing(whose, match["what"], measured=False):
            yield told.fact(named[0], named[1], match["value"], "is")
    else:
        yield from _roles(about, told)


def _roles(about: About, told: Told) -> Iterator[Stated]:
    if "'s " in about.subject:
        return
    who, text = _who(about, told), about.predicate
    if match := _TOOK.match(text):
        what = match["role"] or f"responsible for {_STRIP.sub('', match['what'])}"
        yield told.news("", what, who, "role", old=match["old"] or "")
    elif match := _RESPONSIBLE.match(text):
        if match["verb"] is None or about.subject != told.speaker:
            if match["verb"] and not re.search(
                (
                    rf"(?:{SHARED}|team|service|project|releases?|deploys?|deployments?|support|docs"
                    rf"|documentation|testing|design|marketing|billing|payments|infrastructure|onboarding"
                    rf"|backups?|tests|QA|migration)$"
                ),
                match["what"],
            ):
                return
            made = told.once if match["was"] else told.fact
            yield made("", f"responsible for {match['what']}", who, "role")
    elif match := _TITLE.match(text):
        if FORMER.search(match["what"]):
            return
        subject = about.speaker if match["whose"] == "my" else ""
        if match["was"]:
            yield told.once(subject, match["what"], who, "role")
        elif subject and _KIN_WORD.fullmatch(match["what"]):
            yield told.fact(f"{subject}'s {match['what']}", "name", who, "name")
        else:
            yield told.fact(subject, match["what"], who, "role")


def _who(about: About, told: Told) -> str:
    if about.subject == told.speaker:
        return told.speaker
    found = re.search(re.escape(about.subject), told.text, re.IGNORECASE)
    return found.group() if found else about.subject


def back(told: Told) -> Iterator[Stated]:
    """What a pronoun, or a bare correction, says of the thing that was spoken of before; it has no attribute yet."""
    text = without_adverbs(told.text)
    if match := _MEANT.match(text):
        yield told.fact("", "", match["value"], "back", manner=CORRECTS)
    elif (match := _BACK.match(text)) and told.manner != STATES:
        yield told.fact("", "", match["value"], "back", old=told.plain(match["old"] or ""))
