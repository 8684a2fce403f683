"""How items are erased by their path: a part in each transaction, so that others who write never wait for long."""

from __future__ import annotations

from collections import Counter
from functools import partial

import sqlalchemy as sa

from tiermem.erasure import issuing
from tiermem.erasure.receipt import Receipt, checked
from tiermem.flows.effects import Flow, Read, Tell, Transact
from tiermem.flows.services import Core
from tiermem.settings import Scope
from tiermem.storage.erasures import taking
from tiermem.storage.erasures.taking import Ticket
from tiermem.storage.sessions import encoded


def of_path(core: Core, scope: Scope, path: bytes, reason: str, dry_run: bool, vacuum: bool) -> Flow[Receipt]:
    """Erase the items at and under the stored *path*; see `Items.erase`."""
    reason = core.private(checked(reason))
    counted = yield Read(lambda connection: taking.count_items(connection, scope, path))
    if dry_run:
        return (yield from issuing.counted(core, counted))
    removed = Counter[str]()
    while some := (yield Transact(partial(taking.purge_items, scope=scope, path=path))):
        removed.update(some)
    ticket: Ticket = yield Transact(
        lambda connection: _tombstone(connection, core, scope, path, removed, reason),
        lambda done: [_told(scope, done, removed, reason)],
    )
    paths = [taking.of_path(ticket.key, encoded(scope.tenant), encoded(scope.user), path)]
    return (yield from issuing.receipt(core, scope, ticket, (), removed, reason, vacuum=vacuum, paths=paths))


def _tombstone(
    connection: sa.Connection, core: Core, scope: Scope, path: bytes, removed: Counter[str], reason: str
) -> Ticket:
    key = taking.secret(connection)
    mine = taking.of_user(key, encoded(scope.tenant), encoded(scope.user))
    of = taking.of_path(key, encoded(scope.tenant), encoded(scope.user), path)
    number = taking.tombstone(connection, of, mine, 0, 0, removed["tiermem_item"], reason, core.now(), done=True)
    return Ticket(number, (), (), key)


def _told(scope: Scope, ticket: Ticket, removed: Counter[str], reason: str) -> Tell:
    count = removed["tiermem_item"]
    return Tell("erased", scope, lambda: {"erasure": ticket.number, "sessions": 0, "count": count, "reason": reason})
