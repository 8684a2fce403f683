"""What stands in a message of Cline's -> what was said, called and answered, without what wraps it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.conversation import Gathered
from tiermem.histories.parts.pieces import StepPiece
from tiermem.histories.parts.wording import Block
from tiermem.importers import fields
from tiermem.messages import ToolCall
from tiermem.text import late

_STATE = late.compile(r"(?s)<(environment_details|mode_notice|SYSTEM_NOTICE)>.*?(?:</\1>|\Z)")
_WRAPPED = late.compile(r"<(task|feedback|answer|user_message|user_input|user_command)\b[^>\n]{0,200}>")
_RESULT = late.compile(r"(?s)\[(\w{1,40})(?: for '.*?')?\] Result:(.*)")
_CALL = late.compile(
    r"(?s)<(execute_command|read_file|write_to_file|replace_in_file|apply_diff|search_files|list_files|browser_action"
    r"|list_code_definition_names|use_mcp_tool|access_mcp_resource|load_mcp_documentation|web_fetch|new_task"
    r"|ask_followup_question|attempt_completion|plan_mode_respond|act_mode_respond)>(.*?)(?:</\1>|\Z)"
)
_FIELD = late.compile(
    r"<(path|content|diff|command|requires_approval|regex|file_pattern|recursive|action|url|coordinate|text|server_name"
    r"|tool_name|arguments|args|uri|question|follow_up|options|result|response|context|message|mode)>"
)
_THOUGHT = late.compile(r"(?s)<thinking>\s*(.*?)\s*(?:</thinking>|\Z)")
_SAYING = {  # tools by which something is said to the user, and where the words stand
    "ask_followup_question": "question",
    "attempt_completion": "result",
    "plan_mode_respond": "response",
    "act_mode_respond": "response",
}
_SHOWN = {"task": "user", "user_feedback": "user", "text": "assistant", "completion_result": "assistant"}
_ADDED = "what Cline adds itself (the state of the machine and of its task)"


@dataclass(slots=True)
class ClinePart:
    """What one side says, in order: its role, and the pieces."""

    role: str
    pieces: list[StepPiece] = field(default_factory=list)


def asked(blocks: Iterable[Block], kept: Gathered) -> Iterator[ClinePart]:
    """What the user's side of a message holds: words, files, and results of tools."""
    part, answers = ClinePart("user"), ""
    for block in blocks:
        if block.get("type") == "tool_result":
            part.pieces.append(_result(block))
            continue
        if block.get("type") != "text":
            part.pieces.append(StepPiece(_beside(block)))
            continue
        words = str(block.get("text") or "")
        cleaned = _STATE.sub("", words).strip()
        kept.leave(_ADDED, cleaned != words.strip())
        if result := _RESULT.fullmatch(cleaned):
            answers, cleaned = ("" if result[1] in _SAYING else result[1]), result[2].strip()
        wrapped = _WRAPPED.match(cleaned)
        cleaned = _inside(cleaned, wrapped[1], wrapped.end()) if wrapped else cleaned
        if cleaned and answers and not wrapped:
            _answer(part, answers, cleaned)
        elif cleaned:
            part.pieces.append(StepPiece(wording.text(cleaned)))
    yield part


def _inside(words: str, tag: str, begin: int) -> str:
    """*words* without the *tag* that opens them before *begin*, and what closes it."""
    head, closing, tail = words[begin:].rpartition(f"</{tag}>")
    return wording.joined([head.strip(), tail.strip()]) if closing else tail.strip()


def _fields(words: str) -> dict[str, str]:
    """The arguments of a call that stand between tags; tags inside of one are part of it."""
    given: dict[str, str] = {}
    end = 0
    for opening in _FIELD.finditer(words):
        if opening.start() >= end and opening[1] not in given:
            end = words.find(f"</{opening[1]}>", opening.end())
            end = len(words) if end < 0 else end
            given[opening[1]] = words[opening.end() : end].strip("\n")
    return given


def _answer(part: ClinePart, tool: str, words: str) -> None:
    """Adds *words* to the result of *tool*, which comes in several blocks."""
    last = part.pieces[-1] if part.pieces else None
    if last is not None and last.name == tool and last.answers == "":
        last.blocks += wording.text(words)
    else:
        part.pieces.append(StepPiece(wording.text(words), answers="", name=tool))


def _result(block: Mapping[str, Any]) -> StepPiece:
    content = block.get("content")
    told: list[Block] = wording.text(content)
    for one in wording.objects(content):
        if "result" in one and "type" not in one:  # of version 4: what was asked for, and what came of it
            told += wording.text(wording.joined([str(one.get("query") or ""), str(one["result"])]))
        else:
            told.append(dict(one))
    return StepPiece(told, answers=str(block.get("tool_use_id")), name=block.get("name"))


def _beside(block: Block) -> list[Block]:
    if block.get("type") == "file":
        return wording.document(block.get("path") or block.get("name"), block.get("content"))
    return [block]


def answered(blocks: Iterable[Block], _kept: Gathered) -> Iterator[ClinePart]:
    """What the model's side of a message holds: thoughts, words, calls."""
    part = ClinePart("assistant")
    for block in blocks:
        kind = block.get("type")
        if kind == "text":
            part.pieces += _spoken(str(block.get("text") or ""))
        elif kind == "tool_use":
            given = fields.arguments(block.get("input"))
            part.pieces.append(StepPiece(call=ToolCall(str(block.get("id")), str(block.get("name")), given)))
        elif kind in {"thinking", "reasoning"}:
            part.pieces.append(StepPiece(wording.thought(block.get("thinking") or block.get("text"))))
        elif kind != "redacted_thinking":
            part.pieces.append(StepPiece([block]))
    yield part


def _spoken(words: str) -> Iterator[StepPiece]:
    """The words of an answer in which thoughts and calls of tools stand between tags."""
    end = 0
    for thought in _THOUGHT.finditer(words):
        yield from _called(words[end : thought.start()])
        yield StepPiece(wording.thought(thought[1]))
        end = thought.end()
    yield from _called(words[end:])


def _called(words: str) -> Iterator[StepPiece]:
    end = 0
    for call in _CALL.finditer(words):
        yield StepPiece(wording.text(words[end : call.start()].strip()))
        given = _fields(call[2])
        if call[1] in _SAYING:
            yield StepPiece(wording.text(given.get(_SAYING[call[1]]) or ""))
        else:
            yield StepPiece(call=ToolCall("", call[1], given))
        end = call.end()
    yield StepPiece(wording.text(words[end:].strip()))


def shown(records: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """What the screen showed of a task, as messages: for where the file of what was sent is gone."""
    for one in records:
        role = _SHOWN.get(str(one.get("say")))
        thought = one.get("say") == "reasoning"
        if one.get("ask") in {"followup", "plan_mode_respond"}:
            role = "assistant"
        if not (role or thought) or one.get("partial"):
            continue
        block = {"type": "thinking", "thinking": one.get("text")} if thought else {"type": "text", "text": _words(one)}
        yield {"role": role or "assistant", "content": [block], "ts": one.get("ts"), "id": f"ui-{one.get('ts')}"}


def _words(one: Mapping[str, Any]) -> str:
    told = str(one.get("text") or "")
    held = fields.arguments(told) if one.get("ask") and told.startswith("{") else {}
    return str((held.get("question") or held.get("response") or told) if isinstance(held, Mapping) else told)
