"""Names by sentence against their messages: read again, and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from tiermem.flows.indexing import names as reading
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage.log.legible import UNREADABLE
from tiermem.storage.named import stretches
from tiermem.storage.schema import named
from tiermem.storage.sessions import SessionRow


def names_differ(
    connection: sa.Connection, scope: Scope, row: SessionRow, messages: Sequence[Message]
) -> Iterator[str]:
    """Where the names that are kept of *messages*, all of a stretch of the session *row*, are not those in them."""
    there = {message.sequence: message for message in messages if message.origin not in UNREADABLE}
    if not there:
        return
    near = sa.and_(named.c.last >= min(there), named.c.first <= max(there))
    query = sa.select(named).where(named.c.session == row.pk, named.c.rules == reading.RULES, near)
    for stored in connection.execute(query).mappings():
        part = stretches.legible(stored)
        if part is None:
            continue  # its checksum says so
        kept: dict[int, list[tuple[int, str, bool]]] = {}
        for one in part.names.mentions():
            kept.setdefault(one.number, []).append((one.sentence, one.name, one.sure))
        for number in (number for number in there if part.first <= number <= part.last):
            expected = [(one.sentence, one.name, one.sure) for one in reading.mentions(scope, there[number])]
            if kept.get(number, []) != expected:
                yield f"tiermem_named: the names of message {number} are not those that stand in it"
