"""What tables of ours share: their metadata, the kinds of their columns, and how rows are hashed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
metadata = sa.MetaData()
meta = sa.Table(
    "tiermem_meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


class Octets(sa.LargeBinary):
    """Bytes. A damaged file of SQLite may give a number in their place, of which SQLAlchemy's own type would make as
    many zeros as it says: a page in another's place took 23 GB."""

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> Callable[[Any], bytes | None]:  # noqa: ARG002  # SQLAlchemy's signature
        """What makes bytes of what the driver gives."""
        return octets


def octets(value: Any) -> bytes | None:
    """*value* as bytes.

    Raises:
        TypeError: it is neither bytes nor NULL.
    """
    if value is None or type(value) is bytes:
        return value
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"bytes were written here, and {type(value).__name__} is read")
    return bytes(value)


class Words(sa.TypeDecorator[str]):
    """Text that others wrote: reasons, errors, names. What a database's text cannot hold becomes U+FFFD: lone
    surrogates on either database, U+0000 on PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's signature
        """*value* as it is stored."""
        return None if value is None else UNSTORABLE.sub("\ufffd", value)


def of_its_type(column: sa.Column[Any], value: Any) -> bool:
    """Whether *value*, as SQLite gives it, is one that was written to *column*; in a damaged file it may be any."""
    if value is None:
        return bool(column.nullable)
    if isinstance(column.type, sa.LargeBinary):
        return isinstance(value, bytes | memoryview)
    if isinstance(column.type, sa.Float):
        return isinstance(value, int | float)
    return isinstance(value, int if isinstance(column.type, sa.Integer) else str)


def checksum_column() -> sa.Column[bytes]:
    """A row's checksum; see `schema.sealed`."""
    return sa.Column("checksum", Octets)


def witness() -> sa.Column[bytes]:
    """What witnesses a row's words in a chain: a salt, or once they are erased what stands for them."""
    return sa.Column("witness", Octets)


def chained() -> tuple[sa.Column[bytes], sa.Column[bytes]]:
    """A row's witness and its link (`storage/chain/links.py`)."""
    return witness(), sa.Column("chain", Octets)


# BIGINT everywhere; SQLite makes a row id of an INTEGER primary key only.
Key = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def unsampled() -> list[str]:
    """Statements that keep PostgreSQL from taking samples of what was said, or of names, for its planner: they stand in
    `pg_statistic`, where they outlive the rows. Every query finds its rows by unique keys and needs none."""
    said: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, sa.LargeBinary | sa.Text | Words):
                said.setdefault(table.name, []).append(f'ALTER COLUMN "{column.name}" SET STATISTICS 0')
    return [f"ALTER TABLE {name} {', '.join(columns)}" for name, columns in said.items()]


def digest(values: Iterable[Any]) -> bytes:
    """The checksum of a row that has these *values* in the columns which are witnessed, in their order."""
    parts: list[bytes] = []
    for value in values:
        if isinstance(value, bytes):
            parts += (b"%db" % len(value), value)
        elif (form := repr(value)).isascii():  # as many bytes as characters, and put together at once
            parts.append(f"{len(form)}v{form}".encode())
        else:
            parts += (b"%dv" % len(form.encode()), form.encode())
    return blake2b(b"".join(parts), digest_size=8).digest()
