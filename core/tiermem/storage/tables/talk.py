"""The tables of what is counted of users' turns (`storage/talk/`)."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.storage.tables.columns import Key, Octets, metadata

_Bytewise = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # in the same order everywhere

# What is counted of a user's turns that are indexed and not hidden: derived of segments, moved with them and with what
# hides (`storage/talk/counting.py`). Sums are whole numbers, so they can be taken back; they move, so no row has a
# checksum, and `verify` counts again.
conversation = sa.Table(
    "tiermem_conversation",
    metadata,
    sa.Column("session", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("owner", Octets, nullable=False),  # BLAKE2b-128 of tenant and user
    sa.Column("turns", sa.BigInteger, nullable=False),
    sa.Column("first", sa.Float(53)),  # seconds since 1970 in UTC; NULL: unknown
    sa.Column("last", sa.Float(53)),
    sa.Column("moods", sa.BigInteger, nullable=False),  # turns that tell a mood
    sa.Column("mood", sa.BigInteger, nullable=False),  # its sum, in hundredths
    sqlite_with_rowid=False,
)
sa.Index("tiermem_conversation_last", conversation.c.owner, conversation.c.last)
sa.Index("tiermem_conversation_first", conversation.c.owner, conversation.c.first)

tally = sa.Table(
    "tiermem_tally",
    metadata,
    sa.Column("owner", Octets, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),  # word, month, all
    sa.Column("name", _Bytewise, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),  # of moods: hundredths
    sa.Column("last", sa.Float(53)),  # when it was said last, and where; session 0: what was last was hidden since
    sa.Column("last_session", Key, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
OFTEN = 3  # turns from which on a word may be shown as an interest; the index of rarer ones would move at each add
sa.Index(
    "tiermem_tally_often",
    tally.c.owner,
    tally.c.kind,
    tally.c["count"],
    tally.c.name,
    sqlite_where=tally.c["count"] >= OFTEN,
    postgresql_where=tally.c["count"] >= OFTEN,
)
