"""Messages of a conversation that was erased as a whole, known again by the digests that stayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.shards.whose import at, of_digest
from tiermem.storage.tables import seals
from tiermem.storage.tables.columns import meta
from tiermem.storage.tables.erasures import KEY, TOMBSTONE, digest, erased, erasure, of_message

CHUNK = 500  # bound values a statement
_KEYS = Prepared(sa.select(meta.c.key, meta.c.value).where(seals.checked(KEY)).order_by(meta.c.key))
_USED = Prepared(
    sa.select(meta.c.key, meta.c.value)
    .where(seals.checked(KEY), sa.exists().where(erasure.c.pk > 0))
    .order_by(meta.c.key)
)
_ANY = Prepared(sa.select(erased.c.owner).where(erased.c.owner == sa.bindparam("whose")).limit(1))


class Names(NamedTuple):
    """Tenant, user and session, as they are stored, and of a fork the digests of the names of those erased sessions
    that it shared messages with."""

    tenant: bytes
    user: bytes
    session: bytes
    shared: Sequence[bytes] = ()


def keys(connection: sa.Connection) -> list[bytes]:
    """What digests of erased messages are keyed with: this database's key, and those that came with imports.

    Raises:
        StorageCorrupt: one of them is damaged.
    """
    rows = dict(map(tuple, _KEYS.rows(connection, {})))
    return [bytes.fromhex(value) for value in seals.sound(rows).values()] if rows else []


def _used(connection: sa.Connection) -> list[bytes]:
    """`keys`, where anything was ever erased: a server has a key before."""
    rows = dict(map(tuple, _USED.rows(connection, {})))
    return [bytes.fromhex(value) for value in seals.sound(rows).values()] if rows else []


def erased_before(connection: sa.Connection, names: Names, ids: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those of *ids*, with their stored form, that were erased with the conversation *names* or in it, or with one that
    it shared messages with; each with what its tombstone has in place of it."""
    known = _used(connection) if ids else []
    found: dict[str, bytes] = {}
    for key in known:
        owner = digest(key, names.tenant, names.user)
        with at(connection, of_digest(owner)):  # with a key that came with an import another place than the user's
            if not _ANY.rows(connection, {"whose": owner}):
                continue
            sessions = (digest(key, names.session), *names.shared)
            marks = {name: [digest(one, stored) for one in known] for name, stored in ids.items()}
            wanted = {
                of_message(key, session, mark): (name, mark)
                for session in sessions
                for name, own in marks.items()
                for mark in own
            }
            found |= {name: TOMBSTONE + mark for name, mark in _there(connection, owner, wanted)}
    return found


def _there(
    connection: sa.Connection, owner: bytes, wanted: Mapping[bytes, tuple[str, bytes]]
) -> Iterator[tuple[str, bytes]]:
    digests = list(wanted)
    for start in range(0, len(digests), CHUNK):
        some = erased.c.digest.in_(digests[start : start + CHUNK])
        for (there,) in connection.execute(sa.select(erased.c.digest).where(erased.c.owner == owner, some)):
            yield wanted[bytes(there)]
