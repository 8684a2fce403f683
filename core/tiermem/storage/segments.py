"""The word index's rows: stretches of indexed messages, written in batches behind the log, and merged as they grow."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from tiermem.facts.stated.record import APPLICATION, MODEL
from tiermem.index.segment import Segment, cut, joined, packed, unpacked
from tiermem.shared_history import base_of
from tiermem.storage import sessions
from tiermem.storage.schema import broken, fact, meta, sealed, segment, session, shelf
from tiermem.storage.sessions import SessionRow
from tiermem.storage.tables.talk import conversation, tally
from tiermem.text.analyzer import analyser, newer

LOCK = 0x7469_6574  # that of the migrations, plus two
CHUNK = 500  # bound values a statement
# Messages up to which two stretches are merged. It bounds what one merge reads and writes to some 2 MB, and what a
# session of n messages has of rows to n / 8,192 and the logarithm of the rest.
MERGED = 16_384


def add(connection: sa.Connection, pk: int, part: Segment, erasures: int) -> bool:
    """Keep *part* of the session *pk*, and move the watermark to its last message; whether it was kept.

    A run that another one has overtaken writes nothing, nor does one before whose batch the index was emptied, nor one
    into the index of another analyser, nor one that read its messages before the erasure after number *erasures*.
    """
    row = connection.execute(sa.select(session.c.indexed).where(session.c.pk == pk).with_for_update()).scalar_one()
    # Asked behind the lock of the session, which `use_analyser` takes before it changes anything.
    if not len(part) or int(part.numbers[0]) != row + 1 or made_by(connection) != analyser():
        return False
    if sessions.erasures(connection) != erasures:
        return False
    connection.execute(segment.insert().values(**_row(pk, part)))
    sessions.update(connection, pk, indexed=int(part.numbers[-1]))
    while _merge(connection, pk):
        pass
    return True


def _row(pk: int, part: Segment) -> dict[str, object]:
    first, last = int(part.numbers[0]), int(part.numbers[-1])
    return sealed(segment, {"session": pk, "first": first, "last": last, "body": packed(part)})


def _merge(connection: sa.Connection, pk: int) -> bool:
    """Merges the last two stretches of a session where the older one is less than twice as long as the newer."""
    newest = sa.select(segment.c.first, segment.c.last).where(segment.c.session == pk)
    rows = connection.execute(newest.order_by(segment.c.first.desc()).limit(2)).all()
    if len(rows) < 2:
        return False
    newer_one, older = (last - first + 1 for first, last in rows)
    if older >= 2 * newer_one or older + newer_one > MERGED:
        return False
    both = joined(read(connection, [pk], above=int(rows[1][0]) - 1).get(pk, []))
    if len(both) != older + newer_one:  # damage: a merge would hide it
        return False
    connection.execute(segment.delete().where(segment.c.session == pk, segment.c.first >= rows[1][0]))
    connection.execute(segment.insert().values(**_row(pk, both)))
    return True


def read(connection: sa.Connection, sessions: Iterable[int], above: int = 0) -> dict[int, list[Segment]]:
    """The stretches of these sessions that end above number *above*, in order, by session.

    One that is not as it was written ends its session's, and so does one before which another is missing: what comes
    from there on counts as waiting for the index, and is read as it is. `verify` names it.
    """
    keys, found, damaged = list(sessions), dict[int, list[Segment]](), set[int]()
    through = {int(fork): max(above, base_of(fork)) for fork in keys if base_of(fork)}
    for start in range(0, len(keys), CHUNK):
        query = sa.select(segment).where(segment.c.session.in_(keys[start : start + CHUNK]), segment.c.last > above)
        for row in connection.execute(query.order_by(segment.c.session, segment.c.first)).mappings():
            follows = row["session"] not in damaged and row["first"] <= through.get(row["session"], above) + 1
            part = legible(row) if follows else None
            through[row["session"]] = row["last"]
            if part is None:
                damaged.add(row["session"])
            else:
                found.setdefault(row["session"], []).append(part)
    return found


def between(connection: sa.Connection, key: int, first: int, last: int) -> list[Segment]:
    """The stretches of the messages `first`..`last` that the session *key* stores itself, cut to them; without what is
    damaged."""
    inside = sa.and_(segment.c.session == int(key), segment.c.last >= first, segment.c.first <= last)
    rows = connection.execute(sa.select(segment).where(inside).order_by(segment.c.first)).mappings()
    return [cut(part, first, last) for row in rows if (part := legible(row)) is not None]


def legible(row: sa.RowMapping) -> Segment | None:
    """The stretch of a row; None where it is damaged."""
    try:
        part = unpacked(bytes(row["body"]))
    except (ValueError, TypeError):
        return None
    whole = len(part) and (int(part.numbers[0]), int(part.numbers[-1])) == (row["first"], row["last"])
    return part if whole and not broken(segment, row) else None


def rewind(connection: sa.Connection, row: SessionRow, number: int) -> None:
    """Empty the index of the session *row*, and the facts read with it, from the stretch of message *number* on."""
    touched = sa.and_(segment.c.session == row.pk, segment.c.last >= number)
    first = connection.execute(sa.select(sa.func.min(segment.c.first)).where(touched)).scalar()
    if first is not None:
        connection.execute(segment.delete().where(touched))
        sessions.update(connection, row.pk, indexed=first - 1)
        behind = sa.and_(fact.c.session == row.pk, fact.c.sequence >= first)
        connection.execute(fact.delete().where(behind, fact.c.how.not_in([APPLICATION, MODEL])))


_ANALYSER = sa.select(meta.c.value).where(meta.c.key == "analyser")


def made_by(connection: sa.Connection) -> str:
    """The name of the analyser that made the keyword index; "" while there is none."""
    return str(connection.execute(_ANALYSER).scalar() or "")


def use_analyser(connection: sa.Connection, name: str) -> str:
    """Empty the keyword index, and what is read and counted with it, when an older analyser made it; it fills again as
    sessions are used.

    That of a newer one stays: while old and new processes run beside each other, they must not empty it in turn.
    Returns the name of the analyser whose it was.
    """
    if connection.dialect.name == "postgresql":  # several processes may be the first; SQLite has one writer anyway
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    known = connection.execute(_ANALYSER).scalar()
    if known is None:
        connection.execute(meta.insert().values(key="analyser", value=name))
        return name
    if known == name or newer(known, name):
        return str(known)
    connection.execute(
        session.update().values(indexed=session.c.base)
    )  # first: it waits for those who are adding words
    connection.execute(meta.update().where(meta.c.key == "analyser").values(value=name))
    for table in (segment, conversation, tally, shelf):
        connection.execute(table.delete())
    connection.execute(fact.delete().where(fact.c.how.not_in([APPLICATION, MODEL])))
    return str(known)
