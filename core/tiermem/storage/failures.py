"""The database's errors in our words. Parameters never reach an error text: they hold what people said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from tiermem.errors import StorageBusy, StorageCorrupt, StorageError, StorageFull, StorageReadOnly

_BY_TEXT: tuple[tuple[tuple[str, ...], type[StorageError], str], ...] = (
    (("database is locked", "database table is locked", "lock timeout"), StorageBusy, "the database is in use"),
    (("disk is full", "no space left", "disk full"), StorageFull, "the disk is full"),
    (("readonly", "read-only"), StorageReadOnly, "the database cannot be written"),
    (("unable to open",), StorageReadOnly, "the database cannot be opened"),
    (("malformed", "not a database", "file is encrypted"), StorageCorrupt, "the file is not a sound database"),
)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise the typed error for a database error; *where* names the database without its password."""
    try:
        yield
    except exc.DBAPIError as error:
        raise translate(error, where) from error


def translate(error: exc.DBAPIError, where: str) -> StorageError:
    """The typed error that stands for *error*."""
    cause = str(error.orig).lower()
    for marks, kind, text in _BY_TEXT:
        if any(mark in cause for mark in marks):
            return kind(f"{text}: {where} ({error.orig})")
    return StorageError(f"the database refused: {where} ({type(error.orig).__name__}: {error.orig})")
