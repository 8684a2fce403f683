"""Rows as they are stored, for proof: which of them are not as they were written, and which belong to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import sqlalchemy as sa

from tiermem.storage import schema
from tiermem.storage.schema import Stored, broken
from tiermem.storage.tables import forks, items, media, talk

MANY = 20  # problems listed; the rest is counted

# By table what a row is called, and what is lost with it.
_LOST: dict[str, tuple[str, str]] = {
    "tiermem_session": ("row {pk}", "whose it is, or when it was made"),
    "tiermem_message": ("message {sequence}", "its place, its tokens, or when it was stored"),
    "tiermem_decision": ("decision {number}", "what it says, why, or when"),
    "tiermem_stub": ("the stub of message {sequence}", "what is shown in its place"),
    "tiermem_summary": ("summary {number}", "its words, or what it stands for"),
    "tiermem_segment": ("messages {first} to {last}", "their keyword index, which is made anew when it is dropped"),
    "tiermem_shelf": ("row {pk}", "words of a user of very many messages, which are read of the index then"),
    "tiermem_fact": ("message {sequence}, fact {place}", "a fact, which is read anew when the index is dropped"),
    "tiermem_extraction": ("messages {first} to {last}", "which extractor read them"),
    "tiermem_named": ("messages {first} to {last}", "the names in them, which are read anew when it is dropped"),
    "tiermem_embedder": ("row {pk}", "the name of an embedder, or its probe"),
    "tiermem_embedded": ("embedder {embedder}", "how far it came; reembed() makes its vectors anew"),
    "tiermem_vector": ("message {sequence}, part {part}", "its vector; reembed() makes it anew"),
    "tiermem_media": ("row {pk}", "what the bytes of a medium are"),
    "tiermem_media_use": ("message {sequence}", "which medium it refers to"),
    "tiermem_borrowed": ("decision {decision}", "whose stubs it shows"),
    "tiermem_fork": ("session {session}", "where it was forked, and of what"),
    "tiermem_collection": ("row {pk}", "whose items they are"),
    "tiermem_item": ("row {pk}", "the item"),
    "tiermem_erasure": ("erasure {pk}", "of whom it was, why, or when"),
    "tiermem_import": ("import {pk}", "whose what it brings will be"),
    "tiermem_erased": ("a row", "the digest of what was erased, so that it may be stored again"),
    "tiermem_item_vector": ("row {pk}", "the vector of item {item}"),
}
OF_A_SESSION = (
    schema.decision,
    schema.stub,
    schema.summary,
    schema.vector,
    schema.embedded,
    schema.fact,
    schema.extraction,
    forks.borrowed,
    media.media_use,
    schema.named,
)
_BELONGING: tuple[tuple[sa.Table, str, sa.Table], ...] = (
    (schema.message, "session", schema.session),
    (schema.decision, "session", schema.session),
    (schema.stub, "session", schema.session),
    (schema.summary, "session", schema.session),
    (schema.segment, "session", schema.session),
    (schema.fact, "session", schema.session),
    (schema.extraction, "session", schema.session),
    (talk.conversation, "session", schema.session),
    (schema.named, "session", schema.session),
    (forks.fork, "session", schema.session),
    (forks.borrowed, "session", schema.session),
    (forks.borrowed, "owner", schema.session),
    (media.media_use, "session", schema.session),
    (media.media_use, "media", media.media),
    (media.blob, "media", media.media),
    (schema.embedded, "session", schema.session),
    (schema.embedded, "embedder", schema.embedder),
    (schema.vector, "session", schema.session),
    (schema.vector, "embedder", schema.embedder),
    (items.item, "collection", items.collection),
    (items.item_vector, "item", items.item),
)


def changed(connection: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool] | None = None) -> list[str]:
    """What is wrong with the rows of *table* that meet *condition*, by their checksums."""
    query = sa.select(table) if condition is None else sa.select(table).where(condition)
    return [told(table, row) for row in connection.execute(query).mappings() if broken(table, row)]


def told(table: sa.Table, row: Stored, lost: str = "") -> str:
    """One problem in words: table, row, what is lost; never words that were said."""
    name, usual = _LOST[table.name]
    return f"{table.name}, {name.format_map(dict(row))}: not as it was written: {(lost or usual).format_map(dict(row))}"


def orphans(connection: sa.Connection) -> Iterator[str]:
    """Rows that belong to nothing that is there."""
    for table, column, owner in _BELONGING:
        lone = sa.select(sa.func.count()).where(table.c[column].not_in(sa.select(owner.c.pk)))
        if count := connection.execute(lone.select_from(table)).scalar():
            yield f"{table.name}: {count} rows belong to no row of {owner.name}"


def listed(problems: Iterable[str]) -> tuple[str, ...]:
    """The first `MANY` of *problems*, and how many more there are."""
    every = list(problems)
    return (*every[:MANY], *([f"and {len(every) - MANY} more"] if len(every) > MANY else []))


def guarded(what: str, problems: Callable[[], Iterable[str]]) -> list[str]:
    """What *problems* finds; where it stumbles over what is damaged, that is the problem."""
    found: list[str] = []
    try:
        for problem in islice(problems(), 10 * MANY):
            found.append(problem)  # noqa: PERF402  # what came before a stumble counts
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        found.append(f"{what} cannot be derived: {type(error).__name__}")
    return found
