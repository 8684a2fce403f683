"""The table of shelves: the words of a user of very many messages, cut by term (`storage/shelves/`)."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.storage.tables.columns import Key, Octets, checksum_column, metadata

# Derived of segments, for users alone whose index would not fit in RAM. Keys of a shelf's rows stand in a row, its head
# first, and are never used again.
shelf = sa.Table(
    "tiermem_shelf",
    metadata,
    sa.Column("pk", Key, primary_key=True, autoincrement=False),
    sa.Column("owner", Octets, nullable=False),  # BLAKE2b-128 of tenant and user
    sa.Column("part", sa.BigInteger, nullable=False),  # 0: which messages; 1: their columns; 2: spelling; then terms
    sa.Column("body", Octets, nullable=False),  # `index/shelves/packing.py`
    checksum_column(),
)
sa.Index("tiermem_shelf_head", shelf.c.owner, sqlite_where=shelf.c.part == 0, postgresql_where=shelf.c.part == 0)
