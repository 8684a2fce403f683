"""Proof and numbers: `verify` derives everything again from messages and decisions, `stats` counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import sqlalchemy as sa

from tiermem.errors import InvalidMessage, StorageCorrupt
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.indexing.words import index_terms, searchable
from tiermem.flows.reading import documents
from tiermem.flows.reading.vector_search import told
from tiermem.flows.services import Core
from tiermem.flows.writing import decide
from tiermem.messages import Message
from tiermem.records import Original, Shown, Stats, Verification
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions, vectors, words
from tiermem.storage import messages as log
from tiermem.storage.sessions import SessionRow
from tiermem.window.view import Span, Window, floor_of, paint, within

BATCH = 2_000
MANY = 20  # problems listed; the rest is counted


def verify(scope: Scope) -> Flow[Verification]:
    """Re-derive every hash, the view, the totals and the keyword index of a session; list what differs."""
    row = yield Read(lambda connection: sessions.find(connection, scope))
    problems: list[str] = []
    tokens = 0
    indexed: dict[int, str] = yield Read(lambda c: dict(words.stored_terms(c, row.pk)))
    for first in range(1, row.messages + 1, BATCH):
        last = min(first + BATCH - 1, row.messages)
        messages, wrong = yield Read(partial(_read, pk=row.pk, first=first, last=last))
        problems += wrong
        tokens += sum(message.tokens for message in messages)
        problems += yield Compute(partial(_terms_differ, messages, indexed, row.indexed))
    if tokens != row.tokens and not problems:
        problems.append(f"the session's total is {row.tokens} tokens, its messages have {tokens}")
    problems += yield Read(lambda c: list(_view_differs(c, sessions.find(c, scope))))  # one snapshot of its own
    return Verification(
        messages=row.messages,
        decisions=row.revision,
        summaries=(yield Read(lambda c: len(decisions.summaries(c, row.pk)))),
        indexed=len(indexed),
        problems=tuple(problems[:MANY] + ([f"and {len(problems) - MANY} more"] if len(problems) > MANY else [])),
    )


def _read(connection: sa.Connection, pk: int, first: int, last: int) -> tuple[list[Message], list[str]]:
    try:
        messages = log.read(connection, pk, first, last)
    except (StorageCorrupt, InvalidMessage):
        if first == last:
            return [], [f"message {first} does not match its hash"]
        middle = (first + last) // 2
        left, right = _read(connection, pk, first, middle), _read(connection, pk, middle + 1, last)
        return left[0] + right[0], left[1] + right[1]
    missing = set(range(first, last + 1)) - {message.sequence for message in messages}
    return messages, [f"message {sequence} is missing" for sequence in sorted(missing)]


def _terms_differ(messages: list[Message], indexed: dict[int, str], through: int) -> Iterator[str]:
    for message in messages:
        if message.sequence <= through and indexed.get(message.sequence) != " ".join(
            index_terms(message, searchable(message))
        ):
            yield f"the keyword index of message {message.sequence} differs from its text"


def _view_differs(connection: sa.Connection, row: SessionRow) -> Iterator[str]:
    if not row.pk:
        return
    journal = decisions.journal(connection, row.pk)
    if [decision.number for decision in journal] != list(range(1, row.revision + 1)):
        yield f"the journal has {len(journal)} rows, the session's revision is {row.revision}"
    undone = {decision.reference for decision in journal if decision.kind == "undo"}
    if undone != {decision.number for decision in journal if decision.undone}:
        yield "the decisions marked undone are not those that the journal undoes"
    parts = paint(1, row.messages, journal, decisions.members(connection, row.pk, 0)) if row.messages else []
    yield from _partition_differs(parts, row)
    live = {part.summary for part in parts if part.summary}
    if live != {summary.number for summary in decisions.summaries(connection, row.pk, live=True)}:
        yield "the summaries in force are not those that the journal leads to"
    window = decisions.window(connection, row)
    if window.tokens != row.window_tokens:
        yield f"the window has {window.tokens} tokens, the session says {row.window_tokens}"
    yield from _window_differs(connection, row, window, parts)


def _partition_differs(parts: list[Span], row: SessionRow) -> Iterator[str]:
    if sum(part.last - part.first + 1 for part in parts) != row.messages:
        yield "the view is not a partition of the messages"
    if floor_of(parts, row.messages) != row.floor:
        yield f"nothing is visible up to {floor_of(parts, row.messages)}, the session says {row.floor}"


def _window_differs(connection: sa.Connection, row: SessionRow, window: Window, parts: list[Span]) -> Iterator[str]:
    expected = {s for part in parts if part.visible for s in range(part.first, part.last + 1)}
    hidden = decisions.hidden(connection, row)
    pinned = {e.sequence for e in log.fixed(connection, row.pk, row.messages)}
    expected |= {s for s in pinned if not within(hidden, s)}
    if expected != {entry.sequence for entry in window.entries}:
        yield "the window does not show the messages that the journal leads to"


def stats(core: Core, scope: Scope) -> Flow[Stats]:
    """The session in numbers."""

    def body(connection: sa.Connection) -> Stats:
        row = sessions.find(connection, scope)
        if not row.pk:
            return _stats(core, row, [], 0, 0, ())
        parts = decisions.spans(connection, row.pk, row, 0)
        live = len(decisions.summaries(connection, row.pk, live=True))
        pinned = sum(1 for e in log.fixed(connection, row.pk, row.messages) if _covered(parts, e.sequence))
        mark = vectors.watermark(connection, row.pk, core.embedder_name)
        return _stats(core, row, parts, live, pinned, tuple(told(core, mark, row.messages - mark.done)))

    counted: Stats = yield Read(body)
    return counted


def _covered(parts: list[Span], sequence: int) -> bool:
    return any(part.first <= sequence <= part.last and part.shown is Shown.COVERED for part in parts)


def _stats(core: Core, row: SessionRow, parts: list[Span], live: int, pinned: int, vectored: tuple[str, ...]) -> Stats:
    sizes = dict.fromkeys(Shown, 0)
    for part in parts:
        sizes[part.shown] += part.last - part.first + 1
    return Stats(
        messages=row.messages,
        tokens=row.tokens,
        window_tokens=row.window_tokens,
        verbatim=sizes[Shown.VERBATIM] + pinned,
        compacted=sizes[Shown.COMPACTED],
        covered=sizes[Shown.COVERED] - pinned,
        hidden=sizes[Shown.HIDDEN],
        summaries=live,
        decisions=row.revision,
        indexed=row.indexed,
        summarizer_failures=row.failures,
        last_error=row.last_error,
        degraded=(*_degraded(core, row), *vectored),
    )


def _degraded(core: Core, row: SessionRow) -> Iterator[str]:
    if row.failures:
        yield f"summarizer: {row.failures} failed runs, the deterministic summary took its place"
    if core.step_error:
        yield f"custom step: {core.step_error}; the default took its place"
    if core.upkeep_error:
        yield f"upkeep: {core.upkeep_error}; the next add tries again"
    if core.listener_error:
        yield f"listener: {core.listener_error}; what it listened to was done"
    if core.embed_error:
        yield f"embedder: {core.embed_error}; keyword search only"
    if core.count.name == "estimate":
        yield "tokens: no tokenizer could be loaded, counts are estimates"


_CHUNK = re.compile(r"d(\d{1,18})")
_NOTED = ("source", "chunk", "chunks", "start", "end")


def expand(scope: Scope, ref: str) -> Flow[Original]:
    """`decide.expand`, and for "d12" that chunk, with where it is from in its note.

    Raises:
        UnknownReference: neither this session nor this user's documents know it.
    """
    match = _CHUNK.fullmatch(ref) if isinstance(ref, str) else None
    if match:
        chunk, hidden = yield Read(partial(documents.chunk, scope=scope, number=int(match[1])))
        if chunk is not None:
            return _chunk(ref, chunk, hidden)
    return (yield from decide.expand(scope, ref))


def _chunk(ref: str, chunk: Message, hidden: bool) -> Original:  # private
    note = {"hidden": [ref]} if hidden else {}
    note |= {name: chunk.state[name] for name in _NOTED if name in chunk.state}
    return Original(ref=ref, messages=(chunk,), note=note | {"title": chunk.name or ""})
