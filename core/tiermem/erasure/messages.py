"""How single messages are erased: made tombstones in one transaction, and what rested on them is derived anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.erasure import issuing
from tiermem.erasure.keeping import refuse_kept
from tiermem.erasure.receipt import ErasedSession, Receipt, checked
from tiermem.errors import UnknownReference, brief_repr
from tiermem.flows.effects import Flow, Read, Tell, Transact, Wake
from tiermem.flows.indexing.facts import stated_by
from tiermem.flows.services import Core
from tiermem.flows.writing import decide, elsewhere
from tiermem.media import erasing as descriptions
from tiermem.providers.calls import refuse_reentry
from tiermem.search.passages import runs
from tiermem.settings import Scope
from tiermem.shared_history import owner_of, shared_of
from tiermem.storage import entries as entry_rows
from tiermem.storage import owners, sessions
from tiermem.storage.documents import chunks as documents
from tiermem.storage.erasures import scrubbing, sharing, taking, tombstones
from tiermem.storage.erasures.taking import Taken, Ticket
from tiermem.storage.sessions import SessionRow, encoded, stored_name
from tiermem.storage.shown import media as shown_media
from tiermem.text.documents import outcomes_of, prefix

_STATED = re.compile(r"f(\d{1,18})")  # what was stated, pinned, corrected or retracted of the user
OUTCOME = "outcome"  # the kind of decision by which `notes/reporting.py` keeps what was reported of a procedure
Pick = Callable[[sa.Connection, SessionRow], set[int]]  # the numbers of what is to be erased, behind a lock


class _Buried(NamedTuple):
    ticket: Ticket
    erased: list[ErasedSession]
    removed: Counter[str]
    due: list[Scope]  # whose words and window are to be seen to: who said it, and who shares it


def of_messages(
    core: Core, scope: Scope, refs: Sequence[str], reason: str, dry_run: bool, vacuum: bool, overrule: bool = False
) -> Flow[Receipt]:
    """Erase what *refs* name, in any conversation of the user; see `Session.erase`.

    Raises:
        UnknownReference: one of them names nothing; nothing was erased.
    """
    stated = {ref: match[1] for ref in refs if isinstance(ref, str) and (match := _STATED.fullmatch(ref))}
    places = yield from elsewhere.located(scope, [ref for ref in refs if ref not in stated])
    named: dict[Scope, list[str]] = {}
    for place in places:
        named.setdefault(place.scope, []).append(place.ref)
    if stated:
        named[stated_by(scope)] = [f"m{number}" for number in stated.values()]
    wanted = {where: partial(_behind, refs=local) for where, local in named.items()}
    return (yield from _erase(core, scope, wanted, reason, dry_run=dry_run, vacuum=vacuum, overrule=overrule))


def of_numbers(core: Core, scope: Scope, numbers: Collection[int], reason: str, *, dry_run: bool) -> Flow[Receipt]:
    """Erase the messages of these *numbers* of the session of *scope*; what was erased before is not counted."""

    def named(_connection: sa.Connection, _row: SessionRow) -> set[int]:
        return set(numbers)

    return (yield from _erase(core, scope, {scope: named}, reason, dry_run=dry_run, vacuum=False))


def of_source(
    core: Core, scope: Scope, source: str | None, reason: str, dry_run: bool, vacuum: bool, overrule: bool = False
) -> Flow[Receipt]:
    """Erase every version of the documents of *source* (None: of all) in the collection *scope*; see `Knowledge.erase`.

    Raises:
        UnknownReference: nothing of that source was ever added, or it was erased.
    """
    reason = core.private(checked(reason))
    if source is not None and not isinstance(source, str):
        raise UnknownReference(f"a source is named by text, not by {type(source).__name__}")
    wanted: dict[Scope, Pick] = {
        scope: partial(_chunks, source=source),
        stated_by(scope): partial(_outcomes, source=source),
    }
    return (yield from _erase(core, scope, wanted, reason, dry_run=dry_run, vacuum=vacuum, overrule=overrule))


def _outcomes(connection: sa.Connection, row: SessionRow, source: str | None) -> set[int]:
    """The numbers of what was reported of the procedure that a note of *source* keeps, or of all procedures."""
    if source is None:
        return documents.decided(connection, row.pk, OUTCOME)
    return {mark.sequence for mark in documents.chunks(connection, row.pk, prefix(outcomes_of(source)))}


def _erase(
    core: Core,
    home: Scope,
    wanted: Mapping[Scope, Pick],
    reason: str,
    *,
    dry_run: bool,
    vacuum: bool,
    overrule: bool = False,
) -> Flow[Receipt]:
    def allowed(connection: sa.Connection) -> sa.Connection:
        if not overrule:
            _refuse_kept(connection, core, home, wanted)
        return connection

    for where in wanted:
        refuse_reentry(where)
    if dry_run:
        return (yield from issuing.counted(core, (yield Read(lambda connection: _count(allowed(connection), wanted)))))
    buried: _Buried = yield Transact(
        lambda connection: _bury(allowed(connection), core, home, wanted, reason),
        lambda done: [_told(home, done, reason)] if done.erased else (),
    )
    ticket, erased, removed, due = buried
    receipt = yield from issuing.receipt(core, home, ticket, erased, removed, reason, vacuum=vacuum)
    for where in dict.fromkeys([*wanted, *due]):
        yield Wake(where)
    return receipt


def _refuse_kept(connection: sa.Connection, core: Core, home: Scope, wanted: Mapping[Scope, Pick]) -> None:
    rows = [(sessions.find(connection, where), pick) for where, pick in wanted.items()]
    named = [(row, pick(connection, row) - tombstones.buried(connection, row.pk)) for row, pick in rows if row.pk]
    refuse_kept(connection, home, core.now(), named)


def _told(scope: Scope, buried: _Buried, reason: str) -> Tell:
    count = sum(one.messages for one in buried.erased)
    return Tell(
        "erased",
        scope,
        lambda: {"erasure": buried.ticket.number, "sessions": 0, "count": count, "reason": reason},
    )


def _count(connection: sa.Connection, wanted: Mapping[Scope, Pick]) -> dict[str, int]:
    found = [(sessions.find(connection, where), pick) for where, pick in wanted.items()]
    named = _by_owner((row, pick(connection, row)) for row, pick in found)
    count = sum(len(numbers - tombstones.buried(connection, owner)) for owner, numbers in named.items())
    return {"tiermem_message": count} if count else {}


def _by_owner(named: Iterable[tuple[SessionRow, set[int]]]) -> dict[int, set[int]]:
    """The numbers that are *named* in sessions, by the plain key of the one that stores the messages; without those of
    sessions that were erased."""
    found: dict[int, set[int]] = {}
    for row, numbers in named:
        for number in numbers:
            if (owner := owner_of(row.pk, number)) > 0:
                found.setdefault(owner, set()).add(number)
    return found


def _bury(connection: sa.Connection, core: Core, home: Scope, wanted: Mapping[Scope, Pick], reason: str) -> _Buried:
    key, now = taking.secret(connection), core.now()
    found = [sessions.find(connection, where) for where in wanted]
    involved = {key for row in found for key in (int(row.pk), *(owner for owner, _ in shared_of(row.pk))) if key > 0}
    for one in sorted(involved):  # of two who lock several, one waits
        sessions.lock(connection, one)
    rows = [(sessions.find(connection, where), pick) for where, pick in wanted.items()]
    named = _by_owner((row, pick(connection, row)) for row, pick in rows)
    erased: list[ErasedSession] = []
    removed, due = Counter[str](), list[Scope]()
    for owner in sorted(named):
        numbers = named[owner] - tombstones.buried(connection, owner)
        if not numbers:
            continue
        row, where = sessions.by_key(connection, owner), sessions.scope_of_key(connection, owner)
        media = shown_media.of(connection, owner, numbers)
        hashes, counts = tombstones.erase(connection, row, numbers, reason, now, core.settings.compact_at)
        removed.update(counts)
        descriptions.of_lost(connection, core, where, reason, media)
        counts, forks = sharing.reach(connection, row, numbers, reason, now, core.settings.compact_at)
        removed.update(counts)
        due += [where, *forks]
        taken = Taken(owner, len(hashes), _of(key, where))
        erased.append(issuing.erased(key, taken, hashes, runs(sorted(numbers))))
        owners.changed(connection, where, row.pk, anew=True)
    mine = taking.of_user(key, encoded(home.tenant), encoded(home.user))
    count = sum(one.messages for one in erased)
    number = taking.tombstone(connection, _of(key, home), mine, 0, count, 0, reason, now, done=True)
    scrubbing.note(connection)
    return _Buried(Ticket(number, (), (), key), erased, removed, due)


def _of(key: bytes, scope: Scope) -> bytes:
    return taking.of_session(key, encoded(scope.tenant), encoded(scope.user), stored_name(scope))


def _behind(connection: sa.Connection, row: SessionRow, refs: Sequence[str]) -> set[int]:
    """The numbers of the messages behind *refs*, hidden ones too; of a summary's span system prompts and pinned
    messages stay."""
    wanted: set[int] = set()
    for ref in refs:
        number, summary = decide.resolve(connection, row, ref)
        if summary is None:
            wanted.add(number)
        else:
            fixed = {entry.sequence for entry in entry_rows.fixed(connection, row.pk, summary.last)}
            wanted |= set(range(summary.first, summary.last + 1)) - fixed
    return wanted


def _chunks(connection: sa.Connection, row: SessionRow, source: str | None) -> set[int]:
    """The numbers of all chunks of *source*, or of all sources, also of those that were replaced or removed."""
    begins = "" if source is None else prefix(source)
    numbers = {chunk.sequence for chunk in documents.chunks(connection, row.pk, begins)}
    if source is not None and not numbers:
        raise UnknownReference(f"no document of this user has the source {brief_repr(source)}")
    return numbers
