"""What every reader of messages knows: a list of them, lines of them, an object or store that holds them."""

from __future__ import annotations

from collections.abc import Iterator

from tiermem.errors import InvalidMessage
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, empty, linked, session_id
from tiermem.histories.parts.source import HistoryFormat
from tiermem.importers import containers, formats
from tiermem.importers.formats import Imported
from tiermem.messages import Message

KEY = "chat"


def _known(contents: Contents) -> bool:
    return contents.is_json


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    if contents.is_lines:
        lines = ((f"line {line.number}", line.record) for line in contents.lines[0])
        yield _told(contents.stem, list(formats.numbered(lines, contents.name, wishes.dates)), contents.broken)
        return
    held = containers.conversations(contents.document)
    for name in held.by_name:
        numbered = ((f"message {n}", record) for n, record in enumerate(held.records(name), start=1))
        beside = {f"fields beside the messages ({', '.join(held.beside)})": len(held.beside)} if held.beside else {}
        yield _told(name or contents.stem, list(formats.numbered(numbered, contents.name, wishes.dates)), beside)


def _told(name: str, entries: list[Imported], beside: dict[str, int]) -> Conversation:
    kept = Gathered()
    kept.left_out.update(beside)
    said = linked(_once([entry.message for entry in entries if not empty(entry.message)], kept, name))
    kept.leave("messages without words", sum(empty(entry.message) for entry in entries))
    return Conversation(
        id=session_id("", name).removeprefix("-"),
        source=SOURCE.name,
        path=tuple(said),
        hidden=frozenset(entry.message.id for entry in entries if entry.hidden),
        left_out=kept.left_out,
        unread=tuple(dict.fromkeys(field for entry in entries if entry.undated for field in entry.unread)),
    )


def _once(messages: list[Message], kept: Gathered, name: str) -> list[Message]:
    """*messages*, each once.

    Raises:
        InvalidMessage: two that differ have the same id.
    """
    known: dict[str, Message] = {}
    for number, one in enumerate(messages, start=1):
        if known.setdefault(one.id, one).sha256 != one.sha256:
            raise InvalidMessage(f"{name}, message {number}: an earlier message that differs has the same id")
    kept.leave("messages that stand there a second time", len(messages) - len(known))
    return [*known.values()]


SOURCE = HistoryFormat(KEY, "messages", _known, _read)
