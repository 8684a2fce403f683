"""Whether what a receipt says is gone is gone: from this database, a copy of it, or one that it was imported to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import sqlalchemy as sa

from tiermem.erasure.receipt import HASH, Receipt, read
from tiermem.flows.effects import Flow, Read
from tiermem.reports.state import Verification
from tiermem.storage.erasures import taking, tombstones
from tiermem.storage.schema import session
from tiermem.storage.sessions import ERASED, moment
from tiermem.storage.tables.erasures import digest, erasure
from tiermem.storage.tables.items import collection, item

ANOTHER = "this is another database than that of the receipt: only messages and items of the user were looked for"


def verify(receipt: Receipt | str) -> Flow[Verification]:
    """Look for all that *receipt* names, by keys and by digests; see `Memory.verify_erased`."""
    checked = read(receipt)
    problems, notes = yield Read(partial(_looked, receipt=checked))
    return Verification(
        messages=checked.messages, decisions=0, summaries=0, indexed=0, problems=tuple(problems), notes=tuple(notes)
    )


def _looked(connection: sa.Connection, receipt: Receipt) -> tuple[list[str], list[str]]:
    here = taking.identity(connection) == receipt.database
    problems = [*(_rows_left(connection, receipt) if here else ()), *_items_there(connection, receipt)]
    notes = [] if here else [ANOTHER]
    for named, count, again in _still_there(connection, receipt):
        said = f"{count} of the messages that were erased stand in"
        since = f", {again} of them added since" if again else ""
        if named or receipt.whole:
            problems.append(f"tiermem_message: {said} a session of the user{since}")
        else:
            notes.append(f"{said} another session of the user too{since}")
    return problems, notes


def _rows_left(connection: sa.Connection, receipt: Receipt) -> Iterator[str]:
    """Where this is the database itself, or a copy: by the keys of what was erased."""
    number = erasure.c.pk == receipt.number
    done = connection.execute(sa.select(erasure.c.done).where(number)).scalar()
    if done is None:
        yield f"this database knows no erasure {receipt.number}: it is a copy from before"
        return
    if not done:
        yield f"erasure {receipt.number} was begun and is not finished; whoever opens the database for writing does it"
    for one in receipt.sessions:
        for first, last in one.spans:
            yield from (f"{what} of session {one.key}" for what in tombstones.left(connection, one.key, first, last))
    keys = [one.key for one in receipt.sessions if not one.spans]
    for name, count in taking.left(connection, keys).items():
        yield f"{name}: {count} rows of sessions that were erased"
    nameless = sa.select(session.c.pk).where(session.c.tenant == ERASED)
    named = set(connection.execute(nameless).scalars())
    if alive := [key for key in keys if key not in named]:
        yield f"tiermem_session: {len(alive)} sessions that were erased have their names"


def _still_there(connection: sa.Connection, receipt: Receipt) -> Iterator[tuple[bool, int, int]]:
    """By session of the same user, how many messages have the hashes of those erased, wherever they came from; first
    whether it has the name of one that was erased, last how many were stored after the erasure."""
    gone = {one.digest for one in receipt.sessions}
    every = frozenset[str]().union(*(one.each() for one in receipt.sessions))
    key = bytes.fromhex(receipt.key)
    for pk, owner, name in taking.named(connection, key):
        if every and owner.hex() == receipt.owner:
            same = [stored for sha, stored in taking.hashes(connection, pk) if _short(key, sha) in every]
            if same:
                again = sum(when is not None and when >= receipt.at for when in map(moment, same))
                yield name.hex() in gone, len(same), again


def _items_there(connection: sa.Connection, receipt: Receipt) -> Iterator[str]:
    """Items of the same user from before: all, or those at the paths that were erased."""
    if not receipt.removed.get(item.name) or not (receipt.whole or receipt.paths):
        return
    key = bytes.fromhex(receipt.key)
    owners = connection.execute(sa.select(collection.c.pk, collection.c.tenant, collection.c.owner)).all()
    named = [(pk, bytes(tenant), bytes(user)) for pk, tenant, user in owners]
    count = 0
    for pk, tenant, user in named:
        if taking.of_user(key, tenant, user).hex() == receipt.owner:
            before = sa.and_(item.c.collection == pk, item.c.created_at < receipt.at.isoformat())
            paths = connection.execute(sa.select(item.c.path).where(before)).scalars()
            count += sum(receipt.whole or _erased(receipt, key, tenant, user, bytes(path)) for path in paths)
    if count:
        yield f"tiermem_item: {count} items of the user from before the erasure"


def _erased(receipt: Receipt, key: bytes, tenant: bytes, user: bytes, path: bytes) -> bool:
    """Whether the stored *path* is one of those that were erased, or under one of them."""
    above = [path[: place + 1] for place, byte in enumerate(path) if byte == 0]
    return any(taking.of_path(key, tenant, user, one).hex() in receipt.paths for one in [b"", *above])


def _short(key: bytes, sha: bytes) -> str:
    return digest(key, sha)[:HASH].hex()
