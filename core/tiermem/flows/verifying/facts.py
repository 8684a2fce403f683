"""Facts against their messages: read again, and compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from tiermem.extraction.grounding import bearing
from tiermem.facts.rules.record import KINDS
from tiermem.facts.stated.record import MODEL, RULE
from tiermem.flows.indexing import facts as reading
from tiermem.flows.indexing.sources import source
from tiermem.flows.laying_down import SYSTEM
from tiermem.flows.verifying.rows import told
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import facts as stored
from tiermem.storage import messages as log
from tiermem.storage.extracted import stretches as extraction
from tiermem.storage.log.legible import DAMAGED, UNREADABLE
from tiermem.storage.schema import Stored, broken, fact, storable
from tiermem.storage.sessions import SessionRow


def facts_differ(
    connection: sa.Connection, scope: Scope, row: SessionRow, messages: Sequence[Message]
) -> Iterator[str]:
    """Where the facts of *messages*, all of a stretch of the session *row*, are not what these state."""
    if row.foreign or not messages:  # what another analyser made cannot be said
        return
    messages = sorted(messages, key=lambda message: message.sequence)
    first, last = messages[0].sequence, messages[-1].sequence
    through = row.messages if scope.kind == reading.STATED else row.indexed
    kept = stored.in_range(connection, row.pk, first, last)
    for number in sorted(kept):
        yield from (told(fact, one) for one in kept[number] if broken(fact, one))
    yield from _read_by_models(scope, messages, kept)
    kept = {number: own for number, some in kept.items() if (own := [one for one in some if one["how"] != MODEL])}
    before = log.read(connection, row.pk, max(1, first - reading.NEAR), first - 1)
    expected: dict[int, list[dict[str, Any]]] = {}
    for at in reading.of_messages(scope, row.pk, before, messages):
        if at.sequence <= through:
            expected.setdefault(at.sequence, []).append(storable(fact, stored.row_of(scope, at)))
    yield from _unpinned(connection, scope, row, expected)
    damaged = {message.sequence for message in messages if message.origin in UNREADABLE}
    for number in sorted(expected.keys() | kept.keys()):
        if number in damaged or any(broken(fact, one) for one in kept.get(number, ())):
            continue
        if [_plain(one) for one in kept.get(number, ())] != expected.get(number, []):
            yield f"tiermem_fact: the facts of message {number} are not those that its text states"


def _read_by_models(scope: Scope, messages: Sequence[Message], kept: Mapping[int, Sequence[Stored]]) -> Iterator[str]:
    """Where what models read is not borne out by its message."""
    there = {message.sequence: message for message in messages if message.origin != DAMAGED}
    for number, rows in kept.items():
        for one in rows:
            if one["how"] == MODEL and number in there and not broken(fact, one):
                at = stored.of(one)
                said = replace(at, said=reading.said_at(there[number]))
                if _plain(one) != stored.row_of(scope, said) or bearing(at.fact, source(scope, there[number])) is None:
                    yield f"tiermem_fact: message {number} does not bear out what a model read in it"


def extraction_differs(connection: sa.Connection, row: SessionRow) -> Iterator[str]:
    """Where what extractors read of the session *row* does not follow each other, or its facts are not all there."""
    through = row.base
    for one in extraction.stretches(connection, row.pk):
        if one.first != through + 1 or not one.first <= one.last <= row.messages:
            yield f"tiermem_extraction: messages {one.first} to {one.last} do not follow message {through}"
        through = one.last
        if one.facts != extraction.counted(connection, row.pk, one.first, one.last) and one.error != extraction.DAMAGED:
            yield f"tiermem_extraction: the facts of messages {one.first} to {one.last} are not as many as were kept"
    if extraction.counted(connection, row.pk, through + 1, row.messages):
        yield f"tiermem_fact: messages behind {through} were read by no extractor, and have facts of one"


def _plain(row: Stored) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"pk", "checksum"}}


def _unpinned(
    connection: sa.Connection, scope: Scope, row: SessionRow, expected: dict[int, list[dict[str, Any]]]
) -> Iterator[str]:
    """Messages that lay something down, which no decision ever pinned."""
    if scope.kind != "conversation" or not expected:
        return
    pinned = stored.pinned_among(connection, row.pk, min(expected), max(expected))
    for number, rows in expected.items():
        lays_down = any(one["kind"] in KINDS and one["how"] == RULE and one["subject"] != SYSTEM for one in rows)
        if lays_down and number not in pinned:
            yield f"tiermem_decision: what message {number} lays down was never pinned"
