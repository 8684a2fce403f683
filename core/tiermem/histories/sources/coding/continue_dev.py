"""Continue's sessions: `~/.continue/sessions/….json`. Seen: files of 2024 and 2025."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, empty, said, session_id, titled
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.importers.shapes import message_of
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "continue"


def _known(contents: Contents) -> bool:
    history = wording.objects(contents.first.get("history"))
    return has(contents.first, "sessionId", "history") and all("message" in one for one in history)


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in contents.records:
        kept, made = Gathered(), list[Message]()
        for place, step in enumerate(wording.objects(record.get("history"))):
            identity = f"{place}"
            items = wording.objects(step.get("contextItems"))
            files = [block for one in items for block in wording.document(one.get("name"), one.get("content"))]
            if files:  # what the user put beside their question
                made.append(said("user", files, f"{identity}/context"))
            message = dict(wording.mapping(step.get("message")))
            if "toolCalls" in message:
                message["tool_calls"] = message.pop("toolCalls")
            if message.get("role") == "thinking":
                message = {"role": "assistant", "content": wording.thought(message.get("content"))}
            if "toolCallId" in message:
                message["tool_call_id"] = message.pop("toolCallId")
            told = message_of({"content": None, **message}, identity)
            if empty(told):
                kept.leave("messages without words")
            else:
                made.append(told)
        if made and (began := instant(record.get("dateCreated"))):
            made[0] = replace(made[0], created_at=began)
        title = str(record.get("title") or "")
        yield Conversation(
            id=session_id(KEY, record["sessionId"]),
            source=SOURCE.name,
            title=title,
            path=titled(kept.chained(made), title),
            left_out=kept.left_out,
        )


SOURCE = HistoryFormat(KEY, "Continue", _known, _read)
