"""How a conversation is forked: a session of its own whose first messages are another's, and which conversations share
any."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tiermem.branches import borders
from tiermem.branches.record import Branch
from tiermem.errors import InvalidBranch, OutcomeUnknown, brief_repr
from tiermem.flows import reporting
from tiermem.flows.effects import Flow, Read, Transact, Wake
from tiermem.flows.indexing import words
from tiermem.flows.services import Core
from tiermem.flows.writing import upkeep, used
from tiermem.flows.writing.commit import writing
from tiermem.settings import Scope
from tiermem.shared_history import forked_at, shared_of
from tiermem.storage import owners, sessions
from tiermem.storage.forks import carrying, rows
from tiermem.storage.sessions import SessionRow

MOST_NAMES = 1_000  # names that are tried for a fork that is given none


def fork(core: Core, scope: Scope, at: str | None, session_id: str | None) -> Flow[Scope]:
    """See `Session.fork`; the scope of the fork."""
    row = yield Read(lambda connection: sessions.find(connection, scope))
    if not row.foreign and row.indexed < row.messages:  # pins and facts are read with the words, where it was said
        yield from writing(scope, words.follow_words(core, scope))
    made = Transact(
        lambda connection: _forked(connection, core, scope, at, session_id),
        lambda done: reporting.forked(done[0], done[1].base, fresh=done[2]),
    )
    done: tuple[Scope, SessionRow, bool]
    try:
        done = yield made
    except OutcomeUnknown:
        if session_id is None:  # it may be there under the name that was chosen
            raise
        done = yield made
    forked, own, _ = done
    if upkeep.manageable(core, forked, own):
        yield Wake(forked)
    return forked


def _forked(
    connection: sa.Connection, core: Core, scope: Scope, at: str | None, session_id: str | None
) -> tuple[Scope, SessionRow, bool]:
    row = sessions.find(connection, scope, lock=True)
    number = borders.named(connection, row, at)
    shared = forked_at(row.pk, number)
    forked = _named(connection, scope, session_id)
    known = sessions.find(connection, forked)
    if known.pk:
        if known.base == known.messages and shared_of(known.pk) == shared:
            return forked, known, False  # forking twice is forking once
        raise InvalidBranch(f"session {brief_repr(forked.session)} is there already; a fork needs a name of its own")
    borders.check(connection, row, number, at)
    what = carrying.carried(connection, row, number, used.carried(connection, row.pk, number))
    made = rows.make(connection, forked, row, shared, core.settings.compact_at, core.now())
    carrying.keep(connection, made, row, what, core.now())
    owners.changed(connection, forked, made.pk)
    return forked, sessions.find(connection, forked), True


def _named(connection: sa.Connection, scope: Scope, session_id: str | None) -> Scope:
    """The scope of a fork: under *session_id*, or a name that nobody has."""
    if session_id is not None:
        return Scope(scope.tenant, scope.user, session_id, scope.kind)
    for number in range(2, MOST_NAMES):
        forked = Scope(scope.tenant, scope.user, f"{scope.session}~{number}", scope.kind)
        if not sessions.find(connection, forked).pk:
            return forked
    raise InvalidBranch(f"{MOST_NAMES} forks of this session have no name of their own; give one")


def branches(scope: Scope) -> Flow[list[Branch]]:
    """See `Session.branches`."""

    def body(connection: sa.Connection) -> Sequence[rows.Relative]:
        row = sessions.find(connection, scope)
        return rows.related(connection, row.pk) if row.pk else ()

    related: Sequence[rows.Relative] = yield Read(body)
    return [
        Branch(session=one.name, parent=one.parent, at=one.base, messages=one.messages, forked_at=one.forked_at)
        for one in related
    ]
