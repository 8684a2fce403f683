"""LM Studio's conversation files. Seen: those of 2024 and 2025. Of each message there are versions, one selected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, session_id, titled
from tiermem.histories.parts.pieces import StepPiece, steps
from tiermem.histories.parts.source import HistoryFormat
from tiermem.histories.parts.trees import Path
from tiermem.histories.parts.wording import Block
from tiermem.importers import fields
from tiermem.messages import Message, ToolCall
from tiermem.times.instants import instant

KEY = "lmstudio"


def _known(contents: Contents) -> bool:
    first = contents.first
    messages = wording.objects(first.get("messages"))
    return any("versions" in one and "currentlySelected" in one for one in messages)


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in contents.records:
        kept, title = Gathered(), str(record.get("name") or "")
        began = instant(record.get("createdAt"))
        path: list[Message] = []
        branches: list[Path] = []
        for place, message in enumerate(wording.objects(record.get("messages"))):
            versions = wording.objects(message.get("versions"))
            chosen = message.get("currentlySelected")
            chosen = chosen if isinstance(chosen, int) and 0 <= chosen < len(versions) else len(versions) - 1
            told = [_messages(f"{place}" if n == 0 else f"{place}v{n}", one, kept) for n, one in enumerate(versions)]
            branches += [(*path, *one) for n, one in enumerate(told) if n != chosen and one]
            path += told[chosen] if told else ()
        if path:  # times are those of the conversation alone
            path[0] = replace(path[0], created_at=began)
        yield Conversation(
            id=session_id(KEY, record.get("createdAt") or contents.stem),
            source=SOURCE.name,
            title=title,
            path=titled(tuple(path), title),
            branches=tuple(titled((replace(one[0], created_at=began), *one[1:]), title) for one in branches),
            left_out=kept.left_out,
        )


def _messages(name: str, version: Mapping[str, Any], kept: Gathered) -> Path:
    pieces = _pieces(name, wording.objects(version.get("content")), kept)
    for place, step in enumerate(wording.objects(version.get("steps"))):
        if step.get("type") == "contentBlock":
            found = _pieces(f"{name}:{place}", wording.objects(step.get("content")), kept)
            thinks = wording.mapping(step.get("style")).get("type") == "thinking"
            pieces += [_as_thought(piece) for piece in found] if thinks else found
        elif step.get("type") not in {"debugInfoBlock", "status", "toolStatus"}:
            kept.leave(f"steps of type {step.get('type') or 'unknown'}")
    sender = wording.mapping(version.get("senderInfo")).get("senderName")
    made = steps(pieces, str(version.get("role") or "assistant"), name, state={"model": sender})
    if not made:
        kept.leave("messages without words")
    return made


def _as_thought(piece: StepPiece) -> StepPiece:
    told = "".join(str(block.get("text", "")) for block in piece.blocks)
    return StepPiece(wording.thought(told), piece.call, piece.answers, piece.name)


def _pieces(name: str, blocks: list[Mapping[str, Any]], kept: Gathered) -> list[StepPiece]:
    made: list[StepPiece] = []
    for place, block in enumerate(blocks):
        kind = block.get("type")
        identity = str(block.get("callId") or block.get("toolCallRequestId") or f"{name}:{place}")
        if kind == "text":
            made.append(StepPiece(wording.text(block.get("text"))))
        elif kind == "file":
            made.append(StepPiece(wording.document(block.get("fileName") or block.get("fileIdentifier"), None)))
        elif kind == "toolCallRequest":
            arguments = fields.arguments(block.get("parameters", block.get("arguments")))
            made.append(StepPiece(call=ToolCall(identity, str(block.get("name") or ""), arguments)))
        elif kind == "toolCallResult":
            made.append(StepPiece(_result(block.get("content")), answers=identity, name=block.get("name")))
        else:
            kept.leave(f"content of type {kind or 'unknown'}")
    return made


def _result(content: Any) -> list[Block]:
    return [block for one in wording.strings(content) for block in wording.text(one)]


SOURCE = HistoryFormat(KEY, "LM Studio", _known, _read)
