"""The word index's rows: terms of messages, written in batches behind the log."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from tiermem.storage import search, sessions
from tiermem.storage.schema import message, meta, session, word
from tiermem.text.dialogue import Spoken

LOCK = 0x7469_6574  # that of the migrations, plus two


def add_words(connection: sa.Connection, pk: int, found: Sequence[Spoken], through: int) -> None:
    """Index the terms of messages and move the watermark to *through*.

    A run that another one has overtaken writes nothing, nor does one before whose batch the index was emptied.
    """
    row = connection.execute(sa.select(session.c.indexed).where(session.c.pk == pk).with_for_update()).scalar_one()
    if found and found[0].sequence > row + 1:
        return
    wanted = [one for one in found if one.sequence > row]
    keys = _keys(connection, pk, [one.sequence for one in wanted])
    rows = [_word_row(keys[one.sequence], pk, one) for one in wanted]
    if rows:
        connection.execute(word.insert(), rows)
        search.add(connection, rows)
    sessions.update(connection, pk, indexed=max(row, through))


def words(connection: sa.Connection, pk: int, above: int) -> list[Spoken]:
    """What is indexed of the messages beyond number *above*, in order."""
    query = sa.select(*search.SPOKEN).where(word.c.session == pk, word.c.sequence > above).order_by(word.c.sequence)
    return [search.spoken(*row) for row in connection.execute(query)]


def some_words(connection: sa.Connection, pk: int, sequences: Sequence[int]) -> list[Spoken]:
    """What is indexed of these messages, in order; a handful of them."""
    query = sa.select(*search.SPOKEN).where(word.c.session == pk, word.c.sequence.in_(sequences))
    return [search.spoken(*row) for row in connection.execute(query.order_by(word.c.sequence))]


def _word_row(key: int, pk: int, one: Spoken) -> dict[str, Any]:
    return {
        "pk": key,
        "session": pk,
        "sequence": one.sequence,
        "length": len(one.terms),
        "said": None if math.isnan(one.said) else one.said,
        "speaker": one.speaker,
        "role": one.role,
        "talked": " ".join(f"{start:.0f},{end:.0f}" for start, end in one.talked),
        "terms": " ".join(one.terms),
    }


def stored_terms(connection: sa.Connection, pk: int) -> Iterator[tuple[int, str]]:
    """Every indexed message's terms, for `verify`."""
    query = sa.select(word.c.sequence, word.c.terms).where(word.c.session == pk).order_by(word.c.sequence)
    yield from ((sequence, terms) for sequence, terms in connection.execute(query))


def use_analyser(connection: sa.Connection, name: str) -> None:
    """Empty the keyword index when another analyser made it; it fills again as sessions are used."""
    query = sa.select(meta.c.value).where(meta.c.key == "analyser")
    if connection.execute(query).scalar() == name:
        return
    if connection.dialect.name == "postgresql":  # several processes may be the first; SQLite has one writer anyway
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    known = connection.execute(query).scalar()
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
