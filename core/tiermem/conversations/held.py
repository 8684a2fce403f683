"""What conversations hold, as their index has it, with what waits for the index read as it is: at most the newest
`NEWEST` messages of each, so that one costs no more for being long."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import sqlalchemy as sa

from tiermem.conversations.weighing import subjects
from tiermem.conversations.weighing.subjects import Topic
from tiermem.flows.effects import Compute, Flow, Read, Wake
from tiermem.flows.indexing.words import spoken
from tiermem.flows.services import Core
from tiermem.index.segment import EMPTY, Segment, joined, segment
from tiermem.index.talk import Rows, inside, user_turns
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import decisions, segments
from tiermem.storage import messages as log
from tiermem.storage.sessions import SessionRow
from tiermem.text.subjects.worth import names_topic
from tiermem.window.quotation import before_reference

NEWEST = 16_384  # messages of a conversation that are looked at
TAIL = 5_000  # messages that wait for the index and are read in one go
Named = tuple[str, SessionRow]
Ranges = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Held:
    """One conversation as it was when *row* was read: its newest messages as columns, which may have more of them, and
    what of them is hidden."""

    name: str
    row: SessionRow
    part: Segment
    hidden: Ranges

    @property
    def turns(self) -> Rows:
        """Which messages its user said."""
        return user_turns(self.part, self.hidden) & (self.part.numbers <= self.row.messages)

    @property
    def seen(self) -> Rows:
        """Which messages are not hidden."""
        return ~inside(self.part, self.hidden) & (self.part.numbers <= self.row.messages)

    def waiting(self) -> Rows:
        """Which of its user's messages are counted nowhere yet."""
        return self.turns & (self.part.numbers > self.row.indexed)

    def ref(self, number: int) -> str:
        """The reference of a message, from wherever it is opened."""
        return f"{before_reference(self.name)}m{number}"

    def keywords(self, often: Mapping[str, int], turns: int) -> dict[str, float]:
        """The words that its user says, by weight, heaviest first."""
        names = subjects.called(self.part.names)
        own = subjects.without_names(dict.fromkeys(self.terms(self.turns), 1), names)
        return subjects.keywords(subjects.standing(self.part, self.seen, own.keys()), often, turns)

    def topics(self, weights: Mapping[str, float]) -> list[Topic]:
        """What it is about, heaviest first; where no two keywords stand together, its heaviest that is said again."""
        found = subjects.topics(self.part, self.seen, weights)
        if not found:
            again = subjects.standing(self.part, self.seen, weights.keys())
            heaviest = next((term for term in weights if again[term] >= subjects.TOGETHER), "")
            found = [Topic((heaviest,), again[heaviest], weights[heaviest])] if heaviest else []
        return found

    def terms(self, rows: Rows) -> set[str]:
        """The words of the messages *rows* that may name a topic."""
        of = np.repeat(rows, self.part.lengths)
        words = (self.part.words[code] for code in np.unique(self.part.codes[of]).tolist())
        return {word for word in words if names_topic(word)}

    def newest(self, terms: Collection[str], rows: Rows) -> dict[str, int]:
        """By term the number of the newest of the messages *rows* in which it stands."""
        of = np.repeat(np.arange(len(self.part)), self.part.lengths)
        there = rows[of]
        codes, at = self.part.codes[there], of[there]
        last = np.full(len(self.part.words), -1, np.int64)
        last[codes] = at  # in the order of messages, so the newest stays
        return {
            word: int(self.part.numbers[last[code]])
            for code, word in enumerate(self.part.words)
            if word in terms and last[code] >= 0
        }

    def together(self, terms: Collection[str], rows: Rows) -> int:
        """The number of the newest of the messages *rows* that has all of *terms*; 0 where none has."""
        codes = [code for code, word in enumerate(self.part.words) if word in terms]
        of = np.repeat(np.arange(len(self.part)), self.part.lengths)
        has = np.bincount(of[np.isin(self.part.codes, codes)], minlength=len(self.part)) == len(set(terms))
        at = np.flatnonzero(has & rows)
        return int(self.part.numbers[at[-1]]) if len(at) else 0


def held(core: Core, rows: Mapping[int, Named], *, shared: bool = False) -> Flow[dict[int, Held]]:
    """What the conversations *rows*, by key, hold; with what forks *shared*, or else only what was said in them."""
    read = yield Read(partial(_read, rows=rows))
    found: dict[int, Held] = {}
    for key, (name, row) in rows.items():
        stored, hidden = read[0].get(key, []), read[1].get(key, ())
        if shared and row.base:
            waits = yield from _tail(core, key, max(0, row.messages - NEWEST), row.messages)
            found[key] = Held(name, row, waits, hidden)
            continue
        through = int(stored[-1].numbers[-1]) if stored else row.base
        waits = yield from _tail(core, key, max(through, row.messages - NEWEST), row.messages)
        part = yield Compute(partial(joined, [*stored, *([waits] if len(waits) else [])]))
        found[key] = Held(name, row, part, hidden)
    return found


def _read(connection: sa.Connection, rows: Mapping[int, Named]) -> tuple[dict[int, list[Segment]], dict[int, Any]]:
    long = [key for key, (_, row) in rows.items() if row.indexed > NEWEST]
    short = [key for key, (_, row) in rows.items() if 0 < row.indexed <= NEWEST]
    stored = segments.read(connection, short)
    for key in long:
        stored |= segments.read(connection, [key], rows[key][1].indexed - NEWEST)
    return stored, decisions.hidden_in(connection, sorted(rows))


def _tail(core: Core, key: int, above: int, last: int) -> Flow[Segment]:
    """The messages above number *above* up to *last* of a session, read as they are; kept until they are indexed."""
    known = core.unindexed.get(key)
    if known is None or not len(known) or known.numbers[0] != above + 1 or known.numbers[-1] > last:
        known = EMPTY
    while above + len(known) < last:
        first = above + len(known) + 1
        messages = yield Read(partial(log.read, pk=key, first=first, last=min(last, first + TAIL - 1)))
        known = yield Compute(partial(_grown, known, messages))
    return core.unindexed.put(key, known) if len(known) else known


def _grown(known: Segment, messages: Sequence[Message]) -> Segment:
    return joined([known, segment(spoken(messages))]) if len(known) else segment(spoken(messages))


def rung(core: Core, scope: Scope, rows: Iterable[Named]) -> Flow[None]:
    """Has the background index what waits, where that is much in all: many short conversations never come to a batch of
    their own."""
    waiting = [(name, row.messages - row.indexed) for name, row in rows if not row.foreign]
    if sum(count for _, count in waiting) < core.settings.index_batch:
        return
    for name, _ in waiting:
        one = Scope(scope.tenant, scope.user, name)
        core.tails.add(one)
        yield Wake(one)
