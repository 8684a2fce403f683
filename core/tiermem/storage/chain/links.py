"""The hashes of a chain, and the head that stands for all of it. Pure.

Rule 1: a link is a hash of the link before and of what the row says, so that a row that is changed, dropped, added or
moved leaves another head.
Rule 2: words go into a link by their *leaf* alone, a hash under a random salt. Who erases words keeps the leaf and
drops the salt: the chain holds, and nobody can try texts against what is left.

BLAKE2b with 32 bytes (RFC 7693), each use under a `person` of its own. Version 1: what is changed here needs another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

from tiermem.errors import InvalidSettings

SIZE, SALT = 32, 16  # bytes
START = bytes(SIZE)  # what the first link rests on
_NAME = "tiermem-chain-1"


class LinkedRow(Protocol):
    """A row by the names of its columns, wherever it was read."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


class Head(NamedTuple):
    """How many messages and decisions a session had, and the last link of each.

    As text it is one line, to be kept or signed outside of the database.
    """

    messages: int
    chain: bytes
    decisions: int
    journal: bytes

    def __str__(self) -> str:
        return f"{_NAME} {self.messages} {self.chain.hex()} {self.decisions} {self.journal.hex()}"


def read_head(text: object) -> Head:
    """The head that *text* says.

    Raises:
        InvalidSettings: it is none.
    """
    parts = text.split(" ") if isinstance(text, str) else []
    try:
        name, messages, chain, decisions, journal = parts
        head = Head(int(messages), bytes.fromhex(chain), int(decisions), bytes.fromhex(journal))
    except ValueError:
        raise InvalidSettings("chain is no head of a session: one line, as `head()` gives it") from None
    if name != _NAME or str(head) != text or not len(head.chain) == len(head.journal) == SIZE:
        raise InvalidSettings("chain is no head of a session: one line, as `head()` gives it")
    return head


def link(stored: object) -> bytes:
    """A link as it is stored; NULL is what the first one rests on, and what is damaged is nobody's link."""
    if stored is None:
        return START
    return bytes(stored) if isinstance(stored, bytes | memoryview) else b"damaged"


def leaf(salt: bytes, words: bytes) -> bytes:
    """What stands for *words* in a link; without the *salt*, nobody can try words against it."""
    return blake2b(words, key=salt, digest_size=SIZE, person=b"tiermem leaf").digest()


def salted(witness: object) -> bool:
    """Whether the words of a row with that witness are there, and not erased."""
    return len(link(witness)) == SALT


def leaf_of(witness: object, words: bytes) -> bytes:
    """The leaf of *words*, by what a row has as its witness: a salt, or the leaf itself where the words are erased."""
    known = link(witness)
    if len(known) == SALT:
        return leaf(known, words)
    return known if len(known) == SIZE else START  # damaged, and no row's leaf


def of_message(before: bytes, row: LinkedRow) -> bytes:
    """The link of a row of `message`: number, tokens and time as they are, what was said by its leaf."""
    fields = _framed(row, "sequence", "tokens", "stored_at")
    said = leaf_of(row["witness"], _bytes(row["sha256"]))
    return blake2b(before + said + fields, digest_size=SIZE, person=b"tiermem message").digest()


def of_decision(before: bytes, row: LinkedRow, shown: bytes) -> bytes:
    """The link of a row of `decision`, and of what it shows: `attached`."""
    fields = _framed(
        row, "number", "kind", "first", "last", "reference", "tokens_before", "tokens_after", "strategy", "reason",
        "decided_at",
    )  # fmt: skip
    return blake2b(before + shown + fields, digest_size=SIZE, person=b"tiermem decision").digest()


def of_stub(row: LinkedRow) -> bytes:
    """What stands for a row of `stub` in the link of its decision, also when it is erased."""
    fields = _framed(row, "sequence", "tokens", "strategy")
    return _hashed(b"tiermem stub", leaf_of(row["witness"], _bytes(row["content"])) + fields)


def of_summary(row: LinkedRow) -> bytes:
    """What stands for a row of `summary` in the link of its decision."""
    fields = _framed(row, "number", "first", "last", "level", "tokens", "strategy", "children")
    return _hashed(b"tiermem summary", leaf_of(row["witness"], _bytes(row["body"])) + fields)


def of_tombstones(rows: Iterable[LinkedRow]) -> bytes:
    """What stands for the tombstones that an erasure leaves in the link of its decision; nothing for none."""
    parts = [_framed(row, "sequence", "id", "sha256", "role") for row in rows]
    return _hashed(b"tiermem erased", b"".join(parts)) if parts else b""


def attached(parts: Mapping[int, bytes]) -> bytes:
    """One hash of what a decision shows, by number; nothing for nothing."""
    if not parts:
        return START
    return _hashed(b"tiermem shown", b"".join(b"%d:" % number + parts[number] for number in sorted(parts)))


def lent(number: int, first: int, last: int, lender: object) -> bytes:
    """What stands for the stubs of messages `first`..`last` that a fork borrows in the link of its decision; *lender*
    is the link of decision *number* of the session that has them."""
    return _hashed(b"tiermem lent", link(lender) + b"%d:%d:%d" % (number, first, last))


def is_taken_over(witness: object) -> bool:
    """Whether a decision to compact has in *witness* what stood for stubs that it borrowed from an erased session."""
    return witness is not None and len(link(witness)) == SIZE


def kept(stored: object) -> dict[int, bytes]:
    """What a decision keeps of its stubs that are erased: the hash of each, by the number of its message."""
    raw = b"" if stored is None else link(stored)
    step = 8 + SIZE
    if len(raw) % step:
        return {-1: raw}  # damaged: it is no stub's, so the link differs
    return {int.from_bytes(raw[at : at + 8], "big"): raw[at + 8 : at + step] for at in range(0, len(raw), step)}


def keeping(stored: object, more: Mapping[int, bytes]) -> bytes:
    """What `kept` reads, with *more*."""
    every = kept(stored) | dict(more)
    return b"".join(number.to_bytes(8, "big") + every[number] for number in sorted(every) if number >= 0)


def _hashed(person: bytes, value: bytes) -> bytes:
    return blake2b(value, digest_size=SIZE, person=person).digest()


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode("utf-8", "surrogatepass")


def _framed(row: LinkedRow, *names: str) -> bytes:
    parts = [_bytes(row[name]) for name in names]
    return b"".join(b"%d:%b" % (len(part), part) for part in parts)
