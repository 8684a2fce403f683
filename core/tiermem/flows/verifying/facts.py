"""Facts against their messages: read again, and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from tiermem.flows.indexing import facts as reading
from tiermem.flows.verifying.rows import told
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import facts as stored
from tiermem.storage import messages as log
from tiermem.storage.schema import Stored, broken, fact
from tiermem.storage.sessions import SessionRow


def facts_differ(
    connection: sa.Connection, scope: Scope, row: SessionRow, messages: Sequence[Message]
) -> Iterator[str]:
    """Where the facts of *messages*, all of a stretch of the session *row*, are not what these state."""
    if row.foreign or not messages:  # what another analyser made cannot be said
        return
    messages = sorted(messages, key=lambda message: message.sequence)
    first, last = messages[0].sequence, messages[-1].sequence
    through = row.messages if scope.kind == reading.STATED else row.indexed
    kept = stored.in_range(connection, row.pk, first, last)
    for number in sorted(kept):
        yield from (told(fact, one) for one in kept[number] if broken(fact, one))
    before = log.read(connection, row.pk, max(1, first - reading.NEAR), first - 1)
    expected: dict[int, list[dict[str, Any]]] = {}
    for at in reading.of_messages(scope, row.pk, before, messages):
        if at.sequence <= through:
            expected.setdefault(at.sequence, []).append(stored.row_of(scope, at))
    damaged = {message.sequence for message in messages if message.origin == log.DAMAGED}
    for number in sorted(expected.keys() | kept.keys()):
        if number in damaged or any(broken(fact, one) for one in kept.get(number, ())):
            continue
        if [_plain(one) for one in kept.get(number, ())] != expected.get(number, []):
            yield f"tiermem_fact: the facts of message {number} are not those that its text states"


def _plain(row: Stored) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"pk", "checksum"}}
