"""The rows of `tiermem_named`: stretches of messages whose names were read, written behind each other.

Rule 1: what is read counts up to the first message that is missing or damaged; what comes from there is read anew.
Rule 2: nothing is kept of what was read before something was erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.index.named.columns import NamesSaid, joined, packed, unpacked
from tiermem.shared_history import base_of
from tiermem.storage import sessions
from tiermem.storage.schema import broken, named, sealed

CHUNK = 500  # bound values a statement
MERGED = 1_000  # messages up to which the last stretch grows, so that many small looks leave few rows


class NamedStretch(NamedTuple):
    """The names of the messages `first`..`last` of the session with the key `session`."""

    session: int
    first: int
    last: int
    names: NamesSaid


def read(connection: sa.Connection, above: Mapping[int, int], rules: int) -> dict[int, list[NamedStretch]]:
    """By session the stretches that follow message *above* without a gap, in order."""
    keys, found = list(above), dict[int, list[NamedStretch]]()
    through, ended = {int(key): number for key, number in above.items()}, set[int]()
    for start in range(0, len(keys), CHUNK):
        mine = sa.and_(named.c.session.in_(keys[start : start + CHUNK]), named.c.rules == rules)
        query = sa.select(named).where(mine).order_by(named.c.session, named.c.first)
        for row in connection.execute(query).mappings():
            key = row["session"]
            if row["last"] <= through[key] or key in ended:
                continue
            part = legible(row) if row["first"] == through[key] + 1 else None
            if part is None:
                ended.add(key)
                continue
            through[key] = part.last
            found.setdefault(key, []).append(part)
    return found


def legible(row: sa.RowMapping) -> NamedStretch | None:
    """The stretch of a row; None where it is damaged."""
    try:
        part = unpacked(bytes(row["body"]))
    except (ValueError, TypeError):
        return None
    return None if broken(named, row) else NamedStretch(row["session"], row["first"], row["last"], part)


def add(connection: sa.Connection, parts: Iterable[NamedStretch], rules: int, erasures: int) -> None:
    """Keep *parts*, one a session, that were read by *rules* when the last erasure had the number *erasures*; none that
    does not follow what is kept."""
    if sessions.erasures(connection) != erasures:
        return
    for part in sorted(parts, key=lambda one: int(one.session)):
        sessions.lock(connection, part.session)
        _append(connection, part, rules)


def _append(connection: sa.Connection, part: NamedStretch, rules: int) -> None:
    mine = sa.and_(named.c.session == part.session, named.c.rules == rules)
    # What is there of it is damaged, or another process has just read the same.
    connection.execute(named.delete().where(mine, named.c.last >= part.first))
    newest = sa.select(named).where(mine).order_by(named.c.first.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    if part.first != (base_of(part.session) if row is None else row["last"]) + 1:
        return
    if row is None:  # what older rules read is of no use any more
        connection.execute(named.delete().where(named.c.session == part.session, named.c.rules < rules))
    before = legible(row) if row is not None else None
    if before is not None and part.last - before.first < MERGED:
        connection.execute(named.delete().where(mine, named.c.first == before.first))
        part = part._replace(first=before.first, names=joined([before.names, part.names]))
    values = {"session": int(part.session), "rules": rules, "first": part.first, "last": part.last}
    connection.execute(named.insert().values(**sealed(named, values | {"body": packed(part.names)})))


def rewind(connection: sa.Connection, pk: int, number: int) -> None:
    """Drop what was read from the stretch of message *number* on."""
    connection.execute(named.delete().where(named.c.session == pk, named.c.last >= number))
