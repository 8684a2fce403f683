"""What an agent's state has that its session has not, and the reverse.

The state of an agent only grows, but for what other middleware or people take out, and for threads that go on from an
older checkpoint. What is no longer in the state is hidden in the session, which can be undone; what the session knows
beyond a state that starts anew (no checkpointer, a restart) stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from langchain_tiered_memory.convert import SOURCE_KEY, given_id, to_core
from langchain_tiered_memory.notes import Note
from langchain_tiered_memory.steps import Procedure, adding
from tiermem import Message


def storing(note: Note, state: Sequence[BaseMessage], *, owned: bool) -> Procedure[Note]:
    """Stores what is new in *state*, and, where the thread *owned* the session, hides what left it."""
    grown = _grown(note, state)
    if not note.count:
        note, grown = yield from _recognised(note, state)
    elif owned:
        yield from _follow(note, state, whole=grown is None)
    fresh = list(state if grown is None else grown)
    stored = yield from adding([to_core(one) for one in fresh])
    asked = (one.sequence for one, given in zip(stored, fresh, strict=True) if _question(given))
    upto = max((one.sequence for one in stored), default=0)
    last = (state[-1].id or "") if state else ""
    return replace(note, upto=max(note.upto, upto), count=len(state), last=last, asked=max(note.asked, *asked, 0))


def _grown(note: Note, state: Sequence[BaseMessage]) -> Sequence[BaseMessage] | None:
    """What came behind the state that *note* was taken of; None where that is not how this one begins."""
    if not 0 < note.count <= len(state) or not note.last or state[note.count - 1].id != note.last:
        return None
    return state[note.count :]


def _recognised(note: Note, state: Sequence[BaseMessage]) -> Procedure[tuple[Note, Sequence[BaseMessage]]]:
    """Of a state without a note: all but the beginning that repeats the end of the session, word by word.

    A caller without a checkpointer hands the conversation over again and again, and LangGraph gives new ids each time.
    """
    known = (yield lambda session: session.stats()).messages
    start = max(1, known - len(state) + 1)
    held = (yield lambda session: session.messages(start)) if known else []
    said, stored = [_words(to_core(one)) for one in state], [_words(one) for one in held]
    repeated = next((n for n in range(min(len(said), len(stored)), 0, -1) if said[:n] == stored[-n:]), 0)
    asked = [one.sequence for one in held[len(held) - repeated :] if one.role == "user"]
    return replace(note, upto=known, asked=max(asked, default=0)), state[repeated:]


def _words(message: Message) -> tuple[Any, ...]:
    calls = [(call.name, call.arguments) for call in message.tool_calls]
    return message.role, message.content, calls, message.tool_call_id


def _follow(note: Note, state: Sequence[BaseMessage], *, whole: bool) -> Procedure[None]:
    """Hides the messages that LangChain gave an id and that *state* lacks: of all, or of those behind the note's."""
    first = 1 if whole else note.upto + 1
    held = yield lambda session: session.messages(first)
    ids = {one.id for one in state} if held else set()
    gone = [one for one in held if given_id(one) and _given(one) not in ids]
    if gone:
        refs = [f"m{one.sequence}" for one in gone]
        yield lambda session: session.forget(*refs)


def _given(message: Message) -> Any:
    return (message.raw or {})["message"]["data"].get("id")


def _question(message: BaseMessage) -> bool:
    """Whether a person may have said it; other middleware puts summaries and reminders on the user's side."""
    return isinstance(message, HumanMessage) and SOURCE_KEY not in message.additional_kwargs
