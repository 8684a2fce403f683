"""The tables of media: what there is of a user's, the bytes of each once, and which messages refer to it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tiermem.storage.tables.columns import Key, Octets, Words, checksum_column, digest, metadata

OWNER = 16  # bytes of somebody's key; nobody's are shorter

media = sa.Table(
    "tiermem_media",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("owner", Octets, nullable=False),  # `owners.key_of`; nobody's while it comes or goes
    sa.Column("sha256", Octets, nullable=False),  # of the bytes
    sa.Column("type", Words, nullable=False),  # "image/png", as its first message said, or else its own first bytes
    sa.Column("size", sa.BigInteger, nullable=False),  # bytes
    checksum_column(),
    sa.UniqueConstraint("owner", "sha256"),
)

# Beside the rows above, so that who lists media reads past none of their bytes. Their hash is the checksum.
blob = sa.Table(
    "tiermem_blob",
    metadata,
    sa.Column("media", Key, primary_key=True, autoincrement=False),
    sa.Column("body", Octets, nullable=False),
)

media_use = sa.Table(
    "tiermem_media_use",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("media", Key, nullable=False),
    checksum_column(),
    sa.UniqueConstraint("session", "sequence", "media"),
)
sa.Index("tiermem_media_use_media", media_use.c.media)


def sealed_medium(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `media` with its checksum, as `schema.sealed` gives it, which is a floor above."""
    return {**row, "checksum": digest(row[name] for name in ("sha256", "type", "size"))}


def sealed_use(row: dict[str, Any]) -> dict[str, Any]:
    """The same of `media_use`."""
    return {**row, "checksum": digest(row[name] for name in ("session", "sequence", "media"))}
