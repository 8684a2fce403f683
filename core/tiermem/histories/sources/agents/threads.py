"""Messages of OpenAI's threads (Assistants), newest first in a list as the API gives it, and Jan's `messages.jsonl`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, empty, session_id
from tiermem.histories.parts.source import HistoryFormat
from tiermem.importers.shapes import message_of
from tiermem.messages import Message

KEY = "thread"


def _records(contents: Contents) -> list[Mapping[str, Any]]:
    listed = contents.first.get("data") if contents.first.get("object") == "list" else None
    return wording.objects(listed) if listed is not None else contents.records


def _known(contents: Contents) -> bool:
    records = _records(contents) if contents.is_json else []
    return bool(records) and all(one.get("object") == "thread.message" for one in records[:20])


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    threads: dict[str, tuple[Gathered, list[Message]]] = {}
    for record in _records(contents):
        kept, made = threads.setdefault(str(record.get("thread_id") or contents.stem), (Gathered(), []))
        message = message_of(record, f"message-{len(made) + 1}", wishes.dates)
        if empty(message):
            kept.leave("messages without words")
        else:
            made.append(message)
    for name, (kept, made) in threads.items():
        times = [one.created_at for one in made if one.created_at]
        if len(times) == len(made) and times and times[0] > times[-1]:
            made.reverse()
        if contents.first.get("has_more"):
            kept.leave("pages: the list says that it has more, which is not in this file")
        yield Conversation(
            id=session_id(KEY, name), source=SOURCE.name, path=kept.chained(made), left_out=kept.left_out
        )


SOURCE = HistoryFormat(KEY, "OpenAI's threads", _known, _read)
