"""The tables of forks: where each was made, whose messages come before its own, and whose stubs it shows."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.storage.tables.columns import Key, Octets, checksum_column, metadata

# The session's own row has `base` and `shared` too, so that no reader asks twice; this is their witness.
fork = sa.Table(
    "tiermem_fork",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("parent", Key, nullable=False),  # the session that it was made of
    sa.Column("root", Key, nullable=False),  # the oldest that it shares with
    sa.Column("base", sa.BigInteger, nullable=False),  # the last message that it shares
    sa.Column("shared", sa.Text, nullable=False),  # `shared_history.written`
    sa.Column("forked_at", sa.Text, nullable=False),
    checksum_column(),
    sa.Column("chain", Octets),  # the link of the last message that it shares
    sa.UniqueConstraint("session"),
)
sa.Index("tiermem_fork_root", fork.c.root)

# Of which session and decision the stubs are that a decision of a fork shows (`storage/forks/borrowing.py`).
borrowed = sa.Table(
    "tiermem_borrowed",
    metadata,
    sa.Column("pk", Key, primary_key=True),
    sa.Column("session", Key, nullable=False),
    sa.Column("decision", sa.BigInteger, nullable=False),
    sa.Column("owner", Key, nullable=False),  # the session that has the stubs
    sa.Column("number", sa.BigInteger, nullable=False),  # of the decision there
    sa.Column("first", sa.BigInteger, nullable=False),  # the messages that are meant
    sa.Column("last", sa.BigInteger, nullable=False),
    checksum_column(),
    sa.UniqueConstraint("session", "decision"),
)
sa.Index("tiermem_borrowed_owner", borrowed.c.owner)
