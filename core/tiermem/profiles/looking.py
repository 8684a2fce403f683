"""What is known of a user, brought up to date: only the sessions that changed since the last look are looked at.

Rule 1: whether anything changed is one row (`storage.owners`); who never looked, or looked long ago, compares the rows
of all sessions once, and reads of each only what it did not know.
Rule 2: messages that wait for the index are read as they are, and the background is asked to index those of sessions
that came to rest, so that the next process finds them read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import partial

import sqlalchemy as sa

from tiermem.conversations.interests import interests
from tiermem.facts.stated.record import StatedAt
from tiermem.flows.effects import Compute, Flow, Read, Wake
from tiermem.flows.indexing import facts as reading
from tiermem.flows.indexing.facts import stated_by
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.profiles.known import KnownSession, KnownUser, learnt, talking
from tiermem.profiles.lines.decided import ACT, Act, from_json
from tiermem.profiles.lines.deriving import belongs
from tiermem.profiles.lines.talked import ASKED, talked_about
from tiermem.settings import Scope
from tiermem.storage import decisions, owners, sessions
from tiermem.storage import facts as stored
from tiermem.storage import messages as log
from tiermem.storage.log.legible import DAMAGED
from tiermem.storage.sessions import SessionRow

TAIL = 5_000  # messages that wait for the index and are read in one go
SESSIONS = 2_000  # that are looked at in one go


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one transaction saw of the sessions that changed.

    Args:
        stamp: of the user.
        newest: the key of the session that changed last, 0 where nobody can say.
        sessions: those that changed as far as they were read, by key, without the facts of what waits.
        facts: those facts of theirs that are stored and were not known, by key.
        waiting: messages that wait for the index, with those before, by key.
        more: there are others.
        afresh: nobody can say what became of what was known before, so it counts for nothing.
    """

    stamp: int
    newest: int = 0
    sessions: Mapping[int, KnownSession] = field(default_factory=dict)
    facts: Mapping[int, Sequence[StatedAt]] = field(default_factory=dict)
    waiting: Mapping[int, tuple[list[Message], list[Message]]] = field(default_factory=dict)
    more: bool = False
    afresh: bool = False


def known(core: Core, scope: Scope) -> Flow[KnownUser]:
    """The user of *scope* as they are known now."""
    key = (scope.tenant, scope.user, core.zone)
    kept = user = core.profiles.get(key) or KnownUser()
    fresh: dict[int, KnownSession] = {}
    at: dict[int, int] = {}  # by session the stamp at which this look began to read it
    while True:
        seen: _Seen = yield Read(partial(_read, scope=scope, user=user, at=at))
        now = core.now().timestamp()
        if seen.afresh:
            user = KnownUser()
        if seen.sessions or user.changes <= now:
            made = yield Compute(partial(_read_out, scope, seen))
            user = yield Compute(partial(learnt, user, made, core.zone or UTC, now))
            fresh |= made
            at = {**dict.fromkeys(made, seen.stamp), **at}
        if not seen.more:
            break
    if user is not kept or user.stamp != seen.stamp:
        talk = yield from interests(core, scope, ASKED)
        user = talking(replace(user, stamp=seen.stamp), talked_about(talk))
        core.profiles.put(key, user, user.weight)
        yield from _rung(core, scope, fresh, seen.newest)
    return user


def _read(connection: sa.Connection, scope: Scope, user: KnownUser, at: Mapping[int, int]) -> _Seen:
    stamp = owners.find(connection, scope)
    newest = int(stamp.recent[0].removesuffix(owners.ANEW)) if stamp.recent else 0
    changes = stamp.since(user.stamp)
    if changes is not None and not changes.keys:
        return _Seen(stamp.number, newest)
    if changes is None and user.stamp:
        return _Seen(stamp.number, newest, more=True, afresh=True)
    marked = changes.anew if changes is not None else {}
    anew = {key for key, number in marked.items() if number > at.get(key, user.stamp)}
    listed = _rows(connection, scope, None if changes is None else changes.keys)
    before = {key: session for key, session in user.sessions.items() if key in listed and key not in anew}
    differing = {key: named for key, named in listed.items() if _differs(before.get(key), named[1])}
    first, more = dict(list(differing.items())[:SESSIONS]), len(differing) > SESSIONS
    above = {key: before[key].row.messages if key in before else 0 for key in first}
    indexed = {key: row.indexed if name else row.messages for key, (name, row) in first.items()}
    facts = stored.beyond(connection, above, indexed)
    waiting, cut = _unread(connection, first, above, indexed)
    hidden = decisions.hidden_in(connection, list(first))
    looked_at = {
        key: KnownSession(
            name,
            row if key not in cut else replace(row, messages=cut[key]),
            before[key].facts if key in before else (),
            hidden.get(key, ()),
        )
        for key, (name, row) in first.items()
    }
    for key in (key for key, (name, _) in first.items() if not name):
        looked_at[key] = _own(connection, looked_at[key], before.get(key))
    return _Seen(stamp.number, newest, looked_at, facts, waiting, more or bool(cut))


def _rows(connection: sa.Connection, scope: Scope, changed: Sequence[int] | None) -> dict[int, tuple[str, SessionRow]]:
    """The sessions that may have *changed*, None: all, with their names; "" for what applications keep."""
    if changed is None:
        rows = sessions.of_user(connection, scope.tenant, scope.user)
    else:
        rows = sessions.of_user_by_key(connection, scope.tenant, scope.user, changed)
    row = sessions.find(connection, stated_by(scope))
    kept = {row.pk: ("", row)} if row.pk else {}
    return {one.pk: (name, one) for name, one in rows if one.messages} | kept


def _differs(before: KnownSession | None, row: SessionRow) -> bool:
    return before is None or (before.row.messages, before.row.revision) != (row.messages, row.revision)


def _unread(
    connection: sa.Connection,
    listed: Mapping[int, tuple[str, SessionRow]],
    above: Mapping[int, int],
    indexed: Mapping[int, int],
) -> tuple[dict[int, tuple[list[Message], list[Message]]], dict[int, int]]:
    """The messages that wait for the index and were not looked at, at most `TAIL`, each run with those before; and of
    the sessions for which there was no room up to which message they were looked at."""
    waiting: dict[int, tuple[list[Message], list[Message]]] = {}
    cut: dict[int, int] = {}
    left = TAIL
    for key, (_, row) in listed.items():
        first = 1 + max(above[key], indexed[key])
        last = min(row.messages, first + left - 1)
        if last < row.messages:
            cut[key] = max(last, first - 1)
        if first <= last:
            before = log.read(connection, key, max(1, first - reading.NEAR), first - 1)
            waiting[key] = before, log.read(connection, key, first, last)
            left -= last - first + 1
    return waiting, cut


def _own(connection: sa.Connection, session: KnownSession, before: KnownSession | None) -> KnownSession:
    """What applications keep, with the acts that are in force."""
    force = frozenset(stored.in_force(connection, session.row.pk))
    known = 0 if before is None else before.row.messages
    told = log.read(connection, session.row.pk, known + 1, session.row.messages)
    acts = [*(before.every if before else ()), *_acts(told)]
    return replace(session, every=tuple(acts), in_force=force)


def _acts(messages: Sequence[Message]) -> list[Act]:
    return [
        from_json(message.state[ACT], message.sequence, message.when)
        for message in messages
        if message.origin != DAMAGED and ACT in message.state
    ]


def _read_out(scope: Scope, seen: _Seen) -> dict[int, KnownSession]:
    """The sessions of *seen*, each with all facts that may become lines."""
    made: dict[int, KnownSession] = {}
    for key, session in seen.sessions.items():
        fresh = [*seen.facts.get(key, ())]
        if key in seen.waiting:
            of_session = Scope(scope.tenant, scope.user, session.name) if session.name else stated_by(scope)
            fresh += reading.of_messages(of_session, key, *seen.waiting[key])
        kept = tuple(at for at in fresh if belongs(at.fact))
        made[key] = replace(session, facts=(*session.facts, *kept))
    return made


def _rung(core: Core, scope: Scope, looked_at: Mapping[int, KnownSession], newest: int) -> Flow[None]:
    """Has those sessions indexed of which messages wait: all but the *newest*, in which the talk goes on."""
    for key, session in looked_at.items():
        row = session.row
        if session.name and key != newest and not row.foreign and row.messages > row.indexed:
            named = Scope(scope.tenant, scope.user, session.name)
            core.tails.add(named)
            yield Wake(named)
