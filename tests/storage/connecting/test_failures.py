"""Which typed error stands for what a database raised: by its state, else by its words; and what passes by itself."""

from __future__ import annotations

import pytest
from sqlalchemy import exc

from tiermem.errors import (
    StorageBusy,
    StorageCorrupt,
    StorageError,
    StorageFull,
    StorageReadOnly,
    StorageUnavailable,
)
from tiermem.settings import Settings
from tiermem.storage.connecting.failures import passing, translate
from tiermem.storage.database import Database


class Raised(Exception):
    """A driver's error."""

    def __init__(self, words: str, state: str | None = None) -> None:
        super().__init__(words)
        self.sqlstate = state


def failure(words: str, state: str | None = None, *, lost: bool = False) -> exc.DBAPIError:
    return exc.DBAPIError("SELECT 1", None, Raised(words, state), connection_invalidated=lost)


ERRORS: list[tuple[exc.DBAPIError, type[StorageError], bool]] = [
    (failure("database is locked"), StorageBusy, False),  # SQLite has waited for it
    (failure("database or disk is full"), StorageFull, False),
    (failure("attempt to write a readonly database"), StorageReadOnly, False),
    (failure("unable to open database file"), StorageReadOnly, False),
    (failure("database disk image is malformed"), StorageCorrupt, False),
    (failure("no such table: x"), StorageError, False),
    (failure("在等待锁超时时取消语句", "55P03"), StorageBusy, False),  # in the server's language
    (failure("canceling statement due to statement timeout", "57014"), StorageBusy, False),
    (failure("deadlock detected", "40P01"), StorageBusy, True),
    (failure("could not serialize access", "40001"), StorageBusy, True),
    (failure("sorry, too many clients already", "53300"), StorageBusy, True),
    (failure("connection failed: FATAL:  sorry, too many clients already"), StorageBusy, True),
    (failure('connection failed: FATAL:  too many connections for role "u"'), StorageBusy, True),
    (failure("FATAL: remaining connection slots are reserved for superusers"), StorageBusy, True),
    (failure("connection failed: FATAL: no more connections allowed (max_client_conn)"), StorageBusy, True),
    (failure("connection failed: FATAL:  the database system is starting up"), StorageBusy, True),
    (failure("connection failed: FATAL:  the database system is shutting down"), StorageBusy, True),
    (failure("connection failed: FATAL:  the database system is in recovery mode"), StorageBusy, True),
    (failure("terminating connection due to administrator command", "57P01", lost=True), StorageUnavailable, True),
    (failure("server closed the connection unexpectedly", lost=True), StorageUnavailable, True),
    (failure("connection failed: Connection refused"), StorageUnavailable, False),
    (failure("connection is bad: connection to server on socket failed: No such file"), StorageUnavailable, False),
    (failure('connection to server at "db" failed: FATAL:  role "x" does not exist'), StorageError, False),
    (failure("connection timeout expired"), StorageUnavailable, False),
    (failure("failed to resolve host 'x'"), StorageUnavailable, False),
    (failure('connection failed: FATAL:  database "x" does not exist'), StorageError, False),
    (failure("connection failed: FATAL:  password authentication failed"), StorageError, False),
    (failure("could not extend file: No space left on device", "53100"), StorageFull, False),
    (failure("cannot execute INSERT in a read-only transaction", "25006"), StorageReadOnly, False),
    (failure("invalid page in block 0", "XX001"), StorageCorrupt, False),
    (failure("the text said: database is locked", "22021"), StorageError, False),  # a state counts, not words
]


@pytest.mark.parametrize(("error", "kind", "passes"), ERRORS, ids=lambda value: str(getattr(value, "orig", "")) or None)
def test_an_error_has_a_kind(error: exc.DBAPIError, kind: type[StorageError], passes: bool) -> None:
    translated_error = translate(error, "here")
    assert type(translated_error) is kind
    assert "here" in str(translated_error)
    assert passing(error) is passes
    assert not passes or translated_error.retryable


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (exc.TimeoutError("QueuePool limit of size 5 overflow 10 reached"), StorageBusy),
        (exc.InvalidRequestError("This connection is closed"), StorageError),
        (exc.ResourceClosedError("closed"), StorageError),
        (
            exc.StatementError("cannot encode", "SELECT 1", {}, UnicodeEncodeError("utf-8", "\ud800", 0, 1, "no")),
            StorageError,
        ),
    ],
)
def test_no_error_of_sqlalchemy_leaves_untranslated(error: exc.SQLAlchemyError, kind: type[StorageError]) -> None:
    def fail(_: object) -> None:
        raise error

    database = Database(":memory:", Settings())
    for run in (database.read, database.write):
        with pytest.raises(StorageError) as caught:
            run(fail)
        assert type(caught.value) is kind
        assert caught.value.__cause__ is error
    database.close()
