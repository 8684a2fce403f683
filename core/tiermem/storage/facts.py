"""Facts as rows: written with the words of their messages, read by what they are about or by session."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from tiermem.facts.stated.record import MODEL, Stated, StatedAt, attribute_key, subject_key
from tiermem.settings import Scope
from tiermem.shared_history import base_of, parts
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.schema import Stored, broken, decision, digest, fact, sealed, witnessed
from tiermem.storage.sessions import encoded

CHUNK = 500  # bound values a statement
_STATED = tuple(name for name in Stated.__dataclass_fields__ if name not in {"several", "since", "until"})


def about(scope: Scope, subject: str, attribute: str) -> int:
    """The number by which the facts of one user about one attribute of one subject are found."""
    names = (encoded(scope.tenant), encoded(scope.user), subject_key(subject), attribute_key(attribute))
    parts = [part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass") for part in names]
    digest = blake2b(b"".join(b"%d:%b" % (len(part), part) for part in parts), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def row_of(scope: Scope, at: StatedAt) -> dict[str, Any]:
    """The row of one fact of the user of *scope*, without its key and checksum."""
    stated = at.fact
    return {
        "session": at.session,
        "sequence": at.sequence,
        "place": at.place,
        "about": about(scope, stated.subject, stated.attribute),
        **{name: getattr(stated, name) for name in _STATED},
        "several": int(stated.several),
        "said": None if math.isnan(at.said) else at.said,
        "since": stated.since,
        "until": stated.until,
    }


def replace(
    connection: sa.Connection, scope: Scope, pk: int, first: int, last: int, stated: Iterable[StatedAt]
) -> None:
    """Keep *stated*, all facts of the messages `first`..`last` of a session of the user of *scope*, in place of those
    that were read before; what a model read of them stays."""
    own = (fact.c.session == pk, fact.c.sequence.between(first, last), fact.c.how != MODEL)
    connection.execute(fact.delete().where(*own))
    add(connection, scope, stated)


def add(connection: sa.Connection, scope: Scope, stated: Iterable[StatedAt]) -> None:
    """Keep facts of sessions of the user of *scope*."""
    rows = [sealed(fact, row_of(scope, at)) for at in stated]
    if rows:
        connection.execute(fact.insert(), rows)


def of(row: Stored) -> StatedAt:
    """The fact of a row."""
    numbers = {name: row[name] for name in ("since", "until")}
    stated = Stated(**{name: row[name] for name in _STATED}, several=bool(row["several"]), **numbers)
    said = math.nan if row["said"] is None else float(row["said"])
    return StatedAt(stated, row["session"], row["sequence"], row["place"], said)


# Rows as plain values, which take half the time of rows by name where there are many.
_VALUES = (*witnessed(fact), fact.c.checksum)
_NAMES = [column.name for column in _VALUES]
_FACT = itemgetter(*(_NAMES.index(name) for name in Stated.__dataclass_fields__))
_SEVERAL = list(Stated.__dataclass_fields__).index("several")
_AT = itemgetter(*(_NAMES.index(name) for name in ("session", "sequence", "place", "said")))


def _legible(rows: Iterable[Sequence[Any]]) -> Iterator[StatedAt]:
    """The facts of *rows*, each the `_VALUES`; one that is damaged is passed over, and `verify` names it."""
    for row in rows:
        if _sound(row):
            told = [*_FACT(row)]
            told[_SEVERAL] = bool(told[_SEVERAL])
            session, sequence, place, said = _AT(row)
            yield StatedAt(Stated(*told), session, sequence, place, math.nan if said is None else float(said))


def _sound(row: Sequence[Any]) -> bool:
    *values, stored = row
    if isinstance(stored, bytes):
        return digest(values) == stored
    return not broken(fact, dict(zip(_NAMES, row, strict=True)))


def read(connection: sa.Connection, keys: Sequence[int]) -> list[StatedAt]:
    """The facts of the sessions *keys*, in order."""
    found: list[StatedAt] = []
    for start in range(0, len(keys), CHUNK):
        query = sa.select(*_VALUES).where(fact.c.session.in_(keys[start : start + CHUNK]))
        found += _legible(connection.execute(query.order_by(fact.c.session, fact.c.sequence, fact.c.place)))
    return found


def about_that(connection: sa.Connection, number: int) -> list[StatedAt]:
    """The facts that are `about` *number*, in order."""
    query = sa.select(*_VALUES).where(fact.c.about == number)
    return [*_legible(connection.execute(query.order_by(fact.c.session, fact.c.sequence, fact.c.place)))]


_IN_FORCE = sa.select(decision.c.first).where(
    decision.c.session == sa.bindparam("key"),
    decision.c.kind.in_(["state", "retract", "pin", "forget", "replace"]),
    decision.c.undone == 0,
)


def in_force(connection: sa.Connection, pk: int) -> set[int]:
    """The messages of the session *pk* by which an application states, retracts or decides something of a user, but
    what was undone."""
    return set(connection.execute(_IN_FORCE, {"key": pk}).scalars())


def beyond(connection: sa.Connection, above: Mapping[int, int], upto: Mapping[int, int]) -> dict[int, list[StatedAt]]:
    """The facts of messages above number `above[key]` and up to `upto[key]` of each session *key*, in order; where all
    are read, those of models too that wait for no index."""
    found: dict[int, list[StatedAt]] = {}
    fresh = [key for key in above if not above[key]]
    for at in read(connection, fresh):
        if at.sequence <= upto[at.session] or at.fact.how == MODEL:
            found.setdefault(at.session, []).append(at)
    for key in (key for key in above if 0 < above[key] < upto[key]):
        query = sa.select(*_VALUES).where(fact.c.session == key, fact.c.sequence.between(above[key] + 1, upto[key]))
        found[key] = [*_legible(connection.execute(query.order_by(fact.c.sequence, fact.c.place)))]
    return found


def inherited(connection: sa.Connection, fork: int, above: int, upto: int) -> list[StatedAt]:
    """The facts of the messages above number *above* and up to *upto* that *fork* shares with others, in order, as if
    they were stated in it."""
    found: list[StatedAt] = []
    for owner, low, high in parts(fork, above + 1, min(upto, base_of(fork))):
        query = sa.select(*_VALUES).where(fact.c.session == owner, fact.c.sequence.between(low, high))
        rows = connection.execute(query.order_by(fact.c.sequence, fact.c.place))
        found += (dataclasses.replace(at, session=fork) for at in _legible(rows))
    return found


def in_range(connection: sa.Connection, pk: int, first: int, last: int) -> dict[int, list[Stored]]:
    """The rows of the facts of messages `first`..`last` of a session, by message, for `verify`."""
    query = sa.select(fact).where(fact.c.session == pk, fact.c.sequence.between(first, last))
    rows: dict[int, list[Stored]] = {}
    for row in connection.execute(query.order_by(fact.c.sequence, fact.c.place)).mappings():
        rows.setdefault(row["sequence"], []).append(row)
    return rows


MOST_PINS = 500  # of one session that are looked at; a context has room for fewer
_PINS = Prepared(
    sa.select(decision.c.first, decision.c.number, decision.c.undone)
    .where(
        decision.c.session == sa.bindparam("key"), decision.c.kind == "pin", decision.c.first <= sa.bindparam("upto")
    )
    .order_by(decision.c.first.desc())
    .limit(MOST_PINS)
)


def pins(connection: sa.Connection, pk: int, upto: int = 2**62) -> dict[int, tuple[int, bool]]:
    """The newest messages of the session *pk*, of those up to *upto*, of which a decision pins what they lay down: its
    number, and whether it is in force."""
    rows = _PINS.rows(connection, {"key": pk, "upto": upto})
    return {message: (number, not undone) for message, number, undone in rows}


def pinned_among(connection: sa.Connection, pk: int, first: int, last: int) -> set[int]:
    """Those of the messages `first`..`last` that a decision pins, or pinned before it was undone."""
    query = sa.select(decision.c.first).where(
        decision.c.session == pk, decision.c.kind == "pin", decision.c.first.between(first, last)
    )
    return set(connection.execute(query).scalars())
