"""Sessions of Google's Agent Development Kit. Seen: google-adk 2.13. What streams in parts is not stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, said, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.wording import Block
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "adk"


def _known(contents: Contents) -> bool:
    first = contents.first
    return has(first, "events") and (has(first, "appName") or has(first, "app_name"))


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in contents.records:
        kept, made = Gathered(), list[Message]()
        for event in wording.objects(record.get("events")):
            content = wording.mapping(event.get("content"))
            blocks = [_block(one) for one in wording.objects(content.get("parts"))]
            if event.get("partial"):
                kept.leave("parts of what stands there in full")
            elif not blocks:
                kept.leave("events without words")
            else:
                made.append(_made(event, content, blocks, kept))
        yield Conversation(
            id=session_id(KEY, record.get("id")), source=SOURCE.name, path=tuple(made), left_out=kept.left_out
        )


def _made(event: Mapping[str, Any], content: Mapping[str, Any], blocks: list[Block], kept: Gathered) -> Message:
    author = str(event.get("author") or content.get("role") or "user")
    answers = all("functionResponse" in one or "function_response" in one for one in blocks)
    role = "user" if author == "user" or answers else "assistant"
    name = None if author in {"user", "model"} else author
    return said(role, blocks, kept.unique(str(event.get("id"))), instant(event.get("timestamp")), name=name)


def _block(part: Mapping[str, Any]) -> Block:
    """A part without the empty fields that a dump of it has."""
    found = {key: value for key, value in part.items() if value is not None}
    return {"type": "text", **found} if found.keys() == {"text"} else found


SOURCE = HistoryFormat(KEY, "Google's Agent Development Kit", _known, _read)
