"""Whether what was erased is gone, whoever has a receipt: tombstones against what the tables have of them."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from tiermem.storage.erasures.taking import GONE, belongings
from tiermem.storage.schema import session
from tiermem.storage.sessions import ERASED
from tiermem.storage.tables.erasures import erasure
from tiermem.storage.tables.media import OWNER, media, media_use
from tiermem.storage.tables.talk import conversation


def differences(connection: sa.Connection) -> Iterator[str]:
    """Erasures that are neither under way nor finished, and rows of sessions whose rows are said to be gone."""
    odd = connection.execute(sa.select(erasure.c.pk).where(erasure.c.done.not_in([0, 1]))).scalars()
    yield from (f"tiermem_erasure, erasure {pk}: it says neither that it is finished nor that it is not" for pk in odd)
    unused = sa.and_(sa.func.length(media.c.owner) == OWNER, ~sa.exists().where(media_use.c.media == media.c.pk))
    if count := connection.execute(sa.select(sa.func.count()).select_from(media).where(unused)).scalar_one():
        yield f"tiermem_media: {count} rows to which no message refers"
    gone = sa.select(session.c.pk).where(session.c.tenant == ERASED, session.c.messages == GONE)
    for table in (*belongings("session"), conversation):
        query = sa.select(sa.func.count()).select_from(table).where(table.c.session.in_(gone))
        if count := connection.execute(query).scalar_one():
            yield f"{table.name}: {count} rows of sessions that were erased"
