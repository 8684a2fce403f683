"""Claude.ai's export: `conversations.json`.

Seen: exports up to 2025. `content` has what was said, thought, called and answered; `text` only has a placeholder for
the tools, and thoughts as if they had been said. The root's parent is a sentinel, and calls may have no ids.
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
from tiermem.histories.parts.wording import Block
from tiermem.importers import fields
from tiermem.messages import ToolCall
from tiermem.times.instants import instant

KEY = "claude"
_PARENT = "parent_message_uuid"


def _known(contents: Contents) -> bool:
    return has(contents.first, "chat_messages", "uuid")


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in contents.records:
        kept, title = Gathered(), record.get("name") or ""
        nodes: dict[str, Node] = {}
        before: str | None = None
        for place, message in enumerate(wording.objects(record.get("chat_messages"))):
            name = kept.unique(str(message.get("uuid") or f"message-{place}"))
            parent = message.get(_PARENT, before)  # older exports are one path
            nodes[name] = Node(parent, _messages(name, message, kept))
            before = name
        path, branches = paths(nodes, record.get("current_leaf_message_uuid"))
        yield Conversation(
            id=session_id(KEY, record.get("uuid")),
            source=SOURCE.name,
            title=title,
            path=titled(path, title),
            branches=tuple(titled(one, title) for one in branches),
            left_out=kept.left_out,
        )


def _messages(name: str, message: Mapping[str, Any], kept: Gathered) -> Path:
    blocks = wording.objects(message.get("content"))
    pieces = _pieces(name, blocks, kept)
    if not blocks:
        pieces = [StepPiece(wording.text(message.get("text")))]
    attached = [
        block
        for one in wording.objects(message.get("attachments"))
        for block in wording.document(one.get("file_name") or "attachment", one.get("extracted_content"))
    ]
    known = {block.get("title") or block.get("filename") for block in attached}
    files = (one.get("file_name") for one in wording.objects(message.get("files")))
    attached += [block for one in files if one not in known for block in wording.document(one, None)]
    role = "user" if message.get("sender") == "human" else message.get("sender") or "assistant"
    made = steps([StepPiece(attached), *pieces], role, name, instant(message.get("created_at")))
    if not made:
        kept.leave("messages without words")
    return made


def _pieces(name: str, blocks: list[Mapping[str, Any]], kept: Gathered) -> list[StepPiece]:
    made: list[StepPiece] = []
    waiting: list[ToolCall] = []
    for place, block in enumerate(blocks):
        kind = str(block.get("type", ""))
        if kind == "tool_use":
            call = ToolCall(
                str(block.get("id") or f"{name}:{place}"), str(block.get("name") or ""),
                fields.arguments(block.get("input")),
            )  # fmt: skip
            waiting.append(call)
            made.append(StepPiece(call=call))
        elif kind == "tool_result":
            made.append(StepPiece(_result(block), answers=_answered(block, waiting), name=block.get("name")))
        else:
            made.append(StepPiece(_said(kind, block, kept)))
    return made


def _said(kind: str, block: Mapping[str, Any], kept: Gathered) -> list[Block]:
    if kind == "thinking":
        return wording.thought(block.get("thinking"))
    if isinstance(block.get("text"), str):
        return wording.text(block["text"])
    if kind not in {"token_budget", "flag"}:
        kept.leave(f"content of type {kind or 'unknown'}")
    return []


def _answered(block: Mapping[str, Any], waiting: list[ToolCall]) -> str:
    """The call that a result answers: by its id, else the oldest of that name that waits."""
    named = block.get("tool_use_id")
    found = next((one for one in waiting if one.id == named), None)
    found = found or next((one for one in waiting if one.name == block.get("name")), None)
    found = found or next(iter(waiting), None)
    if found is None:
        return str(named or "")
    waiting.remove(found)
    return found.id


def _result(block: Mapping[str, Any]) -> list[Block]:
    content = block.get("content")
    if isinstance(content, str):
        return wording.text(content)
    return [dict(one) if one.get("type") != "text" else {"type": "text", "text": one.get("text") or ""}
            for one in wording.objects(content)]  # fmt: skip


SOURCE = HistoryFormat(KEY, "Claude's export", _known, _read)
