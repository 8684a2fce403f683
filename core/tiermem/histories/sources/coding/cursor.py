"""Cursor's conversations, as `histories/tables/cursor.py` reads them: bubbles of type 1 are the user's, 2 the model's.

From descriptions: a bubble has `text`, `thinking.text`, or `toolFormerData` with a call and its result. Many have no
time; the conversation has one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, said, session_id, titled
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.messages import Message, ToolCall
from tiermem.times.instants import instant

KEY = "cursor"
USER = 1


def _known(contents: Contents) -> bool:
    return contents.is_json and has(contents.first, "cursor_composer", "bubbles")


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for row in contents.records:
        kept, made = Gathered(), list[Message]()
        kept.leave("bubbles that are missing or damaged", int(row.get("damaged") or 0))
        for place, bubble in enumerate(wording.objects(row.get("bubbles"))):
            told = [*_messages(bubble, str(bubble.get("bubbleId") or place))]
            if not told:
                kept.leave("bubbles without words")
            made += told
        if made and not made[0].created_at:
            made[0] = replace(made[0], created_at=instant(row.get("createdAt")))
        title = str(row.get("name") or "")
        yield Conversation(
            id=session_id(KEY, row.get("cursor_composer")),
            source=SOURCE.name,
            title=title,
            path=titled(kept.chained(made), title),
            left_out=kept.left_out,
        )


def _messages(bubble: Mapping[str, Any], identity: str) -> Iterator[Message]:
    when, model = instant(bubble.get("createdAt")), wording.mapping(bubble.get("modelInfo")).get("modelName")
    tool, words = wording.mapping(bubble.get("toolFormerData")), wording.text(bubble.get("text"))
    if bubble.get("type") == USER:
        files = [block for one in _named(bubble) for block in wording.document(one, None)]
        if words or files:
            yield said("user", [*words, *files], identity, when)
        return
    thought = wording.thought(wording.mapping(bubble.get("thinking")).get("text"))
    calls = _call(tool, identity)
    if thought or words or calls:
        yield said("assistant", [*thought, *words], identity, when, calls=calls, state={"model": model})
    if calls and tool.get("result") is not None:
        result = tool["result"] if isinstance(tool["result"], str) else json.dumps(tool["result"], ensure_ascii=False)
        yield said("tool", result, f"{identity}/result", when, name=calls[0].name, answers=calls[0].id)


def _call(tool: Mapping[str, Any], identity: str) -> list[ToolCall]:
    name = tool.get("name")
    if not isinstance(name, str) or not name:
        return []
    given = tool.get("rawArgs") or tool.get("params") or {}
    try:
        read = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError):
        read = given
    return [ToolCall(str(tool.get("toolCallId") or identity), name, read if isinstance(read, dict) else str(given))]


def _named(bubble: Mapping[str, Any]) -> Iterator[str]:
    """The files that the user put beside the question, by name."""
    for one in wording.objects(wording.mapping(bubble.get("context")).get("fileSelections")):
        name = wording.mapping(one.get("uri")).get("fsPath") or wording.mapping(one.get("uri")).get("path")
        if isinstance(name, str):
            yield name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]


SOURCE = HistoryFormat(KEY, "Cursor", _known, _read)
