"""Forks that an import puts aside: what they share with sessions that came before them, and with those that were
erased, which have a row without names here as well, so that no other session has their key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from tiermem.shared_history import Shared, written
from tiermem.storage.erasures.taking import GONE
from tiermem.storage.schema import sealed, session
from tiermem.storage.sessions import ERASED
from tiermem.storage.tables.forks import fork

_MARK = b"\xffe"  # how the name of an erased one begins while it is put aside; no session's does
NOBODYS = b"0"  # whose it is then: no erasure has that number


def add_erased(connection: sa.Connection, owner: bytes, name: bytes, place: int) -> int:
    """Put the row of a session aside that was erased where the import comes from, with the digest *name*; its key."""
    names = {"tenant": ERASED, "owner": owner, "name": _MARK + b"%d:" % place + name, "created_at": ""}
    made = connection.execute(session.insert().values(**sealed(session, names))).inserted_primary_key
    return int(made[0]) if made else 0


def is_erased(name: bytes) -> bool:
    """Whether a session that is put aside is such a row."""
    return name.startswith(_MARK)


def give_erased(connection: sa.Connection, pk: int, name: bytes) -> None:
    """Make it what an erased session leaves."""
    names = {"tenant": ERASED, "owner": NOBODYS, "name": b"%d:" % pk + name.partition(b":")[2], "created_at": ""}
    values = sealed(session, names) | {"messages": GONE, "indexed": GONE}
    connection.execute(session.update().where(session.c.pk == pk).values(**values))


def add_fork(connection: sa.Connection, pk: int, parent: int, shared: Shared, values: Mapping[str, Any]) -> None:
    """Put aside what the session *pk* shares."""
    base, stored = shared[-1][1], written(shared)
    connection.execute(session.update().where(session.c.pk == pk).values(base=base, shared=stored, indexed=base))
    row = {
        "session": pk,
        "parent": parent,
        "root": abs(shared[0][0]),
        "base": base,
        "shared": stored,
        "forked_at": values["forked_at"],
        "chain": values["chain"],
    }
    connection.execute(fork.insert().values(**sealed(fork, row)))
