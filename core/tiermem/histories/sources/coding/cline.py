"""Cline's tasks: `tasks/ID/api_conversation_history.json`, of version 4 on `sessions/ID/ID.messages.json`.

Seen: files of 3 and 4.1. What the model was sent stands there: words are wrapped, and the state of the machine stands
behind each question. Before tools had a form of their own an answer called them in its text, and a result was text as
well. Messages without a time have it from `ui_messages.json`, which counts them. Roo Code keeps the same files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, linked, session_id, titled
from tiermem.histories.parts.pieces import steps
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.sources.coding import cline_words
from tiermem.messages import Message
from tiermem.text import late
from tiermem.times.instants import instant

KEY = "cline"
CLASSIC, SCREEN = "api_conversation_history.json", "ui_messages.json"
_NEW = (".messages.json", ".compaction.json")
_TASK = late.compile(r"\d{10,20}|[0-9a-f]{8}-[0-9a-f-]{27}")
_ADDED = frozenset({"compaction", "compaction_summary"})


def _known(contents: Contents) -> bool:
    if not contents.is_json:
        return False
    name = contents.path.rpartition("/")[2]
    if name in {CLASSIC, SCREEN}:
        return True
    first = contents.first
    new = has(first, "sessionId", "messages", "version")
    if new and (name.endswith(_NEW) or has(first, "agent", "updated_at")):
        return True
    words = "".join(wording.strings(first.get("content") or []))
    return has(first, "role", "content") and words.startswith("<task>\n") and "<environment_details>" in contents.text


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    name = contents.path.rpartition("/")[2]
    if name.endswith(_NEW[1]) or (name == SCREEN and contents.beside(_sibling(contents, CLASSIC)) is not None):
        return  # what stands in full in the file of the conversation beside it
    if name == SCREEN:
        yield _told(contents, _task(contents), [*cline_words.shown(contents.records)], {}, "")
        return
    first = contents.first
    if "messages" in first:
        session = first.get("sessionId")
        manifest = wording.mapping(contents.beside(_sibling(contents, f"{session}.json")))
        title = wording.mapping(manifest.get("metadata")).get("title")
        yield _told(contents, session, wording.objects(first["messages"]), {}, str(title or ""))
        return
    clock = _clock(wording.objects(contents.beside(_sibling(contents, SCREEN))))
    yield _told(contents, _task(contents), contents.records, clock, "")


def _sibling(contents: Contents, name: str) -> str:
    return f"{contents.folder}/{name}" if contents.folder else name


def _task(contents: Contents) -> str:
    """The id of a task: the folder that its files stand in; where nobody knows it, what stands for its first words."""
    return contents.home if _TASK.fullmatch(contents.home) else digest(*contents.records[:1])


def _clock(screen: list[Mapping[str, Any]]) -> dict[int, Any]:
    """When the message that is counted so was said: the first that was shown after it."""
    clock: dict[int, Any] = {}
    for one in screen:
        counted = one.get("conversationHistoryIndex")
        clock.setdefault(0 if not isinstance(counted, int) or counted < 0 else counted, one.get("ts"))
    return clock


def _told(
    contents: Contents, name: Any, records: list[Mapping[str, Any]], clock: Mapping[int, Any], title: str
) -> Conversation:
    kept, made = Gathered(), list[Message]()
    kept.left_out.update(contents.broken)
    for place, record in enumerate(records):
        if wording.mapping(record.get("metadata")).get("kind") in _ADDED or record.get("isSummary"):
            kept.leave("summaries of what stands here in full")
            continue
        identity = kept.unique(str(record.get("id") or digest(place, record.get("role"), record.get("content"))))
        said = _messages(record, identity, record.get("ts") or clock.get(place), kept)
        kept.leave("messages without words", not said)
        made += said
    return Conversation(
        id=session_id(KEY, name),
        source=SOURCE.name,
        title=title,
        path=titled(tuple(one if one.tool_call_id else replace(one, tool_call_id=None) for one in linked(made)), title),
        left_out=kept.left_out,
    )


def _messages(record: Mapping[str, Any], identity: str, ts: Any, kept: Gathered) -> list[Message]:
    role = str(record.get("role") or "user")
    content = record.get("content")
    blocks = wording.text(content) if isinstance(content, str) else [dict(one) for one in wording.objects(content)]
    model = wording.mapping(record.get("modelInfo"))
    state = {"model": model.get("modelId") or model.get("id")}
    made: list[Message] = []
    for part in (cline_words.asked if role == "user" else cline_words.answered)(blocks, kept):
        named = identity if not made else f"{identity}/{len(made) + 1}"
        made += steps(part.pieces, part.role, named, instant(ts), state=state if role != "user" else None)
    return made


SOURCE = HistoryFormat(KEY, "Cline", _known, _read)
