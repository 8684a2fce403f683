"""The names of a user, brought up to date and looked at: only sessions that changed since the last look are read.

Rule 1: adding costs nothing. What is read of messages is kept in the database when somebody looks, from `KEEP` messages
on; where it cannot be written, as in a memory that only reads, the process keeps it.
Rule 2: what is hidden counts for nothing from the next look on, and what was erased is dropped by all caches.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa

from tiermem.errors import StorageBusy, StorageReadOnly
from tiermem.flows.effects import Compute, Flow, Read, Transact
from tiermem.flows.indexing import names as reading
from tiermem.flows.reading.documents import collection
from tiermem.flows.services import Core
from tiermem.graph.building import NameGraph, build
from tiermem.graph.typed import typed
from tiermem.index.named.columns import NONE, NamesSaid, joined
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import decisions, owners, sessions
from tiermem.storage import messages as log
from tiermem.storage.named import stretches
from tiermem.storage.named.stretches import NamedStretch
from tiermem.storage.sessions import SessionRow
from tiermem.validity import asking
from tiermem.validity.asking import Wish
from tiermem.validity.known import KnownFact
from tiermem.window.quotation import before_reference

TAIL = 2_000  # messages that are read in one go
SESSIONS = 2_000  # whose stored names are read in one go
KEEP = 64  # messages from which on what was read of them is stored
DOCUMENTS = "d"  # what a reference of a document begins with


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The names of one session up to message *through*."""

    names: NamesSaid = NONE
    through: int = 0


@dataclass(frozen=True, slots=True)
class KnownGraph:
    """The names of a user as they were looked at.

    Args:
        mark: what told that something changed.
        sessions: by key.
        homes: by key what references into it begin with.
        graph: made of them; right until *changes*, in seconds since 1970.
    """

    mark: object
    sessions: Mapping[int, KnownNames]
    homes: Mapping[int, str]
    graph: NameGraph
    changes: float = math.inf


@dataclass(frozen=True, slots=True)
class _NamePage:
    """What one transaction saw: all sessions, what is hidden in them, and what is to be read of some."""

    erasures: int
    mark: object
    rows: Mapping[int, tuple[Scope, SessionRow]]
    hidden: Mapping[int, Sequence[tuple[int, int]]]
    stored: Mapping[int, Sequence[NamedStretch]] = field(default_factory=dict)
    unread: Mapping[int, Sequence[Message]] = field(default_factory=dict)


def known(core: Core, scope: Scope) -> Flow[KnownGraph]:
    """The names of the user of *scope* as they are now."""
    erasures, mark = yield Read(partial(_mark, scope=scope))
    core.noticed(erasures)
    kept: KnownGraph | None = core.graphs.get((scope.tenant, scope.user))
    now = core.now().timestamp()
    if kept is not None and kept.mark == mark and now < kept.changes and core.extractor is None:
        return kept
    page, held = yield from _caught_up(scope, {} if kept is None else kept.sessions)
    facts: list[KnownFact] = yield from asking.history(core, scope, Wish())
    parts = {key: held[key].names for key in page.rows if key in held}
    graph: NameGraph = yield Compute(lambda: build(parts, page.hidden, typed(facts)))
    homes = {key: _home(where) for key, (where, _) in page.rows.items()}
    made = KnownGraph(page.mark, held, homes, graph, _changes(facts, now))
    core.graphs.put((scope.tenant, scope.user), made, 1 + len(graph.spelled) + len(graph.held) + len(homes))
    return made


def _mark(connection: sa.Connection, scope: Scope) -> tuple[int, object]:
    """The number of the last erasure, and what is another when something of the user changed."""
    documents = sessions.find(connection, collection(scope))
    stamp = owners.find(connection, scope).number
    return sessions.erasures(connection), (stamp, documents.pk, documents.messages, documents.revision)


def _home(where: Scope) -> str:
    return DOCUMENTS if where.kind == "knowledge" else f"{before_reference(where.session)}m"


def _changes(facts: Iterable[KnownFact], now: float) -> float:
    """When the next of *facts* begins or ends to hold."""
    times = (when.timestamp() for fact in facts for when in (fact.since, fact.until) if when is not None)
    return min((time for time in times if time > now), default=math.inf)


def _caught_up(scope: Scope, before: Mapping[int, KnownNames]) -> Flow[tuple[_NamePage, dict[int, KnownNames]]]:
    """The names of all messages, those known *before* and those that came in."""
    held, erasures = dict(before), -1
    while True:
        page: _NamePage = yield Read(partial(_read, scope=scope, held=held))
        if erasures not in {-1, page.erasures}:  # what was read before it may be gone
            held, erasures = {}, page.erasures
            continue
        erasures = page.erasures
        if not page.stored and not page.unread:
            return page, {key: held[key] for key in page.rows if key in held}
        fresh = yield Compute(partial(_fresh, page))
        held = yield Compute(partial(_grown, held, page, fresh))
        if sum(part.last - part.first + 1 for part in fresh) >= KEEP:
            yield from _keep(fresh, page.erasures)


def _read(connection: sa.Connection, scope: Scope, held: Mapping[int, KnownNames]) -> _NamePage:
    erasures, mark = _mark(connection, scope)
    rows = _sessions(connection, scope)
    hidden = decisions.hidden_in(connection, sorted(rows))
    above = {
        key: through
        for key, (_, row) in rows.items()
        if (through := held[key].through if key in held else row.base) < row.messages
    }
    some = dict(list(above.items())[:SESSIONS])
    stored = stretches.read(connection, some, reading.RULES)
    unread, left = dict[int, Sequence[Message]](), TAIL
    for key, number in some.items():
        first = 1 + (stored[key][-1].last if key in stored else number)
        last = min(rows[key][1].messages, first + left - 1)
        if first <= last:
            unread[key] = log.read(connection, key, first, last)
            left -= last - first + 1
    return _NamePage(erasures, mark, rows, hidden, stored, unread)


def _sessions(connection: sa.Connection, scope: Scope) -> dict[int, tuple[Scope, SessionRow]]:
    """The conversations of the user, and their documents, by key."""
    found = {
        row.pk: (Scope(scope.tenant, scope.user, name), row)
        for name, row in sessions.of_user(connection, scope.tenant, scope.user)
    }
    documents = sessions.find(connection, collection(scope))
    return found | ({documents.pk: (collection(scope), documents)} if documents.pk else {})


def _fresh(page: _NamePage) -> list[NamedStretch]:
    """What the unread messages of *page* name."""
    return [
        NamedStretch(key, messages[0].sequence, messages[-1].sequence, reading.names_of(page.rows[key][0], messages))
        for key, messages in page.unread.items()
    ]


def _grown(held: Mapping[int, KnownNames], page: _NamePage, fresh: Sequence[NamedStretch]) -> dict[int, KnownNames]:
    grown: dict[int, list[Any]] = {key: list(parts) for key, parts in page.stored.items()}
    for part in fresh:
        grown.setdefault(part.session, []).append(part)
    made = dict(held)
    for key, parts in grown.items():
        before = [held[key].names] if key in held else []
        made[key] = KnownNames(joined([*before, *(part.names for part in parts)]), parts[-1].last)
    return made


def _keep(fresh: Sequence[NamedStretch], erasures: int) -> Flow[None]:
    try:
        yield Transact(lambda connection: stretches.add(connection, fresh, reading.RULES, erasures))
    except (StorageReadOnly, StorageBusy):
        return  # a question must not fail for it: this process knows what it read, and the next look keeps more
