"""Whether a claim can rest on the message that it names: who says it, whether its words stand there, and how.

Rule 1: a fact is a user's own words. What an assistant, a tool or a document says states nothing of a user.
Rule 2: the value stands in the message, word for word; so do names and figures of the subject and the attribute, there
or shortly before. What is none of the rules' names for attributes must have been said as well.
Rule 3: what the message asks, supposes or denies there is not claimed as so; where a rule read another value of the
same thing in the same message, the rule is believed.
Rule 4: a claim that is refused is counted by its reason, and nothing else happens to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from tiermem.extraction.attributes import HELPERS, KINDS, canonical
from tiermem.extraction.claims import Claim
from tiermem.extraction.standing import (
    clause_of,
    corrects,
    denies,
    dislikes,
    known_terms,
    past,
    stands,
    supposes,
    terms_in,
)
from tiermem.facts.stated.dating import moments
from tiermem.facts.stated.reading.statements import jokes, told_by
from tiermem.facts.stated.record import (
    CHANGES,
    CORRECTS,
    MODEL,
    NO,
    ONCE,
    RETRACTS,
    YES,
    Stated,
    attribute_key,
    subject_key,
    tidy,
    value_key,
)
from tiermem.text import late
from tiermem.text.analyzer import HAN, terms

# Why a claim is refused.
NO_MESSAGE, NOT_OWN, UNREAD = "no such message", "not the user's own words", "no fact that can be read"
VALUE, ATTRIBUTE, SUBJECT = "value not said", "attribute not said", "subject not said"
DENIED, SUPPOSED, RULED = "denied there", "not said as a fact", "a rule reads it otherwise"
REASONS = (NO_MESSAGE, NOT_OWN, UNREAD, VALUE, ATTRIBUTE, SUBJECT, DENIED, SUPPOSED, RULED)
MOST = 24  # facts of one message; more is a table
_SELF = frozenset({"user", "the user", "me", "i", "myself", "speaker", "human", "用户", "我", "本人", "说话人"})
_OWNED = late.compile(r"^(?:(?:the )?user['’]s|my|our|用户的|我的|我们的)\s*(?P<what>\S.*)$", re.IGNORECASE)
_OF_SOMEBODY = late.compile(
    rf"^(?P<whose>[^'’]+)['’]s (?P<what>\S.*)$|^(?P<whose_zh>[{HAN}]{{1,4}})的(?P<what_zh>[{HAN}]+)$"
)
_WORDS = late.compile(rf"[{HAN}]+|[^\W{HAN}]+")


@dataclass(frozen=True, slots=True)
class ClaimSource:
    """One message as what claims may rest on.

    Args:
        number: of the message.
        speaker: the subject of what it says of "me"; "" where it is nobody's who states facts.
        own: what its speaker says himself, without quotes and what is only handed over.
        near: that, and what was said shortly before, by anybody.
        said: wall-clock seconds of its speaker's clock; None where unknown.
        behind: seconds by which that clock is before UTC.
        ruled: what rules read in it.
    """

    number: int
    speaker: str
    own: str
    near: str
    said: float | None = None
    behind: float = 0.0
    ruled: Sequence[Stated] = ()


@dataclass(frozen=True, slots=True)
class Grounded:
    """The facts that hold, by message, and how many claims were refused, by reason."""

    facts: Mapping[int, list[Stated]]
    refused: Counter[str] = field(default_factory=Counter)


@lru_cache(maxsize=1)
def _helping() -> frozenset[str]:
    """Terms that name no attribute by themselves; made when it is asked, for it loads the Chinese dictionary."""
    return frozenset(term for word in HELPERS.split() for term in terms(word))


def grounded(claims: Sequence[Claim], sources: Mapping[int, ClaimSource], owner: str) -> Grounded:
    """What of *claims* the *sources* bear out; *owner* is the user's name. What a rule read too is left out, uncounted.

    A claim that names several messages rests on the first that bears it out.
    """
    facts, refused = dict[int, list[Stated]](), Counter[str]()
    for claim in claims:
        judged = [(number, _judged(claim, sources.get(number), owner)) for number in claim.numbers]
        held = next(((number, fact) for number, fact in judged if isinstance(fact, Stated)), None)
        if held is None:
            refused[str(judged[0][1])] += 1
        elif not doubled(held[1], (*sources[held[0]].ruled, *facts.get(held[0], ()))):
            facts.setdefault(held[0], []).append(held[1])
    return Grounded({number: own[:MOST] for number, own in facts.items()}, refused)


def _judged(claim: Claim, source: ClaimSource | None, owner: str) -> Stated | str:
    """The fact of *claim*, or why it is refused."""
    if source is None:
        return NO_MESSAGE
    if not source.speaker or not source.own.strip():
        return NOT_OWN
    subject = _subject(claim.subject, source, owner)
    owned = _OF_SOMEBODY.match(claim.attribute) if subject == source.speaker else None
    if owned:  # "sister's name" of the user is the name of the user's sister
        subject = _subject(f"user's {owned['whose'] or owned['whose_zh']}", source, owner)
    attribute, value, kind = canonical((owned["what"] or owned["what_zh"]) if owned else claim.attribute, claim.value)
    if subject is None or (not subject and attribute in KINDS):
        return SUBJECT
    if value == YES and claim.manner == RETRACTS:
        value, claim = NO, replace(claim, manner=CORRECTS)
    fact = Stated(
        subject, tidy(attribute), tidy(value), kind, claim.manner, claim.several, "", claim.certainty, how=MODEL
    )
    clause = bearing(fact, source)
    if clause is None:
        return ATTRIBUTE if fact.value in (YES, NO) else VALUE
    return _attribute_refused(fact, source) or _tone_refused(fact, clause, source) or _ruled(fact, clause, source)


def bearing(fact: Stated, source: ClaimSource) -> str | None:
    """The clause of *source* that bears the value of *fact* out, or of what is so or not its attribute; None where none
    does. `verify` asks this of what is stored, so a later version may ask less and never more."""
    if not fact.value or not fact.attribute:
        return None
    if fact.value not in (YES, NO):
        return clause_of(fact.value, source.own)
    every = frozenset(terms(fact.attribute))
    return terms_in(every - _helping() or every, source.own)


def _attribute_refused(fact: Stated, source: ClaimSource) -> str:
    """Why the attribute cannot be: names and figures in it that nobody said, and other words neither."""
    wanted = frozenset(terms(fact.attribute)) - _helping()
    return "" if wanted <= known_terms(source.near) else ATTRIBUTE


def _tone_refused(fact: Stated, clause: str, source: ClaimSource) -> str:
    """Why it cannot be told like this: *clause* denies what is claimed as so, or the other way, or is not meant so."""
    denied, unliked = denies(clause), dislikes(clause)
    if fact.manner == RETRACTS:
        told = denied
    elif fact.manner == ONCE:
        told = past(clause)
    elif fact.value == NO:
        told = denied or unliked or past(clause)
    else:
        told = not denied and not (unliked and fact.kind == "taste")
    if not told:
        return DENIED
    if jokes(source.own) or supposes(clause) or (fact.subject == source.speaker and told_by(clause)):
        return SUPPOSED
    return ""


def _ruled(fact: Stated, clause: str, source: ClaimSource) -> Stated | str:
    """*fact* with its times, unless a rule read something else of the same thing in the same message."""
    same = [one for one in source.ruled if _thing(one) == _thing(fact) and not (one.several or fact.several)]
    if same and all(value_key(one.value) != value_key(fact.value) or one.manner == ONCE != fact.manner for one in same):
        return RULED
    if fact.manner == CORRECTS and not corrects(source.own):
        fact = replace(fact, manner=CHANGES)  # a correction says that the value before never was so
    if source.said is None:
        return fact
    since, until = moments(clause, fact.value, fact.manner, source.said)
    behind = source.behind
    return replace(
        fact, since=None if since is None else since - behind, until=None if until is None else until - behind
    )


def doubled(fact: Stated, others: Sequence[Stated]) -> bool:
    """Whether one of *others*, of the same message, says the same of the same one."""
    return any(
        subject_key(one.subject) == subject_key(fact.subject)
        and value_key(one.value) == value_key(fact.value)
        and (fact.value not in (YES, NO) or attribute_key(one.attribute) == attribute_key(fact.attribute))
        for one in others
    )


def _thing(fact: Stated) -> tuple[str, str]:
    return subject_key(fact.subject), attribute_key(fact.attribute)


def _subject(claimed: str, source: ClaimSource, owner: str) -> str | None:
    """The subject as rules write it; None where nobody spoke of such a one."""
    lower = tidy(claimed).casefold()
    if lower in _SELF or (lower and lower in (owner.casefold(), source.speaker)):
        return source.speaker
    if not lower:
        return ""
    owned = _OWNED.match(lower)
    what = owned["what"] if owned else lower
    if not all(stands(word, source.near) for word in _WORDS.findall(what)):
        return None
    mine = owned or re.search(
        rf"\b(?:my|our) {re.escape(what)}\b|我(?:们|家)?的?{re.escape(what)}", source.near.casefold()
    )
    return f"{source.speaker}'s {what}" if mine else what
