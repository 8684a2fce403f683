"""A conversation's messages and index once more, under another name: as sound as those that were added, and cheaper."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem import Memory
from tiermem.flows.effects import Flow, Transact
from tiermem.index.segment import joined
from tiermem.settings import Scope
from tiermem.storage import messages as log
from tiermem.storage import segments, sessions
from tiermem.storage.talk import counting


class Copied:
    """What is copied: all of a session in which nothing was decided and no fact is stated.

    Args:
        memory: its own, and that of the copies.
        place: session and user.
    """

    def __init__(self, memory: Memory, place: tuple[str, str]) -> None:
        self._memory = memory
        scope = memory.session(*place).scope

        def index(connection: sa.Connection) -> list[object]:
            pk = sessions.find(connection, scope).pk
            return list(segments.read(connection, [pk])[pk])

        self._part = joined(memory.wiring[1]._database.read(index))  # type: ignore[arg-type]
        self._said = [(one, one.tokens) for one in memory.session(*place).messages()]

    def to(self, place: tuple[str, str]) -> None:
        """Once more, as session and user *place*."""
        self._memory.drive(self._flow(self._memory.session(*place).scope))

    def _flow(self, scope: Scope) -> Flow[None]:
        core = self._memory.wiring[0]

        def body(connection: sa.Connection) -> None:
            row = log.append(connection, scope, self._said, core.now(), core.settings.compact_at, as_stored=True).row
            segments.add(connection, row.pk, self._part, row.erasures)
            counting.add(connection, scope, row.pk, self._part, [])

        yield Transact(body)
