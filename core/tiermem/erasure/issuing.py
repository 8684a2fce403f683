"""The end of every erasure: caches dropped, files scrubbed, and the receipt made out; and receipts made out again
later, of what tombstones keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from tiermem.erasure import traces
from tiermem.erasure.receipt import (
    HASH,
    IN_A_STORE,
    LOG_BUSY,
    NOT_OURS,
    NOT_OURS_OF_A_SERVER,
    OF_TOMBSTONES,
    SHARED,
    STATED,
    UNVACUUMED,
    ErasedSession,
    Receipt,
)
from tiermem.errors import StorageCorrupt
from tiermem.flows.effects import Flow, Read, Scrubbed
from tiermem.flows.indexing import outside
from tiermem.flows.services import Core
from tiermem.settings import Scope
from tiermem.storage.erasures import past, taking
from tiermem.storage.erasures.past import PastErasure
from tiermem.storage.erasures.taking import Taken, Ticket
from tiermem.storage.schema import broken, message, session
from tiermem.storage.sessions import encoded, moment
from tiermem.storage.tables.erasures import digest, erasure
from tiermem.storage.tables.items import item


def receipt(
    core: Core,
    scope: Scope,
    ticket: Ticket,
    erased: Sequence[ErasedSession],
    removed: Counter[str],
    reason: str,
    *,
    vacuum: bool,
    whole: bool = False,
    paths: Iterable[bytes] = (),
) -> Flow[Receipt]:
    """The receipt of *ticket*, once the files are scrubbed."""
    traces.drop(core)
    beside = yield from outside.left_behind(core, scope)
    scrubbed = yield from traces.scrubbed(vacuum=vacuum)
    return Receipt(
        database=(yield Read(taking.identity)),
        number=ticket.number,
        at=core.now(),
        reason=reason,
        whole=whole,
        owner=taking.of_user(ticket.key, encoded(scope.tenant), encoded(scope.user)).hex(),
        key=ticket.key.hex(),
        sessions=tuple(erased),
        paths=tuple(path.hex() for path in paths),
        removed=dict(+removed),
        **_outside(scrubbed, beside, whole=whole),
    )


def counted(core: Core, rows: Mapping[str, int]) -> Flow[Receipt]:
    """What a dry run says: *rows* by table."""
    database = yield Read(taking.identity)
    return Receipt(database=database, number=0, at=core.now(), owner="", key="", removed=rows)


def erased(key: bytes, taken: Taken, hashes: Iterable[bytes], spans: Sequence[tuple[int, int]] = ()) -> ErasedSession:
    """What a receipt says of a session that was erased, or of the messages *spans* of it, by the *hashes* they had."""
    digests = b"".join(sorted(digest(key, sha)[:HASH] for sha in hashes))
    return ErasedSession(
        key=taken.key, digest=taken.digest.hex(), messages=taken.messages, hashes=digests.hex(), spans=tuple(spans)
    )


def _outside(scrubbed: Scrubbed, beside: int, *, whole: bool) -> dict[str, Any]:
    """What of the files is pending, and what is not ours to remove."""
    not_ours = NOT_OURS if whole else (*NOT_OURS, STATED, SHARED)
    stored = (IN_A_STORE.format(beside),) if beside else ()
    if not scrubbed.server:
        return {"pending": stored if scrubbed.emptied else (LOG_BUSY, *stored), "not_ours": not_ours}
    not_ours = (*not_ours, *NOT_OURS_OF_A_SERVER)
    return {"pending": stored if scrubbed.vacuumed else (UNVACUUMED, *stored), "not_ours": not_ours}


def erasures(scope: Scope) -> Flow[list[Receipt]]:
    """See `Memory.erasures`."""
    made: list[Receipt] = yield Read(partial(_receipts, scope=scope))
    return made


def _receipts(connection: sa.Connection, scope: Scope) -> list[Receipt]:
    database = taking.identity(connection)
    return [_receipt(connection, scope, database, one) for one in past.of(connection, scope)]


def _receipt(connection: sa.Connection, scope: Scope, database: str, one: PastErasure) -> Receipt:
    row, at = one.row, moment(one.row["erased_at"])
    if broken(erasure, row) or at is None:
        raise StorageCorrupt(f"tiermem_erasure, erasure {row['pk']}: not as it was written; `verify` says more")
    counts = {session.name: row["sessions"], message.name: row["messages"], item.name: row["items"]}
    only_items = bool(row["items"]) and not row["sessions"] and not row["messages"]
    whole = bytes(row["digest"]) == one.owner and not only_items
    return Receipt(
        database=database,
        number=row["pk"],
        at=at,
        reason=row["reason"],
        whole=whole,
        owner=one.owner.hex(),
        key=one.key.hex(),
        sessions=tuple(_sessions(connection, scope, one, whole=whole)),
        paths=(bytes(row["digest"]).hex(),) if only_items else (),
        removed={name: count for name, count in counts.items() if count},
        not_ours=(*NOT_OURS, OF_TOMBSTONES),
    )


def _sessions(connection: sa.Connection, scope: Scope, one: PastErasure, *, whole: bool) -> list[ErasedSession]:
    digest = "" if whole else bytes(one.row["digest"]).hex()
    taken = [ErasedSession(key=key, digest=digest, messages=0) for key in past.sessions_of(connection, one.row["pk"])]
    if one.row["sessions"]:
        return taken
    return taken + [
        ErasedSession(
            key=part.session,
            digest=part.digest.hex(),
            messages=len(part.hashes),
            hashes=b"".join(sorted(sha[:HASH] for sha in part.hashes)).hex(),
            spans=tuple(part.spans),
        )
        for part in past.messages_of(connection, scope, one)
    ]
