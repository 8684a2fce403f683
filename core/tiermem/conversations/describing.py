"""What conversations and turns are about, in words that were said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from tiermem.conversations.counts import counted
from tiermem.conversations.held import Held
from tiermem.conversations.records import UserTurn
from tiermem.conversations.weighing.importance import importance
from tiermem.conversations.weighing.subjects import Topic
from tiermem.conversations.wording import WordPlace, text_of, worded
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.text.mood.reading import mood
from tiermem.text.subjects.worth import written

KEYWORDS = 5
RARE = 20  # one of how many turns at most has a word by which a later turn is known to come back to an earlier one
_REFERS = 2  # such words that both share
_GOES_ON = 3  # turns behind one that may merely go on with it
_AHEAD = 200  # turns in which it is looked for


@dataclass(frozen=True, slots=True)
class Described:
    """A conversation, the weights of its keywords and its topics, heaviest first, and how these were written.

    Args:
        often: turns of all conversations that have a word; `turns`: how many they are.
    """

    held: Held
    weights: Mapping[str, float]
    topics: Sequence[Topic]
    often: Mapping[str, int]
    turns: int
    words: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def topic(self) -> str | None:
        """Its topic in words."""
        return self.words.get(self.topics[0].terms) if self.topics else None

    def keywords(self, most: int) -> tuple[str, ...]:
        """Its heaviest *most* keywords, as they were written."""
        return tuple(self.words.get((term,), term) for term in list(self.weights)[:most])


def described(core: Core, scope: Scope, talk: Mapping[int, Held], most: int = KEYWORDS) -> Flow[dict[int, Described]]:
    """What the conversations *talk*, by key, are about; *most* keywords of each are put into words.

    Where nobody is named everybody's talk would be weighed together, so there each conversation stands for itself.
    """
    found: dict[int, Described] = {}
    terms: set[str] = (yield Compute(partial(_terms, talk))) if talk else set()
    often, turns = (yield from _often(core, scope, terms)) if terms and scope.named else ({}, 0)
    for key, one in talk.items():
        found[key] = yield Compute(partial(_weighed, one, often, turns))
    standings = {(key, terms): one for key, about in found.items() for terms, one in _standings(about, most).items()}
    words = yield from worded(standings)
    return {key: _with_words(key, about, words) for key, about in found.items()}


def _terms(talk: Mapping[int, Held]) -> set[str]:
    return set().union(*(one.terms(one.turns) for one in talk.values()))


def _often(core: Core, scope: Scope, terms: set[str]) -> Flow[tuple[dict[str, int], int]]:
    counts = yield from counted(core, scope, terms)
    return {term: said.count for term, said in counts.words.items()}, counts.talk.turns


def _weighed(one: Held, often: Mapping[str, int], turns: int) -> Described:
    weights = one.keywords(often, max(turns, int(one.turns.sum())))
    return Described(one, weights, one.topics(weights), often, turns)


def _standings(about: Described, most: int) -> dict[tuple[str, ...], WordPlace]:
    """Where the heaviest *most* keywords and the topics are read."""
    wanted = [*((term,) for term in list(about.weights)[:most]), *(topic.terms for topic in about.topics)]
    key, seen = about.held.row.pk, about.held.seen
    found = {terms: about.held.together(terms, seen) for terms in wanted}
    return {terms: WordPlace(terms, key, number) for terms, number in found.items() if number}


def _with_words(key: int, about: Described, words: Mapping[tuple[int, tuple[str, ...]], str]) -> Described:
    return replace(about, words={terms: word for (session, terms), word in words.items() if session == key})


def turn_of(about: Described, messages: Sequence[Message]) -> UserTurn:
    """The turn of these *messages*, the first of which is its user's."""
    one, first = about.held, messages[0]
    row = one.part.numbers == first.sequence
    own = one.terms(row)
    topics = [topic.terms for topic in about.topics]
    subject = next((terms for terms in topics if own.issuperset(terms)), topics[0] if topics else ())
    heavy = [term for term in about.weights if term in own][:KEYWORDS]
    words = written(text_of(first), set(heavy))
    felt = mood(text_of(first))
    matters = importance(text_of(first), felt, _referred(about, first.sequence, own))
    answers = [message.text for message in messages[1:] if message.acts_as in {"assistant", "ai"}]
    return UserTurn(
        session=one.name,
        ref=one.ref(first.sequence),
        refs=tuple(one.ref(message.sequence) for message in messages),
        question=first.text,
        answer="\n\n".join(text for text in answers if text),
        when=first.when,
        topic=about.words.get(tuple(subject)),
        keywords=tuple(words.get(term, term) for term in heavy),
        sentiment=None if felt is None else round(felt, 2),
        importance=matters.value,
        why=matters.why,
    )


def _referred(about: Described, number: int, own: set[str]) -> int:
    """How many later turns come back to that of message *number*: they share rare words with it."""
    one = about.held
    most = max(_REFERS, max(about.turns, int(one.turns.sum())) // RARE)
    rare = {term for term in own if about.often.get(term, 1) <= most}
    later = np.flatnonzero(one.turns & (one.part.numbers > number))[_GOES_ON : _AHEAD + _GOES_ON]
    if len(rare) < _REFERS or not len(later):
        return 0
    wanted = np.array([word in rare for word in one.part.words])
    of = np.repeat(np.arange(len(one.part)), one.part.lengths)
    shared = np.bincount(of[wanted[one.part.codes]], minlength=len(one.part))[later]
    return int((shared >= _REFERS).sum())
