"""Vectors of passages, beside the name of the embedder that made them, and how far each embedder has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.shared_history import base_of
from tiermem.storage import sessions
from tiermem.storage.embedded.outside import CHUNK, leaving
from tiermem.storage.pgvector import rows as pgvector
from tiermem.storage.schema import embedded, embedder, sealed, session, vector
from tiermem.storage.sessions import ERASED
from tiermem.storage.shards.whose import at

LOCK = 0x7469_6573  # that of the migrations, plus one
OF_ITEMS = "items:"  # begins the names of models that made vectors of items; no embedder of messages has such a name


class PassageVector(NamedTuple):
    """One vector: number of its message, number of the passage in it, hash of the passage's text, float16 bytes."""

    sequence: int
    part: int
    hash: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Watermark:
    """What there is of one embedder in one session.

    Args:
        key: the embedder's row, 0 while it has none.
        through: messages up to which it has made vectors; None while it was never used in this session.
        probe: its stored vector of the fixed text, as float16 bytes.
        others: names of other embedders that made vectors here, each with the message it came to.
        base: of a fork, the last message that it shares, whose vectors are where it was said.
    """

    key: int = 0
    through: int | None = None
    probe: bytes = b""
    others: tuple[tuple[str, int], ...] = ()
    base: int = 0

    @property
    def done(self) -> int:
        """Messages up to which there are vectors."""
        return max(self.through or 0, self.base)


# Built once: making these expressions costs more than running them.
_NEWEST = (
    sa.select(embedder.c.pk, embedder.c.probe)
    .where(embedder.c.name == sa.bindparam("name"))
    .order_by(embedder.c.pk.desc())
    .limit(1)
)
_MARKS = sa.select(embedded.c.session, embedder.c.pk, embedder.c.name, embedded.c.through).join(
    embedder, embedder.c.pk == embedded.c.embedder
)


def watermark(connection: sa.Connection, pk: int, name: str) -> Watermark:
    """How far the embedder *name* has come in the session *pk*, and who else was there."""
    return watermarks(connection, [pk], name)[pk]


def watermarks(connection: sa.Connection, keys: Sequence[int], name: str) -> dict[int, Watermark]:
    """`watermark` of each of these sessions."""
    row = connection.execute(_NEWEST, {"name": name}).first()
    key, probe = (int(row[0]), bytes(row[1])) if row else (0, b"")
    through, others = dict[int, int](), dict[int, list[tuple[str, int]]]()
    for start in range(0, len(keys), CHUNK):
        marks = _MARKS.where(embedded.c.session.in_(keys[start : start + CHUNK])).order_by(embedder.c.pk)
        for session_, made_by, by_name, upto in connection.execute(marks):
            if made_by == key:
                through[session_] = int(upto)
            elif upto:
                others.setdefault(session_, []).append((str(by_name), int(upto)))
    return {pk: Watermark(key, through.get(pk), probe, tuple(others.get(pk, ())), base_of(pk)) for pk in keys}


def ensure(connection: sa.Connection, name: str, probe: bytes) -> tuple[int, bytes]:
    """The row of the embedder *name* and its stored probe; made with *probe* when it has none."""
    for again in (False, True):
        if again:
            alone(connection)
        if row := connection.execute(_NEWEST, {"name": name}).first():
            return int(row[0]), bytes(row[1])
    return renew(connection, name, probe), probe


def alone(connection: sa.Connection) -> None:
    """Keep others from making rows of embedders until the transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def renew(connection: sa.Connection, name: str, probe: bytes) -> int:
    """A new row for *name*: its model is another one now. Vectors of the old row stay until they are dropped."""
    row = sealed(embedder, {"name": name, "probe": probe})
    inserted = connection.execute(embedder.insert().values(**row)).inserted_primary_key
    return int(inserted[0]) if inserted else 0


def add(
    connection: sa.Connection,
    pk: int,
    key: int,
    passages: Sequence[PassageVector],
    after: int,
    through: int,
    erasures: int,
) -> None:
    """Keep vectors by the embedder *key* and move its watermark in the session *pk* from *after* to *through*.

    A run whose watermark was moved meanwhile, forwards by another run or back by `drop_others`, writes nothing; nor
    does one that read its messages before the erasure after number *erasures*.
    """
    if _lock(connection, pk) or sessions.erasures(connection) != erasures:
        return
    mine = sa.and_(embedded.c.session == pk, embedded.c.embedder == key)
    known = connection.execute(sa.select(embedded.c.through).where(mine)).scalar()
    if max(known or 0, base_of(pk)) != after:
        return
    if passages:
        rows = [sealed(vector, {"session": pk, "embedder": key, **passage._asdict()}) for passage in passages]
        connection.execute(vector.insert(), rows)
        if pgvector.there(connection):
            pgvector.keep(connection, pk, key, [(one.sequence, one.part, one.value) for one in passages])
    mark = sealed(embedded, {"session": pk, "embedder": key, "through": through})
    connection.execute(
        embedded.insert().values(**mark) if known is None else embedded.update().where(mine).values(**mark)
    )


def _lock(connection: sa.Connection, pk: int) -> bool:
    """Keep others from storing or dropping vectors of the session *pk* until the transaction ends; whether it was
    erased."""
    tenant = connection.execute(sa.select(session.c.tenant).where(session.c.pk == pk).with_for_update()).scalar()
    return tenant == ERASED


def read(connection: sa.Connection, pk: int, key: int, above: int) -> list[tuple[int, int, bytes]]:
    """(message, passage, float16 bytes) of the messages beyond *above*, in order."""
    query = (
        sa.select(vector.c.sequence, vector.c.part, vector.c.value)
        .where(vector.c.session == pk, vector.c.embedder == key, vector.c.sequence > above)
        .order_by(vector.c.sequence, vector.c.part)
    )
    return [(row[0], row[1], bytes(row[2])) for row in connection.execute(query)]


def read_many(connection: sa.Connection, key: int, above: Mapping[int, int]) -> dict[int, list[tuple[int, int, bytes]]]:
    """`read` of each of several sessions, of the messages beyond those of *above*, by session."""
    found: dict[int, list[tuple[int, int, bytes]]] = {}
    whole = [pk for pk, number in above.items() if not number]
    for start in range(0, len(whole), CHUNK):
        query = (
            sa.select(vector.c.session, vector.c.sequence, vector.c.part, vector.c.value)
            .where(vector.c.session.in_(whole[start : start + CHUNK]), vector.c.embedder == key)
            .order_by(vector.c.session, vector.c.sequence, vector.c.part)
        )
        for pk, sequence, part, value in connection.execute(query):
            found.setdefault(pk, []).append((sequence, part, bytes(value)))
    return found | {pk: read(connection, pk, key, number) for pk, number in above.items() if number}


def known(connection: sa.Connection, key: int, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
    """Vectors that the embedder *key* made of texts with these hashes, in any session of the user whose they are."""
    wanted = list(hashes)
    values: dict[bytes, bytes] = {}
    for start in range(0, len(wanted), CHUNK):
        query = sa.select(vector.c.hash, vector.c.value).where(
            vector.c.embedder == key, vector.c.hash.in_(wanted[start : start + CHUNK])
        )
        values |= {bytes(digest): bytes(value) for digest, value in connection.execute(query)}
    return values


def count(connection: sa.Connection, pk: int, *, by: int | None = None, but: int | None = None) -> int:
    """How many vectors the session has: all, those *by* one embedder, or those of everyone *but* one."""
    query = sa.select(sa.func.count()).select_from(vector).where(vector.c.session == pk)
    query = query if by is None else query.where(vector.c.embedder == by)
    query = query if but is None else query.where(vector.c.embedder != but)
    return int(connection.execute(query).scalar_one())


def drop_others(connection: sa.Connection, pk: int, key: int, limit: int) -> bool:
    """Remove up to *limit* vectors that embedders other than *key* made; True while more are left."""
    _lock(connection, pk)  # vectors stored behind our back would stay when the watermark goes
    old = sa.select(vector.c.pk).where(vector.c.session == pk, vector.c.embedder != key).limit(limit)
    keys = list(connection.execute(old).scalars())
    for start in range(0, len(keys), CHUNK):
        leaving(connection, vector.c.pk.in_(keys[start : start + CHUNK]))
        connection.execute(vector.delete().where(vector.c.pk.in_(keys[start : start + CHUNK])))
    if len(keys) == limit:
        return True
    connection.execute(embedded.delete().where(embedded.c.session == pk, embedded.c.embedder != key))
    return False


def drop_unused(connection: sa.Connection, key: int) -> None:
    """Remove the rows of embedders of messages other than *key* that have no vectors and no watermark left."""
    with at(connection, None):
        used = connection.execute(sa.select(embedded.c.embedder).distinct()).scalars().all()
    of_items = embedder.c.name.startswith(OF_ITEMS)
    connection.execute(embedder.delete().where(embedder.c.pk.not_in([key, *used]), ~of_items))
