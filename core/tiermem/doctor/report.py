"""What the doctor saw of a database, and says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["fault", "advice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What a database holds. `behind`: messages that wait for the word index; `largest`: messages of the user who has
    most; `forks` share the messages of others, which count once."""

    users: int
    sessions: int
    messages: int
    largest: int
    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptoms:
    """What was seen of a database; None: that it cannot be told here.

    Args:
        name: the file, or the URL without its password.
        kind: "sqlite" or "postgresql".
        held: what is in it.
        size: bytes of the database, its log included.
        log: of a file, bytes of its write-ahead log.
        unused: share of the size that holds nothing: free pages of a file, dead rows of a server's tables.
        writers: processes that have the file open, or connections of a server's database, without this one.
        most_writers: connections that the server lets in.
        write: seconds that a durable write takes: a file written beside the database, or a commit of the server.
        filesystem: of a file, the kind of its file system.
        shared_file: of a file, whether every user of the machine may open it.
        settings: the journal mode and SQLite's version, or the server's settings that matter, by name.
    """

    name: str
    kind: str
    held: Holdings
    size: int
    log: int | None = None
    unused: float | None = None
    writers: int | None = None
    most_writers: int | None = None
    write: float | None = None
    filesystem: str | None = None
    shared_file: bool | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do. A "fault" can lose or show what it must not; all else is advice."""

    severity: Severity
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was seen, what would serve ("sqlite" or "postgresql") and why, and what to do."""

    symptoms: Symptoms
    serves: str
    why: str
    advice: tuple[Advice, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is at fault."""
        return not any(one.severity == "fault" for one in self.advice)
