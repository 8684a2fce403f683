"""The lines of what a user laid down once and for all: wishes, constraints, needs that hold, in their words. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from hashlib import blake2b

from tiermem.facts.rules.holding import holding
from tiermem.facts.rules.record import CONSTRAINT, NEED, WISH, StandingRule, is_laid_down
from tiermem.facts.stated.record import NO, RETRACTS, YES, StatedAt
from tiermem.profiles.lines.line import ProfileLine, Section
from tiermem.profiles.lines.telling import lasts, prefers
from tiermem.text.analyzer import terms
from tiermem.validity.known import moment

STANDING = frozenset({WISH, CONSTRAINT, NEED})  # what holds in every conversation; tasks and deadlines are of one
_SECTIONS: dict[str, Section] = {NEED: "constraint", WISH: "wish", CONSTRAINT: "wish"}
_RANKS = {NEED: 9, WISH: 0, CONSTRAINT: 0}  # needs stand behind the facts that say the same in fewer words


def laid_down(facts: Sequence[StatedAt], ref: Callable[[StatedAt], str], zone: tzinfo) -> list[ProfileLine]:
    """The lines of those *facts*, of kinds of `STANDING`, that hold after all of them."""
    ordered = sorted(
        facts, key=lambda at: (-math.inf if math.isnan(at.said) else at.said, at.session, at.sequence, at.place)
    )
    holds = holding([StandingRule(at.fact.kind, at.fact.value, at.fact.manner == RETRACTS) for at in ordered])
    return [
        _line(at, ref(at), zone)
        for at, one in zip(ordered, holds, strict=True)
        if one and lasts(at.fact.kind, at.fact.value)
    ]


def _line(at: StatedAt, ref: str, zone: tzinfo) -> ProfileLine:
    fact = at.fact
    same = blake2b(" ".join(fact.value.casefold().split()).encode(), digest_size=4).hexdigest()
    return ProfileLine(
        key=f"{fact.kind}/{same}",  # the same words are the same line
        section=_SECTIONS[fact.kind],
        text=fact.value,
        value=fact.value,
        said_at=moment(at.said, zone),
        sources=(ref,),
        how=fact.how,
        certainty=fact.certainty,
        kind=fact.kind,
        rank=_RANKS[fact.kind] + prefers(fact.value),
    )


def told_again(need: StatedAt, facts: Iterable[StatedAt]) -> bool:
    """Whether one of *facts* was read of the words of *need*: it says the same in fewer, and who corrects or forgets it
    means both."""
    if need.fact.kind != NEED:
        return False
    said = set(terms(need.fact.value))
    return any(_words(at) <= said for at in facts if at.sequence == need.sequence and not is_laid_down(at.fact))


def _words(at: StatedAt) -> set[str]:
    """What it is about, without the verb, which is English whatever was said."""
    if at.fact.value not in (YES, NO):
        return set(terms(at.fact.value))
    _, _, what = at.fact.attribute.removeprefix("allergic ").partition(" ")
    return set(terms(what or at.fact.attribute))
