"""The word index's rows: terms of messages, written in batches behind the log."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from tiermem.storage import sessions
from tiermem.storage.schema import message, meta, session, word
from tiermem.text.analyzer import analyser, newer
from tiermem.text.dialogue import Spoken

LOCK = 0x7469_6574  # that of the migrations, plus two


def add_words(connection: sa.Connection, pk: int, entries: Sequence[Spoken], through: int) -> None:
    """Index the terms of messages and move the watermark to *through*.

    A run that another one has overtaken writes nothing, nor does one before whose batch the index was emptied, nor one
    into the index of another analyser.
    """
    row = connection.execute(sa.select(session.c.indexed).where(session.c.pk == pk).with_for_update()).scalar_one()
    # Asked behind the lock of the session, which `use_analyser` takes before it changes anything.
    if (entries and entries[0].sequence > row + 1) or made_by(connection) != analyser():
        return
    wanted = [entry for entry in entries if entry.sequence > row]
    keys = _keys(connection, pk, [entry.sequence for entry in wanted])
    rows = [word_row(keys[entry.sequence], pk, entry) for entry in wanted if entry.sequence in keys]  # some may be lost
    if rows:
        connection.execute(word.insert(), rows)
        add(connection, rows)
    sessions.update(connection, pk, indexed=max(row, through))


def words(connection: sa.Connection, pk: int, above: int) -> list[Spoken]:
    """What is indexed of the messages beyond number *above*, in order."""
    query = sa.select(*SPOKEN).where(word.c.session == pk, word.c.sequence > above).order_by(word.c.sequence)
    return [spoken(*row) for row in connection.execute(query)]


def some_words(connection: sa.Connection, pk: int, sequences: Sequence[int]) -> list[Spoken]:
    """What is indexed of these messages, in order; a handful of them."""
    query = sa.select(*SPOKEN).where(word.c.session == pk, word.c.sequence.in_(sequences))
    return [spoken(*row) for row in connection.execute(query.order_by(word.c.sequence))]


def word_row(key: int, pk: int, entry: Spoken) -> dict[str, Any]:
    """What is kept of a message: *key* is the message's own, *pk* that of its session."""
    return {
        "pk": key,
        "session": pk,
        "sequence": entry.sequence,
        "length": len(entry.terms),
        "said": None if math.isnan(entry.said) else entry.said,
        "speaker": entry.speaker,
        "role": entry.role,
        "talked": " ".join(f"{start:.0f},{end:.0f}" for start, end in entry.talked),
        "terms": " ".join(entry.terms),
    }


_ANALYSER = sa.select(meta.c.value).where(meta.c.key == "analyser")


def made_by(connection: sa.Connection) -> str:
    """The name of the analyser that made the keyword index; "" while there is none."""
    return str(connection.execute(_ANALYSER).scalar() or "")


def use_analyser(connection: sa.Connection, name: str) -> str:
    """Empty the keyword index when an older analyser made it; it fills again as sessions are used.

    That of a newer one stays: while old and new processes run beside each other, they must not empty it in turn.
    Returns the name of the analyser whose it was.
    """
    if connection.dialect.name == "postgresql":  # several processes may be the first; SQLite has one writer anyway
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    known = connection.execute(_ANALYSER).scalar()
    if known is None:
        connection.execute(meta.insert().values(key="analyser", value=name))
        return name
    if known == name or newer(known, name):
        return str(known)
    connection.execute(session.update().values(indexed=0))  # first: it waits for those who are adding words
    connection.execute(meta.update().where(meta.c.key == "analyser").values(value=name))
    drop(connection)
    connection.execute(word.delete())
    create(connection)
    return str(known)


def _keys(connection: sa.Connection, pk: int, sequences: Sequence[int]) -> dict[int, int]:
    if not sequences:
        return {}
    query = sa.select(message.c.sequence, message.c.pk).where(
        message.c.session == pk, message.c.sequence.between(min(sequences), max(sequences))
    )
    return {int(sequence): int(key) for sequence, key in connection.execute(query)}


CHUNK = 500  # bound values a statement
SPOKEN = (word.c.sequence, word.c.said, word.c.speaker, word.c.terms, word.c.role, word.c.talked)
FREQUENT = 20_000  # counting stops here: such a term tells nothing, and reading its whole list is what costs

_FTS = (
    "CREATE VIRTUAL TABLE tiermem_fts USING fts5(sess, body, content='', detail=column, "
    "tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\")"
)
_LEXEMES = (
    "CREATE TABLE tiermem_lexeme (pk BIGINT PRIMARY KEY, lexemes tsvector NOT NULL)",
    "CREATE INDEX tiermem_lexeme_gin ON tiermem_lexeme USING GIN (lexemes)",
)


def create(connection: sa.Connection) -> None:
    """Make the index, empty."""
    statements = _LEXEMES if connection.dialect.name == "postgresql" else (_FTS,)
    for statement in statements:
        connection.exec_driver_sql(statement)


def drop(connection: sa.Connection) -> None:
    """Remove the index; it is derived from the messages."""
    table = "tiermem_lexeme" if connection.dialect.name == "postgresql" else "tiermem_fts"
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")


def add(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Index rows of `tiermem_word` (pk, session, terms)."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        statement = sa.text("INSERT INTO tiermem_lexeme VALUES (:pk, array_to_tsvector(CAST(:terms AS text[])))")
        values = [{"pk": r["pk"], "terms": sorted({_mark(r["session"]), *r["terms"].split()})} for r in rows]
    else:
        statement = sa.text("INSERT INTO tiermem_fts(rowid, sess, body) VALUES (:pk, :sess, :body)")
        values = [{"pk": r["pk"], "sess": _mark(r["session"]), "body": r["terms"]} for r in rows]
    connection.execute(statement, values)


def frequencies(connection: sa.Connection, session: int, terms: Iterable[str]) -> dict[str, int]:
    """In how many messages of the session each term stands, up to `FREQUENT`; absent terms are left out."""
    counted = {term: _count(connection, session, term) for term in terms}
    return {term: count for term, count in counted.items() if count}


def _count(connection: sa.Connection, session: int, term: str) -> int:
    table, condition, query = _match(connection, session, [term])
    statement = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {condition} LIMIT {FREQUENT}) AS found"  # noqa: S608
    return int(connection.execute(sa.text(statement), {"query": query}).scalar_one())


def nominate(connection: sa.Connection, session: int, terms: Sequence[str], limit: int) -> list[Spoken]:
    """What is indexed of up to *limit* messages that hold any of *terms*, in order.

    The first terms' messages come first, newest first: so both dialects nominate the same ones.
    """
    chosen: dict[int, None] = {}
    for term in terms:
        table, condition, query = _match(connection, session, [term])
        key = "rowid" if connection.dialect.name == "sqlite" else "pk"
        statement = f"SELECT {key} FROM {table} WHERE {condition} ORDER BY {key} DESC LIMIT {int(limit)}"  # noqa: S608
        chosen |= dict.fromkeys(connection.execute(sa.text(statement), {"query": query}).scalars())
        if len(chosen) >= limit:
            break
    keys = list(chosen)[:limit]
    entries: list[Spoken] = []
    for start in range(0, len(keys), CHUNK):
        rows = sa.select(*SPOKEN).where(word.c.pk.in_(keys[start : start + CHUNK]))
        entries += [spoken(*row) for row in connection.execute(rows)]
    return sorted(entries, key=lambda entry: entry.sequence)


def spoken(sequence: int, said: float | None, speaker: str, terms: str, role: str, talked: str) -> Spoken:
    """A row of `SPOKEN`."""
    times: list[tuple[float, float]] = []
    with suppress(ValueError):  # damaged; `verify` says so, and the words are there
        times = [(float(start), float(end)) for start, end in (interval.split(",") for interval in talked.split())]
    return Spoken(sequence, math.nan if said is None else said, speaker, terms.split(), role, times)


def _match(connection: sa.Connection, session: int, terms: Sequence[str]) -> tuple[str, str, str]:
    """Table, condition and bound query for messages of the session that hold any of *terms*."""
    if connection.dialect.name == "postgresql":
        either = " | ".join(_quoted(term, "'") for term in terms)
        return "tiermem_lexeme", "lexemes @@ CAST(:query AS tsquery)", f"'{_mark(session)}' & ({either})"
    either = " OR ".join(_quoted(term, '"') for term in terms)
    return "tiermem_fts", "tiermem_fts MATCH :query", f'sess:"{_mark(session)}" AND body:({either})'


def _mark(session: int) -> str:
    return f"__s{session}"


def _quoted(term: str, quote: str) -> str:
    """The analyser makes terms of letters, digits and "_" only; doubling the quote keeps this safe by itself."""
    return quote + term.replace("\\", "").replace(quote, quote * 2) + quote
