"""Open WebUI's export: a list of chats, or one of them.

Seen: exports of 2024 and 2025; the newest have no flat list any more. Thoughts and tools stand in the text as escaped
`<details>`, and in newer ones typed in `output` too.
"""

from __future__ import annotations

import html
import re
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
from tiermem.text import late
from tiermem.times.instants import instant

KEY = "openwebui"
_DETAILS = late.compile(r"<details\b([^>]*)>(.*?)</details>\s*", re.DOTALL)
_ATTRIBUTE = late.compile(r'([\w-]+)="([^"]*)"')
_SUMMARY = late.compile(r"<summary>.*?</summary>", re.DOTALL)


def _chat(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return wording.mapping(record.get("chat")) or record


def _known(contents: Contents) -> bool:
    chat = _chat(contents.first)
    return isinstance(wording.mapping(chat.get("history")).get("messages"), Mapping) or (
        has(contents.first, "chat", "user_id") and "messages" in chat
    )


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in contents.records:
        kept, chat = Gathered(), _chat(record)
        history = wording.mapping(chat.get("history"))
        nodes = {
            str(name): Node(node.get("parentId"), _messages(str(name), node, kept))
            for name, node in wording.mapping(history.get("messages")).items()
            if isinstance(node, Mapping)
        }
        if not nodes:  # the oldest have a list alone
            nodes = _listed(wording.objects(chat.get("messages")), kept)
        path, branches = paths(nodes, history.get("currentId"))
        title = record.get("title") or chat.get("title") or ""
        yield Conversation(
            id=session_id(KEY, record.get("id") or chat.get("id") or title),
            source=SOURCE.name,
            title=title,
            path=titled(path, title),
            branches=tuple(titled(one, title) for one in branches),
            left_out=kept.left_out,
        )


def _listed(messages: list[Mapping[str, Any]], kept: Gathered) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    before: str | None = None
    for place, message in enumerate(messages):
        name = kept.unique(str(message.get("id") or f"message-{place}"))
        nodes[name] = Node(before, _messages(name, message, kept))
        before = name
    return nodes


def _messages(name: str, message: Mapping[str, Any], kept: Gathered) -> Path:
    output = wording.objects(message.get("output"))
    pieces = [piece for place, one in enumerate(output) for piece in _typed(f"{name}:{place}", one, kept)]
    if not pieces:
        pieces = _told(name, message.get("content"))
    files = [
        StepPiece(wording.document(one.get("name"), _words(one)))
        for one in wording.objects(message.get("files"))
    ]  # fmt: skip
    made = steps(
        [*files, *pieces],
        str(message.get("role") or "assistant"),
        name,
        instant(message.get("timestamp")),
        state={"model": message.get("model")},
    )
    if not made:
        kept.leave("messages without words")
    return made


def _words(file: Mapping[str, Any]) -> Any:
    inner = wording.mapping(file.get("file"))
    return wording.mapping(inner.get("data")).get("content") or file.get("content")


def _told(name: str, content: Any) -> list[StepPiece]:
    """What a text says, with the thoughts and tools that stand in it as HTML."""
    if isinstance(content, list):
        return [StepPiece([dict(block) for block in wording.objects(content)])]
    if not isinstance(content, str):
        return []
    made, end = list[StepPiece](), 0
    for place, match in enumerate(_DETAILS.finditer(content)):
        given = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(match[1])}
        found = _detail(f"{name}:{place}", given, match[2])
        if found:
            made += [StepPiece(wording.text(content[end : match.start()].strip())), *found]
            end = match.end()
    return [*made, StepPiece(wording.text(content[end:].strip() if made else content))]


def _detail(name: str, given: Mapping[str, str], inner: str) -> list[StepPiece]:
    body = html.unescape(_SUMMARY.sub("", inner)).strip()
    if given.get("type") == "reasoning":
        return [
            StepPiece(
                wording.thought("\n".join(line.removeprefix("> ").removeprefix(">") for line in body.split("\n")))
            )
        ]
    if given.get("type") == "tool_calls":
        call = ToolCall(given.get("id") or name, given.get("name", ""), _unquoted(given.get("arguments", "")))
        result = _text(given["result"]) if "result" in given else body
        return [
            StepPiece(call=call),
            *([StepPiece(wording.text(result), answers=call.id, name=call.name)] if result else []),
        ]
    return []


def _unquoted(value: str) -> dict[str, Any] | str:
    """Arguments, which may be written as JSON in JSON."""
    read = fields.arguments(value)
    return fields.arguments(_text(read)) if isinstance(read, str) else read


def _text(value: str) -> str:
    import json

    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, str) else value


def _typed(name: str, item: Mapping[str, Any], kept: Gathered) -> list[StepPiece]:
    """What one item of `output` is; these are nearly those of OpenAI's Responses."""
    kind = item.get("type")
    if kind == "message":
        return [StepPiece([block for one in wording.strings(item.get("content")) for block in wording.text(one)])]
    if kind == "reasoning":
        told = [*wording.strings(item.get("content") or []), *wording.strings(item.get("summary") or [])]
        return [StepPiece(wording.thought("\n".join(told)))]
    if kind == "function_call":
        arguments = fields.arguments(item.get("arguments"))
        return [StepPiece(call=ToolCall(str(item.get("call_id") or name), str(item.get("name") or ""), arguments))]
    if kind == "function_call_output":
        told = [*wording.strings(item.get("output") or [])]
        return [StepPiece(wording.text("\n".join(told)), answers=str(item.get("call_id") or name))]
    kept.leave(f"content of type {kind or 'unknown'}")
    return []


SOURCE = HistoryFormat(KEY, "Open WebUI", _known, _read)
