"""A session in numbers, and what stands behind a reference to it or to a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from tiermem.errors import UnknownReference
from tiermem.facts.stated.record import USER
from tiermem.flows.effects import Flow, Read
from tiermem.flows.indexing.facts import STATED
from tiermem.flows.reading import documents
from tiermem.flows.reading.vector_search import told
from tiermem.flows.services import Core, Failed
from tiermem.flows.writing import decide, elsewhere
from tiermem.messages import Message
from tiermem.records import Original, Shown, Summary
from tiermem.reports.state import Stats
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import entries as entry_rows
from tiermem.storage import messages as log
from tiermem.storage.blobs import reading as media
from tiermem.storage.embedded import vectors
from tiermem.storage.extracted import stretches as extraction
from tiermem.storage.extracted.stretches import Stretch
from tiermem.storage.log.legible import ERASED
from tiermem.storage.sessions import SessionRow
from tiermem.text import late
from tiermem.window.view import Span, within


def stats(core: Core, scope: Scope) -> Flow[Stats]:
    """The session in numbers."""

    def body(connection: sa.Connection) -> Stats:
        row = sessions.find(connection, scope)
        if not row.pk:
            return _stats(core, row, [], [], 0, ())
        parts = decisions.spans(connection, row.pk, row, 0)
        live = decisions.summaries(connection, row.pk, live=True)
        pinned = sum(1 for e in entry_rows.fixed(connection, row.pk, row.messages) if _covered(parts, e.sequence))
        counted = _stats(core, row, parts, live, pinned, _vectorless(core, connection, row))
        if row.base:
            shared = entry_rows.tokens_of(connection, row.pk, row.base)
            counted = replace(counted, tokens=row.tokens + shared, extracted=row.base if core.extractor else 0)
        return _with_extraction(counted, extraction.stretches(connection, row.pk), core.extractor_rests.get(scope))

    counted: Stats = yield Read(body)
    return counted


def _with_extraction(counted: Stats, read: Sequence[Stretch], failed: Failed | None) -> Stats:
    lost = sum(one.last - one.first + 1 for one in read if one.error)
    told = [f"extractor: {failed.error}; it is asked again later"] if failed and failed.times else []
    told += [f"extractor: {lost} messages could not be read"] if lost else []
    return replace(
        counted,
        extracted=read[-1].last if read else counted.extracted,
        refused_facts=sum(number for one in read for number in one.refused.values()),
        degraded=(*counted.degraded, *told),
    )


def _vectorless(core: Core, connection: sa.Connection, row: SessionRow) -> tuple[str, ...]:
    if core.lexical:
        return ()
    mark = vectors.watermark(connection, row.pk, core.embedder_name)
    return tuple(told(core, mark, row.messages - mark.done))


def _covered(parts: list[Span], sequence: int) -> bool:
    return any(part.first <= sequence <= part.last and part.shown is Shown.COVERED for part in parts)


def _stats(
    core: Core, row: SessionRow, parts: list[Span], live: Sequence[Summary], pinned: int, vectored: tuple[str, ...]
) -> Stats:
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
        summaries=len(live),
        decisions=row.revision,
        indexed=row.indexed,
        summarizer_failures=row.failures,
        refused_lines=sum(summary.structure.refused for summary in live),
        last_error=row.last_error,
        degraded=(*_degraded(core, row), *vectored),
    )


def _degraded(core: Core, row: SessionRow) -> Iterator[str]:
    if row.foreign:
        yield "words: another analyser made the index; this process reads the messages themselves instead"
    elif row.messages - row.indexed >= core.settings.index_batch:
        yield f"words: {row.messages - row.indexed} messages wait for the index; they are searched as they are"
    if row.failures:
        yield f"summarizer: {row.failures} failed runs, the deterministic summary took its place"
    if core.known.step_error:
        yield f"custom step: {core.known.step_error}; the default took its place"
    if core.known.upkeep_error:
        yield f"upkeep: {core.known.upkeep_error}; the next add tries again"
    if core.known.listener_error:
        yield f"listener: {core.known.listener_error}; what it listened to was done"
    if core.known.embed_error:
        yield f"embedder: {core.known.embed_error}; keyword search only"
    if core.known.describe_error:
        yield f"describe: {core.known.describe_error}; it is asked again later, and found by its caption meanwhile"
    if core.count.name == "estimate":
        yield "tokens: no tokenizer could be loaded, counts are estimates"


def archive(scope: Scope, first: int, last: int) -> Flow[list[tuple[Message, bool]]]:
    """The originals `first`..`last` in order, each with whether it is hidden; not those that were erased.

    Raises:
        StorageCorrupt: one of them is damaged; it names it.
    """

    def body(connection: sa.Connection) -> list[tuple[Message, bool]]:
        row = sessions.find(connection, scope)
        hidden = decisions.hidden(connection, row)
        originals = log.sound(log.read(connection, row.pk, first, min(last, row.messages)))
        told = media.restored(connection, row.pk, [one for one in originals if one.origin != ERASED])
        return [(one, within(hidden, one.sequence)) for one in told]

    return list((yield Read(body)))


def hidden(scope: Scope) -> Flow[list[tuple[int, int]]]:
    """The ranges of messages that are hidden now, in order and apart."""
    ranges: list[tuple[int, int]] = yield Read(lambda c: decisions.hidden(c, sessions.find(c, scope)))
    return ranges


_CHUNK = late.compile(r"d(\d{1,18})")
_KEPT = late.compile(r"f(\d{1,18})")
_NOTED = ("source", "chunk", "chunks", "start", "end")


def expand(scope: Scope, ref: str) -> Flow[Original]:
    """`original` in any conversation of the user.

    Raises:
        UnknownReference: neither this user's conversations nor their documents know it.
    """
    (place,) = yield from elsewhere.located(scope, [ref])
    behind = yield from elsewhere.there(place, original(place.scope, place.ref))
    return _from_elsewhere(ref, place, behind) if place.prefix else behind


def original(scope: Scope, ref: str) -> Flow[Original]:
    """`decide.expand` in one conversation; for "d12" that chunk, with where it is from in its note; for "f3" what an
    application keeps of the user."""
    match = _CHUNK.fullmatch(ref) if isinstance(ref, str) else None
    if match:
        chunk, hidden = yield Read(partial(documents.chunk, scope=scope, number=int(match[1])))
        if chunk is not None:
            return _chunk(ref, chunk, hidden)
    kept = _KEPT.fullmatch(ref) if isinstance(ref, str) and scope.named else None
    if kept:
        with suppress(UnknownReference):  # then it may be a message's own id
            told = yield from decide.expand(Scope(scope.tenant, scope.user, USER, STATED), f"m{kept[1]}")
            return replace(told, ref=ref)
    return (yield from decide.expand(scope, ref))


def _from_elsewhere(ref: str, place: elsewhere.Place, behind: Original) -> Original:
    """*behind* as another session sees it: with the session's name before its references."""
    prefix, note = f"{place.scope.session}/", dict(behind.note)
    if "hidden" in note:
        note["hidden"] = [f"{prefix}{own}" for own in note["hidden"]]
    return replace(behind, ref=ref, note=note | {"session": place.scope.session})


def _chunk(ref: str, chunk: Message, hidden: bool) -> Original:  # private
    note = {"hidden": [ref]} if hidden else {}
    note |= {name: chunk.state[name] for name in _NOTED if name in chunk.state}
    return Original(ref=ref, messages=(chunk,), note=note | {"title": chunk.name or ""})
