"""What an export has of each table, what is worked out again from that, and what is left behind because it can be.

Rule: each column of each table is named in exactly one of these; `tests/portability/test_schema.py` fails otherwise.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tiermem.storage.schema import decision, extraction, fact, message, session, stub, summary
from tiermem.storage.tables.erasures import erased, erasure
from tiermem.storage.tables.forks import borrowed, fork
from tiermem.storage.tables.items import collection, item, item_vector
from tiermem.storage.tables.media import blob, media, media_use


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# By table, the columns that an export has, in their order. Columns that are JSON stand as JSON, other bytes as text.
COLUMNS: dict[sa.Table, tuple[str, ...]] = {
    session: _words("name created_at messages tokens window_tokens revision floor look_at chain journal_chain"),
    fork: _words("parent base shared forked_at chain"),  # keys are places of sessions in the file
    decision: _words(
        "number kind first last reference tokens_before tokens_after strategy reason decided_at undone witness chain"
    ),
    borrowed: _words("decision owner number first last"),  # the owner is a place too
    stub: _words("decision sequence tokens strategy content witness"),
    summary: _words("number first last level tokens strategy children live body witness"),
    extraction: _words("first last extractor facts refused error"),
    fact: _words("sequence place subject attribute value kind manner several old how certainty said since until"),
    media: _words("sha256 type"),  # with the bytes, in front of the messages of the first session that refers to it
    message: _words("sequence tokens stored_at sha256 body witness chain"),
    item: _words("path key value created_at updated_at ttl expires"),
    item_vector: _words("space hash value"),
    erasure: _words("digest sessions messages items reason erased_at"),
    erased: _words("digest"),
}
LINKS = frozenset({"chain", "journal_chain", "witness"})  # NULL before anything was said; no export before schema 16
JSON = frozenset({"content", "body", "value"})  # columns that are canonical JSON, where they are bytes

# Columns that say where a row belongs, or follow from the others: `staging` works them out.
WORKED_OUT: dict[sa.Table, frozenset[str]] = {
    session: frozenset({"tenant", "owner", "indexed", "failures", "failed_at", "last_error", "base", "shared"}),
    fork: frozenset({"session", "root"}),
    message: frozenset({"session", "id", "role", "fixed", "links"}),
    **{table: frozenset({"session"}) for table in (decision, borrowed, stub, summary, extraction)},
    fact: frozenset({"session", "about"}),
    media: frozenset({"owner", "size"}),
    blob: frozenset({"media", "body"}),  # in the line of its medium
    media_use: frozenset({"session", "sequence", "media"}),  # by the pointers in the message
    collection: frozenset({"tenant", "owner", "stamp"}),
    item: frozenset({"collection", "name", "stamp"}),
    item_vector: frozenset({"item"}),
    erasure: frozenset({"owner", "done"}),
    erased: frozenset({"owner"}),
}
OF_THE_ROW = frozenset({"pk", "checksum"})

# Tables that are derived of what an export has, or say nothing of a user.
LEFT_BEHIND = {
    "tiermem_meta": "of the database; the keys of a user's tombstones go with them",
    "tiermem_segment": "words, indexed anew in the background",
    "tiermem_shelf": "words of a user of very many messages, put together anew of segments",
    "tiermem_named": "names by sentence, read anew when the graph of a user is asked for",
    "tiermem_embedder": "of the database",
    "tiermem_embedded": "vectors of messages are made anew by the embedder in use",
    "tiermem_vector": "vectors of messages are made anew by the embedder in use",
    "tiermem_conversation": "counted again with the words",
    "tiermem_tally": "counted again with the words",
    "tiermem_owner": "what changed lately, which begins anew",
    "tiermem_import": "imports under way",
}


def fits(table: sa.Table, name: str, value: Any) -> bool:
    """Whether *value* is of the kind of that column; of one of bytes, text."""
    column = table.c[name]
    if value is None:
        return bool(column.nullable)
    if isinstance(column.type, sa.Float):
        return type(value) in {int, float}
    if isinstance(column.type, sa.Integer):
        return type(value) is int and -(2**63) <= value < 2**63
    return isinstance(value, str)
