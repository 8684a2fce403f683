"""The end of every erasure: caches dropped, files scrubbed, and the receipt made out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tiermem.erasure import caches
from tiermem.erasure.receipt import (
    HASH,
    LOG_BUSY,
    NOT_OURS,
    NOT_OURS_OF_A_SERVER,
    SHARED,
    STATED,
    UNVACUUMED,
    ErasedSession,
    Receipt,
)
from tiermem.flows.effects import Flow, Read, Scrub, Scrubbed
from tiermem.flows.services import Core
from tiermem.settings import Scope
from tiermem.storage.erasures import taking
from tiermem.storage.erasures.taking import Taken, Ticket
from tiermem.storage.sessions import encoded
from tiermem.storage.tables.erasures import digest


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
) -> Flow[Receipt]:
    """The receipt of *ticket*, once the files are scrubbed."""
    caches.drop(core)
    scrubbed: Scrubbed = yield Scrub(vacuum)
    return Receipt(
        database=(yield Read(taking.identity)),
        number=ticket.number,
        at=core.now(),
        reason=reason,
        whole=whole,
        owner=taking.of_user(ticket.key, encoded(scope.tenant), encoded(scope.user)).hex(),
        key=ticket.key.hex(),
        sessions=tuple(erased),
        removed=dict(+removed),
        **_outside(scrubbed, whole=whole),
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


def _outside(scrubbed: Scrubbed, *, whole: bool) -> dict[str, Any]:
    """What of the files is pending, and what is not ours to remove."""
    not_ours = NOT_OURS if whole else (*NOT_OURS, STATED, SHARED)
    if not scrubbed.server:
        return {"pending": () if scrubbed.emptied else (LOG_BUSY,), "not_ours": not_ours}
    not_ours = (*not_ours, *NOT_OURS_OF_A_SERVER)
    return {"pending": () if scrubbed.vacuumed else (UNVACUUMED,), "not_ours": not_ours}
