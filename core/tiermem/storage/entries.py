"""What planning and filters need to know of messages, without their bodies: roles, links, what is fixed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa

from tiermem.plain_json import loads
from tiermem.shared_history import ForkKey, base_of, owner_of, parts
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.messages import CHUNK
from tiermem.storage.schema import message
from tiermem.storage.sessions import decoded, encoded, moment
from tiermem.storage.tables.erasures import AFTER, TOMBSTONE
from tiermem.window.view import Entry

_OF_SESSION = message.c.session == sa.bindparam("key")
_ENTRY = (message.c.sequence, message.c.role, message.c.tokens, message.c.fixed, message.c.links)
_ENTRIES = Prepared(
    sa.select(*_ENTRY)
    .where(_OF_SESSION, message.c.sequence.between(sa.bindparam("low"), sa.bindparam("high")))
    .order_by(message.c.sequence)
)
_FIXED = Prepared(
    sa.select(*_ENTRY)
    .where(_OF_SESSION, message.c.sequence <= sa.bindparam("high"), message.c.fixed == 1)
    .order_by(message.c.sequence)
)


def entries(connection: sa.Connection, pk: int, first: int, last: int) -> Iterator[Entry]:
    """What planning needs to know of the messages `first`..`last`, as if all were verbatim."""
    if isinstance(pk, ForkKey):
        return chain.from_iterable(entries(connection, *part) for part in parts(pk, first, last))
    return _entries(_ENTRIES.rows(connection, {"key": pk, "low": first, "high": last}))


def of_rows(rows: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """`entries` of *rows* that were just written."""
    return [*_entries([row[column.name] for column in _ENTRY] for row in rows)]


def fixed(connection: sa.Connection, pk: int, last: int) -> Iterator[Entry]:
    """The system prompts and pinned messages up to *last*."""
    if isinstance(pk, ForkKey):
        there = ((low, fixed(connection, owner, high)) for owner, low, high in parts(pk, 1, last))
        return (entry for low, own in there for entry in own if entry.sequence >= low)
    return _entries(_FIXED.rows(connection, {"key": pk, "high": last}))


_IDENTITY = Prepared(
    sa.select(message.c.id, message.c.sha256)
    .where(_OF_SESSION, message.c.sequence.between(sa.bindparam("low"), sa.bindparam("high")))
    .order_by(message.c.sequence)
)
_LINKED = Prepared(
    sa.select(message.c.sequence)
    .where(
        _OF_SESSION, message.c.sequence.between(sa.bindparam("low"), sa.bindparam("high")), message.c.links.is_not(None)
    )
    .limit(1)
)


def linked(connection: sa.Connection, pk: int, first: int, last: int) -> bool:
    """Whether any of the messages `first`..`last` calls a tool or answers a call."""
    there = ({"key": owner, "low": low, "high": high} for owner, low, high in parts(pk, first, last))
    return any(_LINKED.rows(connection, one) for one in there)


def identities(connection: sa.Connection, pk: int, last: int) -> list[tuple[str | None, bytes]]:
    """The id of each message up to number *last*, and the SHA-256 of what it is; None for the id of one that was
    erased."""
    there = ((owner, low, high) for owner, low, high in parts(pk, 1, last))
    rows = (
        row
        for owner, low, high in there
        for row in _IDENTITY.rows(connection, {"key": owner, "low": low, "high": high})
    )
    return [(None if TOMBSTONE <= bytes(name) < AFTER else decoded(name), bytes(sha)) for name, sha in rows]


def tokens_of(connection: sa.Connection, pk: int, last: int) -> int:
    """What the messages up to number *last* cost, all of them."""
    added = sa.select(sa.func.sum(message.c.tokens))
    there = (
        (message.c.session == owner, message.c.sequence.between(low, high)) for owner, low, high in parts(pk, 1, last)
    )
    return sum(int(connection.execute(added.where(*those)).scalar() or 0) for those in there)


def _entries(rows: Iterable[Any]) -> Iterator[Entry]:
    for sequence, role, tokens, is_fixed, links in rows:
        calls, answers = _linked(links) if links else ((), ())
        yield Entry(
            sequence,
            decoded(role),
            tokens,
            shown_tokens=tokens,
            calls=calls,
            answers=answers,
            pinned=bool(is_fixed),
        )


def _linked(links: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        calls, answers = loads(bytes(links))
        several = answers if isinstance(answers, list) else [answers] if answers else []
        return tuple(map(str, calls)), tuple(map(str, several))
    except (ValueError, TypeError):
        return (), ()  # damaged; `verify` says so, and a context leaves out what has no partner


def by_role(connection: sa.Connection, keys: Sequence[int], roles: Sequence[str]) -> dict[int, list[int]]:
    """The numbers of the messages of one of *roles*, in order, by session."""
    query = sa.select(message.c.session, message.c.sequence)
    numbers: dict[int, list[int]] = {}
    for key, number in _of_roles(connection, query, keys, roles):
        numbers.setdefault(key, []).append(int(number))
    return numbers


def beside_results(connection: sa.Connection, keys: Sequence[int], roles: Sequence[str]) -> dict[int, list[int]]:
    """The numbers of the messages of one of *roles* in whose content results of tools stand, in order, by session."""
    query = sa.select(message.c.session, message.c.sequence, message.c.links).where(message.c.links.is_not(None))
    numbers: dict[int, list[int]] = {}
    for key, number, links in _of_roles(connection, query, keys, roles):
        if _linked(links)[1]:
            numbers.setdefault(key, []).append(int(number))
    return numbers


def _of_roles(
    connection: sa.Connection, query: sa.Select[Any], keys: Sequence[int], roles: Sequence[str]
) -> Iterator[Any]:
    wanted = message.c.role.in_([encoded(role) for role in roles])
    for fork in (key for key in keys if isinstance(key, ForkKey)):
        for owner, low, high in parts(fork, 1, base_of(fork)):
            inside = sa.and_(message.c.session == owner, message.c.sequence.between(low, high), wanted)
            for _, *row in connection.execute(query.where(inside).order_by(message.c.sequence)):
                yield (fork, *row)
    for start in range(0, len(keys), CHUNK):
        part = query.where(message.c.session.in_(keys[start : start + CHUNK]), wanted)
        yield from connection.execute(part.order_by(message.c.session, message.c.sequence))


_STORED_AT = Prepared(sa.select(message.c.stored_at).where(_OF_SESSION, message.c.sequence == sa.bindparam("number")))


def stored_at(connection: sa.Connection, pk: int, number: int) -> datetime | None:
    """When message *number* of a session was stored; None where there is no such message."""
    rows = _STORED_AT.rows(connection, {"key": owner_of(pk, number), "number": number})
    return moment(rows[0][0]) if rows else None


def stored_before(connection: sa.Connection, pk: int, last: int, second: float) -> int:
    """The number of the newest of the messages up to *last* that was stored by *second* (since 1970); 0 where none was.
    Messages are stored in order, so that twenty of a million are looked at."""

    def later(number: int) -> bool:
        when = stored_at(connection, pk, number)
        return when is not None and when.timestamp() > second

    return bisect_left(range(1, last + 1), True, key=later)


def refused(connection: sa.Connection, pk: int, above: int) -> list[int]:
    """The numbers of the messages beyond number *above* that stand for what was erased before."""
    mine = (message.c.session == pk, message.c.sequence > above, message.c.id >= TOMBSTONE)
    query = sa.select(message.c.sequence).where(*mine, message.c.id < AFTER).order_by(message.c.sequence)
    return list(connection.execute(query).scalars())
