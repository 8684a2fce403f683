"""OpenCode's sessions: as `opencode export` writes them, and as its storage is gathered (`histories/gathered.py`,
`histories/tables/opencode.py`).

Seen: the forms of 2025 (messages that hold their parts; files for each part) and of 1.2 (SQLite). A message is what is
known of it, and its parts. What was reverted is kept as a branch; agents of its own have sessions of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, session_id, titled
from tiermem.histories.parts.pieces import StepPiece, steps
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.trees import Path
from tiermem.histories.parts.wording import Block
from tiermem.importers import fields
from tiermem.messages import ToolCall
from tiermem.times.instants import instant

KEY = "opencode"
_QUIET = frozenset({"step-start", "step-finish", "snapshot", "patch", "retry", "compaction", "agent"})
_TEXTS = frozenset({"text/plain", "application/x-directory"})  # their words stand in parts of their own
_CALLED = "Called the "  # how OpenCode tells the model which file it read


def _known(contents: Contents) -> bool:
    first = contents.first
    session = wording.mapping(first.get("info"))
    return has(first, "info", "messages") and str(session.get("id")).startswith("ses_")


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in contents.records:
        session, kept = wording.mapping(record.get("info")), Gathered()
        kept.leave("messages and parts of messages that are damaged", int(record.get("damaged") or 0))
        kept.leave("messages of a newer form, which is not known", int(record.get("newer") or 0))
        every = sorted(wording.objects(record.get("messages")), key=_order)
        whole = kept.chained(one for message in every for one in _messages(message, kept))
        shown = _before(every, wording.mapping(session.get("revert")))
        path = whole if shown is None else Gathered().chained(one for m in shown for one in _messages(m, Gathered()))
        title = str(session.get("title") or "")
        yield Conversation(
            id=session_id(KEY, session.get("id")),
            source=SOURCE.name,
            title=title,
            path=titled(path, title),
            branches=() if shown is None else (titled(whole, title),),
            left_out=kept.left_out,
        )


def _order(message: Mapping[str, Any]) -> tuple[float, str]:
    info = wording.mapping(message.get("info"))
    created = wording.mapping(info.get("time")).get("created")
    return (created if isinstance(created, (int, float)) else 0, str(info.get("id")))


def _before(every: Sequence[Mapping[str, Any]], revert: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The messages before the one that was reverted, of that one the parts before it; None where nothing was."""
    names = [str(wording.mapping(one.get("info")).get("id")) for one in every]
    if revert.get("messageID") not in names:
        return None
    place = names.index(revert["messageID"])
    parts = sorted(wording.objects(every[place].get("parts")), key=lambda part: str(part.get("id")))
    ids = [part.get("id") for part in parts]
    held = parts[: ids.index(revert["partID"])] if revert.get("partID") in ids else []
    return [*every[:place], *([{**every[place], "parts": held}] if held else [])]


def _messages(message: Mapping[str, Any], kept: Gathered) -> Path:
    info = wording.mapping(message.get("info"))
    if info.get("summary") is True:
        kept.leave("summaries of what stands here in full")
        return ()
    parts = sorted(wording.objects(message.get("parts")), key=lambda part: str(part.get("id") or ""))
    role = str(info.get("role") or "assistant")
    pieces = [*_asked(parts, kept)] if role == "user" else [one for part in parts for one in _answered(part)]
    model = wording.mapping(info.get("model")).get("modelID") or info.get("modelID")
    when = instant(wording.mapping(info.get("time")).get("created"))
    made = steps(pieces, role, str(info.get("id")), when, state={"model": model} if role != "user" else None)
    if not made:
        error = str(wording.mapping(info.get("error")).get("name") or "")
        kept.leave(f"answers that failed ({error})" if error else "messages without words")
    return made


def _asked(parts: Sequence[Mapping[str, Any]], kept: Gathered) -> Iterator[StepPiece]:
    """What a user said, with the words of the files that stand beside it."""
    files = [part for part in parts if part.get("type") == "file" and part.get("mime") in _TEXTS]
    names = iter([part.get("filename") or part.get("url") for part in files])
    for part in parts:
        kind = part.get("type")
        if kind == "text" and part.get("synthetic"):
            words = str(part.get("text") or "")
            name = None if words.startswith(_CALLED) else next(names, None)
            if name is None:
                kept.leave("what OpenCode adds itself (notes for the model)")
            else:
                yield StepPiece(wording.document(name, words))
        elif kind == "text" and part.get("ignored"):
            kept.leave("words that the model was not sent")
        elif kind == "text":
            yield StepPiece(wording.text(part.get("text")))
        elif kind == "subtask":
            yield StepPiece(wording.text(part.get("prompt")))
        elif kind == "file" and part.get("mime") not in _TEXTS:
            yield StepPiece(_file(part))
    for name in names:  # files whose words are not there
        yield StepPiece(wording.document(name, None))


def _file(part: Mapping[str, Any]) -> list[Block]:
    """A picture or document: as it is where its bytes stand there, else by its name."""
    mime, url = str(part.get("mime") or ""), str(part.get("url") or "")
    head, _, body = url.partition(";base64,")
    if head.startswith("data:") and body:
        kind = "image" if mime.startswith("image/") else "document"
        return [{"type": kind, "source": {"type": "base64", "media_type": mime, "data": body}}]
    name = part.get("filename") or url.rpartition("/")[2]
    return wording.picture(name) if mime.startswith("image/") else wording.document(name, None)


def _answered(part: Mapping[str, Any]) -> Iterator[StepPiece]:
    kind = part.get("type")
    if kind == "text":
        yield StepPiece(wording.text(part.get("text")))
    elif kind == "reasoning":
        yield StepPiece(wording.thought(part.get("text")))
    elif kind == "file":
        yield StepPiece(_file(part))
    elif kind == "tool":
        yield from _tool(part, wording.mapping(part.get("state")))
    elif kind == "tool-invocation":  # of messages that hold their parts
        held = wording.mapping(part.get("toolInvocation"))
        state = {"input": held.get("args"), "output": held.get("result")}
        yield from _tool({"callID": held.get("toolCallId"), "tool": held.get("toolName")}, state)
    elif kind not in _QUIET:
        yield StepPiece([dict(part)])


def _tool(part: Mapping[str, Any], state: Mapping[str, Any]) -> Iterator[StepPiece]:
    identity, name = str(part.get("callID") or ""), str(part.get("tool") or "")
    yield StepPiece(call=ToolCall(identity, name, fields.arguments(state.get("input"))))
    told = state.get("output") if state.get("output") is not None else state.get("error")
    if told is not None:
        files = [block for one in wording.objects(state.get("attachments")) for block in _file(one)]
        yield StepPiece(
            [*wording.text(told if isinstance(told, str) else str(told)), *files], answers=identity, name=name
        )


SOURCE = HistoryFormat(KEY, "OpenCode", _known, _read)
