"""What is known of erasures afterwards: their tombstones, the sessions that were taken, the messages that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.settings import Scope
from tiermem.storage.erased.again import keys
from tiermem.storage.erasures.taking import CHUNK, of_session, of_user
from tiermem.storage.schema import decision, message, session
from tiermem.storage.sessions import ERASED, encoded
from tiermem.storage.shards.whose import of_scope
from tiermem.storage.tables.erasures import erasure


class PastErasure(NamedTuple):
    """A row of erasures, with the key of its digests and the digest of whose it was."""

    key: bytes
    owner: bytes
    row: sa.RowMapping


class TakenMessages(NamedTuple):
    """Messages of one session that are gone: its key and the digest of its names, the runs of their numbers, and what
    stands for the hash of each."""

    session: int
    digest: bytes
    spans: Sequence[tuple[int, int]]
    hashes: Sequence[bytes]


def of(connection: sa.Connection, scope: Scope) -> list[PastErasure]:
    """The erasures of the user of *scope*, the oldest first, those under way too."""
    of_scope(connection, scope)
    tenant, user = encoded(scope.tenant), encoded(scope.user)
    whose = sa.and_(session.c.tenant == tenant, session.c.owner == user)
    names = [bytes(name) for name in connection.execute(sa.select(session.c.name).where(whose)).scalars()]
    found: list[PastErasure] = []
    for key in keys(connection):
        mine = of_user(key, tenant, user)
        before = [mine, *(of_session(key, tenant, user, name) for name in names)]
        rows = [*connection.execute(sa.select(erasure).where(erasure.c.owner == mine)).mappings()]
        for start in range(0, len(before), CHUNK):  # from before schema 14
            old = sa.and_(erasure.c.owner.is_(None), erasure.c.digest.in_(before[start : start + CHUNK]))
            rows += connection.execute(sa.select(erasure).where(old)).mappings()
        found += [PastErasure(key, mine, row) for row in rows]
    return sorted(found, key=lambda one: one.row["pk"])


def sessions_of(connection: sa.Connection, number: int) -> list[int]:
    """The keys of the sessions that the erasure *number* took."""
    mine = sa.and_(session.c.tenant == ERASED, session.c.owner == b"%d" % number)
    return list(connection.execute(sa.select(session.c.pk).where(mine).order_by(session.c.pk)).scalars())


def messages_of(connection: sa.Connection, scope: Scope, past: PastErasure) -> list[TakenMessages]:
    """The single messages that *past* erased, known by the decisions of its time in the sessions that store them."""
    of_scope(connection, scope)
    columns = (session.c.pk, session.c.name, decision.c.first, decision.c.last)
    joined = sa.select(*columns).join(decision, decision.c.session == session.c.pk)
    mine = sa.and_(session.c.tenant == encoded(scope.tenant), session.c.owner == encoded(scope.user))
    then = sa.and_(decision.c.kind == "erase", decision.c.decided_at == past.row["erased_at"])
    runs: dict[tuple[int, bytes], list[tuple[int, int]]] = {}
    for pk, name, first, last in connection.execute(
        joined.where(mine, then, decision.c.first > session.c.base).order_by(session.c.pk, decision.c.first)
    ):
        runs.setdefault((pk, bytes(name)), []).append((first, last))
    names = (past.key, encoded(scope.tenant), encoded(scope.user))
    return [
        TakenMessages(pk, of_session(*names, name), spans, _hashes(connection, pk, spans))
        for (pk, name), spans in runs.items()
    ]


def _hashes(connection: sa.Connection, pk: int, spans: Iterable[tuple[int, int]]) -> list[bytes]:
    hashes: list[bytes] = []
    for first, last in spans:
        inside = sa.and_(message.c.session == pk, message.c.sequence.between(first, last))
        hashes += map(bytes, connection.execute(sa.select(message.c.sha256).where(inside)).scalars())
    return hashes
