"""Which English noun phrase has which value: "the pool size is 10", "we raised it to 50", "my $600 annual budget"."""

from __future__ import annotations

import re
from dataclasses import replace

from tiermem.facts.clauses import Clause
from tiermem.facts.fact import Fact, about, refers_back
from tiermem.facts.quantities import FIRST, MARK, Quantity
from tiermem.text.analyzer import terms

_DETERMINER = re.compile(r"\b(?:my|our|the|a|an|this|that|\w+'s)\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:I|we|you|he|she|they|it|there|this|that|which|who|what|how|when|where|these|those|and|or|then|to|for me"
    r"|of them"
    r"|know|note|remember|remind|sure|out|given|considering|especially)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^\W*(?:(?:well|ok|okay|yes|yeah|no|so|and|but|also|oh|hey|hi|actually|sorry|correction|update|fyi|btw|wait|oops"
    r"|now"
    r"|currently|today|as of now|by the way|good news|great news|in fact|it turns out|turns out)\W+)*",
    re.IGNORECASE,
)
_FILL = (
    r"(?:(?:now|currently|only|just|about|around|approximately|roughly|exactly|up|down|back|still|already|a total of|at"
    r"|on|for|by|due|set|scheduled|the|next|over|under|actually|rated|estimated|at least|to)\s+)*"
)
_IS = re.compile(
    rf"(?:\b(?:is|are|was|were|equals|reached|has reached|has been|have reached|stands at|sits at|takes|will be)|="
    rf"|:)\s*{_FILL}$",
    re.IGNORECASE,
)
_HAPPENS = re.compile(
    r"^(?P<subject>.*?) (?P<verb>leaves|departs|arrives|starts|begins|ends|expires|opens|closes) (?:at|on|in|by"
    r"|after) $",
    re.IGNORECASE,
)
_MOVED = (
    r"(?:rais|increas|lower|reduc|decreas|cut|dropp|bump|chang|mov|push|postpon|delay|reschedul|extend|shorten|upgrad"
    r"|updat|adjust|switch|scal|expand|improv|jump|climb|slipp|correct|rais|revis|brought forward|pull|gr[eo]w|r[oi]s"
    r"|f[ea]ll"
    r"|went|gone|set)(?:ed|d|n|en|es|s)?"
)
_TO = re.compile(
    rf"^(?P<subject>.*?)\b(?P<verb>{_MOVED})\b(?P<object>(?:(?!\bto\b).){{0,80}}?)(?:\bfrom\s+(?P<old>"
    rf"{MARK})[^{FIRST}]{{0,20}})?"
    rf"\s*(?:\b(?:up|down|back|out|forward|again)\b)?\s*\bto\s+{_FILL}$",
    re.IGNORECASE,
)
_OF = re.compile(rf"(?:^|.*\b)(?P<np>(?:my|our|the|a|an|new)\s+(?:[\w'-]+\s+){{1,5}})of\s+{_FILL}$", re.IGNORECASE)
_HAS = re.compile(
    r"^(?P<subject>.*?)\b(?:have|has|own|owns|have got|has got|got)\s+(?:(?:now|currently|only|about|already"
    r"|a total of|up to)\s+)*$",
    re.IGNORECASE,
)
_I_HAVE = re.compile(r"\b(?:I|we)\b(?:\W+(?:now|currently|still|already|only))*\W*$", re.IGNORECASE)
_NAMED = re.compile(r"\b((?:my|our|the)\s+(?:[\w-]+\s+){0,4}[\w-]+)'s\s+(?:current |new )?$", re.IGNORECASE)
_BOOKED = re.compile(
    r"\b(?:have|has|got|booked|scheduled|set up)\s+(?P<np>(?:a|an|my|the|our)\s+[^,]{3,80}?)\s+(?:coming up |scheduled "
    r"|planned |set |due |booked )?(?:on|at|for|by)\s+$",
    re.IGNORECASE,
)
_ENDS_SUBJECT = re.compile(r"\b(?:is|was|are|were|that|which|who|has|have|had)\b", re.IGNORECASE)
_BARE_PRONOUN = re.compile(
    rf"^(?:(?:it|this|that|which|i meant|i mean|make (?:it|that)|make it|it is|they)\b\W*(?:has|have|had|was|is|are"
    rf"|been|got|should say)?\W*)*{_FILL}$",
    re.IGNORECASE,
)
_TRAILING = re.compile(r"(?:\s+(?:now|currently|still|already|only|also))+$", re.IGNORECASE)
_REFERS = re.compile(
    r"\b(?:it|this|that|which|they|i meant?|make|actually|correction|sorry|no|oops|wait)\b", re.IGNORECASE
)
_TAIL = re.compile(r",?\s*(?:for|on|to)\s+(?:(?:the|my|our|a|an)\s+)?((?:[\w'-]+ ?){1,4})")
_NOUNS_AFTER = re.compile(r"^[\s-]*((?:[a-z][\w'-]*\s*){1,4})")
_NOUN_END = re.compile(
    r"\b(?:in|on|at|for|from|with|and|or|to|of|by|now|right|so|that|which|who|as|since|per|a|is|are|was|has|have|but"
    r"|than|"
    r"this|last|next|already|total|each|because|after|before|when|while|today|yesterday|left|more|away|ago|not"
    r"|instead|i|"
    r"we|you|it|he|she|the|my|our|named|called|living|there|here|again|too|also|due)\b.*",
    re.IGNORECASE,
)


def figure(clause: Clause, before: str, after: str, value: Quantity, speaker: str) -> Fact | None:
    """The fact that *value*, between *before* and *after* in its clause, is part of; None if it is part of none."""
    stated = _noun_with_value(clause, before, after, value, speaker)
    if stated is not None or not clause.real or clause.other:
        return stated
    if match := _TO.match(before):
        return _moved(clause, match, with_unit(value, counted(after)), speaker)
    if (match := _HAS.match(before)) and value.kind == "count":
        return _possessed(clause, match["subject"].strip(), counted(after), value, speaker)
    if (match := _BOOKED.search(before)) and value.kind == "when":
        return _named(clause, match["np"], value, speaker)
    if phrase := _told_of(before):
        return _named(clause, phrase, with_unit(value, counted(after)), speaker)
    bare = _REFERS.search(before) and _BARE_PRONOUN.match(_LEAD.sub("", before)) and len(after.split()) < 4
    return refers_back(clause, with_unit(value, counted(after)), speaker) if bare and clause.changed else None


def _told_of(before: str) -> str:
    """The subject of "is" or "takes"; with the verb where that tells which time of the subject is meant."""
    if match := _HAPPENS.search(before):
        return f"{_TRAILING.sub('', match['subject'])} {match['verb']}"
    verb = _IS.search(before)
    return before[: verb.start()] if verb else ""


def _moved(clause: Clause, match: re.Match[str], value: Quantity, speaker: str) -> Fact | None:
    """ "raised X from 10 to 50": the object is meant, or the subject where there is none ("X went up to 50")."""
    target = match["object"].strip()
    old = clause.values[ord(match["old"]) - ord(FIRST)] if match["old"] else None
    phrase = target or match["subject"].strip()
    return _named(clause, phrase, value, speaker, old=old, changed=True, mover=not target)


def _possessed(clause: Clause, subject: str, noun: str, value: Quantity, speaker: str) -> Fact | None:
    own = bool(_I_HAVE.search(subject))
    if not noun:
        return refers_back(clause, value, speaker, frame="have") if own and clause.changed else None
    owner = "my" if own else _TRAILING.sub("", subject)
    fact = _named(clause, f"{owner} {noun}", value, speaker) if owner else None
    return replace(fact, frame="have") if fact else None


def _noun_with_value(clause: Clause, before: str, after: str, value: Quantity, speaker: str) -> Fact | None:
    """ "my $600 annual budget", "the increased budget of $650": what is presupposed holds in a question, too."""
    if match := _OF.match(before):
        tail = _TAIL.match(after)
        phrase = match["np"] + (_NOUN_END.sub("", tail[1]) if tail else "")
        return _named(clause, phrase, value, speaker) if clause.real or clause.changed else None
    if (named := _NAMED.search(before)) and clause.real and counted(after) and value.kind != "when":
        return _named(clause, f"{named[1]} {counted(after)}", value, speaker)
    owned = re.search(r"\b(my|our)\s+(?:(?:new|current|increased|updated)\s+)?$", before, re.IGNORECASE)
    noun = counted(after)
    if owned and noun and value.kind != "when" and (value.unit or value.kind == "money") and not clause.other:
        return _named(clause, f"my {noun}", value, speaker)
    return None


def counted(after: str) -> str:
    """The noun phrase that is counted: *after* is the text behind the number; "" if there is none."""
    match = _NOUNS_AFTER.match(after)
    return _NOUN_END.sub("", match[1]).strip() if match else ""


def with_unit(value: Quantity, noun: str) -> Quantity:
    """*value* with what is counted as its unit, where that is a plural and it has no other unit."""
    plural = re.match(r"\w+s\b", noun)
    if value.kind != "count" or value.unit or not plural:
        return value
    return Quantity(value.kind, (terms(plural.group()) or [""])[0], value.value)


def _named(
    clause: Clause,
    phrase: str,
    value: Quantity,
    speaker: str,
    *,
    old: Quantity | None = None,
    changed: bool = False,
    mover: bool = False,
) -> Fact | None:
    """The fact about the noun phrase at the end of *phrase*; None where there is none."""
    phrase = _LEAD.sub("", phrase)
    broken = list(_PRONOUN.finditer(phrase))
    if broken:
        last = broken[-1]
        rest = phrase[last.end() :]
        if not re.sub(r"\b(?:has|have|had|been|is|was|got|just|recently|now|also|finally)\b", "", rest).strip():
            return _by_pronoun(clause, last.group().lower(), value, speaker, old, changed)
        start = _DETERMINER.search(rest)
        if not start:
            return None
        phrase = rest[start.start() :]
    elif not re.sub(r"\b(?:has|have|had|been|is|was|got|just|recently|now|also)\b", "", phrase).strip():
        return refers_back(clause, value, speaker, old) if mover else None
    phrase = re.sub(
        r"\s+(?:has|have|had|is|are|was|were|got|been|just|recently|now|also|finally|\s)+$", "", phrase.strip()
    )
    return about(clause, phrase, value, speaker, old, changed)


def _by_pronoun(
    clause: Clause, pronoun: str, value: Quantity, speaker: str, old: Quantity | None, changed: bool
) -> Fact | None:
    if pronoun not in ("it", "this", "that", "which"):
        return None
    determiners = list(_DETERMINER.finditer(clause.before))
    stated = determiners and (changed or re.search(r"\b(?:is|was|are|were)\b", clause.before))
    if pronoun == "which" or stated:
        phrase = clause.before[determiners[-1].start() :] if determiners else ""
        phrase = _ENDS_SUBJECT.split(phrase)[0]
        return about(clause, phrase, value, speaker, old, changed) if phrase else None
    return refers_back(clause, value, speaker, old) if changed or clause.changed else None
