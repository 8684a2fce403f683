"""Proof of a whole database: its sessions, documents and items, and what belongs to none of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import sqlalchemy as sa

from tiermem.errors import StorageCorrupt
from tiermem.flows.effects import Flow, Read
from tiermem.flows.verifying import rows, session
from tiermem.flows.verifying.talk import tallies_differ
from tiermem.reports.state import Verification
from tiermem.settings import Scope
from tiermem.storage import sessions
from tiermem.storage.erasures import proof as proof_of_erasures
from tiermem.storage.schema import embedder, shelf
from tiermem.storage.shards.whose import everybodys
from tiermem.storage.shelves import rows as shelves
from tiermem.storage.tables import seals
from tiermem.storage.tables.erasures import erased, erasure
from tiermem.storage.tables.imports import importing
from tiermem.storage.tables.media import media
from tiermem.verification import items, owners

DATABASE = Scope("", "-", "-", "database")


def verify() -> Flow[dict[Scope, Verification]]:
    """Every session, the documents and items of every user; and `DATABASE`, where more is wrong.

    Raises:
        StorageError: not even the list of sessions can be read.
    """
    proofs: dict[Scope, Verification] = {}
    for key, scope in (yield Read(sessions.scopes)):
        try:
            proofs[scope] = yield from session.verify(scope, key)
        except StorageCorrupt as error:  # a page of it; the others may be whole
            proofs[scope] = _failed(str(error))
    proofs |= yield from items.verify()
    users = sorted({(scope.tenant, scope.user) for scope in proofs if scope.kind == "conversation"})
    counts = yield from _counts([Scope(tenant, user, "-") for tenant, user in users])
    problems = yield Read(lambda connection: list(_elsewhere(connection)))
    if problems:  # FTS5 may say so for a moment, while another connection writes the words; damage stays
        again = yield Read(lambda connection: list(_elsewhere(connection)))
        problems = [problem for problem in problems if problem in again]
    problems += counts
    return proofs | ({DATABASE: _failed(*problems)} if problems else {})


def _counts(users: Iterable[Scope]) -> Flow[list[str]]:
    """Where what is counted of a user's turns is wrong."""
    problems: list[str] = []
    for user in users:
        problems += yield Read(partial(_counted, user=user))
    return problems


def _counted(connection: sa.Connection, user: Scope) -> list[str]:
    try:
        return rows.guarded("what is counted", lambda: tallies_differ(connection, user))
    except StorageCorrupt:  # a row of a session, which its own proof tells
        return []


def _failed(*problems: str) -> Verification:
    return Verification(messages=0, decisions=0, summaries=0, indexed=0, problems=rows.listed(problems))


def _elsewhere(connection: sa.Connection) -> Iterator[str]:
    everybodys(connection)
    yield from rows.changed(connection, embedder)
    yield from rows.changed(connection, erasure)
    yield from rows.changed(connection, importing)
    yield from rows.changed(connection, erased)
    yield from rows.changed(connection, media)
    for some in shelves.pages(connection):
        yield from rows.changed(connection, shelf, shelf.c.pk.in_(some))
    yield from seals.differences(connection)
    yield from proof_of_erasures.differences(connection)
    yield from rows.orphans(connection)
    yield from owners.differ(connection)
    yield from owners.media_differ(connection)
    if connection.dialect.name == "sqlite":
        checked = connection.exec_driver_sql(f"PRAGMA integrity_check({rows.MANY})").scalars()
        yield from (f"the file: {problem}" for problem in checked if problem != "ok")
