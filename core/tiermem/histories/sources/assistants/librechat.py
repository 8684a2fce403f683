"""LibreChat's export of a conversation, flat or as a tree (`recursive`).

Seen: exports of 2024 and 2025. The root is a row of zeros, `exportAt` a time without a date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, session_id, titled
from tiermem.histories.parts.pieces import StepPiece, steps
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.trees import Node, Path, paths
from tiermem.importers import fields
from tiermem.messages import ToolCall
from tiermem.times.instants import instant

KEY = "librechat"


def _known(contents: Contents) -> bool:
    first = contents.first
    if not has(first, "conversationId"):
        return False
    messages = wording.objects(first.get("messages") or first.get("messagesTree"))
    return "messagesTree" in first or any("messageId" in one for one in messages) or "exportAt" in first


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in contents.records:
        kept, nodes = Gathered(), dict[str, Node]()
        for message in _flat(wording.objects(record.get("messages")) or wording.objects(record.get("messagesTree"))):
            name = kept.unique(str(message.get("messageId") or len(nodes)))
            nodes[name] = Node(message.get("parentMessageId"), _messages(name, message, kept))
        path, branches = paths(nodes)
        title = record.get("title") or ""
        yield Conversation(
            id=session_id(KEY, record["conversationId"]),
            source=SOURCE.name,
            title=title,
            path=titled(path, title),
            branches=tuple(titled(one, title) for one in branches),
            left_out=kept.left_out,
        )


def _flat(messages: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The messages of a tree, each before its children; the last child is the newest."""
    stack = [*reversed(messages)]
    while stack:
        message = stack.pop()
        yield message
        stack += reversed(wording.objects(message.get("children")))


def _messages(name: str, message: Mapping[str, Any], kept: Gathered) -> Path:
    parts = wording.objects(message.get("content"))
    pieces = [piece for place, part in enumerate(parts) for piece in _pieces(f"{name}:{place}", part, kept)]
    if not any(piece.blocks or piece.call for piece in pieces):
        pieces = [StepPiece(wording.text(message.get("text")))]
    files = [
        StepPiece(wording.picture(one.get("filename")) if str(one.get("type", "")).startswith("image/")
              else wording.document(one.get("filename"), one.get("text")))
        for one in wording.objects(message.get("files"))
    ]  # fmt: skip
    user = message.get("isCreatedByUser")
    sender = message.get("sender")
    made = steps(
        [*files, *pieces],
        "user" if user else "assistant",
        name,
        instant(message.get("createdAt")),
        name=None if str(sender) in {"User", "None"} else str(sender),
        state={"model": message.get("model")},
    )
    if not made:
        kept.leave("messages without words")
    return made


def _pieces(name: str, part: Mapping[str, Any], kept: Gathered) -> list[StepPiece]:
    kind = part.get("type")
    if kind == "think":
        return [StepPiece(wording.thought(_words(part.get("think"))))]
    if kind in {"text", "error"}:
        return [StepPiece(wording.text(_words(part.get("text", part.get("error")))))]
    if kind == "tool_call":
        held = wording.mapping(part.get("tool_call"))
        inner = wording.mapping(held.get("function")) or held
        arguments = fields.arguments(inner.get("args", inner.get("arguments")))
        call = ToolCall(str(held.get("id") or name), str(inner.get("name") or ""), arguments)
        output = inner.get("output")
        result = [StepPiece(wording.text(output), answers=call.id, name=call.name)] if isinstance(output, str) else []
        return [StepPiece(call=call), *result]
    kept.leave(f"content of type {kind or 'unknown'}")
    return []


def _words(value: Any) -> Any:
    return value.get("value") if isinstance(value, Mapping) else value


SOURCE = HistoryFormat(KEY, "LibreChat", _known, _read)
