"""What there is of a user's media, and the bytes of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import sqlalchemy as sa

from tiermem.errors import UnknownReference, brief_repr
from tiermem.flows.effects import Flow, Read
from tiermem.flows.reading.described import collection
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import messages as log
from tiermem.storage.sessions import SessionRow
from tiermem.storage.shown import media as rows
from tiermem.storage.shown.media import MediumRow
from tiermem.text import late
from tiermem.window.media.showing import AboutMedium, about
from tiermem.window.view import within

_DIGEST = late.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredMedium:
    """A picture, sound, film or file that stands in messages of a user; its bytes are stored once.

    Args:
        sha256: of the bytes, in hexadecimal; `Media.read` takes it.
        type: "image/png", as the first message with it said, or else its own first bytes.
        size: in bytes.
        width, height: of a picture, in pixels, where its header says them; else 0.
        name, caption: what the first message that says so calls it, and says of it; "" where none does.
        description: what `describe=` said of it; "" where it was not asked, or said nothing.
        references: the messages that it stands in and that are not hidden: "friday/m12".
    """

    sha256: str
    type: str
    size: int
    width: int = 0
    height: int = 0
    name: str = ""
    caption: str = ""
    references: tuple[str, ...] = ()
    description: str = ""


def listed(scope: Scope, session: str | None) -> Flow[list[StoredMedium]]:
    """The media in the conversations of the user of *scope*, or in one, as they stand there."""
    body = partial(_of_user, scope=scope) if session is None else partial(_of_one, scope=scope, session=session)
    media: list[StoredMedium] = yield Read(body)
    return media


def read(scope: Scope, digest: object) -> Flow[bytes]:
    """The bytes of the medium of the user of *scope* with that SHA-256.

    Raises:
        UnknownReference: nothing that this user said and that was not erased has it.
        StorageCorrupt: they are lost or damaged.
    """
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise UnknownReference(f"a medium is named by its SHA-256 in 64 hexadecimal digits, not {brief_repr(digest)}")
    found: bytes | None = yield Read(partial(rows.body, scope=scope, digest=bytes.fromhex(digest)))
    if found is None:
        raise UnknownReference(f"no message of this user has the medium {digest}")
    return found


def _of_user(connection: sa.Connection, scope: Scope) -> list[StoredMedium]:
    found: dict[int, StoredMedium] = {}
    for pk in rows.sessions_of(connection, scope):
        row = sessions.by_key(connection, pk)
        _enter(connection, found, sessions.scope_of_key(connection, pk).session, row, row.base + 1)
    return _described(connection, scope, list(found.values()))


def _of_one(connection: sa.Connection, scope: Scope, session: str) -> list[StoredMedium]:
    found: dict[int, StoredMedium] = {}
    row = sessions.find(connection, Scope(scope.tenant, scope.user, session))
    if row.pk:
        _enter(connection, found, session, row, 1)
    return _described(connection, scope, list(found.values()))


def _described(connection: sa.Connection, scope: Scope, media: list[StoredMedium]) -> list[StoredMedium]:
    row = sessions.find(connection, collection(scope))
    if not row.pk:
        return media
    numbers = {one.sha256: log.by_id(connection, row.pk, one.sha256) for one in media}
    said = {one.id: one.text for one in log.pick(connection, row.pk, {number for number in numbers.values() if number})}
    return [replace(one, description=said.get(one.sha256, "")) for one in media]


def _enter(
    connection: sa.Connection, found: dict[int, StoredMedium], session: str, row: SessionRow, first: int
) -> None:
    """Enter the media of the messages of a session from number *first* on into *found*, by their keys."""
    hidden = decisions.hidden(connection, row)
    uses = [use for use in rows.uses(connection, row.pk, first, row.messages) if not within(hidden, use.sequence)]
    for use, said in _said(connection, row, uses):
        known = found.get(use.key) or _medium(use, said)
        found[use.key] = replace(
            known,
            name=known.name or said.name,
            caption=known.caption or said.caption,
            references=(*known.references, f"{session}/m{use.sequence}"),
        )


def _said(connection: sa.Connection, row: SessionRow, uses: list[MediumRow]) -> Iterator[tuple[MediumRow, AboutMedium]]:
    """What is said of each medium where it stands."""
    originals = {one.sequence: one for one in log.pick(connection, row.pk, {use.sequence for use in uses})}
    for use in uses:
        if use.sequence in originals:
            yield use, about(originals[use.sequence], use.sha256)


def _medium(use: MediumRow, said: AboutMedium) -> StoredMedium:
    return StoredMedium(use.sha256.hex(), use.type, use.size, said.width, said.height)
