"""What a question looks through: the index brought up to date with one session or all of a user's, and what of it may
be found. At most one transaction, and none where nothing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tiermem.flows.effects import Compute, Flow, Read, Wake
from tiermem.flows.indexing.words import part_of
from tiermem.flows.reading.request import SearchRequest
from tiermem.flows.services import Core
from tiermem.index.segment import Segment
from tiermem.index.user import Choice, UserIndex
from tiermem.messages import Message
from tiermem.records import Within
from tiermem.settings import Scope
from tiermem.storage import decisions, segments, sessions
from tiermem.storage import messages as log
from tiermem.storage.sessions import SessionRow

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tiermem.search.ranking.field import Field

TAIL = 5_000  # messages that wait for the index and are read in one go

Ranges = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The sessions that are looked through, oldest first.

    Args:
        home: the key of the session that was asked; 0 where it is not among them, or nothing was ever added to it.
        rows: by key of a session its name and row.
        index: with all of their messages.
        hidden: by key, ranges of numbers that are hidden there.
    """

    home: int
    rows: Mapping[int, tuple[str, SessionRow]]
    index: UserIndex
    hidden: Mapping[int, Ranges]

    def field(self) -> Field:
        """Every message, hidden ones too."""
        return self.index.field([Choice(key, row.messages) for key, (_, row) in self.rows.items()])


def opened(core: Core, scope: Scope, row: SessionRow, request: SearchRequest) -> Flow[Corpus]:
    """The corpus of *request*, asked in the session *row*, of which no message beyond its own number counts."""
    if user_wide(scope, request.within):
        listed = yield Read(lambda connection: sessions.of_user(connection, scope.tenant, scope.user))
        rows = {own.pk: (name, own) for name, own in listed if _wanted(name, request) and own.messages}
        if row.pk in rows:
            rows[row.pk] = (scope.session, row)
    else:
        rows = {row.pk: (scope.session, row)} if row.pk else {}
    index = core.index_of(scope)
    hidden = yield from _loaded(core, index, rows)
    yield from _rung(core, scope, rows)
    return Corpus(row.pk if row.pk in rows else 0, rows, index, hidden)


def user_wide(scope: Scope, within: Within) -> bool:
    """Whether *within* means all sessions of the user of *scope*. "everything" does where a user is named: in the
    namespace of those who name none it is the conversation and the documents."""
    return scope.kind == "conversation" and (within == "user" or (within == "everything" and scope.named))


def _wanted(name: str, request: SearchRequest) -> bool:
    return (request.sessions is None or name in request.sessions) and name not in request.exclude


def _loaded(core: Core, index: UserIndex, rows: Mapping[int, tuple[str, SessionRow]]) -> Flow[dict[int, Ranges]]:
    """Adds to *index* what it lacks of *rows*; returns what is hidden there."""
    known = {key: core.hidden.get((key, row.revision)) for key, (_, row) in rows.items()}
    unknown = [key for key, ranges in known.items() if ranges is None]
    stale = _stale(index, rows)
    while unknown or stale:
        read = yield Read(partial(_read, index=index, rows=rows, unknown=unknown, stale=stale))
        hidden, parts, waiting = read
        for key in unknown:
            known[key] = core.hidden.put((key, rows[key][1].revision), tuple(hidden.get(key, ())))
        yield Compute(partial(_add, index, parts, waiting))
        unknown, stale = [], _stale(index, rows)
    return {key: ranges for key, ranges in known.items() if ranges}


def _stale(index: UserIndex, rows: Mapping[int, tuple[str, SessionRow]]) -> list[int]:
    return [key for key, (_, row) in rows.items() if index.last(key) < row.messages]


def _read(
    connection: sa.Connection,
    index: UserIndex,
    rows: Mapping[int, tuple[str, SessionRow]],
    unknown: Sequence[int],
    stale: Sequence[int],
) -> tuple[dict[int, list[tuple[int, int]]], dict[int, list[Segment]], dict[int, list[Message]]]:
    """What is hidden in the sessions *unknown*; of the *stale* ones the stretches of the index and, behind them, at
    most `TAIL` messages that wait for it."""
    hidden = decisions.hidden_in(connection, unknown)
    parts: dict[int, list[Segment]] = {}
    indexed = {key: rows[key][1].indexed for key in stale}
    begun = {key for key in stale if index.last(key)}
    parts |= segments.read(connection, [key for key in stale if indexed[key] and key not in begun])
    for key in begun:
        if index.last(key) < indexed[key]:
            parts |= segments.read(connection, [key], index.last(key))
    waiting: dict[int, list[Message]] = {}
    left = TAIL
    for key in stale:
        last = int(parts[key][-1].numbers[-1]) if key in parts else index.last(key)
        upto = min(rows[key][1].messages, last + left)
        if last < upto:
            waiting[key] = log.read(connection, key, last + 1, upto)
            left -= upto - last
    return hidden, parts, waiting


def _add(index: UserIndex, parts: Mapping[int, list[Segment]], waiting: Mapping[int, list[Message]]) -> None:
    index.add([(key, part) for key, stored in parts.items() for part in stored])
    index.add([(key, part_of(index, key, messages)) for key, messages in waiting.items()])


def _rung(core: Core, scope: Scope, rows: Mapping[int, tuple[str, SessionRow]]) -> Flow[None]:
    """Wakes the background where much waits: the index may have been emptied, and nothing be added for a long time."""
    waiting = {name: row.messages - row.indexed for name, row in rows.values() if not row.foreign}
    if sum(waiting.values()) < core.settings.index_batch:
        return
    for name, count in waiting.items():
        if count > 1:
            yield Wake(Scope(scope.tenant, scope.user, name, scope.kind))
