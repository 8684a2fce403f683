"""The tables of store items: JSON objects by path and key (`items/item.py`), beside the conversations of a user."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.storage.tables.columns import Key, Octets, Words, checksum_column, metadata

collection = sa.Table(
    "tiermem_collection",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("tenant", Octets, nullable=False),
    sa.Column("owner", Octets, nullable=False),
    sa.Column("stamp", sa.BigInteger, nullable=False),  # random, another one after each write
    checksum_column(),
    sa.UniqueConstraint("tenant", "owner"),
)

item = sa.Table(
    "tiermem_item",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("collection", Key, nullable=False),
    sa.Column("name", Octets, nullable=False),  # SHA-256 of path and key; keys are longer than an index takes
    sa.Column("path", Octets, nullable=False),
    sa.Column("key", Octets, nullable=False),
    sa.Column("value", Octets, nullable=False),  # canonical JSON
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Text, nullable=False),
    sa.Column("ttl", sa.Float(53)),  # seconds; NULL: for ever
    sa.Column("expires", sa.Float(53)),  # seconds since 1970
    sa.Column("stamp", sa.BigInteger, nullable=False),  # that of the write which made the value
    checksum_column(),
    sa.UniqueConstraint("collection", "name"),
)
# With what a search must know of every item, so that it reads no rows of those it does not show.
sa.Index("tiermem_item_path", item.c.collection, item.c.path, item.c.expires, item.c.stamp)
sa.Index(
    "tiermem_item_expires",
    item.c.collection,
    item.c.expires,
    sqlite_where=item.c.expires.is_not(None),
    postgresql_where=item.c.expires.is_not(None),
)

item_vector = sa.Table(
    "tiermem_item_vector",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("item", Key, nullable=False),
    sa.Column("space", Words, nullable=False),  # embedder and dimensions; vectors of two are never compared
    sa.Column("hash", Octets, nullable=False),  # BLAKE2b-128 of the text that was embedded
    sa.Column("value", Octets, nullable=False),  # float32, little-endian, of length 1
    checksum_column(),
    sa.UniqueConstraint("item", "space", "hash"),
)
