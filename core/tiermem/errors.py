"""Every error that tiermem raises on purpose.

Rule 1: an error is raised before anything is written, or everything written is rolled back. `OutcomeUnknown` alone says
that nobody can tell.
Rule 2: an error names what was wrong with its numbers; it never carries the text of a message. What a caller handed
over is quoted and cut short (`brief_repr`), and so is every error as a whole.

    TiermemError
    ├── InvalidMessage · UnknownRole(role, nearest) · UnreadFormat(format) (both an InvalidMessage)
    ├── InvalidExport · ExportTooNew (an InvalidExport) · NamespaceNotEmpty · TargetNotEmpty
    ├── InvalidNamespace · MissingNamespace · InvalidSettings   (also ValueError)
    ├── IdConflict · UnknownReference (also KeyError) · InvalidBranch (also ValueError) · Reentrant · Closed
    ├── BudgetTooSmall(needed, budget) · TokenCounterError · ClockError
    ├── SummaryRejected · FactsRejected (both an AnswerRejected) · RedactionFailed
    ├── EmbeddingMismatch · MissingExtra (also ImportError)
    └── StorageError
        ├── StorageBusy · StorageUnavailable · OutcomeUnknown(ids) (all retryable)
        ├── StorageFull (retryable) · StorageReadOnly
        └── StorageCorrupt · StorageForeign (a StorageCorrupt) · StorageMoved · SchemaTooNew · SchemaTooOld ·
            MigrationUnfinished
"""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 1_000  # characters of an error
LONGEST_VALUE = 80  # characters of a value in it
LONGEST_CAUSE = 300  # characters of what somebody else's code raised


class TiermemError(Exception):
    """Base of all errors of this package. `retryable` says whether the same call may succeed later."""

    retryable = False

    def __init__(self, *args: object) -> None:
        super().__init__(*(_clipped(one, LONGEST) if isinstance(one, str) else one for one in args))


def brief_repr(value: object) -> str:
    """*value* as it stands in an error: quoted, on one line, and cut short."""
    if isinstance(value, (str, bytes)):
        value = value[: LONGEST_VALUE + 1]  # escapes make it longer
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # a foreign __repr__ must not hide the error
        text = type(value).__name__
    return _clipped(text, LONGEST_VALUE)


def described(error: BaseException) -> str:
    """*error* of somebody else's code, as it is told: its type, and its words cut short, for they may quote a talk."""
    return _clipped(f"{type(error).__name__}: {error}", LONGEST_CAUSE)


def _clipped(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


class InvalidMessage(TiermemError, ValueError):
    """A message cannot be kept exactly (not JSON, not finite, too deep, too large); nothing was stored."""


class UnknownRole(InvalidMessage):
    """A role is no word for any; `nearest` is the one that may be meant, "" where none is like it."""

    def __init__(self, role: str, nearest: str = "") -> None:
        meant = f"; did you mean {nearest!r}?" if nearest else ""
        super().__init__(f"{role[:40]!r} is no role{meant} (a Message may have any: it is kept as it is)")
        self.role = role
        self.nearest = nearest


class UnreadFormat(InvalidMessage):
    """A file holds a history in a format that is known and not read: `format`; the message says what to do."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.format = name


class InvalidExport(TiermemError, ValueError):
    """A file is no export of a user, is damaged, or cut short; nothing was imported."""


class ExportTooNew(InvalidExport):
    """An export was written by a newer tiermem; nothing was imported."""


class NamespaceNotEmpty(TiermemError):
    """An import would mix with what is held of that user already; nothing was imported."""


class TargetNotEmpty(TiermemError):
    """A migration was to fill a database that holds something, or that another one fills; it was left untouched."""


class RedactionFailed(TiermemError):
    """The caller's redactor raised something, which is the cause, or gave no text; nothing was stored."""


class InvalidNamespace(TiermemError, ValueError):
    """A namespace or session id is empty, longer than 255 bytes, or not a string."""


class MissingNamespace(TiermemError, ValueError):
    """The namespace was given as None, or none was given where other conversations of a user are asked for: tiermem
    never reads "all users", and everybody who names none shares one."""


class InvalidSettings(TiermemError, ValueError):
    """A setting or threshold makes no sense, alone or with another one."""


class IdConflict(TiermemError):
    """The id is already taken in this session by a message with other content."""


class UnknownReference(TiermemError, KeyError):
    """No message, summary or decision of this session has that reference."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else "unknown reference"


class InvalidBranch(TiermemError, ValueError):
    """A conversation cannot be forked or rewound there, or not under that name; nothing was changed."""


class KeptByRule(TiermemError):
    """What was to be erased is younger than the least keeping time; nothing was erased. `overrule=True` erases it."""


class Reentrant(TiermemError):
    """A summariser, compactor or embedder called back into the session that is waiting for it."""


class Closed(TiermemError):
    """The memory was closed."""


class BudgetTooSmall(TiermemError):
    """What must be shown does not fit. `needed` and `budget` are tokens by the counter in use."""

    def __init__(self, needed: int, budget: int, what: str) -> None:
        super().__init__(f"{what} needs {needed} tokens; the budget is {budget}")
        self.needed = needed
        self.budget = budget


class TokenCounterError(TiermemError):
    """The caller's token counter raised, or returned something that is not a count."""


class ClockError(TiermemError):
    """The caller's clock raised, or returned something that is no time."""


class AnswerRejected(TiermemError):
    """What a model answered, or a caller's function in its place, cannot be used."""


class SummaryRejected(AnswerRejected):
    """What a summariser returned is not a usable summary; the deterministic one takes its place."""


class FactsRejected(AnswerRejected):
    """What an extractor returned cannot be read as facts; it is asked again, and then the messages are passed over."""


class EmbeddingMismatch(TiermemError):
    """An embedder returned vectors of the wrong number, size or values."""


class MissingExtra(TiermemError, ImportError):
    """An optional part is not installed; the message names the extra to install."""


class StorageError(TiermemError):
    """The database refused."""


class StorageBusy(StorageError):
    """Others held the database, or all of its connections, longer than the timeout; nothing of the call was kept."""

    retryable = True


class StorageUnavailable(StorageError):
    """The server cannot be reached, or the connection to it was lost; nothing of the call was kept."""

    retryable = True


class OutcomeUnknown(StorageError):
    """The connection was lost while the server committed, and nobody could be asked whether it did.

    `ids` are those of the messages that were to be added: added again under the same ids, none is stored twice.
    """

    retryable = True

    def __init__(self, text: str, ids: Iterable[str] = ()) -> None:
        super().__init__(text)
        self.ids = tuple(ids)


class MissingExtension(StorageError):
    """The server lacks an extension that a setting needs, or has too old a one; the message says what to run there."""


class StorageFull(StorageError):
    """The disk is full; nothing of this call was kept, and the memory works again when there is room."""

    retryable = True


class StorageReadOnly(StorageError):
    """The database or its folder cannot be written."""


class StorageCorrupt(StorageError):
    """The file is not a database of ours, or its content does not match its hashes."""


class StorageForeign(StorageCorrupt):
    """The file is a sound database, of another program; it was left untouched."""


class StorageMoved(StorageError):
    """The database file was deleted, replaced, emptied or written over while it was open."""


class SchemaTooNew(StorageError):
    """The database was written by a newer tiermem; it was left untouched."""


class SchemaTooOld(StorageError):
    """The database was written by an older tiermem, and cannot be raised because it may only be read."""


class MigrationUnfinished(StorageError):
    """A migration into the database has not come to its end; the same command goes on with it."""
