"""Digests of what was erased with its conversation, written in the transaction that removes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from tiermem.storage.schema import sealed
from tiermem.storage.shards.whose import at, of_digest
from tiermem.storage.tables.erasures import TOMBSTONE, digest, erased, of_message

CHUNK = 500  # rows a statement


def remember(connection: sa.Connection, key: bytes, owner: bytes, gone: Iterable[tuple[bytes, bytes]]) -> None:
    """Keep the digests of what is *gone* of the user with the digest *owner*: of each message the digest of its session
    and its stored id, which may be a tombstone's already."""
    found = dict.fromkeys(of_message(key, session, _identity(key, identifier)) for session, identifier in gone)
    add(connection, [{"owner": owner, "digest": one} for one in found])


def _identity(key: bytes, identifier: bytes) -> bytes:
    return identifier.removeprefix(TOMBSTONE) if identifier.startswith(TOMBSTONE) else digest(key, identifier)


def add(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep these rows; those that are there already stay."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql as dialect
    else:
        from sqlalchemy.dialects import sqlite as dialect  # type: ignore[no-redef]
    insert = dialect.insert(erased).on_conflict_do_nothing()
    for owner, theirs in groupby(rows, key=itemgetter("owner")):
        sound = [sealed(erased, row) for row in theirs]
        with at(connection, of_digest(owner)):
            for start in range(0, len(sound), CHUNK):
                connection.execute(insert, sound[start : start + CHUNK])
