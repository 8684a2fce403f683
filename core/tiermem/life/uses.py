"""When messages were used: restored, cited, opened. Uses are decisions, so they can be explained and taken back.

A read writes nothing: what `expand` opens is remembered by the process and written down with the next sleep, or when
somebody says what was used. A process that ends before loses that, and no message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from tiermem.errors import InvalidMessage
from tiermem.flows.effects import Flow, Transact
from tiermem.flows.services import Core
from tiermem.flows.writing import decide
from tiermem.flows.writing.commit import commit
from tiermem.providers.calls import refuse_reentry
from tiermem.records import Decision
from tiermem.search.passages import runs
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions

USE = "use"
CITED, OPENED = "cited", "opened"
_ASKED_FOR = "asked for"  # the reason of a restore that somebody asked for
DAY = 86_400.0


def used(core: Core, scope: Scope, refs: Sequence[str], reason: str) -> Flow[list[Decision]]:
    """Write down that the messages of *refs* in the session of *scope* were used.

    Raises:
        UnknownReference: one of them names nothing; nothing was written. InvalidMessage: *reason* is no text.
    """
    if not isinstance(reason, str) or not reason.strip() or len(reason) > 200:
        raise InvalidMessage("reason must be a text of 1 to 200 characters")
    refuse_reentry(scope)

    def body(connection: sa.Connection) -> list[Decision]:
        row = sessions.find(connection, scope, lock=True)
        numbers: set[int] = set()
        for ref in refs:
            sequence, summary = decide.resolve(connection, row, ref)
            numbers |= {sequence} if summary is None else set(range(summary.first, summary.last + 1))
        return commit(connection, core, scope, row, _planned(numbers, reason))

    made: list[Decision] = yield Transact(body)
    return made


def opened(core: Core, scope: Scope) -> Flow[list[Decision]]:
    """Write down what was opened in the session of *scope* since this was last done."""
    numbers = core.opened.pop(scope, set())
    if not numbers:
        return []

    def body(connection: sa.Connection) -> list[Decision]:
        row = sessions.find(connection, scope, lock=True)
        there = {number for number in numbers if 1 <= number <= row.messages}
        return commit(connection, core, scope, row, _planned(there, OPENED)) if row.pk and there else []

    made: list[Decision] = yield Transact(body)
    return made


def _planned(numbers: Iterable[int], reason: str) -> list[Decision]:
    spans = runs(sorted(numbers))
    return [Decision(number=0, kind=USE, first=first, last=last, reason=reason) for first, last in spans]


def uses(connection: sa.Connection, pk: int) -> list[Decision]:
    """The decisions of a session that are uses and not undone, oldest first."""
    made = decisions.journal(connection, pk, kinds=(USE, "restore"))
    return [one for one in made if not one.undone and (one.kind == USE or one.reason == _ASKED_FOR)]


def by_message(made: Iterable[Decision]) -> dict[int, list[float]]:
    """The days since 1970 at which each message was used, in order."""
    found: dict[int, list[float]] = {}
    for one in made:
        if one.decided_at is not None:
            for number in range(one.first, one.last + 1):
                found.setdefault(number, []).append(day_of(one.decided_at))
    return found


def day_of(moment: datetime) -> float:
    """*moment* in days since 1970."""
    return moment.timestamp() / DAY
