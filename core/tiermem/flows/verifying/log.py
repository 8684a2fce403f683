"""Messages against their hashes, and all that is derived of each: copies, words, hashes of passages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from tiermem.flows.indexing import vectors as embedding
from tiermem.flows.indexing import words as indexing
from tiermem.flows.verifying.rows import told
from tiermem.messages import Message
from tiermem.storage import messages as log
from tiermem.storage.schema import Stored, broken, embedded, message, vector, word
from tiermem.storage.sessions import SessionRow, encoded
from tiermem.storage.words import word_row

Rows = dict[int, Stored]
_COPIES = {"id": "its id", "role": "its role", "fixed": "whether it is pinned", "links": "its tool calls"}


def read(connection: sa.Connection, pk: int, first: int, last: int) -> Rows:
    """The rows of messages `first`..`last`, by number."""
    query = sa.select(message).where(message.c.session == pk, message.c.sequence.between(first, last))
    return {row["sequence"]: row for row in connection.execute(query).mappings()}


def legible(rows: Rows) -> list[Message]:
    """The messages of *rows*; in place of a damaged one what says so."""
    names = ("sequence", "tokens", "stored_at", "sha256", "body", "id", "role")
    return [log.legible(*(row[name] for name in names)) for row in rows.values()]


def differences(rows: Rows, messages: Iterable[Message], first: int, last: int) -> Iterator[str]:
    """What is missing or damaged of the messages `first`..`last`."""
    for number in range(first, last + 1):
        if number not in rows:
            yield f"tiermem_message: message {number} is missing"
    for original in messages:
        row = rows[original.sequence]
        if original.origin == log.DAMAGED:
            yield f"tiermem_message: message {original.sequence} {original.state[log.DAMAGED]}; its words are lost"
            continue
        derived = {"id": encoded(original.id), **log.copies(original)}
        wrong = [words for name, words in _COPIES.items() if row[name] != derived[name]]
        if wrong or broken(message, row):
            yield told(message, row, ", ".join(wrong))


def strays(connection: sa.Connection, row: SessionRow) -> Iterator[str]:
    """Rows that stand beyond what the session says it has, in one snapshot with it."""
    if row.indexed > row.messages:
        yield f"tiermem_session: {row.indexed} of {row.messages} messages are said to be indexed"
    standing = [(message, 1, row.messages, "messages")]
    if not row.foreign:  # what another analyser made of which messages cannot be said
        standing.append((word, 1, row.indexed, "messages whose words are indexed"))
    for table, least, most, what in standing:
        beyond = sa.or_(table.c.sequence < least, table.c.sequence > most)
        query = sa.select(sa.func.count()).select_from(table).where(table.c.session == row.pk, beyond)
        if count := connection.execute(query).scalar():
            yield f"{table.name}: {count} rows beyond the {most} {what} of the session"
    for key, through in connection.execute(
        sa.select(embedded.c.embedder, embedded.c.through).where(embedded.c.session == row.pk)
    ).all():
        beyond = sa.and_(vector.c.session == row.pk, vector.c.embedder == key, vector.c.sequence > through)
        if through > row.messages or connection.execute(sa.select(vector.c.pk).where(beyond).limit(1)).first():
            yield f"tiermem_embedded, embedder {key}: it came to message {through}, its vectors did not"


def words_differ(connection: sa.Connection, pk: int, rows: Rows, messages: list[Message], through: int) -> list[str]:
    """Where the word index is not what the messages lead to; those that are damaged are told already."""
    sound = {one.sequence: one for one in messages if one.origin != log.DAMAGED and one.sequence <= through}
    if not sound:
        return []
    query = sa.select(word).where(word.c.session == pk, word.c.sequence.between(min(sound), max(sound)))
    stored = {row["sequence"]: dict(row) for row in connection.execute(query).mappings()}
    derived = zip(sound, indexing.spoken(list(sound.values())), strict=True)
    expected = {number: word_row(rows[number]["pk"], pk, entry) for number, entry in derived}
    return [
        _word_told(number, stored.get(number), row) for number, row in expected.items() if stored.get(number) != row
    ]


def _word_told(number: int, stored: Stored | None, expected: Stored) -> str:
    wrong = "all" if stored is None else ", ".join(name for name in expected if stored[name] != expected[name])
    return f"tiermem_word: the keyword index of message {number} differs from its text ({wrong})"


CUT_OTHERWISE = "tiermem_vector: another version cut long messages into other passages, which were not compared"


def passages_differ(
    connection: sa.Connection, pk: int, messages: list[Message], notes: set[str] | None = None
) -> Iterator[str]:
    """Where vectors are of other texts than the messages have.

    Of a long message these may be the passages of another version of the splitter, where the row itself is as it was
    written: that is noted, for nothing is damaged.
    """
    sound = {one.sequence: one for one in messages if one.origin != log.DAMAGED}
    if not sound:
        return
    query = sa.select(vector.c.sequence, vector.c.part, vector.c.hash, vector.c.checksum.is_not(None))
    query = query.where(vector.c.session == pk, vector.c.sequence.between(min(sound), max(sound)))
    hashes: dict[int, list[bytes]] = {}
    for sequence, part, digest, sealed in connection.execute(query):
        if sequence not in sound:
            continue
        if sequence not in hashes:
            hashes[sequence] = [embedding.text_hash(text) for text in embedding.passages(sound[sequence])]
        if 0 <= part < len(hashes[sequence]) and hashes[sequence][part] == bytes(digest):
            continue
        if notes is not None and sealed and len(embedding.embeddable(sound[sequence])) > embedding.LONG:
            notes.add(CUT_OTHERWISE)
        else:
            yield f"tiermem_vector, message {sequence}, part {part}: it is the vector of another text"
