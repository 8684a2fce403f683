"""What an extractor read: its facts beside those of the rules, and up to which message it came.

A row of `tiermem_extraction` is a stretch of messages that one extractor read, or could not read; it grows with each
batch. The end of the last one is the watermark, moved in the transaction that keeps the facts of a batch.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from tiermem.facts.stated.record import MODEL, StatedAt
from tiermem.settings import Scope
from tiermem.shared_history import base_of
from tiermem.storage import facts, owners, sessions
from tiermem.storage.schema import broken, extraction, fact, sealed, session
from tiermem.storage.sessions import SessionRow

PLACE = 1_000  # of a model's first fact in its message: behind those of the rules, which are derived anew
DAMAGED = "damaged"  # the error of a row that is not as it was written
NAMED = 200  # characters of an extractor's name


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages `first`..`last` that one extractor read.

    Args:
        extractor: its identity.
        facts: how many were kept.
        refused: how many claims were not, by reason.
        error: why nothing could be read of them; "" where it could.
    """

    first: int
    last: int
    extractor: str
    facts: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    error: str = ""


def stretches(connection: sa.Connection, pk: int) -> list[Stretch]:
    """What was read of a session, in order; a row that is damaged says nothing but how far it reaches."""
    query = sa.select(extraction).where(extraction.c.session == pk).order_by(extraction.c.first)
    return [_of(row) for row in connection.execute(query).mappings()]


def _of(row: sa.RowMapping) -> Stretch:
    try:
        refused = None if broken(extraction, row) else json.loads(row["refused"])
    except ValueError:
        refused = None
    if not isinstance(refused, dict):
        return Stretch(row["first"], row["last"], "", error=DAMAGED)
    return Stretch(row["first"], row["last"], row["extractor"], row["facts"], refused, row["error"])


_THROUGH = sa.select(sa.func.max(extraction.c.last)).where(extraction.c.session == sa.bindparam("key"))


def through(connection: sa.Connection, pk: int) -> int:
    """The last message that was read of a session; 0 where none was. What a fork shares is read where it was said."""
    return int(connection.execute(_THROUGH, {"key": pk}).scalar() or base_of(pk))


def add(connection: sa.Connection, scope: Scope, row: SessionRow, read: Stretch, stated: Sequence[StatedAt]) -> bool:
    """Keep what was *read* of the session *row*, and its facts; whether it was. What another one read meanwhile stays,
    and nothing is kept of what was read before something was erased."""
    pk = row.pk
    connection.execute(sa.select(session.c.pk).where(session.c.pk == pk).with_for_update()).scalar_one()
    if sessions.erasures(connection) != row.erasures:
        return False
    known = stretches(connection, pk)
    if read.first != (known[-1].last if known else base_of(pk)) + 1:
        return False
    if known and known[-1].extractor == read.extractor and not (known[-1].error or read.error):
        connection.execute(extraction.delete().where(extraction.c.session == pk, extraction.c.first == known[-1].first))
        refused = Counter(known[-1].refused) + Counter(read.refused)
        read = replace(read, first=known[-1].first, facts=known[-1].facts + read.facts, refused=refused)
    connection.execute(extraction.insert().values(**sealed(extraction, _row(pk, read))))
    facts.add(connection, scope, stated)
    if stated:
        owners.changed(connection, scope, pk, anew=True)
    return True


def _row(pk: int, read: Stretch) -> dict[str, Any]:
    refused = json.dumps(dict(read.refused), ensure_ascii=False, sort_keys=True)
    return {
        "session": pk,
        "first": read.first,
        "last": read.last,
        "extractor": read.extractor[:NAMED],
        "facts": read.facts,
        "refused": refused,
        "error": read.error,
    }


def throughs(connection: sa.Connection, keys: Sequence[int]) -> dict[int, int]:
    """`through` of each of these sessions that an extractor read."""
    found: dict[int, int] = {}
    for start in range(0, len(keys), facts.CHUNK):
        query = sa.select(extraction.c.session, sa.func.max(extraction.c.last)).group_by(extraction.c.session)
        part = query.where(extraction.c.session.in_(keys[start : start + facts.CHUNK]))
        found |= {int(key): int(last) for key, last in connection.execute(part)}
    return {key: base_of(key) for key in keys if base_of(key)} | found


def forget(connection: sa.Connection, scope: Scope, pk: int) -> None:
    """Forget all that was read of a session of the user of *scope*, so that it is read again."""
    connection.execute(sa.select(session.c.pk).where(session.c.pk == pk).with_for_update()).scalar_one()
    connection.execute(extraction.delete().where(extraction.c.session == pk))
    connection.execute(fact.delete().where(fact.c.session == pk, fact.c.how == MODEL))
    owners.changed(connection, scope, pk, anew=True)


def drop(connection: sa.Connection, pk: int, numbers: Collection[int]) -> int:
    """Remove the facts that a model read of these messages of a session; how many they were."""
    ordered, gone = sorted(numbers), 0
    for one in stretches(connection, pk):
        theirs = [number for number in ordered if one.first <= number <= one.last]
        count = 0
        for start in range(0, len(theirs), facts.CHUNK):
            part = fact.c.sequence.in_(theirs[start : start + facts.CHUNK])
            count += connection.execute(fact.delete().where(fact.c.session == pk, fact.c.how == MODEL, part)).rowcount
        if count and one.error != DAMAGED:
            left = sealed(extraction, _row(pk, replace(one, facts=one.facts - count)))
            mine = sa.and_(extraction.c.session == pk, extraction.c.first == one.first)
            connection.execute(extraction.update().where(mine).values(**left))
        gone += count
    return gone


def counted(connection: sa.Connection, pk: int, first: int, last: int) -> int:
    """How many facts of a model there are of the messages `first`..`last` of a session."""
    rows = sa.select(sa.func.count()).where(fact.c.session == pk, fact.c.how == MODEL)
    return int(connection.execute(rows.where(fact.c.sequence.between(first, last))).scalar_one())
