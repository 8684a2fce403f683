"""Rows of `tiermem_pgvector`: the vectors of `tiermem_vector` in a type that a PostgreSQL server can compare.

Rule 1: the table is there only where a memory was opened with `vector_index="pgvector-…"`, and from then on every
process keeps it, in the transaction that stores or removes a vector; nobody has to be told so.
Rule 2: it holds nothing that is not in `tiermem_vector`. Drop it, and the next opening fills it again.

One table for embedders of any dimensions: the column has none, and each embedder has a partial index of its own, over
its rows cast to its dimensions. A table for each would have to be found by everything that removes, copies or guards
rows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from tiermem.storage.schema import embedder, session, vector
from tiermem.storage.sessions import ERASED
from tiermem.storage.tables.columns import Octets
from tiermem.storage.tables.names import key_of_names

NAME = "tiermem_pgvector"
BATCH = 500  # rows that are given to it at once
Row = tuple[int, int, bytes]  # message, passage, float16 bytes
PLACE = ("session", "embedder", "sequence", "part")
_THERE = sa.text(f"SELECT to_regclass('{NAME}') IS NOT NULL")


class HalfVector(sa.types.UserDefinedType[Any]):
    """pgvector's `halfvec`, of any number of dimensions; given as text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Its name in SQL."""
        return "halfvec"

    def bind_expression(self, bindvalue: sa.BindParameter[Any]) -> sa.ColumnElement[Any]:
        """*bindvalue*, of which no driver knows the type."""
        return sa.cast(bindvalue, self)


# Not of `metadata`: its tables are made in every database, and this one needs an extension. Who owns a row is in its
# key and not at its beginning: rows of a session that was erased go by the session, whose names are gone by then.
nearby = sa.Table(
    NAME,
    sa.MetaData(),
    *(sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False) for name in PLACE),
    sa.Column("owner", Octets, primary_key=True),  # `owners.key_of`
    sa.Column("value", HalfVector, nullable=False),
)


def there(connection: sa.Connection) -> bool:
    """Whether this database has the table."""
    return connection.dialect.name == "postgresql" and bool(connection.execute(_THERE).scalar())


def index_of(key: int) -> str:
    """The name of the HNSW index over the vectors of the embedder *key*."""
    return f"{NAME}_hnsw_{int(key)}"


def text_of(numbers: Sequence[float], digits: int = 5) -> str:
    """A vector as pgvector reads it. Five digits tell float16 values apart, nine float32 values."""
    return "[" + (f"%.{digits}g," * len(numbers) % tuple(numbers))[:-1] + "]"


def keep(connection: sa.Connection, pk: int, key: int, rows: Iterable[Row]) -> int:
    """Keep vectors that the embedder *key* made in the session *pk* here too, where the table is; how many.

    One that has not the length of the embedder's probe is no vector of it: none may stop the others being compared.
    """
    names = sa.select(session.c.tenant, session.c.owner, embedder.c.probe).join(embedder, embedder.c.pk == key)
    known = connection.execute(names.where(session.c.pk == pk)).first()
    if known is None or known[0] == ERASED:
        return 0
    owner, size = key_of_names(bytes(known[0]), bytes(known[1])), len(known[2])
    fixed = {"session": int(pk), "embedder": key, "owner": owner}
    form = f"<{size // 2}e"
    values = [
        {**fixed, "sequence": sequence, "part": part, "value": text_of(struct.unpack(form, value))}
        for sequence, part, value in rows
        if len(value) == size
    ]
    if values:
        connection.execute(postgresql.insert(nearby).on_conflict_do_nothing(), values)
    return len(values)


def leaving(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> None:
    """Remove the rows of the vectors with this *condition*, which are about to be removed themselves."""
    if there(connection):
        connection.execute(nearby.delete().where(_same(), condition))


def _same() -> sa.ColumnElement[bool]:
    """Whether a row here is that of a vector."""
    return sa.and_(*(nearby.c[name] == vector.c[name] for name in PLACE))


def mend(connection: sa.Connection, pk: int, key: int, above: int, messages: int) -> tuple[int, int]:
    """Make the rows of a session's next *messages* beyond *above* what its vectors are: what is missing is put back,
    what has no vector goes. How many of either, in a transaction which nobody else's of that session passes."""
    locked = sa.select(session.c.tenant).where(session.c.pk == pk).with_for_update()
    if connection.execute(locked).scalar() in {None, ERASED} or not there(connection):
        return 0, 0
    inside = sa.and_(vector.c.session == pk, vector.c.embedder == key)
    stretch = vector.c.sequence.between(above + 1, above + messages)
    columns = (vector.c.sequence, vector.c.part, vector.c.value)
    missing = sa.select(*columns).where(inside, stretch, ~sa.exists().where(_same()).correlate(vector))
    rows = [(row[0], row[1], bytes(row[2])) for row in connection.execute(missing)]
    put = sum(keep(connection, pk, key, rows[start : start + BATCH]) for start in range(0, len(rows), BATCH))
    mine = sa.and_(nearby.c.session == pk, nearby.c.embedder == key)
    mine = sa.and_(mine, nearby.c.sequence.between(above + 1, above + messages))
    lone = nearby.delete().where(mine, ~sa.exists().where(_same()).correlate(nearby))
    return put, int(connection.execute(lone).rowcount)
