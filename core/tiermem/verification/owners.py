"""What is kept of each user's changes against their sessions."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from tiermem.settings import NOBODY
from tiermem.storage import owners
from tiermem.storage.schema import session
from tiermem.storage.sessions import ERASED, encoded
from tiermem.storage.tables.media import media, media_use
from tiermem.storage.tables.names import key_of_names
from tiermem.storage.tables.owners import owner


def differ(connection: sa.Connection) -> Iterator[str]:
    """Users of whom nobody could say what changed, and rows that are nobody's or name what is not theirs."""
    theirs: dict[tuple[bytes, bytes], set[str]] = {}
    somebodys = session.c.tenant != ERASED
    for tenant, user, key in connection.execute(
        sa.select(session.c.tenant, session.c.owner, session.c.pk).where(somebodys)
    ):
        theirs.setdefault((bytes(tenant), bytes(user)), set()).add(str(key))
    rows = connection.execute(sa.select(owner.c.tenant, owner.c.owner, owner.c.stamp, owner.c.recent)).all()
    kept = {(bytes(tenant), bytes(user)): (stamp, recent) for tenant, user, stamp, recent in rows}
    talked = sa.select(session.c.tenant, session.c.owner).where(session.c.name < b"\xff", somebodys).distinct()
    for tenant, user in connection.execute(talked):
        named = bool(bytes(tenant)) or bytes(user) != encoded(NOBODY)
        if named and (bytes(tenant), bytes(user)) not in kept:
            yield f"tiermem_owner: there is no row of the user {bytes(user)!r}, who has conversations"
    for whose, (stamp, recent) in kept.items():
        if whose not in theirs:
            yield f"tiermem_owner: the user {whose[1]!r} has a row, and no session"
        elif not isinstance(stamp, int) or stamp < 1 or not _legible(recent, theirs[whose]):
            yield f"tiermem_owner: what changed of the user {whose[1]!r} is damaged; all their sessions are looked at"


def media_differ(connection: sa.Connection) -> Iterator[str]:
    """Media that are another user's than the messages that refer to them."""
    there = media_use.join(media, media.c.pk == media_use.c.media).join(session, session.c.pk == media_use.c.session)
    columns = (session.c.tenant, session.c.owner, media.c.owner, media.c.pk)
    query = sa.select(*columns).select_from(there).where(session.c.tenant < ERASED).distinct()
    for tenant, user, whose, key in connection.execute(query):
        if key_of_names(bytes(tenant), bytes(user)) != bytes(whose):
            yield f"tiermem_media, row {key}: it is not that of the user whose messages refer to it"


def _legible(recent: object, keys: set[str]) -> bool:
    if not isinstance(recent, str) or (recent and len(recent) < owners.REMEMBERED and not recent.endswith(" ")):
        return False
    return all(entry.removesuffix(owners.ANEW) in keys for entry in recent.split(" ")[:-1])
