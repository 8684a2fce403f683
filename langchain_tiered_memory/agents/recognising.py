"""Which part of a conversation that is handed over the session has already, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from langchain_core.messages import BaseMessage

from langchain_tiered_memory.convert import given_id
from langchain_tiered_memory.plain import core_form
from langchain_tiered_memory.procedures import Procedure
from tiermem import Message
from tiermem.agents.note import Note

BEYOND = 200  # messages that a session may have beyond a state that is handed over again: those of an unfinished run
HIDDEN = 256  # hidden messages looked at, one by one


def recognised(note: Note, state: Sequence[BaseMessage]) -> Procedure[tuple[Note, Sequence[BaseMessage]]]:
    """What the session lacks of a state without a note.

    A caller without a checkpointer hands the conversation over again and again, and LangGraph gives new ids each time.
    The beginning that repeats what the session has is left out, and stays forgotten where it was forgotten.
    """
    known = (yield lambda session: session.stats()).messages
    note = replace(note, upto=known)
    if not known or not state:
        return note, state
    newest = yield lambda session: session.messages(known)
    if len(state) == 1 and newest and finished(newest[-1]):
        return note, state  # a new turn, the usual case
    start = max(1, known - len(state) - BEYOND)
    held: list[Message] = yield lambda session: session.messages(start)
    said = [words(core_form(one)) for one in state]
    best = _repeated(said, held)
    if best[0] < len(said) and len(held) <= known - start:
        everything = yield from _with_hidden(held, start, known)
        found = _repeated(said, everything)
        if found[0] > best[0]:
            best, held = found, everything
    repeated, first = best
    asked = [one.sequence for one in held[first : first + repeated] if one.role == "user"]
    return replace(note, asked=max(asked, default=0)), state[repeated:]


def _with_hidden(held: Sequence[Message], start: int, known: int) -> Procedure[list[Message]]:
    seen = {one.sequence for one in held}
    found = list(held)
    for number in [number for number in range(known, start - 1, -1) if number not in seen][:HIDDEN]:
        original = yield partial(opened, f"m{number}")
        found += original.messages
    return sorted(found, key=lambda one: one.sequence)


def opened(ref: str, session: Any) -> Any:
    """A step: the originals behind *ref*, hidden or not."""
    return session.expand(ref)


def _repeated(said: Sequence[tuple[Any, ...]], held: Sequence[Message]) -> tuple[int, int]:
    """How many of *said*, from the first on, repeat *held*, and from which place of it; the most there are."""
    stored = [words(one) for one in held]
    best = (0, 0)
    for first in range(len(stored)):
        count = 0
        while count < min(len(said), len(stored) - first) and said[count] == stored[first + count]:
            count += 1
        count = _trusted(count, said, held, first)
        if count and count >= best[0]:
            best = (count, first)
    return best


def _trusted(count: int, said: Sequence[tuple[Any, ...]], held: Sequence[Message], first: int) -> int:
    """How many of *count* equal messages are the same ones, and not the same words said again.

    They are where the session ends with them, or with the run that their last one began and that did not come to its
    end. Elsewhere they are when an answer is among them, but the last of all is then asked anew.
    """
    behind = held[first + count :]
    if not count or not behind:
        return count
    begun = held[first + count - 1].role == "user" and not any(one.role == "user" or finished(one) for one in behind)
    if begun:
        return count
    answered = any(one.role == "assistant" for one in held[first : first + count])
    return min(count, len(said) - 1) if answered else 0


def finished(message: Message) -> bool:
    """Whether *message* ends a turn: an answer that calls no tool."""
    return message.role == "assistant" and not message.tool_calls


def words(message: Message) -> tuple[Any, ...]:
    """What was said, without ids."""
    calls = [(call.name, call.arguments) for call in message.tool_calls]
    return message.role, message.content, calls, message.tool_call_id


def same(stored: Message, given: BaseMessage) -> bool:
    """Whether both say the same."""
    return words(stored) == words(core_form(given))


def id_given(message: Message) -> str:
    """The id that LangChain gave a stored message, "" where it gave none."""
    return str(message.raw["message"]["data"]["id"]) if message.raw and given_id(message) else ""
