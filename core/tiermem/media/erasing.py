"""What was said of media goes with the media, in the transaction that erases the last message which refers to them."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from tiermem.flows.reading.described import collection
from tiermem.flows.services import Core
from tiermem.settings import Scope
from tiermem.storage import messages as log
from tiermem.storage import owners, sessions
from tiermem.storage.erasures import tombstones
from tiermem.storage.shown import media as rows


def of_lost(connection: sa.Connection, core: Core, scope: Scope, reason: str, digests: Collection[bytes]) -> int:
    """Erase what was said of those media *digests* of the user of *scope* that are no more; how many those were."""
    gone = set(digests) - rows.present(connection, owners.key_of(scope), digests)
    return of(connection, core, scope, reason, gone)


def alone(connection: sa.Connection, scope: Scope) -> set[bytes]:
    """The media that only the conversation *scope* refers to."""
    row = sessions.find(connection, scope)
    return rows.alone(connection, int(row.pk)) if row.pk else set()


def of(connection: sa.Connection, core: Core, scope: Scope, reason: str, digests: Collection[bytes]) -> int:
    """Erase what was said of these media of the user of *scope*; how many those were. Sessions are locked before: of
    two who erase, one waits."""
    row = sessions.find(connection, collection(scope), lock=True) if digests else None
    if row is None or not row.pk:
        return 0
    numbers = {number for digest in digests if (number := log.by_id(connection, row.pk, digest.hex()))}
    if numbers:
        tombstones.erase(connection, row, numbers, reason, core.now(), core.settings.compact_at)
    return len(numbers)
