"""Counts of a user's turns against the stretches of the word index that they were counted from. No word is told."""

from __future__ import annotations

import math
from collections.abc import Iterator

import sqlalchemy as sa

from tiermem.index.talk import Talked, talked, together, user_turns
from tiermem.settings import Scope
from tiermem.storage import decisions, segments, sessions
from tiermem.storage.owners import key_of
from tiermem.storage.sessions import SessionRow
from tiermem.storage.tables.talk import conversation, tally
from tiermem.storage.talk import counting
from tiermem.storage.talk.counting import CountedTalk

Row = tuple[int, int, float | None, int, int]  # count, total, last, session, sequence


def conversation_differs(connection: sa.Connection, scope: Scope, row: SessionRow) -> Iterator[str]:
    """Whether what is counted of the session *row* is what its index says."""
    if scope.kind != "conversation" or row.foreign:
        return
    said = _said(connection, row)
    owner = connection.execute(sa.select(conversation.c.owner).where(conversation.c.session == row.pk)).scalar()
    if said is not None and not _same(counting.of_session(connection, row.pk), _counted(row.pk, said)):
        yield "tiermem_conversation: its turns, times and moods are not those of what is indexed and not hidden"
    elif owner is not None and bytes(owner) != key_of(scope):
        yield "tiermem_conversation: it is counted for another user"


def tallies_differ(connection: sa.Connection, scope: Scope) -> Iterator[str]:
    """Where the sums over all conversations of the user of *scope* are not those of what is indexed and not hidden."""
    parts: list[Talked] = []
    for _, row in sessions.of_user(connection, scope.tenant, scope.user):
        said = _said(connection, row)
        if row.foreign or said is None:  # told of the index
            return
        parts.append(said)
    every = together(parts)
    begun = sum(bool(part.turns) for part in parts)
    expected = {(row["new_kind"], row["new_name"]): _row(row) for row in counting.rows_of(every, begun)}
    query = sa.select(tally).where(tally.c.owner == key_of(scope))
    stored = {
        (row["kind"], row["name"]): (row["count"], row["total"], row["last"], row["last_session"], row["sequence"])
        for row in connection.execute(query).mappings()
    }
    wrong = [key for key in expected.keys() | stored.keys() if not _agree(stored.get(key), expected.get(key))]
    if wrong:
        yield f"tiermem_tally, user {scope.user!r}: {len(wrong)} sums are not those of the user's turns"


def _said(connection: sa.Connection, row: SessionRow) -> Talked | None:
    """What a session says as far as it is indexed; None where its index is damaged."""
    parts = segments.read(connection, [row.pk]).get(row.pk, [])
    if (int(parts[-1].numbers[-1]) if parts else row.base) != row.indexed:
        return None
    hidden = decisions.hidden(connection, row)
    return together(talked(row.pk, part, user_turns(part, hidden)) for part in parts)


def _counted(key: int, said: Talked) -> CountedTalk:
    moods, mood = said.mood
    return CountedTalk(key, said.turns, said.first, said.last, moods, mood)


def _same(stored: CountedTalk, expected: CountedTalk) -> bool:
    times = ((stored.first, expected.first), (stored.last, expected.last))
    alike = all(one == other or (math.isnan(one) and math.isnan(other)) for one, other in times)
    sums = [(one.turns, one.moods, one.mood) for one in (stored, expected)]
    return alike and sums[0] == sums[1]


def _row(row: dict[str, object]) -> Row:
    return tuple(row[f"new_{name}"] for name in ("count", "total", "last", "last_session", "sequence"))  # type: ignore[return-value]


def _agree(stored: Row | None, expected: Row | None) -> bool:
    """Whether the sums are the same, and the place of what was said last, where that is known."""
    if stored is None or expected is None:
        return False
    return stored[:2] == expected[:2] and stored[2:] in (expected[2:], (None, 0, 0))
