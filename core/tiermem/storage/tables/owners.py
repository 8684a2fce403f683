"""The table of users who have a name: what changed of each, over all sessions (`storage/owners.py`)."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.storage.tables.columns import Octets, metadata

# It is no part of what was said: without a row, or with another one, all sessions of the user are looked through.
owner = sa.Table(
    "tiermem_owner",
    metadata,
    sa.Column("tenant", Octets, primary_key=True),
    sa.Column("owner", Octets, primary_key=True),
    sa.Column("stamp", sa.BigInteger, nullable=False),
    sa.Column("recent", sa.Text, nullable=False),
)
