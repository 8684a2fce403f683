"""Messages of other programs that are nearly OpenAI's, as OpenAI's: other names of fields, other places of words.

Rule: what is moved is moved whole, and what is folded keeps the word that it had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiermem.blocks.forms import Sort
from tiermem.blocks.reading import read, words
from tiermem.blocks.roles import folded

Record = Mapping[str, Any]
ROLE = "role"
_ITEMS = frozenset({Sort.CALL, Sort.RESULT, Sort.DEED, Sort.THOUGHT})


def standard(record: Record) -> dict[str, Any]:
    """*record*, which has a role, with its fields in today's form of OpenAI's chat.

    Of 2023: a call without an id, which the function's name ties to its result. Of Cohere: `message`. Of Ollama:
    `tool_name`. Of Google and of Vercel's messages: `parts`, and `toolInvocations` that stand in none. Beside an
    answer's content: a refusal, and the transcript of what was spoken.
    """
    rest = dict(record)
    called = rest.get("function_call")
    if isinstance(called, Mapping) and not rest.get("tool_calls"):
        rest["tool_calls"] = [{"id": called.get("name"), "function": rest.pop("function_call")}]
    if rest[ROLE] == "function" and isinstance(rest.get("name"), str) and not {"origin", "tool_call_id"} & set(rest):
        rest |= {ROLE: "tool", "tool_call_id": rest["name"]}
    if rest.get("name") is None and isinstance(rest.get("tool_name"), str):
        rest["name"] = rest.pop("tool_name")
    if "content" not in rest and isinstance(rest.get("message"), str):
        rest["content"] = rest.pop("message")
    if isinstance(rest.get("parts"), list) or isinstance(rest.get("toolInvocations"), list):
        _from_parts(rest)
    if not rest.get("content"):
        _from_beside(rest)
    if "origin" not in rest and isinstance(rest[ROLE], str):  # our own form says it exactly
        rest[ROLE] = folded(rest[ROLE]) or rest[ROLE]
    return rest


def is_item(record: Record) -> bool:
    """Whether *record* is an item of OpenAI's Responses beside their messages: a call, its output, a thought."""
    return ROLE not in record and isinstance(record.get("type"), str) and read(record).sort in _ITEMS


def role_of(item: Record) -> str:
    """The role of a message that holds *item* alone."""
    return "tool" if read(item).sort is Sort.RESULT else "assistant"


def changed(record: Record, made: Record) -> bool:
    """Whether *made*, the standard form of *record*, has another role and not merely another word for it."""
    return made[ROLE] not in {record[ROLE], folded(str(record[ROLE]))}


def _from_parts(rest: dict[str, Any]) -> None:
    """Content of `parts`; text of `content`, and calls of `toolInvocations`, that stand in no part come first."""
    parts = rest["parts"] if isinstance(rest.get("parts"), list) else []
    readable = all(isinstance(part, str | Mapping) for part in parts)
    if not readable or not isinstance(rest.get("content", ""), str | None):
        return
    text = rest.pop("content", None)
    shown = {read(part).id for part in parts if isinstance(part, Mapping)} - {""}
    calls = rest.get("toolInvocations") if isinstance(rest.get("toolInvocations"), list) else []
    alone = [call for call in calls or () if isinstance(call, Mapping) and call.get("toolCallId") not in shown]
    invoked = [{"type": "tool-invocation", "toolInvocation": dict(call)} for call in alone]
    first = [{"type": "text", "text": text}] if text and text not in "\n".join(words(list(parts))) else []
    rest["content"] = [*first, *invoked, *parts]
    rest.pop("parts", None)
    if len(alone) in {0, len(calls or ())}:  # all of them stand in the content now
        rest.pop("toolInvocations", None)


def _from_beside(rest: dict[str, Any]) -> None:
    """Content of what OpenAI puts beside an empty one."""
    told: list[Any] = []
    if isinstance(rest.get("refusal"), str):
        told.append({"type": "refusal", "refusal": rest.pop("refusal")})
    audio = rest.get("audio")
    if isinstance(audio, Mapping) and isinstance(audio.get("transcript"), str):
        told.append({"type": "audio", "audio": rest.pop("audio")})
    if told:
        rest["content"] = told
