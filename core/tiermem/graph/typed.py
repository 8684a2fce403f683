"""Facts as relations between names: who is whose sister, who works where. Pure.

Rule 1: what holds now counts; what ended, or was corrected, relates nobody.
Rule 2: whoever has one name goes by it ("user's sister" is Maja); where there are two, nobody can say which is meant.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tiermem.facts.stated.record import NO, USER, YES
from tiermem.text.entities import entities
from tiermem.validity.known import KnownFact

NAME = "name"
NAMED = frozenset({"home", "work", "origin"})  # attributes whose value is somebody or something, however it is spelt
LONGEST = 60  # characters of a name
_WHOSE = "'s "


@dataclass(frozen=True, slots=True)
class FactEdge:
    """A fact between two folded names, with the reference of the message that says so."""

    one: str
    other: str
    kind: str
    certainty: float
    ref: str


@dataclass(frozen=True, slots=True)
class FactNames:
    """What facts say of names: relations; which name is meant by another one; how each is written. All are folded."""

    edges: Sequence[FactEdge] = ()
    meant: Mapping[str, str] = field(default_factory=dict)
    spelled: Mapping[str, str] = field(default_factory=dict)


def folded(name: str) -> str:
    """*name* as names are compared: case, width and blanks make no difference."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def typed(facts: Iterable[KnownFact]) -> FactNames:
    """The relations of those *facts* that hold."""
    held = [fact for fact in facts if fact.current and fact.subject]
    called: dict[str, dict[str, str]] = {}
    for fact in held:
        if fact.attribute == NAME and _is_name(fact.value):
            called.setdefault(folded(fact.subject), {})[folded(fact.value)] = fact.value
    meant = {subject: next(iter(names)) for subject, names in called.items() if len(names) == 1 and subject != USER}
    if len(own := called.get(USER, {})) == 1:
        meant[next(iter(own))] = USER
    made, spelled = list[FactEdge](), dict[str, str]()
    for fact in held:
        for one, other, kind in _said(fact):
            ends = [_meant(folded(end), meant) for end in (one, other)]
            spelled |= {folded(end): end for end in (one, other)}
            if ends[0] != ends[1]:
                made.append(FactEdge(ends[0], ends[1], kind, fact.certainty, fact.ref))
    return FactNames(made, meant, spelled)


def _meant(key: str, meant: Mapping[str, str]) -> str:
    return meant.get(key, key)


def _said(fact: KnownFact) -> Iterable[tuple[str, str, str]]:
    """The relations that *fact* states: whose its subject is, and what that has to do with its value."""
    whose, mine, kin = fact.subject.rpartition(_WHOSE)
    named = fact.attribute == NAME and _is_name(fact.value)
    if mine and whose and kin:
        yield whose, fact.value if named else fact.subject, kin
    if not named and _is_entity(fact):
        yield fact.subject, fact.value, fact.attribute


def _is_entity(fact: KnownFact) -> bool:
    """Whether the value of *fact* is a name: "Oslo", and not "50" or "vegetarian"."""
    if not _is_name(fact.value):
        return False
    return fact.attribute in NAMED or entities(f"in {fact.value}") == [fact.value]


def _is_name(value: str) -> bool:
    return value not in (YES, NO) and 0 < len(value) <= LONGEST and any(letter.isalpha() for letter in value)
