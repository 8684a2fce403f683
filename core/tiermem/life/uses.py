"""When messages were used: restored, cited, opened. Uses are decisions, so they can be explained and taken back.

A read writes nothing: what `expand` opens is remembered by the process and written down with the next sleep, or when
somebody says what was used. A process that ends before loses that, and no message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from tiermem.errors import InvalidMessage, UnknownReference
from tiermem.flows.effects import Flow, Read, Transact
from tiermem.flows.services import Core
from tiermem.flows.writing import decide
from tiermem.flows.writing.commit import commit
from tiermem.flows.writing.used import USE
from tiermem.providers.calls import refuse_reentry
from tiermem.records import Decision
from tiermem.search.passages import runs
from tiermem.settings import Scope
from tiermem.storage import sessions
from tiermem.storage.erasures import tombstones
from tiermem.storage.sessions import SessionRow

CITED, OPENED = "cited", "opened"
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
        return commit(connection, core, scope, row, _planned(_numbers(connection, row, refs), reason))

    made: list[Decision] = yield Transact(body)
    return made


def there(named: Sequence[tuple[Scope, Sequence[str]]]) -> Flow[None]:
    """See that all that is *named*, by session, can be used, so that a wrong one keeps all from being written.

    Raises:
        UnknownReference: one of them names nothing, or was erased.
    """

    def body(connection: sa.Connection) -> None:
        for scope, refs in named:
            _numbers(connection, sessions.find(connection, scope), refs)

    yield Read(body)


def _numbers(connection: sa.Connection, row: SessionRow, refs: Sequence[str]) -> set[int]:
    numbers: set[int] = set()
    for ref in refs:
        sequence, summary = decide.resolve(connection, row, ref)
        numbers |= {sequence} if summary is None else set(range(summary.first, summary.last + 1))
    if buried := tombstones.buried(connection, row.pk) & numbers:
        raise UnknownReference(f"m{min(buried)} was erased")
    return numbers


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
