"""Counts of a user's turns, moved in the transaction that indexes or hides them.

Rule: at every commit they are the sums over what is indexed and not hidden. Nothing but `add` and `shown` moves them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from tiermem.errors import StorageCorrupt
from tiermem.index.segment import Segment
from tiermem.index.talk import Talked, WordSaid, instants, talked, together, user_turns
from tiermem.settings import Scope
from tiermem.storage import segments
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.owners import key_of as owner_of
from tiermem.storage.tables.talk import conversation, tally

Ranges = Sequence[tuple[int, int]]
WORD, MONTH, ALL = "word", "month", "all"
TURNS, CONVERSATIONS = "turns", "conversations"
_CHUNK = 500  # bound values a statement


@dataclass(frozen=True, slots=True)
class CountedTalk:
    """One conversation as it is counted; `first` and `last` in seconds since 1970 in UTC, NaN where unknown."""

    session: int
    turns: int = 0
    first: float = math.nan
    last: float = math.nan
    moods: int = 0
    mood: int = 0


def add(connection: sa.Connection, scope: Scope, pk: int, part: Segment, hidden: Ranges) -> None:
    """Count the turns of *part*, which was not indexed before, of the session *pk* of the user of *scope*; its row is
    locked."""
    if scope.kind != "conversation":
        return
    said = talked(pk, part, user_turns(part, hidden))
    if not said.turns:
        return
    owner, known = owner_of(scope), of_session(connection, pk)
    both = together([Talked(said.turns, said.first, said.last), Talked(known.turns, known.first, known.last)])
    moods, mood = said.mood
    _keep(connection, owner, CountedTalk(pk, both.turns, both.first, both.last, known.moods + moods, known.mood + mood))
    _grow(connection, owner, rows_of(said, 0 if known.turns else 1))


def shown(connection: sa.Connection, scope: Scope, pk: int, before: Ranges, after: Ranges) -> None:
    """Count the session *pk* anew where the ranges that are hidden in it change from *before* to *after*."""
    if scope.kind != "conversation" or list(before) == list(after):
        return
    known, owner = of_session(connection, pk), owner_of(scope)
    came, went, now = list[Talked](), list[Talked](), list[Talked]()
    gone: list[tuple[int, int]] = []
    for part in segments.read(connection, [pk]).get(pk, ()):
        was, is_ = user_turns(part, before), user_turns(part, after)
        came.append(talked(pk, part, is_ & ~was))
        went.append(talked(pk, part, was & ~is_))
        now.append(_spanned(part, is_))
        gone += ((number, number) for number in part.numbers[was & ~is_].tolist())
    span = together(now)
    plus, minus = together(came), together(went)
    moods, mood = plus.mood[0] - minus.mood[0], plus.mood[1] - minus.mood[1]
    _keep(connection, owner, CountedTalk(pk, span.turns, span.first, span.last, known.moods + moods, known.mood + mood))
    _shrink(connection, owner, pk, list(_rows(minus, -1)), gone)
    _grow(connection, owner, _rows(plus, 1))
    if change := bool(span.turns) - bool(known.turns):
        _shrink(connection, owner, pk, [_row(ALL, CONVERSATIONS, WordSaid(change))], [])


def emptied(connection: sa.Connection, scope: Scope, pk: int, number: int, hidden: Ranges) -> None:
    """Take away what is counted of the session *pk*, which has *hidden* ranges, from the stretch of message *number*
    on: its index is emptied from there, and counted again with what is indexed anew."""
    known = of_session(connection, pk)
    if scope.kind != "conversation" or not known.turns:
        return
    kept, went = list[Talked](), list[Talked]()
    gone: list[tuple[int, int]] = []
    for part in segments.read(connection, [pk]).get(pk, ()):
        rows = user_turns(part, hidden)
        if int(part.numbers[-1]) < number:
            kept.append(_spanned(part, rows))
        else:
            went.append(talked(pk, part, rows))
            gone += ((one, one) for one in part.numbers[rows].tolist())
    span, minus, owner = together(kept), together(went), owner_of(scope)
    moods, mood = known.moods - minus.mood[0], known.mood - minus.mood[1]
    _keep(connection, owner, CountedTalk(pk, span.turns, span.first, span.last, moods, mood))
    ended = [] if span.turns else [_row(ALL, CONVERSATIONS, WordSaid(-1))]
    _shrink(connection, owner, pk, [*_rows(minus, -1), *ended], gone)


def erased(connection: sa.Connection, scope: Scope) -> None:
    """Remove all that is counted of the user of *scope*."""
    for table in (conversation, tally):
        connection.execute(table.delete().where(table.c.owner == owner_of(scope)))


def _spanned(part: Segment, rows: Any) -> Talked:
    when = instants(part)[rows]
    known = when[~np.isnan(when)]
    first, last = (float(known.min()), float(known.max())) if len(known) else (math.nan, math.nan)
    return Talked(len(when), first, last)


def rows_of(said: Talked, begun: int = 0) -> list[dict[str, Any]]:
    """The rows that count *said*, with *begun* conversations more."""
    return [*_rows(said, 1), *([_row(ALL, CONVERSATIONS, WordSaid(begun))] if begun else [])]


def _rows(said: Talked, sign: int) -> Iterable[dict[str, Any]]:
    if said.turns:
        yield _row(ALL, TURNS, WordSaid(sign * said.turns))
    for month, (number, total) in said.moods.items():
        yield _row(MONTH, month, WordSaid(sign * number), sign * total)
    for term, one in said.words.items():
        yield _row(WORD, term, WordSaid(sign * one.count, one.last, one.session, one.sequence))


def _row(kind: str, name: str, said: WordSaid, total: int = 0) -> dict[str, Any]:
    last = None if math.isnan(said.last) else said.last
    place = {"new_last": last, "new_last_session": said.session, "new_sequence": said.sequence}
    return {"new_kind": kind, "new_name": name, "new_count": said.count, "new_total": total, **place}


def _order(row: Mapping[str, Any]) -> tuple[str, str]:
    """Two that count the same words at the same time lock their rows in one order."""
    return (row["new_kind"], row["new_name"])


def _grow(connection: sa.Connection, owner: bytes, rows: Iterable[dict[str, Any]]) -> None:
    if growing := [{"new_owner": owner, **row} for row in sorted(rows, key=_order)]:
        _growing(connection.dialect.name).run(connection, growing)


def _growing(dialect: str) -> Prepared:
    if dialect not in _GROWING:
        _GROWING[dialect] = Prepared(_upsert(dialect))
    return _GROWING[dialect]


_GROWING: dict[str, Prepared] = {}
_NEVER = -1e300  # seconds: older than any time that is known


def _upsert(dialect: str) -> Any:
    """Adds to the row of a name, or makes it. Where what was last is not known any more it stays so."""
    from sqlalchemy.dialects import postgresql, sqlite

    made: Any = (postgresql if dialect == "postgresql" else sqlite).insert(tally)
    made = made.values({column.name: sa.bindparam(f"new_{column.name}") for column in tally.columns})
    new, old = made.excluded, tally.c
    later = sa.tuple_(sa.func.coalesce(new.last, _NEVER), new.last_session, new.sequence) > sa.tuple_(
        sa.func.coalesce(old.last, _NEVER), old.last_session, old.sequence
    )
    moves = sa.and_(old.last_session != 0, later)
    places = {name: sa.case((moves, new[name]), else_=old[name]) for name in ("last", "last_session", "sequence")}
    return made.on_conflict_do_update(
        index_elements=["owner", "kind", "name"],
        set_={"count": old["count"] + new["count"], "total": old.total + new.total, **places},
    )


def _shrink(connection: sa.Connection, owner: bytes, pk: int, rows: Sequence[dict[str, Any]], gone: Ranges) -> None:
    """Take counts away; of what was said last in a message that is *gone* nothing is known any more."""
    numbers = {number for number, _ in gone}
    for row in sorted(rows, key=_order):
        mine = sa.and_(tally.c.owner == owner, tally.c.kind == row["new_kind"], tally.c.name == row["new_name"])
        known = connection.execute(sa.select(tally).where(mine).with_for_update()).mappings().first()
        if known is None:
            if row["new_count"] > 0:
                _grow(connection, owner, [row])
            continue
        count = known["count"] + row["new_count"]
        if not count:
            connection.execute(tally.delete().where(mine))
            continue
        values: dict[str, Any] = {"count": count, "total": known["total"] + row["new_total"]}
        if known["last_session"] == pk and known["sequence"] in numbers:
            values |= {"last": None, "last_session": 0, "sequence": 0}
        connection.execute(tally.update().where(mine).values(**values))


_OF_SESSION = Prepared(
    sa.select(*(conversation.c[name] for name in CountedTalk.__dataclass_fields__)).where(
        conversation.c.session == sa.bindparam("key")
    )
)


def of_session(connection: sa.Connection, pk: int) -> CountedTalk:
    """The counts of one session; nothing where none of its turns count."""
    rows = _OF_SESSION.rows(connection, {"key": pk})
    return counted(*rows[0]) if rows else CountedTalk(pk)


def counted(session: int, turns: int, first: float | None, last: float | None, moods: int, mood: int) -> CountedTalk:
    """A row of `tiermem_conversation`.

    Raises:
        StorageCorrupt: it is damaged.
    """
    refuse_damaged("tiermem_conversation", (session, turns, moods, mood), (first, last))
    unknown = math.nan
    return CountedTalk(
        session, turns, unknown if first is None else first, unknown if last is None else last, moods, mood
    )


def refuse_damaged(table: str, counts: Iterable[object], times: Iterable[object]) -> None:
    """Raise StorageCorrupt where *counts* are no whole numbers, or *times* neither seconds nor unknown."""
    sound = all(isinstance(count, int) for count in counts) and all(
        time is None or isinstance(time, (int, float)) for time in times
    )
    if not sound:
        raise StorageCorrupt(f"{table}: a row is not as it was written")


_DROP = Prepared(conversation.delete().where(conversation.c.session == sa.bindparam("key")))
_INSERT = Prepared(conversation.insert(), [column.name for column in conversation.columns])


def _keep(connection: sa.Connection, owner: bytes, row: CountedTalk) -> None:
    _DROP.run(connection, [{"key": row.session}])
    if row.turns:
        times = {name: None if math.isnan(at) else at for name, at in (("first", row.first), ("last", row.last))}
        sums = {"turns": row.turns, "moods": row.moods, "mood": row.mood}
        _INSERT.run(connection, [{"session": row.session, "owner": owner, **times, **sums}])
