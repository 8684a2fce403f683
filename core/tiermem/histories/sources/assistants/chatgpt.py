"""ChatGPT's export: `conversations.json`, or `conversations-000.json` and so on of large accounts.

Seen: exports of 2023 to December 2025. A tree of nodes, of which `current_node` names the last that was shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, empty, said, session_id, titled
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.trees import Node, paths
from tiermem.histories.parts.wording import Block
from tiermem.messages import Message, ToolCall
from tiermem.times.instants import instant

KEY = "chatgpt"
_UNSEEN = ("user_editable_context", "model_editable_context")  # custom instructions and what it remembers


def _known(contents: Contents) -> bool:
    return has(contents.first, "mapping") and isinstance(contents.first["mapping"], Mapping)


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in contents.records:
        if not has(record, "mapping"):
            continue
        nodes, kept = wording.mapping(record["mapping"]), Gathered()
        tree: dict[str, Node] = {}
        for name, node in nodes.items():
            message = _message(name, wording.mapping(node), nodes, kept)
            tree[name] = Node(wording.mapping(node).get("parent"), (message,) if message else ())
        path, branches = paths(tree, record.get("current_node"))
        title = record.get("title") or ""
        yield Conversation(
            id=session_id(KEY, record.get("conversation_id") or record.get("id") or title),
            source=SOURCE.name,
            title=title,
            path=titled(path, title),
            branches=tuple(titled(one, title) for one in branches),
            left_out=kept.left_out,
        )


def _message(name: str, node: Mapping[str, Any], nodes: Mapping[str, Any], kept: Gathered) -> Message | None:
    message = wording.mapping(node.get("message"))
    if not message:
        return None
    author, content = wording.mapping(message.get("author")), wording.mapping(message.get("content"))
    role, beside = author.get("role") or "assistant", wording.mapping(message.get("metadata"))
    kind = content.get("content_type") or ""
    if beside.get("is_visually_hidden_from_conversation") or kind in _UNSEEN:
        kept.leave("messages that ChatGPT does not show (custom instructions, what tools tell each other)")
        return None
    if kind == "reasoning_recap":
        kept.leave("notes of how long a model thought")
        return None
    when, blocks = instant(message.get("create_time")), _blocks(content, kept)
    state = {"model": beside.get("model_slug")}
    recipient = message.get("recipient") or "all"
    if role == "assistant" and recipient != "all":
        call = ToolCall(name, recipient, _arguments("\n".join(b.get("text", "") for b in blocks)))
        return said("assistant", None, name, when, calls=[call], state=state)
    blocks = [*blocks, *(one for file in wording.objects(beside.get("attachments")) for one in _attached(file))]
    made = _made(role, author, blocks, name, when, state, node, nodes)
    if empty(made) or not blocks:
        if role != "system":  # the export begins each conversation with an empty one
            kept.leave("messages without words")
        return None
    return made


def _made(
    role: str,
    author: Mapping[str, Any],
    blocks: list[Block],
    name: str,
    when: datetime | None,
    state: Mapping[str, Any],
    node: Mapping[str, Any],
    nodes: Mapping[str, Any],
) -> Message:
    if role == "tool":
        return said("tool", blocks, name, when, name=author.get("name"), answers=_called(node, nodes), state=state)
    return said(role, blocks, name, when, name=author.get("name"), state=state)


def _called(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> str | None:
    """The id of the call that a tool's message answers: the nearest above it."""
    seen: set[str] = set()
    parent = node.get("parent")
    while isinstance(parent, str) and parent in nodes and parent not in seen:
        seen.add(parent)
        above = wording.mapping(wording.mapping(nodes[parent]).get("message"))
        role = wording.mapping(above.get("author")).get("role")
        if role == "assistant" and (above.get("recipient") or "all") != "all":
            return parent
        if role == "user":
            return None
        parent = wording.mapping(nodes[parent]).get("parent")
    return None


def _arguments(words: str) -> dict[str, Any] | str:
    try:
        read = json.loads(words)
    except (ValueError, RecursionError):
        return words  # code, or a command of an old browser
    return read if isinstance(read, dict) else words


def _blocks(content: Mapping[str, Any], kept: Gathered) -> list[Block]:
    kind = content.get("content_type") or "text"
    if kind == "thoughts":
        thoughts = wording.objects(content.get("thoughts"))
        return [block for one in thoughts for block in wording.thought(one.get("content") or one.get("summary"))]
    if kind == "tether_quote":
        return wording.document(content.get("title") or content.get("url"), content.get("text"))
    parts = content.get("parts")
    if isinstance(parts, list):
        return [block for part in parts for block in _part(part, kept)]
    told = next((content[key] for key in ("text", "result", "content", "summary") if content.get(key)), None)
    blocks = wording.text(told)
    if not blocks and kind not in {"text", "code", "execution_output", "tether_browsing_display"}:
        kept.leave(f"content of type {kind}")
    return blocks


def _part(part: Any, kept: Gathered) -> list[Block]:
    if isinstance(part, str):
        return wording.text(part)
    held = wording.mapping(part)
    kind = str(held.get("content_type", ""))
    if isinstance(held.get("text"), str):  # what was said aloud, transcribed
        return wording.text(held["text"])
    if kind == "image_asset_pointer":
        return [{"type": "image", "filename": held.get("asset_pointer", ""), **_prompt(held)}]
    if "pointer" in kind:
        kept.leave("sound and video, of which the export has no more than the name")
    elif kind:
        kept.leave(f"content of type {kind}")
    return []


def _prompt(held: Mapping[str, Any]) -> dict[str, str]:
    """What a picture was made of, where a model made it."""
    made = wording.mapping(wording.mapping(held.get("metadata")).get("dalle"))
    return {"caption": made["prompt"]} if isinstance(made.get("prompt"), str) and made["prompt"] else {}


def _attached(file: Mapping[str, Any]) -> list[Block]:
    name = file.get("name")
    kind = str(file.get("mime_type") or file.get("mimeType") or "")
    return wording.picture(name) if kind.startswith("image/") else wording.document(name, None)


SOURCE = HistoryFormat(KEY, "ChatGPT's export", _known, _read)
