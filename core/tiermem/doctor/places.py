"""Which number a user has in the database of a server, which all their rows have (`storage/shards/`)."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.errors import InvalidSettings
from tiermem.settings import Settings, scope_of
from tiermem.storage.database import Database
from tiermem.storage.shards.whose import number_of


def shard_of(url: str, namespace: str | tuple[str, str]) -> int:
    """The number of the user *namespace*, "user" or (tenant, user), in the database of a server.

    Raises:
        InvalidSettings: it is no server: a file has no such numbers.
        StorageError: it cannot be read.
    """
    scope, database = scope_of("-", namespace), Database(url, Settings(), read_only=True)

    def asked(connection: sa.Connection) -> int | None:
        return number_of(connection, scope)

    try:
        number = database.read(asked)
    finally:
        database.close()
    if number is None:
        raise InvalidSettings(f"{database.name} is no database of a server, or its key of users is damaged")
    return number
