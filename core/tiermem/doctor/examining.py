"""Looks at a database, which it only reads, and says what would serve."""

from __future__ import annotations

from errno import ENOENT
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiermem.doctor import files, servers
from tiermem.doctor.advising import advised
from tiermem.doctor.report import Checkup, Holdings, Symptoms
from tiermem.settings import Settings
from tiermem.storage import sqlite
from tiermem.storage.connecting import server
from tiermem.storage.database import Database
from tiermem.storage.schema import session
from tiermem.storage.sessions import ERASED


def examine(target: str | Path) -> Checkup:
    """What the database *target* (a file or a URL) looks like, and what to do about it. Nothing in it is changed.

    Raises:
        FileNotFoundError: there is no such file.
        StorageError: it cannot be read; SchemaTooOld where an older tiermem wrote it.
    """
    name, settings = str(target), Settings()
    file = sqlite.file_of(name)
    if file is not None and not file.exists():
        raise FileNotFoundError(ENOENT, "no such database", str(file))
    database = Database(name, settings, read_only=True)
    try:
        looked = servers.seen if file is None else partial(files.seen, file=file)
        held, found = database.read(held_by), database.read(looked)
        if file is None:
            found["write"] = servers.durable_write(server.engine(name, settings))
        return advised(Symptoms(name=database.name, kind=database.dialect, held=held, **found))
    finally:
        database.close()


def held_by(connection: sa.Connection) -> Holdings:
    """What the database holds."""
    of_user = (session.c.tenant, session.c.owner)
    own = session.c.messages - session.c.base
    there = session.c.tenant != ERASED  # the row of an erased one stays, without its names
    each = sa.select(sa.func.sum(own)).where(there).group_by(*of_user)
    counted = sa.func.count(), sa.func.sum(own), sa.func.sum(session.c.messages - session.c.indexed)
    totals: Any = sa.select(*counted).select_from(session).where(there)
    sizes = [int(size) for size in connection.execute(each).scalars()]
    sessions, messages, behind = connection.execute(totals).one()
    return Holdings(
        users=len(sizes),
        sessions=sessions,
        messages=int(messages or 0),
        largest=max(sizes, default=0),
        behind=int(behind or 0),
    )
