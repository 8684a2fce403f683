"""Documents found, read and listed: the chunks of a user, scored without what only talk has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from tiermem.errors import InvalidMessage
from tiermem.flows import reporting
from tiermem.flows.effects import Flow, Read
from tiermem.flows.reading import rank
from tiermem.flows.reading.request import SearchRequest, SearchResult
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Hit
from tiermem.search.passages import NOTE, NOTE_KINDS, note_kind
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import messages as log
from tiermem.storage.documents import chunks as stored
from tiermem.storage.documents.chunks import StoredChunk
from tiermem.storage.sessions import SessionRow
from tiermem.text.analyzer import query_terms
from tiermem.text.documents import DIGEST, Source, prefix
from tiermem.window.view import within

COLLECTION = "documents"
NOMINATED = 10  # times as many chunks as asked for are looked at, because their order changes


# What ranking gives for being near something good, which here is often of another document, and for the day on which
# a message was said, which here is the day on which a document was added.
FOREIGN = frozenset({"reach", "date", "fresh", "speaker"})
MEANT = 0.5  # of the words of a question: "where did Anna move" is about the move, "who is Anna" about Anna
NAMED = 1.0  # as much as all weights together: who asks for a procedure by its name wants it before talk of it
LENT = "stretch"  # words of the chunks beside: right within a document of several chunks only


def collection(scope: Scope) -> Scope:
    """The documents of the user of *scope*."""
    return Scope(scope.tenant, scope.user, COLLECTION, "knowledge")


def find(core: Core, scope: Scope, query: str, k: int) -> Flow[list[Hit]]:
    """The *k* chunks that answer *query* best, of all documents of the user of *scope*; `hit.message.state["source"]`
    says where each is from.

    Raises:
        InvalidMessage: *query* is no text.
    """
    if not isinstance(query, str):
        raise InvalidMessage(f"query must be text, not {type(query).__name__}")
    began = core.timer()
    result = yield from ranked(core, scope, SearchRequest(query, "knowledge", limit=k))
    yield reporting.recalled(core, collection(scope), "search", query, result.hits, result.degraded, core.since(began))
    return list(result.hits)


def ranked(core: Core, scope: Scope, request: SearchRequest) -> Flow[SearchResult]:
    """The chunks that answer *request* best, weak ones too, of those that had been added by its time and within its
    filters; their role is "document"."""
    scope = collection(scope)
    row = yield Read(lambda connection: sessions.find(connection, scope))
    more = replace(request, weak=True, limit=request.limit * NOMINATED, without=frozenset())
    nominated = yield from rank.hits(core, scope, row, more)
    best = scored(core, nominated.hits, frozenset(query_terms(request.query)))
    if request.within == "notes":
        best = [hit for hit in best if hit.source.startswith(NOTE)]
    best = best[: request.limit]
    held = {f"d{ref[1:]}": bits for ref, bits in nominated.matched.held.items()}
    return replace(nominated, hits=tuple(best), matched=replace(nominated.matched, held=held))


def scored(core: Core, nominated: Sequence[Hit], asked: frozenset[str]) -> list[Hit]:
    """What ranking nominates, scored as parts of documents, best first; of equals, the one added first.

    Documents do not repeat themselves as talk does, so each chunk counts as all new. It changes no order here, but
    brings the scores to those of messages: of 194 questions about documents beside a conversation of the same kind
    (LoCoMo, MemoryBank) 75 % find one first, not 52 %; of as many about the conversation 97 % a message.

    A note that goes by a name is meant where all words of the name are *asked* for, and are most of the question.
    """
    hits, fresh = list[Hit](), core.settings.weights.fresh
    for hit in sorted(nominated, key=lambda hit: hit.message.sequence):
        state = hit.message.state
        alone = state.get("chunks", 1) == 1
        parts = {name: part for name, part in hit.why.items() if name not in FOREIGN and not (alone and name == LENT)}
        parts |= {"fresh": fresh * sum(parts.values())} if fresh else {}
        parts |= {"name": NAMED} if parts and _named(hit, state["source"], asked) else {}
        hits.append(replace(hit, score=sum(parts.values()), why=parts, source=state["source"]))
    return sorted((hit for hit in hits if hit.score > 0), key=lambda hit: -hit.score)


def _named(hit: Hit, source: str, asked: frozenset[str]) -> bool:
    if note_kind(source) in {"", NOTE_KINDS[0]}:
        return False
    name = frozenset(query_terms(hit.message.name or ""))
    return bool(name) and name <= asked and len(name) > MEANT * len(asked)


def chunk(connection: sa.Connection, scope: Scope, number: int) -> tuple[Message | None, bool]:
    """The chunk with that number of the documents of the user of *scope*, None where there is none; is it hidden?"""
    row = sessions.find(connection, collection(scope))
    picked = log.pick(connection, row.pk, [number]) if row.pk else []
    if not picked:
        return None, False
    return picked[0], within(decisions.hidden(connection, row), number)


def chunks(scope: Scope, source: str) -> Flow[list[Message]]:
    """The chunks of *source* that can be found, in order."""
    scope = collection(scope)

    def body(connection: sa.Connection) -> list[Message]:
        row = sessions.find(connection, scope)
        return log.pick(connection, row.pk, [mark.sequence for mark in present(connection, row, source)])

    return list((yield Read(body)))


def present(connection: sa.Connection, row: SessionRow, source: str) -> list[StoredChunk]:
    """The chunks of *source* that can be found; none where *source* is no text."""
    if not row.pk or not isinstance(source, str):
        return []
    return stored.visible(stored.chunks(connection, row.pk, prefix(source)), decisions.hidden(connection, row))


def sources(scope: Scope) -> Flow[list[Source]]:
    """The sources of a user that can be found, in the order in which they were added."""
    scope = collection(scope)

    def body(connection: sa.Connection) -> list[Source]:
        row = sessions.find(connection, scope)
        if not row.pk:
            return []
        groups: dict[str, list[StoredChunk]] = {}
        for mark in stored.visible(stored.chunks(connection, row.pk), decisions.hidden(connection, row)):
            groups.setdefault(mark.id[:DIGEST], []).append(mark)
        first = {
            message.sequence: message
            for message in log.pick(connection, row.pk, (g[0].sequence for g in groups.values()))
        }
        return [_source(first[group[0].sequence], group) for group in groups.values()]

    return list((yield Read(body)))


def _source(first: Message, group: Sequence[StoredChunk]) -> Source:
    return Source(
        source=first.state.get("source", ""),
        title=first.name or "",
        chunks=len(group),
        tokens=sum(mark.tokens for mark in group),
        metadata=first.state.get("metadata", {}),
        added_at=first.stored_at,
    )
