"""The archive's rows: terms and vectors of messages, written in batches behind the log."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tiermem.recall.ranking import Spoken
from tiermem.storage import search, sessions
from tiermem.storage.schema import message, meta, session, vector, word

if TYPE_CHECKING:
    import numpy as np


def add_words(connection: sa.Connection, pk: int, found: Sequence[Spoken], through: int) -> None:
    """Index the terms of messages and move the watermark to *through*.

    A run that another one has overtaken writes nothing.
    """
    row = connection.execute(sa.select(session.c.indexed).where(session.c.pk == pk).with_for_update()).scalar_one()
    wanted = [one for one in found if one.sequence > row]
    keys = _keys(connection, pk, [one.sequence for one in wanted])
    rows = [_word_row(keys[one.sequence], pk, one) for one in wanted]
    if rows:
        connection.execute(word.insert(), rows)
        search.add(connection, rows)
    sessions.update(connection, pk, indexed=max(row, through))


def add_vectors(
    connection: sa.Connection, pk: int, vectors: Mapping[int, np.ndarray], embedder: str, through: int
) -> None:
    """Keep the vectors of messages (by sequence) as float16 and move their watermark to *through*."""
    row = connection.execute(sa.select(session.c.embedded).where(session.c.pk == pk).with_for_update()).scalar_one()
    rows = [
        {"session": pk, "sequence": sequence, "embedder": embedder, "value": value.astype("<f2").tobytes()}
        for sequence, value in vectors.items()
        if sequence > row
    ]
    if rows:
        connection.execute(vector.insert(), rows)
    sessions.update(connection, pk, embedded=max(row, through))


def vectors(connection: sa.Connection, pk: int, embedder: str, above: int) -> tuple[list[int], list[bytes]]:
    """Sequence numbers beyond *above* and their vectors by *embedder* (float16 bytes), in order."""
    query = (
        sa.select(vector.c.sequence, vector.c.value)
        .where(vector.c.session == pk, vector.c.embedder == embedder, vector.c.sequence > above)
        .order_by(vector.c.sequence)
    )
    rows = connection.execute(query).all()
    return [row[0] for row in rows], [bytes(row[1]) for row in rows]


def foreign_vectors(connection: sa.Connection, pk: int, embedder: str) -> int:
    """How many vectors of the session another embedder made; they are not comparable and not used."""
    query = sa.select(sa.func.count()).select_from(vector)
    return int(connection.execute(query.where(vector.c.session == pk, vector.c.embedder != embedder)).scalar_one())


def words(connection: sa.Connection, pk: int, above: int) -> list[Spoken]:
    """What is indexed of the messages beyond number *above*, in order."""
    query = sa.select(*search.SPOKEN).where(word.c.session == pk, word.c.sequence > above).order_by(word.c.sequence)
    return [search.spoken(*row) for row in connection.execute(query)]


def _word_row(key: int, pk: int, one: Spoken) -> dict[str, Any]:
    return {
        "pk": key,
        "session": pk,
        "sequence": one.sequence,
        "length": len(one.terms),
        "said": None if math.isnan(one.said) else one.said,
        "speaker": one.speaker,
        "terms": " ".join(one.terms),
    }


def stored_terms(connection: sa.Connection, pk: int) -> Iterator[tuple[int, str]]:
    """Every indexed message's terms, for `verify`."""
    query = sa.select(word.c.sequence, word.c.terms).where(word.c.session == pk).order_by(word.c.sequence)
    yield from ((sequence, terms) for sequence, terms in connection.execute(query))


def use_analyser(connection: sa.Connection, name: str) -> None:
    """Empty the keyword index when another analyser made it; it fills again as sessions are used."""
    known = connection.execute(sa.select(meta.c.value).where(meta.c.key == "analyser")).scalar()
    if known == name:
        return
    if known is None:
        connection.execute(meta.insert().values(key="analyser", value=name))
        return
    search.drop(connection)
    connection.execute(word.delete())
    search.create(connection)
    connection.execute(session.update().values(indexed=0))
    connection.execute(meta.update().where(meta.c.key == "analyser").values(value=name))


def _keys(connection: sa.Connection, pk: int, sequences: Sequence[int]) -> dict[int, int]:
    if not sequences:
        return {}
    query = sa.select(message.c.sequence, message.c.pk).where(
        message.c.session == pk, message.c.sequence.between(min(sequences), max(sequences))
    )
    return {int(sequence): int(key) for sequence, key in connection.execute(query)}
