"""Which typed error stands for what a database, its driver or SQLAlchemy raised, and what will pass by itself.

PostgreSQL's errors have a state of five characters, whatever its language; SQLite's are known by their words, and so
are those of a connection that was never made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from tiermem.errors import (
    StorageBusy,
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageReadOnly,
    StorageUnavailable,
    TiermemError,
)

T = TypeVar("T")

_Kind = tuple[type[StorageError], str]
_IN_USE: _Kind = (StorageBusy, "the database is in use")
_CROWDED: _Kind = (StorageBusy, "the server takes no connection now")
_LOST: _Kind = (StorageUnavailable, "the connection to the server was lost")
_UNREACHED: _Kind = (StorageUnavailable, "the server cannot be reached")
_FULL: _Kind = (StorageFull, "the disk is full")
_READ_ONLY: _Kind = (StorageReadOnly, "the database cannot be written")
_UNSOUND: _Kind = (StorageCorrupt, "the file is not a sound database")

_BY_STATE: dict[str, _Kind] = {
    "40001": _IN_USE,  # serialization failure
    "40P01": _IN_USE,  # deadlock
    "55P03": _IN_USE,  # lock_timeout
    "57014": _IN_USE,  # the server's statement_timeout
    "53300": _CROWDED,
    "57P03": _CROWDED,
    "53100": _FULL,
    "25006": _READ_ONLY,
    "XX001": _UNSOUND,
    "XX002": _UNSOUND,
}
_BY_WORDS: tuple[tuple[tuple[str, ...], _Kind], ...] = (
    (("database is locked", "database table is locked"), _IN_USE),
    (("too many clients", "too many connections", "connection slots are reserved", "no more connections"), _CROWDED),
    (("is starting up", "is shutting down", "in recovery mode", "not yet accepting connections"), _CROWDED),
    (("disk is full", "no space left", "disk full"), _FULL),
    # Of several servers in a URL, none takes writes: one that follows is about to be promoted.
    (("session is read-only", "in hot standby mode"), _UNREACHED),
    (("readonly", "read-only"), _READ_ONLY),
    (("unable to open",), (StorageReadOnly, "the database cannot be opened")),
    (("malformed", "not a database", "file is encrypted"), _UNSOUND),
    (("fatal:",), (StorageError, "the server refused")),  # a name, a password: waiting mends neither
    # libpq's own words, of a server that is away ("connection to server on socket … failed"), begin with the second.
    (("connection failed", "connection is bad", "connection to server", "connection timeout"), _UNREACHED),
    (("failed to resolve host",), _UNREACHED),
)
_PASSING = frozenset({"40001", "40P01", "53300", "57P03"})


def translate(error: exc.SQLAlchemyError, where: str) -> StorageError:
    """The typed error that stands for *error*; *where* names the database without its password."""
    if isinstance(error, exc.DBAPIError):
        kind, text = _kind(error)
        return kind(f"{text}: {where} ({type(error.orig).__name__}: {error.orig})")
    if isinstance(error, exc.TimeoutError):
        return StorageBusy(f"no connection became free: {where}")
    return StorageError(f"the database refused: {where} ({type(error).__name__}: {error.args[0]})")


def legible(body: Callable[[sa.Connection], T], where: str) -> Callable[[sa.Connection], T]:
    """*body*, whose errors are typed: it reads rows that we wrote, so what it cannot take was damaged."""

    def reading(connection: sa.Connection) -> T:
        try:
            return body(connection)
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
            if isinstance(error, TiermemError):
                raise
            what = f"{where}: a row is damaged ({type(error).__name__}); verify() names those it can read"
            raise StorageCorrupt(what) from error

    return reading


def lost(error: exc.DBAPIError) -> bool:
    """Whether the connection is gone, and what was not committed with it."""
    return error.connection_invalidated


def passing(error: exc.DBAPIError) -> bool:
    """Whether nothing was kept and the same transaction may succeed at once or soon, with nobody doing anything."""
    return lost(error) or state(error) in _PASSING or _kind(error) is _CROWDED


def state(error: exc.DBAPIError) -> str:
    """PostgreSQL's five characters for what is wrong; "" where there are none."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def _kind(error: exc.DBAPIError) -> _Kind:
    known, words = state(error), str(error.orig).lower()
    if known in _BY_STATE:
        return _BY_STATE[known]
    if lost(error):
        return _LOST
    for marks, kind in () if known else _BY_WORDS:
        if any(mark in words for mark in marks):
            return kind
    return StorageError, "the database refused"
