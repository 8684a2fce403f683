"""The database that a migration fills. Nobody opens it before its end: its version says that it is unfinished.

Which process fills it is a mark in that version, which each of its transactions looks at: who begins again takes over,
and one that still runs ends with an error, so two never write in turns.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from tiermem.errors import StorageCorrupt, TargetNotEmpty
from tiermem.settings import Settings
from tiermem.storage.database import Database
from tiermem.storage.migrated.making import make, refuse_foreign
from tiermem.storage.migrated.placing import have_secret
from tiermem.storage.migrations import LOCK
from tiermem.storage.schema import UNFINISHED, VERSION, meta
from tiermem.storage.tables import seals
from tiermem.storage.tables.columns import metadata
from tiermem.storage.tables.erasures import KEY

T = TypeVar("T")
_BEGUN = f"{UNFINISHED} {VERSION} "


class Unfinished(Database):
    """An empty database, or one that a migration of the same *database* began to fill.

    Raises:
        TargetNotEmpty: it is neither; it was left untouched.
    """

    def __init__(self, target: str, settings: Settings, database: str) -> None:
        self._moved = database
        self._mark = f"{_BEGUN}{secrets.token_hex(8)}"
        super().__init__(target, settings)

    def fill(self, body: Callable[[sa.Connection], T]) -> T:
        """`write`, as long as this process is the one that fills the database."""

        def filling(connection: sa.Connection) -> T:
            version = sa.select(meta.c.value).where(meta.c.key == "version").with_for_update()
            if connection.execute(version).scalar() != self._mark:
                raise TargetNotEmpty(f"{self.name}: another process goes on with this migration")
            return body(connection)

        return self.write(filling)

    def keyed(self, key: bytes | None) -> bytes:
        """The key of the database's digests, by which a server finds rows: that of the source, or where it never needed
        one its own."""

        def kept(connection: sa.Connection) -> bytes:
            if key is None:
                return have_secret(connection)
            seals.keep(connection, KEY, key.hex())
            return key

        return self.fill(kept)

    def finish(self) -> None:
        """Give the database free."""
        self.fill(_freed)

    def _migrated(self) -> str:
        self._write(self._begun)
        return self._moved

    def _begun(self, connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        there = set(sa.inspect(connection).get_table_names())
        if meta.name in there:
            self._go_on(connection)
            return
        if there & metadata.tables.keys():
            raise TargetNotEmpty(f"tables of tiermem are in {self._where} already; it was left untouched")
        refuse_foreign(connection)
        make(connection)
        for key, value in (("database", self._moved), ("version", self._mark)):
            connection.execute(meta.insert().values(key=key, value=value))

    def _go_on(self, connection: sa.Connection) -> None:
        known = {row.key: row.value for row in connection.execute(sa.select(meta).with_for_update())}
        version = known.get("version", "")
        if not version.startswith(UNFINISHED):
            raise TargetNotEmpty(f"{self._where} has a database of tiermem already; name an empty one")
        if known.get("database") != self._moved:
            raise TargetNotEmpty(f"{self._where} is filled by the migration of another database; name an empty one")
        if not version.startswith(_BEGUN):
            raise TargetNotEmpty(f"{self._where} is filled by another version of tiermem; go on with that one")
        connection.execute(meta.update().where(meta.c.key == "version").values(value=self._mark))

    @property
    def _where(self) -> str:
        return str(self._file or sa.make_url(self.target).render_as_string(hide_password=True))


def database_id(connection: sa.Connection) -> str:
    """Which database that is.

    Raises:
        StorageCorrupt: it does not say.
    """
    known = connection.execute(sa.select(meta.c.value).where(meta.c.key == "database")).scalar()
    if not known:
        raise StorageCorrupt("tiermem_meta says no id of the database; `tiermem rescue` gives it one")
    return str(known)


def _freed(connection: sa.Connection) -> None:
    """A server counts keys by itself: it goes on behind those that were brought. The version comes last."""
    for table in metadata.sorted_tables if connection.dialect.name == "postgresql" else ():
        if (column := table.autoincrement_column) is not None:
            most = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            counter = sa.func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(sa.select(sa.func.setval(counter, most, sa.false())))
    connection.execute(meta.update().where(meta.c.key == "version").values(value=str(VERSION)))
