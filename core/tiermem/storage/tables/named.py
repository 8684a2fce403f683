"""The table of names by sentence (`storage/named/`)."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.storage.tables.columns import Key, Octets, checksum_column, metadata

# Which names stand in which sentence, a row for a stretch of messages; derived of messages when somebody asks for the
# graph of a user, never when something is added.
named = sa.Table(
    "tiermem_named",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("rules", sa.BigInteger, nullable=False),  # which rules read them
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("body", Octets, nullable=False),  # names and places: `index/named/columns.py`
    checksum_column(),
    sa.UniqueConstraint("session", "rules", "first"),
)
