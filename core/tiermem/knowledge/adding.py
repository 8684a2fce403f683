"""Knowledge beside conversation: documents of a user, kept as messages of a collection that no window shows.

Rule 1: adding a source again hides what is no longer in it and shows what is in it again, by decisions.
Rule 2: nothing is stored unless all documents of a call are good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeAlias

import sqlalchemy as sa

from tiermem.errors import InvalidMessage, TiermemError, UnknownReference
from tiermem.flows import modes, reporting, window_state
from tiermem.flows.effects import Compute, Flow, Read, Tell, Transact
from tiermem.flows.indexing import words
from tiermem.flows.reading import rank
from tiermem.flows.reading.filters import ANY, Only
from tiermem.flows.reading.rank import Ranked, Scored
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Decision, Hit
from tiermem.search.passages import runs
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import documents as stored
from tiermem.storage import messages as log
from tiermem.storage.documents import Mark
from tiermem.storage.sessions import SessionRow
from tiermem.text.documents import DIGEST, Document, Source, Splitting, messages_of, prefix
from tiermem.tokens.counting import message_tokens
from tiermem.window.view import within

_Kept: TypeAlias = tuple[list[Message], SessionRow, int, list[Decision]]
COLLECTION = "documents"
NOMINATED = 10  # times as many chunks as asked for are looked at, because their order changes
# What ranking gives for being near something good, which here is often of another document, and for the day on which
# a message was said, which here is the day on which a document was added.
FOREIGN = frozenset({"reach", "date", "fresh", "speaker"})
LENT = "stretch"  # words of the chunks beside: right within a document of several chunks only


def collection(scope: Scope) -> Scope:
    """The documents of the user of *scope*."""
    return Scope(scope.tenant, scope.user, COLLECTION, "knowledge")


def add(
    core: Core, scope: Scope, documents: Sequence[Document], splitting: Splitting, *, whole: bool = True
) -> Flow[list[Message]]:
    """Add *documents*; returns their chunks, each once. All are kept, or none.

    *whole* says that they are all there is of their sources: other chunks of these are hidden.

    Raises:
        InvalidMessage: a chunk with its metadata is larger than `max_message_bytes`.
    """
    scope = collection(scope)
    if not documents:
        return []
    began = core.timer()
    counted = yield Compute(partial(_counted, core, documents, splitting))
    sources = sorted({one.source for one in documents}) if whole else []
    kept, _, _, _ = yield Transact(
        lambda connection: _keep(connection, core, scope, counted, sources),
        lambda done: _telling(scope, done, core.since(began)),
    )
    yield from _follow(core, scope)
    return list(kept)


def _counted(core: Core, documents: Sequence[Document], splitting: Splitting) -> list[tuple[Message, int]]:
    made = {one.id: one for document in documents for one in messages_of(document, splitting)}
    limit = core.settings.max_message_bytes
    largest = max(len(one.canonical) for one in made.values())
    if largest > limit:
        raise InvalidMessage(f"a chunk with its metadata has {largest} bytes; max_message_bytes is {limit}")
    return [(one, message_tokens(one, core.count)) for one in made.values()]


def _keep(
    connection: sa.Connection, core: Core, scope: Scope, counted: Sequence[tuple[Message, int]], sources: Sequence[str]
) -> _Kept:
    kept, row, before = log.append(connection, scope, counted, core.now(), core.settings.compact_at)
    hidden = decisions.hidden(connection, row)
    wanted = {one.sequence for one in kept}
    again = wanted - {mark.sequence for mark in stored.visible(_as_marks(wanted), hidden)}
    there = [mark for source in sources for mark in stored.marks(connection, row.pk, prefix(source))]
    gone = {mark.sequence for mark in stored.visible(sorted(there), hidden)} - wanted
    made = [*_decisions("hide", gone, "replaced"), *_decisions("restore", again, "added again")]
    return kept, row, before, _decide(connection, core, row, made)


def _telling(scope: Scope, done: _Kept, ms: float) -> list[Tell]:
    kept, row, before, made = done
    return [*reporting.added(scope, ms, kept, row, before), *reporting.by_hand(scope, made)]


def _as_marks(sequences: Iterable[int]) -> list[Mark]:
    return [Mark(sequence, "", 0) for sequence in sorted(sequences)]


def _decisions(kind: str, sequences: Iterable[int], reason: str) -> list[Decision]:
    spans = runs(sorted(sequences))
    return [Decision(number=0, kind=kind, first=first, last=last, reason=reason) for first, last in spans]


def _decide(connection: sa.Connection, core: Core, row: SessionRow, made: Sequence[Decision]) -> list[Decision]:
    """Write decisions about the locked *row*, numbered from its revision on; returns them with their numbers."""
    numbered = [replace(one, number=row.revision + place) for place, one in enumerate(made, start=1)]
    if numbered:
        decisions.record(connection, row.pk, numbered, core.now())
        floor = min(row.floor, *(one.first - 1 for one in numbered))
        decisions.settle(connection, replace(row, revision=numbered[-1].number), floor)
    return numbered


def _follow(core: Core, scope: Scope) -> Flow[None]:
    """Index at once: documents come in bulk. They are safe already; what fails here, the next add or `index` does."""
    try:
        yield from words.follow(core, scope)
    except TiermemError as error:
        core.upkeep_error = f"{type(error).__name__}: {error}"
    else:
        core.upkeep_error = ""
    yield from modes.noticed(core, scope)


def find(core: Core, scope: Scope, query: str, k: int) -> Flow[list[Hit]]:
    """The *k* chunks that answer *query* best, of all documents of the user of *scope*; `hit.message.state["source"]`
    says where each is from.

    Raises:
        InvalidMessage: *query* is no text.
    """
    if not isinstance(query, str):
        raise InvalidMessage(f"query must be text, not {type(query).__name__}")
    began = core.timer()
    hits, seen = yield from ranked(core, scope, query, k)
    yield reporting.recalled(collection(scope), "search", hits, seen.degraded, core.since(began))
    return hits


def ranked(
    core: Core, scope: Scope, query: str, k: int, as_of: datetime | None = None, only: Only = ANY
) -> Flow[tuple[list[Hit], Ranked]]:
    """`find`, with what is known of the search; with *as_of* among the chunks that had been added by then, with
    *only* among those added in that time; their role is "document"."""
    scope = collection(scope)
    row = yield Read(lambda connection: sessions.find(connection, scope))
    nominated = yield from rank.scores(core, scope, row, query, k * NOMINATED, weak=True, as_of=as_of, only=only)
    found = yield from window_state.bodies(core, row, (sequence for sequence, _, _ in nominated.best))
    return _ranked(nominated.best, found, k, core.settings.weights.fresh), nominated


def _ranked(nominated: Sequence[Scored], found: Mapping[int, Message], limit: int, fresh: float) -> list[Hit]:
    """The best of what ranking nominates, scored as parts of documents; of equals, the one added first.

    Documents do not repeat themselves as talk does, so each chunk counts as all new. It changes no order here, but
    brings the scores to those of messages: of 194 questions about documents beside a conversation of the same kind
    (LoCoMo, MemoryBank) 75 % find one first, not 52 %; of as many about the conversation 97 % a message.
    """
    hits: list[Hit] = []
    for sequence, _, why in sorted(one for one in nominated if one[0] in found):
        alone = found[sequence].state.get("chunks", 1) == 1
        parts = {name: part for name, part in why.items() if name not in FOREIGN and not (alone and name == LENT)}
        parts |= {"fresh": fresh * sum(parts.values())} if fresh else {}
        source = found[sequence].state["source"]
        hits.append(Hit(message=found[sequence], score=sum(parts.values()), why=parts, source=source))
    return sorted((hit for hit in hits if hit.score > 0), key=lambda hit: -hit.score)[:limit]


def chunk(connection: sa.Connection, scope: Scope, number: int) -> tuple[Message | None, bool]:
    """The chunk with that number of the documents of the user of *scope*, None where there is none; is it hidden?"""
    row = sessions.find(connection, collection(scope))
    found = log.pick(connection, row.pk, [number]) if row.pk else []
    if not found:
        return None, False
    return found[0], within(decisions.hidden(connection, row), number)


def remove(core: Core, scope: Scope, source: str) -> Flow[list[int]]:
    """Hide the chunks of *source*; returns the numbers of the decisions, for `undo`.

    Raises:
        UnknownReference: no chunk of that source can be found now.
    """
    scope = collection(scope)

    def body(connection: sa.Connection) -> list[Decision]:
        row = sessions.find(connection, scope, lock=True)
        there = [mark.sequence for mark in _visible(connection, row, source)]
        if not there:
            raise UnknownReference(f"no document of this user has the source {source!r}")
        return _decide(connection, core, row, _decisions("hide", there, "removed"))

    made: list[Decision] = yield Transact(body, lambda made: reporting.by_hand(scope, made))
    return [one.number for one in made]


def chunks(scope: Scope, source: str) -> Flow[list[Message]]:
    """The chunks of *source* that can be found, in order."""
    scope = collection(scope)

    def body(connection: sa.Connection) -> list[Message]:
        row = sessions.find(connection, scope)
        return log.pick(connection, row.pk, [mark.sequence for mark in _visible(connection, row, source)])

    return list((yield Read(body)))


def _visible(connection: sa.Connection, row: SessionRow, source: str) -> list[Mark]:
    if not row.pk or not isinstance(source, str):
        return []
    return stored.visible(stored.marks(connection, row.pk, prefix(source)), decisions.hidden(connection, row))


def sources(scope: Scope) -> Flow[list[Source]]:
    """The sources of a user that can be found, in the order in which they were added."""
    scope = collection(scope)

    def body(connection: sa.Connection) -> list[Source]:
        row = sessions.find(connection, scope)
        if not row.pk:
            return []
        groups: dict[str, list[Mark]] = {}
        for mark in stored.visible(stored.marks(connection, row.pk), decisions.hidden(connection, row)):
            groups.setdefault(mark.id[:DIGEST], []).append(mark)
        first = {one.sequence: one for one in log.pick(connection, row.pk, (g[0].sequence for g in groups.values()))}
        return [_source(first[group[0].sequence], group) for group in groups.values()]

    return list((yield Read(body)))


def _source(first: Message, group: Sequence[Mark]) -> Source:
    return Source(
        source=first.state["source"],
        title=first.name or "",
        chunks=len(group),
        tokens=sum(mark.tokens for mark in group),
        metadata=first.state.get("metadata", {}),
        added_at=first.stored_at,
    )
