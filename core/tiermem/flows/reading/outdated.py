"""Which hits are out of date, by what is stated in the same conversations, or by the application: from memory, without
reading a text."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from tiermem.facts.stated.chains import Holding, as_said, holdings, key_of
from tiermem.facts.stated.outdated import Replaced, names, replaced, told
from tiermem.facts.stated.record import StatedAt
from tiermem.flows.effects import Flow, Read
from tiermem.flows.indexing.facts import stated_by
from tiermem.flows.reading.corpus import Corpus
from tiermem.flows.reading.request import SearchRequest
from tiermem.flows.services import Applied, Core
from tiermem.records import Hit
from tiermem.search.query import Question
from tiermem.search.ranking.field import Field
from tiermem.settings import Scope
from tiermem.storage import facts as stored
from tiermem.storage import sessions
from tiermem.text.analyzer import terms
from tiermem.times.nearness import wall_clock

TOLD = 3  # facts of one message of which is said what holds instead
MOST = 256  # statements of one thing that are compared beside those that were found; more are a machine's
Key = tuple[int, int]  # a session and a message's number


@dataclass(frozen=True, slots=True)
class _Mark:
    """What one fact of a message says of that message: it is out of date, or the newest of several."""

    about: StatedAt
    by: Replaced[StatedAt] | None


@dataclass(frozen=True, slots=True)
class Searched:
    """A question beside what was found: where it was looked for, in the session of the key `home`, and what of *field*
    counts as said."""

    corpus: Corpus
    field: Field
    home: int
    request: SearchRequest
    question: Question | None

    def keys(self, hits: Sequence[Hit]) -> list[Key]:
        """The session and the number of each of *hits*."""
        by_name = {name: key for key, (name, _) in self.corpus.rows.items()}
        return [(self.home if hit.home else by_name[hit.session], hit.message.sequence) for hit in hits]


@dataclass(frozen=True, slots=True)
class _Compared:
    """Where facts are compared, and at which time (seconds since 1970 in UTC); `own` are those of the application."""

    asked: Searched
    own: Sequence[StatedAt]
    now: float

    def chain(self, key: tuple[object, ...], telling: Collection[Key]) -> list[StatedAt]:
        """What was said of one thing, but at no known time, for nobody knows whether that is newer. Of very much the
        newest, and what was found, which is *telling*."""
        said = self._there(self.asked.corpus.index.stated.about(key))
        said += [at for at in self.own if key_of(at.fact, at.session) == key]
        said = [at for at in said if not math.isnan(at.said)]
        if len(said) <= MOST:
            return said
        said.sort(key=lambda at: (at.said, at.sequence))
        return [*(at for at in said[:-MOST] if (at.session, at.sequence) in telling), *said[-MOST:]]

    def _there(self, said: Sequence[StatedAt]) -> list[StatedAt]:
        field, numbers = self.asked.field, dict[int, list[int]]()
        for at in said:
            numbers.setdefault(at.session, []).append(at.sequence)
        there = {
            (session, number)
            for session, own in numbers.items()
            for number in field.numbers[field.find(session, own)].tolist()
        }
        return [at for at in said if (at.session, at.sequence) in there]

    def called(self, one: Holding[StatedAt]) -> frozenset[str]:
        """The names that a statement's message gives to whom it is about."""
        beside = self.asked.corpus.index.stated.of(one.source.session, one.source.sequence)
        return names((at.fact for at in beside), one.fact.subject)

    def ref(self, at: StatedAt) -> str:
        """The reference by which it is opened."""
        if at.session not in self.asked.corpus.rows:
            return f"f{at.sequence}"
        name, _ = self.asked.corpus.rows[at.session]
        return f"m{at.sequence}" if at.session == self.asked.home else f"{name}/m{at.sequence}"


def marked(core: Core, scope: Scope, asked: Searched, hits: list[Hit]) -> Flow[list[Hit]]:
    """*hits* with what was said in their place, where they are out of date."""
    stated = asked.corpus.index.stated
    if not len(stated):
        return hits
    keys = asked.keys(hits)
    telling = {key: facts for key in keys if (facts := stated.of(*key))}
    if not telling:
        return hits
    own = (yield from _applied(core, scope)) if scope.named else ()
    as_of = asked.request.as_of
    now = _instant(as_of or core.now())
    compared = _Compared(asked, [at for at in own if as_of is None or at.said <= now], now)
    marks = _marks(compared, telling)
    return [_with(hit, marks[key], compared) if key in marks else hit for key, hit in zip(keys, hits, strict=True)]


def _instant(when: datetime) -> float:
    """Seconds since 1970 in UTC; a time without a zone is taken for UTC."""
    offset = when.utcoffset()
    return wall_clock(when) - (offset.total_seconds() if offset else 0.0) + when.microsecond / 1e6


def _applied(core: Core, scope: Scope) -> Flow[Sequence[StatedAt]]:
    """What the application states of the user, and did not undo."""
    where = stated_by(scope)
    body = partial(_read_applied, core=core, scope=where)
    applied: Sequence[StatedAt] = yield Read(body, body)
    return applied


def _read_applied(connection: sa.Connection, core: Core, scope: Scope) -> Sequence[StatedAt]:
    row = sessions.find(connection, scope)
    if not row.pk:
        return ()
    known = core.applied.get(row.pk)
    if known is None or known.row != row:
        force = stored.in_force(connection, row.pk)
        facts = tuple(at for at in stored.read(connection, [row.pk]) if at.sequence in force)
        known = core.applied.put(row.pk, Applied(row, facts))
    return known.facts


def _marks(compared: _Compared, telling: Mapping[Key, Sequence[StatedAt]]) -> dict[Key, list[_Mark]]:
    """What is to be said of each message that is *telling* something, fact by fact."""
    keys = dict.fromkeys(key_of(at.fact, at.session) for facts in telling.values() for at in facts)
    found: dict[Key, list[_Mark]] = {}
    for said in (chain for key in keys if len(chain := compared.chain(key, telling)) > 1):
        held = holdings(run := as_said(said), {id(one): one.source.session for one in run})
        over = replaced(held, compared.now, compared.called)
        newest = {_place(one.by) for one in over.values()}
        for place, one in enumerate(held):
            by = over.get(place)
            if by is not None and _place(by.by) != _place(one):  # else it says itself what has changed
                found.setdefault(_place(one), []).append(_Mark(one.source, by))
            elif by is None and _place(one) in newest:
                found.setdefault(_place(one), []).append(_Mark(one.source, None))
    return found


def _place(one: Holding[StatedAt]) -> Key:
    return one.source.session, one.source.sequence


def _with(hit: Hit, marks: Sequence[_Mark], compared: _Compared) -> Hit:
    """*hit* with what holds now instead, the one of its *marks* that is nearest to the question first; the reference is
    that of this one. Of equals, what is out of date comes first."""
    if len(marks) > 1:
        marks = sorted(marks, key=partial(_weight, question=compared.asked.question), reverse=True)
    over = [mark.by for mark in marks if mark.by is not None]
    first = marks[0].by
    if first is None:
        return replace(hit, current=True)
    ref = compared.ref(first.by.source)
    holds = "; ".join(dict.fromkeys(told(one.by.fact) for one in over[:TOLD] if one.holds))
    if first.corrected:
        return replace(hit, conflicts_with=ref, holds=holds)
    return replace(hit, superseded_by=ref, holds=holds)


def _weight(mark: _Mark, question: Question | None) -> tuple[int, bool]:
    asked = question.terms if question else {}
    fact = mark.about.fact
    return len(asked.keys() & terms(f"{fact.attribute} {fact.value}")), mark.by is not None
