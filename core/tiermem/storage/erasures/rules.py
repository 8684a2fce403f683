"""The rules of retention as they are stored: that of the database, and those of single users under keyed digests, for
what is known of whom must not outlast an erasure."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.settings import Scope
from tiermem.storage.erasures import taking
from tiermem.storage.schema import meta
from tiermem.storage.sessions import encoded
from tiermem.storage.tables import seals

RETENTION = seals.RETENTION


def _key(connection: sa.Connection, scope: Scope | None) -> str:
    if scope is None:
        return RETENTION
    of = taking.of_user(taking.secret(connection), encoded(scope.tenant), encoded(scope.user))
    return f"{RETENTION}.{of.hex()}"


def put(connection: sa.Connection, scope: Scope | None, text: str) -> None:
    """Keep *text* as the rule of the user of *scope*, or of the database; "" takes it away."""
    seals.keep(connection, _key(connection, scope), text)


def get(connection: sa.Connection, scope: Scope | None) -> str:
    """The rule of the user of *scope*, or else that of the database; "" where there is none.

    Raises:
        StorageCorrupt: a rule is damaged.
    """
    query = sa.select(meta.c.key, meta.c.value).where(seals.checked(RETENTION))
    rows = seals.sound({str(key): str(value) for key, value in connection.execute(query)})
    if scope is not None and len(rows) > (RETENTION in rows):
        return rows.get(_key(connection, scope), rows.get(RETENTION, ""))
    return rows.get(RETENTION, "")
