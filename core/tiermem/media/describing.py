"""What a picture, a sound or a file shows, by a function of the user's: asked in the background, once a medium.

Rule 1: nothing waits for it: it is never called in a transaction, nor while something is added.
Rule 2: what it said is kept apart from what was said (`flows/reading/described.py`), and goes with the medium.
Rule 3: one that raises or hangs is asked again later; after `TRIES` this process passes the medium over.
Rule 4: it is shown nothing that is hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tiermem.errors import Closed, InvalidSettings, StorageError, described
from tiermem.flows import reporting
from tiermem.flows.effects import Await, Call, Flow, Read, Transact
from tiermem.flows.reading.described import SOURCE, collection
from tiermem.flows.services import Core, Failed
from tiermem.flows.writing import upkeep
from tiermem.messages import Message
from tiermem.providers.calls import refuse_waiting
from tiermem.settings import Scope
from tiermem.storage import decisions, owners, sessions
from tiermem.storage import messages as log
from tiermem.storage.blobs import storing
from tiermem.storage.shown import media as rows
from tiermem.storage.shown.media import MediumRow
from tiermem.tokens.counting import message_tokens
from tiermem.window.media.showing import about
from tiermem.window.view import within

if TYPE_CHECKING:
    from tiermem.storage.sessions import SessionRow

TRIES = 3
LONGEST = 8_000  # characters of a description that are kept


@dataclass(frozen=True, slots=True)
class UndescribedMedium:
    """What is to be described.

    Args:
        sha256: of the bytes, in hexadecimal.
        type: "image/png".
        data: the bytes.
        name, caption: what its message calls it, and says of it; "" where it does not.
    """

    sha256: str
    type: str
    data: bytes = field(repr=False)
    name: str = ""
    caption: str = ""


def attempt(core: Core, scope: Scope) -> Flow[bool | None]:
    """`step` for the background, where nobody catches: what fails is told by `stats` and tried again."""
    if core.describe is None or scope.kind != "conversation" or scope in core.describing:
        return False
    core.describing.add(scope)
    try:
        return (yield from step(core, scope))
    except Closed:
        return False
    except Exception as error:  # noqa: BLE001  # the thread must live; a full disk may have room again later
        core.known.describe_error = described(error)
        yield from reporting.noticed(core, scope)
        return None
    finally:
        core.describing.discard(scope)


def step(core: Core, scope: Scope) -> Flow[bool | None]:
    """Describe the next medium of a conversation. True: there may be more; False: nothing is left; None: it failed."""
    medium: UndescribedMedium | None = yield Read(partial(_next, core=core, scope=scope))
    if medium is None:
        return False
    key = _key(scope, medium.sha256)
    core.describing.add(key)
    try:
        return (yield from _told(core, scope, medium, key))
    finally:
        core.describing.discard(key)


def _told(core: Core, scope: Scope, medium: UndescribedMedium, key: tuple[str, str, str]) -> Flow[bool | None]:
    try:
        words = yield from _asked(core, scope, medium)
    except (Closed, StorageError):
        raise
    except Exception as error:  # noqa: BLE001  # user code; captions find it without
        before = core.undescribed.get(key)
        core.undescribed.put(key, Failed(1 + (before.times if before else 0), core.now().timestamp(), described(error)))
        core.known.describe_error = described(error)
        yield from reporting.noticed(core, scope)
        return None
    yield from _kept(core, scope, medium, words)
    core.known.describe_error = ""
    yield from reporting.noticed(core, scope)
    return True


def describe(core: Core, scope: Scope) -> Flow[int]:
    """Describe at once what waits in all conversations of the user of *scope*; how many media that were.

    Raises:
        InvalidSettings: the memory was opened without `describe=`.
        Reentrant: the function itself asks, which would wait for itself.
    """
    refuse_waiting()
    if core.describe is None:
        raise InvalidSettings("the memory was opened without describe=")
    named: list[str] = yield Read(lambda connection: sessions.names(connection, scope.tenant, scope.user))
    core.undescribed.clear()
    count = 0
    for one in [Scope(scope.tenant, scope.user, name) for name in named]:
        yield Await(lambda _, one=one: one not in core.describing, upkeep.FOREVER)  # type: ignore[misc]
        while (yield from attempt(core, one)):
            count += 1
    return count


def _key(scope: Scope, digest: str) -> tuple[str, str, str]:
    return scope.tenant, scope.user, digest


def _asked(core: Core, scope: Scope, medium: UndescribedMedium) -> Flow[str]:
    bounded = core.bounded_describe
    assert core.describe is not None and bounded is not None  # noqa: S101, PT018  # the caller looked
    seconds = core.settings.extractor_timeout
    said: Any = yield Call(lambda one: bounded(one, scope), core.describe, medium, scope, seconds + 1)
    if not isinstance(said, str | None):
        raise TypeError(f"describe= returns text or None, not {type(said).__name__}")
    return core.private((said or "")[:LONGEST])


def _kept(core: Core, scope: Scope, medium: UndescribedMedium, words: str) -> Flow[None]:
    where = collection(scope)
    state = {"source": f"{SOURCE}:{medium.sha256}", "chunks": 1}
    said = Message(role="tool", content=words, id=medium.sha256, origin="model_inference", state=state)
    counted = [(said, message_tokens(said, core.count))]

    def body(connection: sa.Connection) -> SessionRow | None:
        if not storing.held(connection, owners.key_of(scope), [bytes.fromhex(medium.sha256)]):
            return None  # it was erased meanwhile
        if medium.sha256 in _described(connection, where, [medium.sha256]):
            return None  # another process was faster
        return log.append(connection, where, counted, core.now(), core.settings.compact_at).row

    row = yield Transact(body)
    if row is not None:
        yield from upkeep.after_adding(core, where, row)


def _next(connection: sa.Connection, core: Core, scope: Scope) -> UndescribedMedium | None:
    row = sessions.find(connection, scope)
    if not row.pk:
        return None
    hidden = decisions.hidden(connection, row)
    uses: dict[str, MediumRow] = {}
    for use in rows.uses(connection, row.pk, row.base + 1, row.messages):
        if not within(hidden, use.sequence):
            uses.setdefault(use.sha256.hex(), use)
    known = _described(connection, collection(scope), list(uses))
    left = (use for digest, use in uses.items() if digest not in known and not _passed_over(core, scope, digest))
    chosen = next(left, None)
    return None if chosen is None else _undescribed(connection, row, scope, chosen)


def _passed_over(core: Core, scope: Scope, digest: str) -> bool:
    """Whether another conversation's step is at it, or it failed too often."""
    key = _key(scope, digest)
    failed = core.undescribed.get(key)
    return key in core.describing or (failed is not None and failed.times >= TRIES)


def _described(connection: sa.Connection, where: Scope, digests: Sequence[str]) -> set[str]:
    row = sessions.find(connection, where)
    return {digest for digest in digests if log.by_id(connection, row.pk, digest)} if row.pk else set()


def _undescribed(connection: sa.Connection, row: SessionRow, scope: Scope, use: MediumRow) -> UndescribedMedium | None:
    data = rows.body(connection, scope, use.sha256)
    (message,) = log.pick(connection, row.pk, [use.sequence])
    said = about(message, use.sha256)
    return UndescribedMedium(use.sha256.hex(), use.type, data or b"", said.name, said.caption)
