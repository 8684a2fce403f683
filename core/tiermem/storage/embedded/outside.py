"""What our database knows of a vector database outside: which passages are to be looked at there, kept as rows of
`tiermem_meta` from before a passage goes there, or leaves ours, until both are seen to agree."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from tiermem.index.outside.store import PassageKey, place_of
from tiermem.storage.pgvector import rows as pgvector
from tiermem.storage.schema import meta, session, vector
from tiermem.storage.sessions import ERASED
from tiermem.storage.shards.whose import at

USED = "outside"  # the key of `tiermem_meta` that is there once a store was given anything
DUE = "outside."  # how the keys begin of what is to be looked at
A_ROW = 2_000  # places
CHUNK = 500  # bound values a statement; SQLite's oldest limit is 999


def note(connection: sa.Connection, places: Sequence[str]) -> None:
    """Keep that these *places* are to be looked at outside."""
    for start in range(0, len(places), A_ROW):
        key = f"{DUE}{secrets.token_hex(8)}"
        connection.execute(meta.insert().values(key=key, value=" ".join(places[start : start + A_ROW])))


def begin(connection: sa.Connection, places: Sequence[str]) -> list[str]:
    """Those of *places* that are still there, noted before they go outside."""
    lost = set(gone(connection, places))
    there = [place for place in places if place not in lost]
    if there and connection.execute(sa.select(meta.c.key).where(meta.c.key == USED)).scalar() is None:
        connection.execute(meta.insert().values(key=USED, value="1"))
    note(connection, there)
    return there


def leaving(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> None:
    """Note the places of vectors that are about to be removed, where a store outside may have them; pgvector's go."""
    pgvector.leaving(connection, condition)
    if connection.execute(sa.select(meta.c.key).where(meta.c.key == USED)).scalar() is None:
        return
    columns = (vector.c.session, vector.c.sequence, vector.c.part, vector.c.embedder)
    note(connection, [PassageKey(*row).text for row in connection.execute(sa.select(*columns).where(condition))])


def dues(connection: sa.Connection) -> dict[str, list[str]]:
    """What is to be looked at, by the key of its row, and of it what our database lacks."""
    query = sa.select(meta.c.key, meta.c.value).where(meta.c.key.like(f"{DUE}%"))
    with at(connection, None):  # of whichever user they are
        return {key: gone(connection, value.split()) for key, value in connection.execute(query).all()}


def waiting(connection: sa.Connection) -> int:
    """How many passages are outside that should not be, at most."""
    return sum(map(len, dues(connection).values()))


def settled(connection: sa.Connection, keys: Iterable[str]) -> None:
    """These rows were looked at."""
    for key in keys:
        connection.execute(meta.delete().where(meta.c.key == key))


def gone(connection: sa.Connection, places: Sequence[str]) -> list[str]:
    """Those of *places* of which our database has no vector, or whose session was erased."""
    there = values(connection, map(place_of, places))
    return [place for place in places if place not in there]


def values(connection: sa.Connection, places: Iterable[PassageKey]) -> dict[str, bytes]:
    """The vectors at these places, as float16 bytes, by place; what is not there is left out."""
    found: dict[str, bytes] = {}
    for (pk, key), numbers in _grouped(places).items():
        mine = sa.and_(vector.c.session == pk, vector.c.embedder == key)
        columns = (vector.c.sequence, vector.c.part, vector.c.value)
        lives = sa.exists().where(session.c.pk == pk, session.c.tenant != ERASED)
        for start in range(0, len(numbers), CHUNK):
            some = vector.c.sequence.in_(numbers[start : start + CHUNK])
            for sequence, part, value in connection.execute(sa.select(*columns).where(mine, some, lives)):
                found[PassageKey(pk, sequence, part, key).text] = bytes(value)
    return found


def _grouped(places: Iterable[PassageKey]) -> dict[tuple[int, int], list[int]]:
    grouped: dict[tuple[int, int], set[int]] = {}
    for place in places:
        grouped.setdefault((place.session, place.embedder), set()).add(place.sequence)
    return {key: sorted(numbers) for key, numbers in grouped.items()}


def some(connection: sa.Connection, pk: int, key: int, above: int, limit: int) -> Iterator[tuple[PassageKey, bytes]]:
    """About *limit* passages of the messages beyond *above*, in order, of each message all or none."""
    columns = (vector.c.sequence, vector.c.part, vector.c.value)
    mine = sa.and_(vector.c.session == pk, vector.c.embedder == key, vector.c.sequence > above)
    query = sa.select(*columns).where(mine).order_by(vector.c.sequence, vector.c.part).limit(limit)
    rows = connection.execute(query).all()
    whole = rows[-1][0] if len(rows) == limit and rows[0][0] != rows[-1][0] else None
    return ((PassageKey(pk, row[0], row[1], key), bytes(row[2])) for row in rows if row[0] != whole)


def counts(connection: sa.Connection, key: int, through: Mapping[int, int]) -> dict[int, int]:
    """How many vectors each of these sessions has, up to the message that *through* names."""
    found = dict.fromkeys(through, 0)
    for pk, last in through.items():
        mine = sa.and_(vector.c.session == pk, vector.c.embedder == key, vector.c.sequence <= last)
        found[pk] = int(connection.execute(sa.select(sa.func.count()).select_from(vector).where(mine)).scalar_one())
    return found


def sample(connection: sa.Connection, pk: int, key: int, each: int) -> list[bytes]:
    """The vectors of every *each*-th message."""
    mine = sa.and_(vector.c.session == pk, vector.c.embedder == key, vector.c.sequence % each == 0)
    return [bytes(value) for value in connection.execute(sa.select(vector.c.value).where(mine)).scalars()]
