"""What an erasure says of itself: `Receipt`, to be kept, and checked later against this database or a backup of it.

It has numbers, times and keyed digests; no name and nothing that was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tiermem.errors import InvalidMessage

# What no program can promise of a database that it was given.
NOT_OURS = (
    "backups and exports made before: verify_erased() of the memory opened on one says whether it still has them",
    "what a model's provider, a framework's own checkpoints or your logs keep",
    "frameworks that still have it: under its old ids and session nothing of it is stored again, under new ones it is",
    "memory of running processes: this one has dropped its caches, others drop theirs at their next question",
    "free blocks of the disk, of snapshots, and copies that a file system keeps of what is overwritten",
)
STATED = (
    "what was stated, pinned, corrected or retracted of the user as such: erase it by its reference (f1), or the user"
)
SHARED = "what a fork shared with the conversation that it was made of: erase that one, or the messages by reference"
NOT_OURS_OF_A_SERVER = (
    "the server's log of writes (WAL), its archive and replicas, which its operator keeps and recycles",
    "samples of values that the server's planner took of a database made before schema 9, until they are vacuumed",
)
UNVACUUMED = "rows that are dead on the server: erase(vacuum=True), or VACUUM FULL, removes their bytes"
LOG_BUSY = (
    "the log of the database, which somebody was reading: it is emptied by the next erasure, or when it is closed"
)
IN_A_STORE = (
    "{0} vectors, without a word, in the vector database beside this one, which did not answer or was not named: the "
    "next memory that is opened with it as vector_store=, and embeds or erases, removes them"
)
OF_TOMBSTONES = (
    "words of what was erased with its conversation: this receipt was made of what stayed in the database, and knows "
    "them by keys alone; the one that the erasure returned has their digests"
)
LONGEST_REASON = 1_000  # characters
HASH = 8  # bytes of a message's digest


class ErasedSession(BaseModel):
    """A session that is gone: its key in the database, the digest of its names, and those of its messages' hashes.

    *spans*: the messages of it that are gone, by number, first and last of each run; none: the session itself is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: int
    digest: str
    messages: int
    hashes: str = ""  # hexadecimal, 8 bytes each
    spans: tuple[tuple[int, int], ...] = ()

    def each(self) -> frozenset[str]:
        """The digests of its messages' hashes."""
        width = 2 * HASH
        return frozenset(self.hashes[start : start + width] for start in range(0, len(self.hashes), width))


class Receipt(BaseModel):
    """What was erased, when, why, and where it was looked for.

    Args:
        database: the id of the database.
        number: of the erasure in it; 0 of what was only counted.
        whole: whether all of a user's was erased.
        owner: the keyed digest of whose it was; *key* is what digests of this database are keyed with.
        paths: keyed digests of the paths whose items were erased.
        removed: rows by table.
        pending: what is not gone yet, and what is to be done for it; empty where all is gone.
        not_ours: what nobody can see from here.

    `model_dump_json()` writes it down, `Receipt.model_validate_json(text)` reads it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str
    number: int
    at: datetime
    reason: str = ""
    whole: bool = False
    owner: str
    key: str
    sessions: tuple[ErasedSession, ...] = ()
    paths: tuple[str, ...] = ()
    removed: Mapping[str, int] = Field(default_factory=dict)
    pending: tuple[str, ...] = ()
    not_ours: tuple[str, ...] = NOT_OURS

    @property
    def messages(self) -> int:
        """How many messages are gone."""
        return self.removed.get("tiermem_message", 0)

    @property
    def complete(self) -> bool:
        """True when nothing is pending."""
        return not self.pending and self.number > 0

    def __str__(self) -> str:
        verb = "erased" if self.number else "would be erased"
        what = ", ".join(f"{count:,} of {name}" for name, count in sorted(self.removed.items())) or "nothing"
        return "; ".join([f"{verb}: {what}", *self.pending])


def checked(reason: str) -> str:
    """*reason*, which stands in a tombstone for good.

    Raises:
        InvalidMessage: it is no text, or longer than a thousand characters.
    """
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
        raise InvalidMessage(f"reason must be text of at most {LONGEST_REASON} characters")
    return reason


def read(receipt: Receipt | str) -> Receipt:
    """The receipt itself, or as it was written down.

    Raises:
        InvalidMessage: it is none, or one of nothing but a count.
    """
    try:
        made = receipt if isinstance(receipt, Receipt) else Receipt.model_validate_json(receipt)
    except (ValidationError, TypeError) as error:
        raise InvalidMessage("that is no receipt of an erasure") from error
    if not made.number:
        raise InvalidMessage("that receipt is of a dry run: nothing was erased")
    return made
