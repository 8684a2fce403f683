"""Terms as people wrote them: "deployments", not "deploy", read in the message in which they stand."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from tiermem.flows.effects import Compute, Flow, Read
from tiermem.messages import Message
from tiermem.storage import messages as log
from tiermem.text.subjects.worth import written
from tiermem.window.voices import own_text

READ = 8_000  # characters of a message that are looked through
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class WordPlace:
    """Terms, and where they are read: the key of a session, and the number of a message."""

    terms: Sequence[str]
    session: int
    number: int


def worded(standings: Mapping[K, WordPlace]) -> Flow[dict[K, str]]:
    """The words of each of *standings* in the order in which they were written; a term as it is where it cannot be
    read."""
    wanted = sorted({(one.session, one.number) for one in standings.values()})
    messages = yield Read(partial(log.pick_of, wanted=wanted))
    return dict((yield Compute(partial(_worded, standings, messages))))


def _worded(standings: Mapping[K, WordPlace], messages: Mapping[tuple[int, int], Message]) -> dict[K, str]:
    texts = {place: text_of(message) for place, message in messages.items()}
    return {key: phrase(one.terms, texts.get((one.session, one.number), "")) for key, one in standings.items()}


def phrase(terms: Sequence[str], text: str) -> str:
    """*terms* as *text* has them, in its order."""
    words = written(text, set(terms))
    return " ".join([*dict.fromkeys(words.values()), *(term for term in terms if term not in words)])


def text_of(message: Message) -> str:
    """What its speaker says, as far as it is looked through."""
    return own_text(message)[:READ]
