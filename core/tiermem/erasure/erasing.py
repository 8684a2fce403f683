"""How a user's things, or one session, are erased: taken from them at once, then removed, then the files are scrubbed.

A process that ends between leaves what nobody can find any more; the next one that opens the database removes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import sqlalchemy as sa

from tiermem.erasure import given_up, issuing, traces
from tiermem.erasure.keeping import refuse_kept
from tiermem.erasure.messages import of_messages
from tiermem.erasure.receipt import Receipt, checked
from tiermem.flows.effects import Flow, Read, Tell, Transact, Wake
from tiermem.flows.services import Core
from tiermem.media import erasing as descriptions
from tiermem.providers.calls import refuse_reentry
from tiermem.settings import Scope
from tiermem.storage.blobs import storing
from tiermem.storage.erasures import rules, sharing, taking
from tiermem.storage.erasures.taking import CHUNK, ROWS, Ticket
from tiermem.storage.schema import message, session, shelf
from tiermem.storage.shelves import rows as shelves
from tiermem.storage.tables.items import collection
from tiermem.storage.tables.media import media_use

Refuse: TypeAlias = Callable[[sa.Connection], None]  # asked in the transaction that erases; raises where it must not


def of_user(
    core: Core, scope: Scope, reason: str, dry_run: bool, vacuum: bool, overrule: bool = False
) -> Flow[Receipt]:
    """See `Memory.erase`."""
    reason = core.private(checked(reason))
    refuse = _nothing if overrule else partial(_refuse_kept, core=core, scope=scope, whole=True)
    if dry_run:
        return (yield from _survey(core, scope, refuse, whole=True))
    return (yield from _erase(core, scope, reason, refuse, whole=True, vacuum=vacuum))


def of_session(
    core: Core, scope: Scope, refs: Sequence[str], reason: str, dry_run: bool, vacuum: bool, overrule: bool = False
) -> Flow[Receipt]:
    """See `Session.erase`."""
    refuse_reentry(scope)
    reason = core.private(checked(reason))
    if refs:
        return (yield from of_messages(core, scope, refs, reason, dry_run, vacuum, overrule))
    refuse = _nothing if overrule else partial(_refuse_kept, core=core, scope=scope, whole=False)
    if dry_run:
        return (yield from _survey(core, scope, refuse, whole=False))
    return (yield from _erase(core, scope, reason, refuse, whole=False, vacuum=vacuum))


def of_expired(core: Core, scope: Scope, reason: str, refuse: Refuse) -> Flow[Receipt]:
    """Erase a whole conversation whose messages are all past their time, unless *refuse*, asked in the transaction that
    takes it, raises."""
    refuse_reentry(scope)
    return (yield from _erase(core, scope, reason, refuse, whole=False, vacuum=False))


def _nothing(_connection: sa.Connection) -> None:
    """Refuses nothing."""


def _refuse_kept(connection: sa.Connection, core: Core, scope: Scope, *, whole: bool) -> None:
    held = taking.held_by(connection, scope, whole=whole)
    refuse_kept(connection, scope, core.now(), [(row, None) for row in held])


def _erase(core: Core, scope: Scope, reason: str, refuse: Refuse, *, whole: bool, vacuum: bool) -> Flow[Receipt]:
    def taken(connection: sa.Connection) -> tuple[Ticket, list[Scope]]:
        refuse(connection)
        if whole:
            rules.put(connection, scope, "")  # what holds for a user goes with the user
        lost = set() if whole else descriptions.alone(connection, scope)
        forks = [] if whole else sharing.release(connection, scope, reason, core.now())
        ticket = taking.take(connection, scope, reason, core.now(), whole=whole)
        descriptions.of(connection, core, scope, reason, lost)
        return ticket, forks

    taken_now: tuple[Ticket, list[Scope]] = yield Transact(taken)
    ticket, forks = taken_now
    traces.drop(core)
    removed, hashes = yield from _removed(ticket)
    if whole:
        yield from given_up.finish()  # what an import of this user put aside
    yield Transact(lambda c: taking.finish(c, ticket), lambda _: [_told(scope, ticket, reason)])
    removed[session.name], removed[collection.name] = len(ticket.sessions), len(ticket.collections)
    for fork in forks:  # words and window of what is left to them
        yield Wake(fork)
    erased = [issuing.erased(ticket.key, one, hashes.get(one.key, ())) for one in ticket.sessions]
    return (yield from issuing.receipt(core, scope, ticket, erased, removed, reason, vacuum=vacuum, whole=whole))


def _survey(core: Core, scope: Scope, refuse: Refuse, *, whole: bool) -> Flow[Receipt]:
    def counted(connection: sa.Connection) -> dict[str, int]:
        refuse(connection)
        return taking.count(connection, scope, whole=whole)

    return (yield from issuing.counted(core, (yield Read(counted))))


def finish() -> Flow[int]:
    """Remove what erasures left that a process began and did not finish; how many they were."""
    tickets: list[Ticket] = yield Read(taking.unfinished)
    for ticket in tickets:
        yield from _removed(ticket)
        yield Transact(partial(taking.finish, ticket=ticket))
    unscrubbed = yield from traces.left_behind()
    return max(len(tickets), int(unscrubbed))


def _told(scope: Scope, ticket: Ticket, reason: str) -> Tell:
    numbers = {"sessions": len(ticket.sessions), "count": sum(one.messages for one in ticket.sessions)}
    return Tell("erased", scope, lambda: {"erasure": ticket.number, **numbers, "reason": reason})


def _removed(ticket: Ticket) -> Flow[tuple[Counter[str], dict[int, list[bytes]]]]:
    """Removes all rows of *ticket*: how many by table, and the hashes of the messages by session."""
    removed, hashes = Counter[str](), dict[int, list[bytes]]()
    for keys in _chunks([one.key for one in ticket.sessions]):
        while some := (yield Transact(partial(taking.purge_messages, ticket=ticket, keys=keys))):
            removed[message.name] += len(some)
            for of, sha in some:
                hashes.setdefault(of, []).append(sha)
        while referred := (yield Transact(partial(storing.of_sessions, keys=keys))):
            removed[media_use.name] += referred
        for table in taking.belongings("session"):
            removed[table.name] += yield from _emptied(table, "session", keys)
    while some_of_shelves := (yield Transact(shelves.purge)):
        removed[shelf.name] += some_of_shelves
    while items := (yield Transact(partial(taking.items_of, collections=ticket.collections))):
        for table in taking.belongings("item"):
            removed[table.name] += yield from _emptied(table, "item", items)
        for table in taking.belongings("collection"):
            removed[table.name] += yield Transact(partial(taking.remove, table=table, keys=items))
    return +removed, hashes


def _emptied(table: sa.Table, column: str, keys: Sequence[int]) -> Flow[int]:
    count = 0
    while some := (yield Transact(partial(taking.purge, table=table, column=column, keys=keys))):
        count += some
        if some < ROWS:
            break
    return count


def _chunks(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]
