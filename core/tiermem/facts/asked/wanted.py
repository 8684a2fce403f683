"""A question read for what it asks of a person, and the facts that tell it. Pure.

Rule 1: who is asked about decides first: somebody of the user's ("my wife"), who is named, or the user.
Rule 2: what is told of others is no answer: nothing is better than somebody else's home.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from tiermem.facts.asked.cues import CALLED, MARRIED, SPOUSES, TOPICS, eats
from tiermem.facts.asked.whom import whom
from tiermem.facts.stated.record import USER, Stated, StatedAt
from tiermem.text import late
from tiermem.text.analyzer import HAN, terms
from tiermem.text.synonyms import simplified

OWNED = frozenset({"pets", "children"})  # are had by who is asked about: "do I have pets?" asks of nobody else
MOST = 4  # statements of one topic that are told: what was said of it last
_HAN = late.compile(f"[{HAN}]")
_WORD = late.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class AskedOf:
    """What a question asks of a person.

    Args:
        topics: names of `cues.TOPICS`; "called" is the name of somebody of the user's.
        words: the index terms of the question by which it asks.
        of: words for those of the user's whom it asks about; none where it is about the user or who is named.
    """

    topics: frozenset[str]
    words: frozenset[str]
    of: frozenset[str] = field(default_factory=frozenset)

    def tells(self, fact: Stated) -> str:
        """The topic that *fact* tells something of; "" where it tells none."""
        named = f"{fact.kind}|{fact.attribute}"
        told = (one for one in sorted(self.topics) if fact.kind in TOPICS[one].kinds and TOPICS[one].told.search(named))
        return next(told, "")


def wanted(text: str, *, named: bool = False) -> AskedOf | None:
    """What *text* asks of a person; None where it asks nothing of the kind. *named*: it has somebody's name."""
    found: dict[str, str] = {}
    han, written = bool(_HAN.search(text)), text
    text = simplified(text) if han else text
    about = whom(text)
    for name, topic in TOPICS.items():
        match = topic.english.search(text) or (topic.chinese.search(text) if han else None)
        if match and (about.person or named or name == "diet") and (name != "diet" or eats(text)):
            found[name] = written[match.start() : match.end()]
    of = about.of
    if MARRIED.search(text):
        of |= frozenset(SPOUSES.split())
        found["called"] = text
    elif of and (match := CALLED.search(text)):
        found["called"] = match.group() + " " + " ".join(of & set(_WORD.findall(text.lower())))
    if not found:
        return None
    return AskedOf(frozenset(found), frozenset(term for said in found.values() for term in terms(said)), of)


def telling(facts: Iterable[StatedAt], asked: AskedOf, named: Collection[str]) -> list[StatedAt]:
    """Those of *facts* that tell what is *asked*, the newest first; *named* are the index terms of names
    in the question."""
    said: dict[str, list[StatedAt]] = {}
    for at in facts:
        topic = asked.tells(at.fact)
        if topic and _is_about(at.fact.subject, topic, asked, named):
            said.setdefault(topic, []).append(at)
    return sorted((at for own in said.values() for at in sorted(own, key=_age)[-MOST:]), key=_age, reverse=True)


def _age(at: StatedAt) -> tuple[float, int]:
    return (at.said if at.said == at.said else 0.0), at.sequence


def _is_about(subject: str, topic: str, asked: AskedOf, named: Collection[str]) -> bool:
    owner, _, relation = subject.rpartition("'s ")
    if asked.of and topic not in OWNED:
        return bool(owner) and relation.casefold() in asked.of
    if named:
        return bool(subject) and set(terms(subject)) <= set(named)
    return subject == USER
