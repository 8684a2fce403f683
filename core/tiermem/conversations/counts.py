"""How often a user says what, at one moment: what is counted in the database, and what waits for the index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import sqlalchemy as sa

from tiermem.conversations import pages
from tiermem.conversations.pages import TalkPage
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.services import Core
from tiermem.index.talk import Talked, WordSaid, talked, together
from tiermem.settings import Scope
from tiermem.storage import decisions
from tiermem.storage.talk import reading
from tiermem.storage.talk.counting import CONVERSATIONS, TURNS

CANDIDATES = 300  # most frequent words
RACES = 8  # times that counts are read where the background indexes meanwhile


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted at one moment, and what waits for the index then."""

    waits: TalkPage
    hidden: Mapping[int, Sequence[tuple[int, int]]]
    words: Mapping[str, WordSaid]
    talk: Talked
    conversations: int

    @property
    def key(self) -> object:
        """What of those that wait is to be read."""
        waiting = {key: (row.indexed, row.messages) for key, (_, row) in self.waits.rows.items()}
        return waiting, self.hidden


def counted(core: Core, scope: Scope, terms: Collection[str] = ()) -> Flow[Counts]:
    """All counts of one moment, of the most frequent words and of *terms*, with what waits for the index.

    That is read first, for its words are looked up too: where something was indexed meanwhile, it is done again.
    """
    more, begun, known = Talked(), 0, object()
    for _ in range(RACES):
        counts: Counts = yield Read(partial(_read, scope=scope, terms={*terms, *more.words}))
        if counts.key == known:
            break
        more, begun = yield from _waiting(core, counts)
        known = counts.key
    words = {term: said.plus(more.words[term]) if term in more.words else said for term, said in counts.words.items()}
    words |= {term: said for term, said in more.words.items() if term not in words}
    talk = together([counts.talk, Talked(more.turns, more.first, more.last, {}, more.moods)])
    return replace(counts, words=words, talk=talk, conversations=counts.conversations + begun)


def _read(connection: sa.Connection, scope: Scope, terms: set[str]) -> Counts:
    waits = pages.waiting_now(connection, scope)
    totals, (first, last) = reading.totals(connection, scope), reading.span(connection, scope)
    words = reading.often(connection, scope, CANDIDATES)
    words |= reading.words(connection, scope, terms - words.keys())
    talk = Talked(totals.get(TURNS, 0), first, last, {}, reading.moods(connection, scope))
    hidden = decisions.hidden_in(connection, sorted(waits.rows))
    return Counts(waits, hidden, words, talk, totals.get(CONVERSATIONS, 0))


def _waiting(core: Core, counts: Counts) -> Flow[tuple[Talked, int]]:
    """What waits for the index, together, and how many conversations are counted nowhere yet."""
    found, begun = list[Talked](), 0
    for page in pages.in_parts(counts.waits):
        for known, one in zip(page.counted, (yield from pages.of_page(core, page)), strict=True):
            said = yield Compute(partial(talked, one.row.pk, one.part, one.waiting()))
            found.append(said)
            begun += bool(said.turns) and not known.turns
    return together(found), begun
