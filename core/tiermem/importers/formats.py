"""Files of messages: JSON lines, JSON documents, `.gz` of both -> Messages, one after the other.

Rule 1: JSON lines are read line by line; a document is read whole, because JSON has no other way.
Rule 2: a fault names the file and the line (in a document: the message), and nothing behind it is read.
Rule 3: the same file gives the same ids, so that importing it twice adds nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from tiermem.blocks.roles import folded
from tiermem.errors import InvalidMessage
from tiermem.importers import files, recognition, times
from tiermem.importers.containers import container, conversations
from tiermem.importers.exports import archived
from tiermem.importers.shapes import message_of
from tiermem.messages import Message
from tiermem.plain_json import dumps
from tiermem.times.instants import Order


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file holds: how many messages, and the names of what is beside them and will not be imported."""

    messages: int
    left_out: tuple[str, ...] = ()
    undated: int = 0  # messages that do not say when they were said
    unread: tuple[str, ...] = ()  # fields of these that have the name of a time, and no time that is understood
    roles: tuple[str, ...] = ()  # those that nobody knows, which are kept as they are


class Imported(NamedTuple):
    """A message of a file, whether it is hidden there, and the fields that should say when it was said, and do not."""

    message: Message
    hidden: bool = False
    unread: tuple[str, ...] = ()

    @property
    def undated(self) -> bool:
        """Whether nothing says when it was said, or at least stored."""
        return self.message.when is None


@dataclass(frozen=True, slots=True)
class _Source:
    """The records of a file, each with the words for its place, and the names of what is beside them."""

    records: Iterator[tuple[str, Any]]
    left_out: tuple[str, ...] = ()


def read(path: Path, conversation: str | None = None, dates: Order | None = None) -> Iterator[Message]:
    """The messages of the file, in its order; see `entries`."""
    return (entry.message for entry in entries(path, conversation, dates))


def entries(path: Path, conversation: str | None = None, dates: Order | None = None) -> Iterator[Imported]:
    """The messages of the file, in its order, with what an export of ours says beside them.

    JSON lines (one message a line), a JSON array, an object with `messages`, and LlamaIndex's
    `ChatMemoryBuffer.to_string()` and chat store files; `shapes.message_of` names the forms of a message.
    *conversation* chooses from a chat store that holds several, *dates* says how to read 3/4/2023.

    A message without an id gets one made from its place and everything up to it: a file that has grown adds only its
    new end, and two files that merely say the same word at the same place do not swallow each other's messages.

    Raises:
        InvalidMessage: naming the file and the line.
        OSError: the file cannot be read.
    """
    return _entries(path, _source(path, conversation), dates)


def survey(path: Path, conversation: str | None = None, dates: Order | None = None) -> Survey:
    """Reads the whole file without keeping it: a fault at its end is known before its first message is stored.

    Raises:
        InvalidMessage: as `read`, or an id belongs to two messages that differ, or there is none at all.
        OSError: the file cannot be read.
    """
    source = _source(path, conversation)
    seen: dict[str, bytes] = {}
    count = undated = 0
    unread: dict[str, None] = {}
    roles: dict[str, None] = {}
    for count, entry in enumerate(_entries(path, source, dates), start=1):
        message, undated = entry.message, undated + entry.undated
        unread |= dict.fromkeys(entry.unread if entry.undated else ())
        roles |= {} if folded(message.role) else {message.role: None}
        if seen.setdefault(message.id, message.sha256) != message.sha256:
            raise InvalidMessage(f"{path.name}, message {count}: an earlier message that differs has the same id")
    if not count:
        raise InvalidMessage(f"{path.name} holds no messages")
    return Survey(count, source.left_out, undated, tuple(unread), tuple(roles))


def _entries(path: Path, source: _Source, dates: Order | None) -> Iterator[Imported]:
    return numbered(source.records, path.name, dates)


def numbered(records: Iterable[tuple[str, Any]], name: str, dates: Order | None = None) -> Iterator[Imported]:
    """The messages of *records*, each with the words for its place in the file *name*; see `entries`.

    Raises:
        InvalidMessage: one of them is no message.
    """
    chain = b""
    for number, (place, record) in enumerate(records, start=1):
        try:
            chain = hashlib.sha256(chain + dumps(record)).digest()
            yield _entry(record, f"import-{number}-{chain.hex()[:24]}", dates)
        except InvalidMessage as error:
            raise recognition.refused(record, f"{name}, {place}", error) from error
        except (ValueError, RecursionError) as error:
            raise InvalidMessage(f"{name}, {place}: not a value that JSON can keep") from error


def _entry(record: Any, fallback_id: str, dates: Order | None) -> Imported:
    message, known = message_of(record, fallback_id, dates), archived(record)
    if known.stored_at is not None:
        message = replace(message, stored_at=known.stored_at)
    unread = times.said(record, dates).unread if message.when is None else ()
    return Imported(message, known.hidden, unread)


def _source(path: Path, conversation: str | None) -> _Source:
    if files.holds_lines(path):
        return _Source(_lines(path))
    with closing(files.text_lines(path)) as lines:
        whole = "".join(lines)
    if whole.lstrip()[:1] not in {"{", "["}:
        recognition.refuse_text(whole, path.name)
    records, left_out = _unpacked(files.parsed(whole, path.name), path.name, conversation)
    return _Source(((f"message {number}", record) for number, record in enumerate(records, start=1)), left_out)


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(files.text_lines(path), start=1):
        if not line.strip():
            continue
        record = files.parsed(line.rstrip(), f"{path.name}, line {number}")
        if isinstance(record, dict) and container(record):
            raise InvalidMessage(
                f"{path.name}, line {number}: a whole conversation; give each a file and session of its own"
            )
        yield f"line {number}", record


def _unpacked(document: Any, name: str, conversation: str | None) -> tuple[list[Any], tuple[str, ...]]:
    """The records of one conversation of a document, and the names of what is beside them."""
    try:
        held = conversations(document)
        chosen = held.chosen(conversation)
        if chosen in held.by_name:
            others = tuple(sorted(f"conversation {other}" for other in held.by_name if other != chosen))
            return held.records(chosen), held.beside or others
    except InvalidMessage as error:
        raise InvalidMessage(f"{name}: {error}") from error
    if not held.by_name:
        raise InvalidMessage(f"{name}: a chat store without messages")
    known = ", ".join(sorted(map(str, held.by_name)))
    raise InvalidMessage(f"{name} holds {len(held.by_name)} conversations; name one of them: {known}")
