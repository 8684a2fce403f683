"""Tables. Names of people and sessions are bytes: compared exactly, whatever the database's collation.

Everything but `message`, `media`, `decision`, `stub`, `summary`, `item` and what a model read can be derived again from
these.

What has no other witness has a checksum: a row's values as they were written, but those that change later (`_APART`).
It tells damage, not malice. A row from before there were checksums has none, and is not doubted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import sqlalchemy as sa

from tiermem.errors import MigrationUnfinished, SchemaTooNew, StorageCorrupt
from tiermem.storage.tables import columns, shelves
from tiermem.storage.tables import named as names_said
from tiermem.storage.tables.columns import UNSTORABLE, Key, Octets, Words, checksum_column, metadata, of_its_type
from tiermem.storage.tables.erasures import erasure
from tiermem.storage.tables.forks import fork
from tiermem.storage.tables.imports import importing
from tiermem.storage.tables.items import item
from tiermem.storage.tables.media import media

VERSION = 20
UNFINISHED = "migrating"  # how the version of a database begins that a migration fills; no tiermem opens it

meta, digest, named, shelf = columns.meta, columns.digest, names_said.named, shelves.shelf

Stored: TypeAlias = Mapping[str, Any] | sa.RowMapping  # a row by the names of its columns

session = sa.Table(
    "tiermem_session",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("tenant", Octets, nullable=False),
    sa.Column("owner", Octets, nullable=False),
    sa.Column("name", Octets, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    # Running totals, so that no turn has to add up the conversation.
    sa.Column("messages", sa.BigInteger, nullable=False, default=0),
    sa.Column("tokens", sa.BigInteger, nullable=False, default=0),
    sa.Column("window_tokens", sa.BigInteger, nullable=False, default=0),
    sa.Column("revision", sa.BigInteger, nullable=False, default=0),
    sa.Column("floor", sa.BigInteger, nullable=False, default=0),
    sa.Column("look_at", sa.BigInteger, nullable=False, default=0),
    sa.Column("indexed", sa.BigInteger, nullable=False, default=0),
    sa.Column("failures", sa.BigInteger, nullable=False, default=0),
    sa.Column("failed_at", sa.Float, nullable=False, default=0.0),
    sa.Column("last_error", Words, nullable=False, default=""),
    # Of a fork: the last message that it shares with others, and with whom (`storage/tables/forks.py`).
    sa.Column("base", sa.BigInteger, nullable=False, default=0, server_default="0"),
    sa.Column("shared", sa.Text, nullable=False, default="", server_default=""),
    checksum_column(),
    # The links of the last message and of the last decision (`storage/chain/`); NULL before the first.
    sa.Column("chain", Octets),
    sa.Column("journal_chain", Octets),
    sa.UniqueConstraint("tenant", "owner", "name"),
)

# Sessions with messages that wait for the index, which a question reads as they are.
sa.Index(
    "tiermem_session_waiting",
    session.c.tenant,
    session.c.owner,
    sqlite_where=session.c.indexed < session.c.messages,
    postgresql_where=session.c.indexed < session.c.messages,
)

message = sa.Table(
    "tiermem_message",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("id", Octets, nullable=False),
    sa.Column("role", Octets, nullable=False),
    sa.Column("tokens", sa.BigInteger, nullable=False),
    sa.Column("fixed", sa.SmallInteger, nullable=False, default=0),
    sa.Column("links", Octets),  # canonical JSON [calls, answers], or NULL for neither
    sa.Column("stored_at", sa.Text, nullable=False),
    sa.Column("sha256", Octets, nullable=False),
    sa.Column("body", Octets, nullable=False),
    checksum_column(),
    *columns.chained(),
    sa.UniqueConstraint("session", "sequence"),
    sa.UniqueConstraint("session", "id"),
)
sa.Index(
    "tiermem_message_fixed",
    message.c.session,
    message.c.sequence,
    sqlite_where=message.c.fixed == 1,
    postgresql_where=message.c.fixed == 1,
)

decision = sa.Table(
    "tiermem_decision",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("reference", sa.BigInteger, nullable=False, default=0),
    sa.Column("tokens_before", sa.BigInteger, nullable=False, default=0),
    sa.Column("tokens_after", sa.BigInteger, nullable=False, default=0),
    sa.Column("strategy", Words, nullable=False, default=""),
    sa.Column("reason", Words, nullable=False, default=""),
    sa.Column("decided_at", sa.Text, nullable=False),
    sa.Column("undone", sa.SmallInteger, nullable=False, default=0),
    checksum_column(),
    *columns.chained(),
    sa.UniqueConstraint("session", "number"),
)
sa.Index("tiermem_decision_last", decision.c.session, decision.c.last)
sa.Index("tiermem_decision_kind", decision.c.session, decision.c.kind)

stub = sa.Table(
    "tiermem_stub",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("decision", sa.BigInteger, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("tokens", sa.BigInteger, nullable=False),
    sa.Column("strategy", Words, nullable=False),
    sa.Column("content", Octets, nullable=False),
    checksum_column(),
    columns.witness(),
    sa.UniqueConstraint("session", "sequence", "decision"),
)

summary = sa.Table(
    "tiermem_summary",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("level", sa.BigInteger, nullable=False),
    sa.Column("tokens", sa.BigInteger, nullable=False),
    sa.Column("strategy", Words, nullable=False),
    sa.Column("children", sa.Text, nullable=False, default=""),
    sa.Column("live", sa.SmallInteger, nullable=False, default=1),
    sa.Column("body", Octets, nullable=False),
    checksum_column(),
    columns.witness(),
    sa.UniqueConstraint("session", "number"),
)
sa.Index("tiermem_summary_live", summary.c.session, summary.c.live)

# The archive: derived from messages, rebuilt when its analyser or embedder changes.
segment = sa.Table(
    "tiermem_segment",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("body", Octets, nullable=False),  # words, times, speakers, roles: `index/segment.py`
    checksum_column(),
    sa.UniqueConstraint("session", "first"),
)

# What messages state for certain, one row a fact (`facts/stated/record.py`); derived with the words, but for what an
# application stated (`how` "application"), which is written with its message, and what a model read ("model").
fact = sa.Table(
    "tiermem_fact",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("place", sa.BigInteger, nullable=False),  # among the facts of its message, from 0
    sa.Column("about", sa.BigInteger, nullable=False),  # BLAKE2b-64 of user, subject and attribute
    sa.Column("subject", Words, nullable=False),
    sa.Column("attribute", Words, nullable=False),
    sa.Column("value", Words, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("manner", sa.Text, nullable=False),
    sa.Column("several", sa.SmallInteger, nullable=False),
    sa.Column("old", Words, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("certainty", sa.Float(53), nullable=False),
    sa.Column("said", sa.Float(53)),  # wall-clock seconds; NULL: unknown
    sa.Column("since", sa.Float(53)),
    sa.Column("until", sa.Float(53)),
    checksum_column(),
    sa.UniqueConstraint("session", "sequence", "place"),
)
sa.Index("tiermem_fact_about", fact.c.about)

# Which messages an extractor read (`storage/extracted/stretches.py`); its facts are rows of `fact` with `how` "model".
extraction = sa.Table(
    "tiermem_extraction",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("extractor", Words, nullable=False),
    sa.Column("facts", sa.BigInteger, nullable=False),
    sa.Column("refused", sa.Text, nullable=False),  # JSON: how many claims, by reason
    sa.Column("error", Words, nullable=False),
    checksum_column(),
    sa.UniqueConstraint("session", "first"),
)

# One row for each vector space. A model that changed under its old name gets a second row; the newest of a name counts.
embedder = sa.Table(
    "tiermem_embedder",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("name", Words, nullable=False),
    sa.Column("probe", Octets, nullable=False),  # float16 vector of a fixed text; empty for the built-in one
    checksum_column(),
)

# How far each embedder has come in each session.
embedded = sa.Table(
    "tiermem_embedded",
    metadata,
    sa.Column("session", Key, primary_key=True, autoincrement=False),
    sa.Column("embedder", Key, primary_key=True, autoincrement=False),
    sa.Column("through", sa.BigInteger, nullable=False),
    checksum_column(),
)

vector = sa.Table(
    "tiermem_vector",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("part", sa.BigInteger, nullable=False),  # number of the passage in its message, from 0
    sa.Column("embedder", Key, nullable=False),
    sa.Column("hash", Octets, nullable=False),  # BLAKE2b-128 of the text that was embedded, keyed by its user
    sa.Column("value", Octets, nullable=False),  # float16, little-endian
    checksum_column(),
    sa.UniqueConstraint("session", "embedder", "sequence", "part"),
)
sa.Index("tiermem_vector_hash", vector.c.hash, vector.c.embedder)

_TOTALS = "messages tokens window_tokens revision floor look_at indexed failures failed_at last_error".split()  # noqa: SIM905
_OF_FORKS = ["base", "shared"]  # witnessed by the row of the fork
_LINKS = ["chain", "journal_chain", "witness"]  # which hold together by themselves
# Columns that are written again later, without the others: running totals, what an undo or a later summary changes, and
# when an item expires, which each reading moves. A column that a later version brings belongs here too.
_APART: dict[str, frozenset[str]] = {
    session.name: frozenset([*_TOTALS, *_OF_FORKS, *_LINKS]),
    message.name: frozenset({"body", *_LINKS}),  # the body has a hash of its own
    decision.name: frozenset({"undone", *_LINKS}),
    stub.name: frozenset(_LINKS),
    summary.name: frozenset({"live", *_LINKS}),
    item.name: frozenset({"expires"}),
    erasure.name: frozenset({"done"}),
    fork.name: frozenset(_LINKS),
    importing.name: frozenset({"beat"}),
    media.name: frozenset({"owner"}),  # who is erased gives them up
}
_WITNESSED = {
    table.name: tuple(
        column.name
        for column in table.columns
        if column.name not in {"pk", "checksum"} | _APART.get(table.name, frozenset())
    )
    for table in metadata.tables.values()
    if "checksum" in table.c
}


def checksum(table: sa.Table, row: Stored) -> bytes:
    """The checksum of a row of *table*, as it is written or read."""
    return digest(row[name] for name in _WITNESSED[table.name])


def witnessed(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns of *table* whose values its checksum is of, in their order."""
    return [table.c[name] for name in _WITNESSED[table.name]]


def sealed(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """*row*, which is about to be written, with its checksum."""
    cleaned = storable(table, row)
    cleaned["checksum"] = checksum(table, cleaned)
    return cleaned


def storable(table: sa.Table, row: Stored) -> dict[str, Any]:
    """*row* with U+FFFD in place of what no text of a database holds."""
    cleaned = dict(row)
    for name in _WORDS[table.name]:
        if isinstance(row.get(name), str):
            cleaned[name] = UNSTORABLE.sub("\ufffd", row[name])
    return cleaned


def broken(table: sa.Table, row: Stored) -> bool:
    """Whether *row*, as it was read, is not the one that was written. Of one from before there were checksums only the
    types are known."""
    stored = row["checksum"]
    if stored is None:
        return not all(of_its_type(table.c[name], row[name]) for name in _WITNESSED[table.name])
    return not isinstance(stored, bytes | memoryview) or checksum(table, row) != bytes(stored)


_WORDS = {
    table.name: [column.name for column in table.columns if isinstance(column.type, Words)]
    for table in metadata.tables.values()
}


def refuse_newer(version: int) -> None:
    """Raise SchemaTooNew for a version that this package does not know."""
    if version > VERSION:
        raise SchemaTooNew(f"the database has schema {version}; this tiermem knows up to {VERSION}: use a newer one")


def version_of(stored: object) -> int:
    """The version that the row of `tiermem_meta` says.

    Raises:
        StorageCorrupt: it says none.
        MigrationUnfinished: a migration fills the database.
    """
    if isinstance(stored, str) and stored.startswith(UNFINISHED):
        raise MigrationUnfinished("a migration into this database has not ended; run it again, and it goes on")
    if isinstance(stored, str) and stored.isascii() and stored.isdecimal() and 0 < len(stored) < 10 and int(stored):
        return int(stored)
    raise StorageCorrupt(f"tiermem_meta says no version of the schema: {str(stored)[:20]!r}; it was left untouched")
