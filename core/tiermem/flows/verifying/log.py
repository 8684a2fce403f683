"""Messages against their hashes, and all that is derived of each: copies, words, hashes of passages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from tiermem.flows.indexing import vectors as embedding
from tiermem.flows.indexing import words as indexing
from tiermem.flows.verifying.rows import told
from tiermem.index.segment import segment as segment_of
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import messages as log
from tiermem.storage import segments
from tiermem.storage.blobs import reading as media
from tiermem.storage.log.legible import DAMAGED, ERASED, UNREADABLE
from tiermem.storage.log.legible import legible as stored_message
from tiermem.storage.owners import key_of
from tiermem.storage.schema import Stored, broken, embedded, message, segment, vector
from tiermem.storage.sessions import SessionRow, encoded
from tiermem.text.dialogue import Spoken

Rows = dict[int, Stored]
_COPIES = {"id": "its id", "role": "its role", "fixed": "whether it is pinned", "links": "its tool calls"}


def read(connection: sa.Connection, pk: int, first: int, last: int) -> Rows:
    """The rows of messages `first`..`last`, by number."""
    query = sa.select(message).where(message.c.session == pk, message.c.sequence.between(first, last))
    return {row["sequence"]: row for row in connection.execute(query).mappings()}


def legible(rows: Rows) -> list[Message]:
    """The messages of *rows*; in place of a damaged one what says so."""
    names = ("sequence", "tokens", "stored_at", "sha256", "body", "id", "role")
    return [stored_message(*(row[name] for name in names)) for row in rows.values()]


def differences(rows: Rows, messages: Iterable[Message], first: int, last: int) -> Iterator[str]:
    """What is missing or damaged of the messages `first`..`last`."""
    for number in range(first, last + 1):
        if number not in rows:
            yield f"tiermem_message: message {number} is missing"
    for original in messages:
        row = rows[original.sequence]
        if original.origin == ERASED:
            if broken(message, row) or bytes(row["body"]) or row["fixed"] or row["links"] is not None:
                yield told(message, row)
            continue
        if original.origin == DAMAGED:
            yield f"tiermem_message: message {original.sequence} {original.state[DAMAGED]}; its words are lost"
            continue
        derived = {"id": encoded(original.id), **log.copies(original)}
        wrong = [words for name, words in _COPIES.items() if row[name] != derived[name]]
        if wrong or broken(message, row):
            yield told(message, row, ", ".join(wrong))


def media_differ(connection: sa.Connection, pk: int, messages: Iterable[Message]) -> Iterator[str]:
    """What is lost or damaged of the media of *messages*, or makes of one another message than was added."""
    for original in messages:
        if not original.pointers:
            continue
        (told_whole,), missing = media.filled_in(connection, pk, [original])
        yield from map(str, missing)
        if not missing and sha256(told_whole.canonical).digest() != original.sha256:
            yield f"tiermem_message: message {original.sequence} does not match its hash, with its media"


def strays(connection: sa.Connection, row: SessionRow) -> Iterator[str]:
    """Rows that stand beyond what the session says it has, in one snapshot with it."""
    if row.indexed > row.messages:
        yield f"tiermem_session: {row.indexed} of {row.messages} messages are said to be indexed"
    beyond = sa.or_(message.c.sequence <= row.base, message.c.sequence > row.messages)
    query = sa.select(sa.func.count()).select_from(message).where(message.c.session == row.pk, beyond)
    if count := connection.execute(query).scalar():
        yield f"tiermem_message: {count} rows beyond the {row.messages} messages of the session"
    if not row.foreign:  # what another analyser made of which messages cannot be said
        yield from _gaps(connection, row)
    for key, through in connection.execute(
        sa.select(embedded.c.embedder, embedded.c.through).where(embedded.c.session == row.pk)
    ).all():
        beyond = sa.and_(vector.c.session == row.pk, vector.c.embedder == key, vector.c.sequence > through)
        if through > row.messages or connection.execute(sa.select(vector.c.pk).where(beyond).limit(1)).first():
            yield f"tiermem_embedded, embedder {key}: it came to message {through}, its vectors did not"


def _gaps(connection: sa.Connection, row: SessionRow) -> Iterator[str]:
    """Where the stretches of the word index are not all of what is said to be indexed, one behind the other."""
    query = sa.select(segment.c.first, segment.c.last).where(segment.c.session == row.pk)
    last = row.base
    for first, upto in connection.execute(query.order_by(segment.c.first)):
        if first != last + 1:
            yield f"tiermem_segment: the index of messages {last + 1} to {first - 1} is missing, or there twice"
        last = upto
    if last != row.indexed:
        yield f"tiermem_segment: the index ends at message {last} of {row.indexed} whose words are indexed"


def words_differ(connection: sa.Connection, pk: int, messages: list[Message], through: int) -> list[str]:
    """Where the word index is not what the messages lead to; those that are damaged are told already."""
    sound = {one.sequence: one for one in messages if one.origin not in UNREADABLE and one.sequence <= through}
    if not sound:
        return []
    inside = sa.and_(segment.c.session == pk, segment.c.last >= min(sound), segment.c.first <= max(sound))
    stored: dict[int, Spoken] = {}
    problems: list[str] = []
    for row in connection.execute(sa.select(segment).where(inside)).mappings():
        part = segments.legible(row)
        if part is None:
            problems.append(told(segment, row))
        else:
            stored |= {entry.sequence: entry for entry in part.spoken()}
    if problems:
        return problems
    derived = zip(sound, indexing.spoken(list(sound.values())), strict=True)
    expected = ((number, next(segment_of([entry]).spoken())) for number, entry in derived)
    wrong = ((number, _other(stored.get(number), entry)) for number, entry in expected)
    return [
        f"tiermem_segment: the keyword index of message {number} differs from its text ({parts})"
        for number, parts in wrong
        if parts
    ]


def _other(stored: Spoken | None, expected: Spoken) -> str:
    """The names of what differs, "" where nothing does."""
    if stored is None:
        return "all"
    pairs = zip(expected._fields, stored, expected, strict=True)
    return ", ".join(name for name, old, new in pairs if _form(name, old) != _form(name, new))


def _form(name: str, value: Any) -> Any:
    if name == "terms":
        return sorted(value)
    return None if isinstance(value, float) and math.isnan(value) else value


CUT_OTHERWISE = "tiermem_vector: another version cut long messages into other passages, which were not compared"


def passages_differ(
    connection: sa.Connection, scope: Scope, pk: int, messages: list[Message], notes: set[str] | None = None
) -> Iterator[str]:
    """Where vectors are of other texts than the messages have.

    Of a long message these may be the passages of another version of the splitter, where the row itself is as it was
    written: that is noted, for nothing is damaged.
    """
    sound = {one.sequence: one for one in messages if one.origin not in UNREADABLE}
    if not sound:
        return
    query = sa.select(vector.c.sequence, vector.c.part, vector.c.hash, vector.c.checksum.is_not(None))
    query = query.where(vector.c.session == pk, vector.c.sequence.between(min(sound), max(sound)))
    owner, texts = key_of(scope), dict[int, list[str]]()
    for sequence, part, digest, sealed in connection.execute(query):
        if sequence not in sound:
            continue
        if sequence not in texts:
            texts[sequence] = embedding.passages(sound[sequence])
        if 0 <= part < len(texts[sequence]) and _of(texts[sequence][part], bytes(digest), owner):
            continue
        if notes is not None and sealed and len(embedding.embeddable(sound[sequence])) > embedding.LONG:
            notes.add(CUT_OTHERWISE)
        else:
            yield f"tiermem_vector, message {sequence}, part {part}: it is the vector of another text"


def _of(text: str, digest: bytes, owner: bytes) -> bool:
    """Whether *digest* is the hash of *text*, as it is, or as earlier versions wrote it, without *owner*."""
    return digest == embedding.text_hash(text, owner) or digest == embedding.text_hash(text)
