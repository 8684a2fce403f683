"""Gemini CLI's sessions: `~/.gemini/tmp/…/chats/session-….json`, of newer versions `.jsonl`.

Seen: both, of 2025. In the lines the same `id` again is an update, `$rewindTo` takes away what is behind a message,
`$set` changes what is said of the session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, session_id
from tiermem.histories.parts.pieces import StepPiece, steps
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.trees import Path
from tiermem.histories.parts.wording import Block
from tiermem.importers import fields
from tiermem.messages import ToolCall
from tiermem.times.instants import instant

KEY = "gemini-cli"
_NOTES = frozenset({"info", "error", "warning", "system"})


def _known(contents: Contents) -> bool:
    return has(contents.first, "sessionId", "projectHash")


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    kept = Gathered()
    kept.left_out.update(contents.broken)
    records = contents.records if contents.is_lines else wording.objects(contents.first.get("messages"))
    name = contents.first.get("sessionId")
    shown: dict[str, Mapping[str, Any]] = {}
    left: list[tuple[Mapping[str, Any], ...]] = []
    for record in records:
        if "$rewindTo" in record:
            names = list(shown)
            if record["$rewindTo"] in shown:
                left.append(tuple(shown.values()))
                for gone in names[names.index(record["$rewindTo"]) :]:
                    del shown[gone]
        elif "$set" in record:
            name = wording.mapping(record["$set"]).get("sessionId") or name
        elif "type" in record and "id" in record:
            shown[str(record["id"])] = {**shown.get(str(record["id"]), {}), **record}
    yield Conversation(
        id=session_id(KEY, name),
        source=SOURCE.name,
        path=_path(tuple(shown.values()), kept),
        branches=tuple(_path(one, Gathered()) for one in left),
        left_out=kept.left_out,
    )


def _path(records: tuple[Mapping[str, Any], ...], kept: Gathered) -> Path:
    made: list[Any] = []
    for record in records:
        if str(record.get("type")) in _NOTES:
            kept.leave("notes of the program (information, errors)")
            continue
        told = steps(
            _pieces(record),
            "user" if record.get("type") == "user" else "assistant",
            str(record["id"]),
            instant(record.get("timestamp")),
            state={"model": record.get("model")},
        )
        made += told
        kept.leave("messages without words", not told)
    return tuple(made)


def _pieces(record: Mapping[str, Any]) -> Iterator[StepPiece]:
    thoughts = wording.objects(record.get("thoughts"))
    told = (
        wording.joined([str(one.get("subject") or ""), str(one.get("description") or "")], ": ") for one in thoughts
    )
    yield StepPiece([block for one in told for block in wording.thought(one)])
    calls = wording.objects(record.get("toolCalls"))
    for call in calls:
        arguments = fields.arguments(call.get("args"))
        yield StepPiece(call=ToolCall(str(call.get("id") or ""), str(call.get("name") or ""), arguments))
    for call in calls:
        if call.get("result") is not None:
            yield StepPiece(_result(call["result"]), answers=str(call.get("id") or ""), name=call.get("name"))
    yield StepPiece(_said(record.get("content")))  # an answer is written when its tools have answered


def _said(content: Any) -> list[Block]:
    if isinstance(content, str):
        return wording.text(content)
    return [dict(part) if "text" not in part else {"type": "text", "text": part["text"]}
            for part in wording.objects(content)]  # fmt: skip


def _result(result: Any) -> list[Block]:
    made: list[Block] = []
    for part in wording.objects(result) or [{"text": result}]:
        response = wording.mapping(wording.mapping(part.get("functionResponse")).get("response"))
        told = response.get("output") or response.get("error")
        if isinstance(told, str):
            made += wording.text(told)
        elif response:
            made.append({"type": "json", "json": dict(response)})
        else:
            made += _said([part])
    return made


SOURCE = HistoryFormat(KEY, "Gemini CLI", _known, _read)
