"""The journal, and what it rests on: summaries, stubs (`stubs.py`), and the window that follows from them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiermem.plain_json import dumps, loads
from tiermem.records import Decision, Shown, StructuredSummary, Summary
from tiermem.storage import entries, messages, sessions, stubs
from tiermem.storage.chain import writing as chaining
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.schema import Stored, broken, decision, sealed, summary
from tiermem.storage.sessions import SessionRow, moment
from tiermem.window.view import Cover, Entry, Span, Window, floor_of, hidden_ranges, paint, visible_ranges, within

_DECISION = tuple(
    decision.c[name]
    for name in (
        "number",
        "kind",
        "first",
        "last",
        "reference",
        "tokens_before",
        "tokens_after",
        "strategy",
        "reason",
        "decided_at",
        "undone",
    )
)
_HIDING = Prepared(
    sa.select(decision.c.kind, decision.c.first, decision.c.last)
    .where(
        decision.c.session == sa.bindparam("key"),
        decision.c.undone == 0,
        sa.or_(decision.c.kind == "hide", decision.c.kind == "restore", decision.c.kind == "erase"),
    )
    .order_by(decision.c.number)
)


def journal(
    connection: sa.Connection, pk: int, *, above: int = 0, upto: int | None = None, kinds: Sequence[str] = ()
) -> list[Decision]:
    """The decisions that reach beyond message *above*, in order; only these *kinds*, and those that begin up to message
    *upto*, where given."""
    query = sa.select(*_DECISION).where(decision.c.session == pk)
    if above:
        query = query.where(decision.c.last > above)
    if upto is not None:
        query = query.where(decision.c.first <= upto)
    if kinds:
        query = query.where(decision.c.kind.in_(list(kinds)))
    return [_decision(row) for row in connection.execute(query.order_by(decision.c.number))]


def numbered(connection: sa.Connection, pk: int, numbers: Iterable[int]) -> dict[int, Decision]:
    """The decisions with these numbers."""
    wanted = sorted(numbers)
    made: list[Decision] = []
    for start in range(0, len(wanted), messages.CHUNK):
        part = wanted[start : start + messages.CHUNK]
        query = sa.select(*_DECISION).where(decision.c.session == pk, decision.c.number.in_(part))
        made += [_decision(row) for row in connection.execute(query)]
    return {one.number: one for one in made}


def covering(connection: sa.Connection, pk: int, summaries: Sequence[int]) -> list[Decision]:
    """The decisions by which these summaries cover something, in order."""
    query = sa.select(*_DECISION).where(decision.c.session == pk, decision.c.kind == "cover")
    rows = connection.execute(query.where(decision.c.reference.in_(list(summaries))).order_by(decision.c.number))
    return [_decision(row) for row in rows]


def _decision(row: Any) -> Decision:
    values = dict(zip((column.name for column in _DECISION), row, strict=True))
    values["decided_at"] = moment(values["decided_at"])
    return Decision(**values | {"undone": bool(values["undone"])})


def record(connection: sa.Connection, pk: int, decisions: Iterable[Decision], now: datetime) -> bytes:
    """Write decisions, taken *now* where they do not say when, with the stubs, summaries and tombstones that they show
    written before; their numbers were given by the caller, from the session's revision on. The link of the last."""
    rows = [
        sealed(
            decision,
            {
                name: getattr(made, name)
                for name in Decision.__dataclass_fields__
                if name not in {"decided_at", "undone"}
            }
            | {"session": pk, "decided_at": (made.decided_at or now).isoformat()},
        )
        for made in decisions
    ]
    if rows:
        connection.execute(decision.insert(), chaining.decided(connection, pk, rows))
    return bytes(rows[-1]["chain"]) if rows else b""


def mark_undone(connection: sa.Connection, pk: int, number: int) -> None:
    """Take a decision out of force; the row stays, and the undo is a row of its own."""
    condition = sa.and_(decision.c.session == pk, decision.c.number == number)
    connection.execute(decision.update().where(condition).values(undone=1))


def add_summary(connection: sa.Connection, pk: int, written: Summary) -> None:
    """Write a summary."""
    body: Any = {"structure": written.structure.model_dump(mode="json"), "text": written.text}
    row = {
        "session": pk,
        "number": written.number,
        "first": written.first,
        "last": written.last,
        "level": written.level,
        "tokens": written.tokens,
        "strategy": written.strategy,
        "children": ",".join(map(str, written.children)),
        "body": dumps(body),
        "witness": chaining.salt(),
    }
    connection.execute(summary.insert().values(**sealed(summary, row)))


def summaries(
    connection: sa.Connection, pk: int, *, numbers: Sequence[int] | None = None, live: bool = False
) -> list[Summary]:
    """The summaries with these numbers (None: all), or those in force; oldest span first."""
    query = sa.select(summary).where(summary.c.session == pk)
    if numbers is not None:
        query = query.where(summary.c.number.in_(list(numbers)))
    if live:
        query = query.where(summary.c.live == 1)
    return [_summary(row) for row in connection.execute(query.order_by(summary.c.first, summary.c.level)).mappings()]


def _summary(row: Stored) -> Summary:
    """A stored summary; where it is damaged it says so, and the messages it stands for are in the archive."""
    first, last = row["first"], row["last"]
    structure, text = StructuredSummary(), f"[summary s{row['number']} of m{first} to m{last} is damaged; expand them]"
    with suppress(ValueError, TypeError, KeyError):
        if not broken(summary, row):
            values = loads(bytes(row["body"]))
            structure, text = StructuredSummary.model_validate(values["structure"]), str(values["text"])
    return Summary(
        number=row["number"],
        first=first,
        last=last,
        level=row["level"],
        structure=structure,
        text=text,
        tokens=row["tokens"] if isinstance(row["tokens"], int) else 0,  # in a damaged row it may be anything
        strategy=row["strategy"],
        children=tuple(int(child) for child in row["children"].split(",") if child.isdecimal()),
    )


def spans(connection: sa.Connection, pk: int, row: SessionRow, floor: int) -> list[Span]:
    """The partition of the messages beyond *floor*."""
    if row.messages <= floor:
        return []
    return paint(floor + 1, row.messages, journal(connection, pk, above=floor), stubs.members(connection, pk, floor))


def window(connection: sa.Connection, row: SessionRow) -> Window:
    """The window of a session as its decisions say."""
    return _window(connection, row, spans(connection, row.pk, row, row.floor))


def _window(connection: sa.Connection, row: SessionRow, parts: Sequence[Span]) -> Window:
    sizes = stubs.sizes(connection, row.pk, row.floor)
    visible = list(_visible(connection, row.pk, parts, sizes))
    seen = {entry.sequence for entry in visible}
    pinned = [entry for entry in _fixed(connection, row) if entry.sequence not in seen]
    covers = [Cover(s.number, s.first, s.last, s.level, s.tokens) for s in summaries(connection, row.pk, live=True)]
    ordered = sorted(pinned + visible, key=lambda entry: entry.sequence)
    return Window(row.messages, row.revision, tuple(ordered), tuple(covers))


def _visible(
    connection: sa.Connection, pk: int, parts: Sequence[Span], sizes: dict[tuple[int, int], int]
) -> Iterable[Entry]:
    ahead = iter(parts)
    part = next(ahead, None)
    for first, last in visible_ranges(parts):
        for entry in entries.entries(connection, pk, first, last):
            while part is not None and part.last < entry.sequence:
                part = next(ahead, None)
            yield _as_shown(entry, part, sizes)


def _as_shown(entry: Entry, part: Span | None, sizes: dict[tuple[int, int], int]) -> Entry:
    if part is None or not part.decision:
        return entry
    size = sizes.get((entry.sequence, part.decision), entry.tokens) if part.shown is Shown.COMPACTED else entry.tokens
    return replace(entry, shown=part.shown, shown_tokens=size, decision=part.decision)


def _fixed(connection: sa.Connection, row: SessionRow) -> list[Entry]:
    """System prompts and pinned messages stay visible under a summary; only `hide` takes them away."""
    candidates = list(entries.fixed(connection, row.pk, row.messages))
    if not candidates:
        return []
    away = hidden(connection, row)
    return [entry for entry in candidates if not within(away, entry.sequence)]


def hidden(connection: sa.Connection, row: SessionRow) -> list[tuple[int, int]]:
    """The ranges of messages that are hidden now."""
    changes = _HIDING.rows(connection, {"key": row.pk}) if row.pk else []
    return _hidden_ranges((kind, first, min(last, row.messages)) for kind, first, last in changes)


def _hidden_ranges(changes: Iterable[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """What is hidden by *changes*, in order of number; what was erased is, whatever was decided later."""
    ordered = sorted(changes, key=lambda change: change[0] == "erase")
    return hidden_ranges([(kind != "restore", first, last) for kind, first, last in ordered])


def hidden_in(connection: sa.Connection, keys: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """`hidden` of each of these sessions that hides something, by key."""
    changes: dict[int, list[tuple[str, int, int]]] = {}
    columns = (decision.c.session, decision.c.kind, decision.c.first, decision.c.last)
    for start in range(0, len(keys), messages.CHUNK):
        query = sa.select(*columns).where(
            decision.c.session.in_(keys[start : start + messages.CHUNK]),
            decision.c.undone == 0,
            decision.c.kind.in_(["hide", "restore", "erase"]),
        )
        for key, kind, first, last in connection.execute(query.order_by(decision.c.session, decision.c.number)):
            changes.setdefault(key, []).append((kind, first, last))
    return {key: _hidden_ranges(made) for key, made in changes.items()}


def settle(connection: sa.Connection, pk_row: SessionRow, floor: int) -> Window:
    """Derive floor, live summaries and window tokens again from message *floor* + 1 on, and write them down."""
    floor = _below(connection, pk_row.pk, floor)
    parts = spans(connection, pk_row.pk, pk_row, floor)
    in_force = {part.summary for part in parts if part.summary}
    set_live(connection, pk_row.pk, floor, in_force)
    row = replace(pk_row, floor=floor_of(parts, pk_row.messages))
    derived = _window(connection, row, parts)
    sessions.update(connection, row.pk, floor=row.floor, window_tokens=derived.tokens, revision=row.revision)
    return derived


def _below(connection: sa.Connection, pk: int, floor: int) -> int:
    """*floor*, or where the summaries that reach over it start: only a whole span says whether one is in force."""
    lowest = sa.select(sa.func.min(summary.c.first)).where(summary.c.session == pk)
    while True:
        reaching = lowest.where(summary.c.first <= floor, summary.c.last > floor)
        first = connection.execute(reaching).scalar()
        if first is None:
            return floor
        floor = int(first) - 1


def set_live(connection: sa.Connection, pk: int, floor: int, in_force: Collection[int]) -> None:
    """Write which of the summaries that reach beyond message *floor* are in force."""
    beyond = sa.and_(summary.c.session == pk, summary.c.last > floor)
    connection.execute(summary.update().where(beyond, summary.c.live == 1).values(live=0))
    if in_force:
        chosen = sa.and_(summary.c.session == pk, summary.c.number.in_(sorted(in_force)))
        connection.execute(summary.update().where(chosen).values(live=1))
