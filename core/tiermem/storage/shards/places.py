"""The number of whose rows they are, for rows that are there already: when a database comes to a server, or is raised.

Of what was erased, or is not yet given to anybody, the user is known by a digest, or by a fork that shared it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.storage.shards.whose import of_digest, shard_of
from tiermem.storage.tables.names import key_of_names

NOBODYS = b"\xff"  # the tenant of what was taken from its user, or is put aside
PAGE = 10_000  # rows that are read at a time
_SESSIONS = sa.text(
    "SELECT pk, tenant, owner, shared FROM tiermem_session WHERE pk > :after ORDER BY pk LIMIT :most"
).columns(pk=sa.BigInteger, tenant=sa.LargeBinary, owner=sa.LargeBinary, shared=sa.Text)
_COLLECTIONS = sa.text(
    "SELECT pk, tenant, owner, '' FROM tiermem_collection WHERE pk > :after ORDER BY pk LIMIT :most"
).columns(pk=sa.BigInteger, tenant=sa.LargeBinary, owner=sa.LargeBinary, shared=sa.Text)


class UserPlaces(NamedTuple):
    """The numbers of sessions and collections by their keys, and of users by tenant and name, and by their key."""

    sessions: dict[int, int]
    collections: dict[int, int]
    names: dict[tuple[bytes, bytes], int]
    keys: dict[bytes, int]


def places(connection: sa.Connection, key: bytes) -> UserPlaces:
    """Those of all that is in the database, where digests have that *key*."""
    made = UserPlaces({}, {}, {}, _of_nobodys(connection))
    lent: dict[int, int] = {}
    for table, query in ((made.sessions, _SESSIONS), (made.collections, _COLLECTIONS)):
        for pk, tenant, owner, shared in _rows(connection, query):
            if tenant == NOBODYS:
                table[pk] = made.keys.get(owner.partition(b":")[0], 0)
                continue
            if (shard := made.names.get((tenant, owner))) is None:
                made.names[tenant, owner] = shard = shard_of(key, tenant, owner)
            table[pk] = shard
            lent |= {-int(part.partition(":")[0]): shard for part in shared.split() if part.startswith("-")}
    made.sessions.update({pk: shard for pk, shard in lent.items() if not made.sessions.get(pk)})
    made.names.update(_without_sessions(connection, key, made))
    made.keys.update({key_of_names(*names): shard for names, shard in made.names.items()})
    return made


def _of_nobodys(connection: sa.Connection) -> dict[bytes, int]:
    """By what stands in place of a user: the number of the erasure, or of the import."""
    found: dict[bytes, int] = {}
    for mark, table, owner in ((b"", "erasure", "coalesce(owner, digest)"), (b"i", "import", "owner")):
        query = sa.text(f"SELECT pk, {owner} AS owner FROM tiermem_{table}")  # noqa: S608  # our names
        rows = connection.execute(query.columns(pk=sa.BigInteger, owner=sa.LargeBinary))
        found |= {mark + b"%d" % pk: of_digest(owner) for pk, owner in rows}
    return found


def _without_sessions(connection: sa.Connection, key: bytes, made: UserPlaces) -> dict[tuple[bytes, bytes], int]:
    query = sa.text("SELECT tenant, owner FROM tiermem_owner").columns(tenant=sa.LargeBinary, owner=sa.LargeBinary)
    rows = connection.execute(query)
    return {
        (tenant, owner): shard_of(key, tenant, owner) for tenant, owner in rows if (tenant, owner) not in made.names
    }


def _rows(connection: sa.Connection, query: sa.TextualSelect) -> Iterator[tuple[int, bytes, bytes, str]]:
    after = -1
    while rows := connection.execute(query, {"after": after, "most": PAGE}).all():
        for pk, tenant, owner, shared in rows:
            yield int(pk), bytes(tenant), bytes(owner), str(shared)
        after = int(rows[-1][0])
