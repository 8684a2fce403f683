"""What an agent's model is sent, as LangChain messages: the core's view of the session, and what others made of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage

from langchain_tiered_memory.convert import ENCODING, to_core
from langchain_tiered_memory.converted import NOTHING_KEPT, Showing
from langchain_tiered_memory.rendering import made_up, shown_pieces
from tiermem import Message, Shown
from tiermem.agents.note import Note
from tiermem.agents.view import AgentView
from tiermem.blocks.completeness import incomplete
from tiermem.plain_json import LEFT_OUT
from tiermem.text.clipping import Count
from tiermem.tokens.counting import message_tokens
from tiermem.window.pairing import NO_RESULT

OPENING, OPENED = "[The assistant speaks first.]", "opening"
_THOUGHTS = frozenset({"thinking", "redacted_thinking", "reasoning_content", "reasoning"})
_SIGNED = frozenset({"redacted_thinking", "reasoning_content"})  # Anthropic's and Bedrock's own forms
_BINDING = ("anthropic", "bedrock")  # providers that bind a block of reasoning to what stood before it


@dataclass(frozen=True, slots=True)
class AgentPrompt:
    """The messages for the model; *whole* says which of them are as they were said."""

    messages: list[BaseMessage]
    whole: list[bool]


def prompt_of(
    view: AgentView[Note], state: Sequence[BaseMessage] = (), count: Count = len, kept: Showing = NOTHING_KEPT
) -> AgentPrompt:
    """*view* as LangChain messages that every provider takes.

    System messages stand in front, the user's side begins, each call has its result, and no thoughts stand behind a
    changed beginning. Of what the session has in part only, the message of the *state* is shown, where by *count* there
    is room. Copies of what is *kept*.
    """
    shown: list[tuple[BaseMessage, bool]] = []
    room = view.context.budget - view.context.tokens
    for piece, form in shown_pieces(view.context, kept):
        message = form
        whole = piece.kind == "message" and piece.shown is Shown.VERBATIM and not piece.clipped
        if whole and _in_part(piece.message) and (original := _original(message, state)) is not None:
            more = message_tokens(to_core(original), count) - piece.tokens
            message, room = (original, room - more) if more <= room else (message, room)
        bare = 0 < piece.message.sequence <= view.note.bare
        shown.append((without_reasoning(message) if bare else message, whole))
    shown = [*_opened(shown), *_unanswered(shown)]
    return AgentPrompt([message for message, _ in shown], [whole for _, whole in shown])


def _in_part(message: Message) -> bool:
    raw = message.raw or {}
    return LEFT_OUT in raw or (ENCODING in raw and bool(incomplete(message)))


def _original(shown: BaseMessage, state: Sequence[BaseMessage]) -> BaseMessage | None:
    """The message of the *state* that is *shown*, on the same side."""
    return next((one for one in state if one.id and one.id == shown.id and one.type == shown.type), None)


def _opened(shown: Sequence[tuple[BaseMessage, bool]]) -> list[tuple[BaseMessage, bool]]:
    """*shown*, begun on the user's side, as most providers want it."""
    said = (place for place, (message, _) in enumerate(shown) if not isinstance(message, SystemMessage))
    first = next(said, len(shown))
    if first == len(shown) or not isinstance(shown[first][0], AIMessage):
        return list(shown)
    return [*shown[:first], (made_up(OPENING, OPENED), False), *shown[first:]]


def _unanswered(shown: Sequence[tuple[BaseMessage, bool]]) -> list[tuple[BaseMessage, bool]]:
    """Results for calls at the very end: a run was interrupted there, and the model is asked all the same."""
    last = shown[-1][0] if shown else None
    calls = last.tool_calls if isinstance(last, AIMessage) else []
    return [(ToolMessage(NO_RESULT, tool_call_id=call["id"] or "", name=call["name"]), False) for call in calls]


def without_reasoning(message: BaseMessage) -> BaseMessage:
    """*message* without thoughts that a provider ties to what stood before it, which is no longer what it was.

    Claude's are, and are known by the provider's name or by their signature. Others want theirs back (DeepSeek, Kimi)
    or do not mind.
    """
    if not isinstance(message, AIMessage) or not isinstance(message.content, list):
        return message
    provider = str(message.response_metadata.get("model_provider", ""))
    content: Any = [block for block in message.content if not _is_bound(block, provider)]
    return message if content == message.content else message.model_copy(update={"content": content or ""})


def _is_bound(block: Any, provider: str) -> bool:
    kind = block.get("type") if isinstance(block, dict) else ""
    if provider.startswith(_BINDING):
        return kind in _THOUGHTS
    return kind in _SIGNED or (not provider and kind == "thinking" and "signature" in block)


def overlaid(prompt: AgentPrompt, handed: Sequence[BaseMessage], state: Sequence[BaseMessage]) -> list[BaseMessage]:
    """*prompt* with what other middleware made of this call: messages it changed, and those it put in.

    What it left out is for this memory to decide, and stays; only where nothing of the *state* is left, what was
    *handed* over stands for all. Results that it put in, as LangChain does for broken calls, stand behind their calls.
    """
    if _untouched(handed, state):
        return prompt.messages
    raw = {message.id: message for message in state if message.id}
    changed = {message.id: message for message in handed if message.id in raw and message is not raw[message.id]}
    first = next((place for place, message in enumerate(handed) if message.id in raw), len(handed))
    if handed and state and first == len(handed):
        return list(handed)
    added = [message for message in handed if message.id not in raw]
    results = {message.tool_call_id: message for message in added if isinstance(message, ToolMessage)}
    shown: list[BaseMessage] = []
    for message, whole in zip(prompt.messages, prompt.whole, strict=True):
        missing = isinstance(message, ToolMessage) and message.text == NO_RESULT
        answer = results.get(message.tool_call_id) if missing else None  # type: ignore[attr-defined]
        shown.append(answer or (changed.get(message.id or "", message) if whole else message))
    return [*_put_in(handed[:first], raw), *shown, *_put_in(handed[first:], raw)]


def grown(handed: Sequence[BaseMessage], state: Sequence[BaseMessage]) -> list[str]:
    """The texts by which other middleware made a call longer: put in, or in place of shorter ones.

    Results that stand for missing ones are as long as these.
    """
    if _untouched(handed, state):
        return []
    raw = {message.id: message for message in state if message.id}
    longer = [message.text for message in handed if message.id in raw and len(message.text) > len(raw[message.id].text)]
    return [*(message.text for message in _put_in(handed, raw)), *longer]


def _put_in(handed: Sequence[BaseMessage], raw: Collection[str | None]) -> list[BaseMessage]:
    """What of a call's messages is not of the state, whose ids *raw* has; results stand elsewhere."""
    return [message for message in handed if message.id not in raw and not isinstance(message, ToolMessage)]


def _untouched(handed: Sequence[BaseMessage], state: Sequence[BaseMessage]) -> bool:
    return len(handed) == len(state) and all(map(is_, handed, state))
