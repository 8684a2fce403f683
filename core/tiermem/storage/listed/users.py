"""Users a page at a time, in the order of their names, by steps through the index of sessions."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.schema import session
from tiermem.storage.sessions import ERASED, decoded, encoded
from tiermem.storage.shards.whose import everybodys, somebodys

STEPS = 500  # of a page at most: of a million tenants few may have a user whose name begins as asked
_OF_USER = sa.and_(session.c.tenant == sa.bindparam("tenant"), session.c.owner == sa.bindparam("owner"))


class UserPage(NamedTuple):
    """Users as (tenant, user), and from where the next page goes on; "" where nothing follows."""

    users: list[tuple[str, str]]
    following: str


class UserTotals(NamedTuple):
    """Of a user's sessions, of at most so many: how many there are, what they hold, and whether there are *more*."""

    sessions: int
    messages: int
    tokens: int
    window_tokens: int
    indexed: int
    more: bool


def users(connection: sa.Connection, begins: str, start: str, most: int) -> UserPage:
    """At most *most* users whose name begins with *begins*, from *start* on, which is the `following` of a page before
    or "". A page may be short and still have a next one. Who has no session is not among them."""
    everybodys(connection)
    prefix, found = encoded(begins), list[tuple[str, str]]()
    tenant, owner = _place(start)
    for _ in range(STEPS):
        row = _from(connection, tenant, owner)
        if row is None:
            return UserPage(found, "")
        tenant, owner = bytes(row[0]), bytes(row[1])
        if owner.startswith(prefix):
            if len(found) == most:
                break
            found.append((decoded(tenant), decoded(owner)))
            owner += b"\x00"  # the least name behind it
        else:
            owner = prefix if owner < prefix else b"\xff"  # no name begins so: on to the next tenant
    return UserPage(found, f"{tenant.hex()}.{owner.hex()}")


def _place(start: str) -> tuple[bytes, bytes]:
    tenant, _, owner = start.partition(".")
    try:
        return bytes.fromhex(tenant), bytes.fromhex(owner)
    except ValueError:
        return b"", b""  # somebody's own invention: from the beginning


def _from(connection: sa.Connection, tenant: bytes, owner: bytes) -> Any:
    """The first user from there on."""
    here = _HERE.rows(connection, {"tenant": tenant, "owner": owner})
    rows = here or _NEXT_TENANT.rows(connection, {"tenant": tenant})
    return rows[0] if rows else None


_WHO = sa.select(session.c.tenant, session.c.owner).order_by(session.c.tenant, session.c.owner).limit(1)
_HERE = Prepared(_WHO.where(session.c.tenant == sa.bindparam("tenant"), session.c.owner >= sa.bindparam("owner")))
_NEXT_TENANT = Prepared(_WHO.where(session.c.tenant > sa.bindparam("tenant"), session.c.tenant < ERASED))


def totals(connection: sa.Connection, tenant: str, user: str, most: int) -> UserTotals:
    """What at most *most* sessions of a user, documents not among them, add up to."""
    columns = [session.c[name] for name in ("messages", "tokens", "window_tokens", "indexed")]
    own = sa.select(*columns).where(_OF_USER, session.c.name < b"\xff").limit(most).subquery()
    summed = (sa.func.coalesce(sa.func.sum(own.c[column.name]), 0) for column in columns)
    names = {"tenant": encoded(tenant), "owner": encoded(user)}
    somebodys(connection, names["tenant"], names["owner"])
    count, *sums = connection.execute(sa.select(sa.func.count(), *summed).select_from(own), names).one()
    return UserTotals._make([count, *map(int, sums), count == most])
