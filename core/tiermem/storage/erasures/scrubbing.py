"""Notes that rows were removed whose bytes may still be in the files; kept until the files are scrubbed.

Rule 1: a note is committed with what it is about. Whoever reads it and scrubs afterwards has scrubbed that too, whoever
removed it, so notes may be settled by anybody, but only those that were there before.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import sqlalchemy as sa

from tiermem.storage.tables.columns import meta

DUE = "unscrubbed."  # how the keys begin


def note(connection: sa.Connection) -> None:
    """Keep that this transaction removes what must leave the files too."""
    connection.execute(meta.insert().values(key=f"{DUE}{secrets.token_hex(8)}", value="1"))


def noted(connection: sa.Connection) -> list[str]:
    """The notes."""
    return list(connection.execute(sa.select(meta.c.key).where(meta.c.key.like(f"{DUE}%"))).scalars())


def settled(connection: sa.Connection, notes: Iterable[str]) -> None:
    """The files were scrubbed after these *notes* were read."""
    for key in notes:
        connection.execute(meta.delete().where(meta.c.key == key))
