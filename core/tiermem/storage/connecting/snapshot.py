"""A database as it was at one moment, for what reads it long; whoever takes it for a `Database` cannot write."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NoReturn, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from tiermem.errors import StorageReadOnly
from tiermem.storage.connecting.failures import legible, translate
from tiermem.storage.shards.whose import begun

T = TypeVar("T")


class Snapshot:
    """What one transaction sees. Thread-safe: one thread reads at a time.

    Args:
        connection: in a transaction, which whoever made it ends.
        target: what was opened.
        name: the same without a password.
    """

    read_only = True
    closed = False

    def __init__(self, connection: sa.Connection, target: str, name: str) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self.target = target
        self.name = name

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._connection.dialect.name

    def read(self, body: Callable[[sa.Connection], T], brief: Callable[[sa.Connection], T] | None = None) -> T:  # noqa: ARG002  # `Database.read`
        """What *body* returns."""
        with self._lock:
            begun(self._connection)
            try:
                return legible(body, self.name)(self._connection)
            except exc.SQLAlchemyError as error:
                raise translate(error, self.name) from error

    def write(self, body: Callable[[sa.Connection], T], *, brief: bool = False) -> NoReturn:  # noqa: ARG002  # `Database.write`
        """Raise StorageReadOnly."""
        raise StorageReadOnly(f"a moment of {self.name} is read, which nobody can write")

    def scrub(self, *, vacuum: bool) -> NoReturn:  # noqa: ARG002  # `Database.scrub`
        """Raise StorageReadOnly."""
        raise StorageReadOnly(f"a moment of {self.name} is read, which nobody can write")

    def close(self) -> None:
        """Do nothing: who made it ends it."""


class Store(Protocol):
    """What `Database` and `Snapshot` offer to whoever performs effects."""

    @property
    def target(self) -> str:
        """What was opened."""
        ...

    @property
    def name(self) -> str:
        """The same without a password."""
        ...

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written."""
        ...

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        ...

    def read(self, body: Callable[[sa.Connection], T], brief: Callable[[sa.Connection], T] | None = None) -> T:
        """See `Database.read`."""
        ...

    def write(self, body: Callable[[sa.Connection], T], *, brief: bool = False) -> T:
        """See `Database.write`."""
        ...

    def scrub(self, *, vacuum: bool) -> bool:
        """See `Database.scrub`."""
        ...

    def close(self) -> None:
        """See `Database.close`."""
        ...
