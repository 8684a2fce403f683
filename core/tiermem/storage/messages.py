"""The log: messages appended once, read by number or id, never changed.

In place of a message that is damaged or missing stands one that says so, so that it hides no other; `sound` refuses it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa

from tiermem.blocks.payloads import Medium
from tiermem.errors import IdConflict, StorageCorrupt, brief_repr
from tiermem.messages import Message
from tiermem.messages import moment as plain_moment
from tiermem.plain_json import Json, dumps
from tiermem.settings import Scope
from tiermem.shared_history import ForkKey, owner_of, parts, shared_of
from tiermem.storage import owners, sessions
from tiermem.storage.blobs import bodies, storing
from tiermem.storage.chain.writing import appended
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.erased.again import Names, erased_before, keys
from tiermem.storage.log.legible import DAMAGED, ERASED, in_place_of, legible
from tiermem.storage.schema import message, sealed
from tiermem.storage.sessions import SessionRow, decoded, encoded, moment
from tiermem.storage.tables.erasures import TOMBSTONE, digest

CHUNK = 500  # bound values a statement; SQLite's oldest limit is 999
_STORED = sa.select(message.c.id, message.c.sequence, message.c.sha256, message.c.tokens, message.c.stored_at).where(
    message.c.session == sa.bindparam("pk")
)
_KNOWN = _STORED.where(message.c.id.in_(sa.bindparam("ids", expanding=True)))
_KNOWN_ONE = Prepared(_STORED.where(message.c.id == sa.bindparam("one")))
_INSERT = Prepared(message.insert(), [column.name for column in message.columns if column.name != "pk"])
_Known: TypeAlias = dict[str, tuple[int, int, datetime | None, bytes]]
FIXED_ROLES = frozenset({"system", "developer"})


class Appended(NamedTuple):
    """What an append came to: the messages as they are stored, the session's row then, how many messages it had
    before, and the `rows` that are new, in order."""

    stored: list[Message]
    row: SessionRow
    before: int
    rows: Sequence[Mapping[str, Any]] = ()

    def read_back(self) -> list[Message]:
        """What reading the new rows would give."""
        return [legible(*(row[column.name] for column in _FULL)) for row in self.rows]


def append(
    connection: sa.Connection,
    scope: Scope,
    counted: Sequence[tuple[Message, int]],
    now: datetime,
    look_at: int,
    *,
    as_stored: bool = False,
) -> Appended:
    """Append messages with their token counts; those already there are returned as they are.

    They were stored *now*, or with *as_stored* when they say that they were. In place of what was erased in this
    session before stands a tombstone, which `entries.refused` names.

    Raises:
        IdConflict: an id is taken by a message with other content; nothing of the batch is kept.
    """
    row = sessions.obtain(connection, scope, now, look_at)
    known = _known(connection, row.pk, [original.id for original, _ in counted])
    gone: dict[str, bytes] = {}
    if row.erasures and scope.kind == "conversation":  # documents are added by those who mean to
        known |= _buried(connection, row.pk, [one for one, _ in counted if one.id not in known])
        gone = _erased_before(connection, scope, row.pk, [one.id for one, _ in counted if one.id not in known])
    stored, fresh, number = [], [], row.messages
    media: dict[int, Sequence[Medium]] = {}
    for original, tokens in counted:
        stored_as = known.get(original.id)
        if stored_as is None:
            number += 1
            when = plain_moment(original.stored_at) if as_stored and original.stored_at else now
            values, own = _new(_values(original, row.pk, number, tokens, when), original, gone)
            fresh.append(values)
            media |= {number: own} if own else {}
            stored_as = known[original.id] = (number, values["tokens"], when, original.sha256)
        elif stored_as[3] != original.sha256:
            raise IdConflict(
                f"message id {brief_repr(original.id)} is taken in this session by a message with other content"
            )
        stored.append(original.as_stored(*stored_as[:3]))
    if not fresh:
        return Appended(stored, row, row.messages)
    chain = appended(fresh, row.chain)
    _INSERT.run(connection, fresh)
    if media:
        storing.refer(connection, owners.key_of(scope), row.pk, media)
    after = sessions.grow(connection, row, len(fresh), sum(values["tokens"] for values in fresh), chain)
    if not row.messages:
        owners.obtain(connection, scope)
    owners.changed(connection, scope, row.pk)
    return Appended(stored, after, row.messages, fresh)


def _new(
    values: dict[str, Any], original: Message, gone: Mapping[str, bytes]
) -> tuple[dict[str, Any], Sequence[Medium]]:
    """The row of *original*, which is new, and the media that stand apart from it; a tombstone of what is *gone*."""
    if original.id in gone:
        return _tombstone(values, gone[original.id]), ()
    parted = bodies.parted(original)
    if parted is None:
        return values, ()
    body, media = parted
    return {**values, "body": body}, media


def _known(connection: sa.Connection, pk: int, ids: Sequence[str]) -> _Known:
    known: _Known = {}
    for owner, upto in shared_of(pk):
        known |= {name: at for name, at in _known(connection, owner, ids).items() if at[0] <= upto}
    for start in range(0, len(ids), CHUNK):
        keys = [encoded(message_id) for message_id in ids[start : start + CHUNK]]
        found: Sequence[Any] = (
            _KNOWN_ONE.rows(connection, {"pk": pk, "one": keys[0]})
            if len(keys) == 1
            else connection.execute(_KNOWN, {"pk": pk, "ids": keys}).all()
        )
        for key, sequence, sha, tokens, stored_at in found:
            known[decoded(key)] = (sequence, tokens, moment(stored_at), bytes(sha))
    return known


def _buried(connection: sa.Connection, pk: int, originals: Sequence[Message]) -> _Known:
    """What is known of those of *originals* that were erased: they are not stored again."""
    known: _Known = {}
    there = {
        TOMBSTONE + digest(key, encoded(original.id)): original
        for key in (keys(connection) if originals else ())
        for original in originals
    }
    for owner, upto in shared_of(pk):
        known |= {name: at for name, at in _buried(connection, owner, originals).items() if at[0] <= upto}
    for start in range(0, len(there), CHUNK):
        for identifier, sequence, _, tokens, stored_at in connection.execute(
            _KNOWN, {"pk": pk, "ids": [*there][start : start + CHUNK]}
        ):
            original = there[bytes(identifier)]
            known[original.id] = (sequence, tokens, moment(stored_at), original.sha256)
    return known


def _erased_before(connection: sa.Connection, scope: Scope, pk: int, ids: Sequence[str]) -> dict[str, bytes]:
    shared = sessions.erased_shared(connection, pk)
    names = Names(encoded(scope.tenant), encoded(scope.user), sessions.stored_name(scope), shared)
    return erased_before(connection, names, {one: encoded(one) for one in ids})


def _tombstone(values: Mapping[str, Any], identifier: bytes) -> dict[str, Any]:
    """What stands in place of a message with these *values* that was erased before: no token, nothing of its words."""
    kept = {name: values[name] for name in ("session", "sequence", "role", "stored_at")}
    nothing = {"tokens": 0, "fixed": 0, "links": None, "body": b"", "sha256": identifier.removeprefix(TOMBSTONE)}
    return sealed(message, {**kept, **nothing, "id": identifier})


def _values(message_: Message, pk: int, sequence: int, tokens: int, now: datetime) -> dict[str, Any]:
    return sealed(
        message,
        {
            "session": pk,
            "sequence": sequence,
            "id": encoded(message_.id),
            "tokens": tokens,
            "stored_at": now.isoformat(),
            "sha256": message_.sha256,
            "body": message_.canonical,
        }
        | copies(message_),
    )


def copies(original: Message) -> dict[str, Any]:
    """What is kept of *original* beside its body, so that a window is planned without bodies."""
    return {
        "role": encoded(original.acts_as),
        "fixed": int(original.pinned or original.acts_as in FIXED_ROLES),
        "links": _links(original),
    }


def _links(original: Message) -> bytes | None:
    if isinstance(original.content, str) and not original.tool_calls and original.tool_call_id is None:
        return None  # most are so, and nothing in them has to be looked through
    answers = original.answers
    links: list[Json] = [[call.id for call in original.calls], [*answers] if len(answers) > 1 else "".join(answers)]
    return dumps(links) if any(links) else None


_FULL = (
    message.c.sequence,
    message.c.tokens,
    message.c.stored_at,
    message.c.sha256,
    message.c.body,
    message.c.id,
    message.c.role,
)


_OF_SESSION = message.c.session == sa.bindparam("key")
_IN_RANGE = message.c.sequence.between(sa.bindparam("low"), sa.bindparam("high"))
_BETWEEN = Prepared(sa.select(*_FULL).where(_OF_SESSION, _IN_RANGE).order_by(message.c.sequence))


def _between(connection: sa.Connection, pk: int, first: int, last: int) -> list[Message]:
    if isinstance(pk, ForkKey):
        return [one for part in parts(pk, first, last) for one in _between(connection, *part)]
    return [legible(*row) for row in _BETWEEN.rows(connection, {"key": pk, "low": first, "high": last})]


def read(connection: sa.Connection, pk: int, first: int, last: int) -> list[Message]:
    """The messages `first`..`last`, each of which was added, in order."""
    stored = _between(connection, pk, first, last)
    if len(stored) == last - first + 1 or last < first:
        return stored
    there = {original.sequence: original for original in stored}
    return [there.get(number) or _absent(pk, number) for number in range(first, last + 1)]


def _absent(pk: int, number: int) -> Message:
    if owner_of(pk, number) < 0:  # the session that it was said in was erased
        return in_place_of(number, "was erased", identifier=b"erased-m%d" % number, origin=ERASED)
    return in_place_of(number, "is missing")


def pick(connection: sa.Connection, pk: int, sequences: Iterable[int]) -> list[Message]:
    """The messages with these numbers, in order; numbers that do not exist are left out."""
    wanted = sorted(set(sequences))
    if wanted and wanted[-1] - wanted[0] < len(wanted):
        return _between(connection, pk, wanted[0], wanted[-1])
    if isinstance(pk, ForkKey):
        return [
            one
            for owner, low, high in parts(pk, 1, wanted[-1] if wanted else 0)
            for one in pick(connection, owner, wanted[bisect_left(wanted, low) : bisect_right(wanted, high)])
        ]
    found: list[Message] = []
    for start in range(0, len(wanted), CHUNK):
        found += [legible(*row) for row in _picked(connection, pk, wanted[start : start + CHUNK])]
    return found


_PICKED = {
    size: Prepared(
        sa.select(*_FULL)
        .where(_OF_SESSION, message.c.sequence.in_([sa.bindparam(f"n{place}") for place in range(size)]))
        .order_by(message.c.sequence)
    )
    for size in (4, 16, 64, CHUNK)
}
"""By how many messages are named. Making such a statement takes longer than ten messages take to be read."""


def _picked(connection: sa.Connection, pk: int, numbers: Sequence[int]) -> Sequence[Any]:
    """The rows of these messages: at least one number, at most `CHUNK`. What a statement has more room for is the last
    one again."""
    size = next(size for size in _PICKED if size >= len(numbers))
    values = dict(zip((f"n{place}" for place in range(size)), numbers, strict=False))
    rest = {f"n{place}": numbers[-1] for place in range(len(numbers), size)}
    return _PICKED[size].rows(connection, {"key": pk, **values, **rest})


def pick_of(connection: sa.Connection, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], Message]:
    """The messages with these keys of sessions and numbers, by both; what does not exist is left out."""
    by_session: dict[int, list[int]] = {}
    for pk, number in wanted:
        by_session.setdefault(pk, []).append(number)
    if len(by_session) == 1 or any(isinstance(pk, ForkKey) for pk in by_session):
        return {(pk, one.sequence): one for pk, numbers in by_session.items() for one in pick(connection, pk, numbers)}
    found: dict[tuple[int, int], Message] = {}
    pairs = sorted(set(wanted))
    for start in range(0, len(pairs), CHUNK // 2):
        both = sa.tuple_(message.c.session, message.c.sequence).in_(pairs[start : start + CHUNK // 2])
        for pk, *row in connection.execute(sa.select(message.c.session, *_FULL).where(both)):
            found[int(pk), int(row[0])] = legible(*row)
    return found


def sound(originals: list[Message]) -> list[Message]:
    """*originals*, where nothing stands in place of one of them.

    Raises:
        StorageCorrupt: it names those that are damaged or missing; the others can be read by themselves.
    """
    wrong = [original for original in originals if original.origin == DAMAGED]
    if wrong:
        told = "; ".join(f"message {original.sequence} {original.state[DAMAGED]}" for original in wrong[:5])
        more = f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise StorageCorrupt(f"tiermem_message: {told}{more}. The others can be read by their numbers")
    return originals


_BY_ID = Prepared(sa.select(message.c.sequence).where(_OF_SESSION, message.c.id == sa.bindparam("name")))


def by_id(connection: sa.Connection, pk: int, identifier: str) -> int:
    """The sequence number of the message with that id, or 0."""
    rows = _BY_ID.rows(connection, {"key": pk, "name": encoded(identifier)})
    if rows:
        return int(rows[0][0])
    shared = ((by_id(connection, owner, identifier), upto) for owner, upto in shared_of(pk))
    return next((number for number, upto in shared if 0 < number <= upto), 0)
