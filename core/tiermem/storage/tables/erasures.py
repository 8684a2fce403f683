"""The table of erasures: a tombstone for each, with its number, time and reason, and a keyed digest of what it was of;
never a name, nor anything that was said."""

from __future__ import annotations

from hashlib import blake2b

import sqlalchemy as sa

from tiermem.storage.tables.columns import Key, Octets, Words, checksum_column, metadata

KEY = "erasure"  # of `tiermem_meta`: what digests are keyed with
TOMBSTONE = b"\xffe"  # how the id of an erased message begins, before its keyed digest; no UTF-8 does
AFTER = b"\xfff"  # behind all of these, whatever byte a digest begins with

erasure = sa.Table(
    "tiermem_erasure",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("digest", Octets, nullable=False),  # of whose, or of which session: `storage/erasures/taking.py`
    sa.Column("sessions", sa.BigInteger, nullable=False),
    sa.Column("messages", sa.BigInteger, nullable=False),
    sa.Column("items", sa.BigInteger, nullable=False),
    sa.Column("reason", Words, nullable=False, default=""),
    sa.Column("erased_at", sa.Text, nullable=False),
    sa.Column("done", sa.SmallInteger, nullable=False, default=0),  # whether all rows are gone
    checksum_column(),
    sa.Column("owner", Octets),  # keyed digest of whose it was; NULL before schema 14
)


# Of each message of a conversation that was erased as a whole, so that what still has it does not bring it back.
erased = sa.Table(
    "tiermem_erased",
    metadata,
    sa.Column("owner", Octets, primary_key=True),  # keyed digest of whose it was
    sa.Column("digest", Octets, primary_key=True),  # of session and id: `of_message`
    checksum_column(),
    sqlite_with_rowid=False,
)


def digest(key: bytes, *parts: bytes) -> bytes:
    """BLAKE2b-128 of *parts* under *key*: without it, nobody can try names or texts against a tombstone."""
    hashed = blake2b(key=key, digest_size=16)
    for part in parts:
        hashed.update(b"%d:" % len(part) + part)
    return hashed.digest()


def of_message(key: bytes, session: bytes, identifier: bytes) -> bytes:
    """The digest of a message in a session, by the digest of its stored name and that of its id, which a tombstone has.
    No user is in it, so that it moves with its user."""
    return digest(key, session, identifier)
