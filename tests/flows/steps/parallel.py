"""A step of many results: how it is said in either form, and what a context must show of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiermem import Message, Session, ToolCall
from tiermem.blocks.reading import read, words

FORMS = ("messages", "blocks")
LOST = "no longer shown"


def log(number: int, lines: int) -> str:
    return f"log {number}\n" + "filler line of the log number\n" * lines


def step(sizes: Sequence[int], form: str, name: str = "x", beside: str = "") -> list[Message]:
    """A call of as many tools as there are *sizes*, and their results of so many lines."""
    ids = [f"{name}{number}" for number in range(len(sizes))]
    said = [log(number, lines) for number, lines in enumerate(sizes)]
    if form == "messages":
        calls = tuple(ToolCall(one, "big", {}) for one in ids)
        results = [Message(role="tool", tool_call_id=one, content=text) for one, text in zip(ids, said, strict=True)]
        return [Message(role="assistant", tool_calls=calls), *results]
    called: list[Any] = [{"type": "tool_use", "id": one, "name": "big", "input": {}} for one in ids]
    told: list[Any] = [
        {"type": "tool_result", "tool_use_id": one, "content": text} for one, text in zip(ids, said, strict=True)
    ]
    told += [{"type": "text", "text": beside}] * bool(beside)
    return [Message(role="assistant", content=called), Message(role="user", content=told)]


def results(messages: Sequence[Message]) -> dict[str, str]:
    """What each result that *messages* show says, by the id of its call; each stands once, right behind its call."""
    found: dict[str, str] = {}
    waiting: list[str] = []
    for message in messages:
        if message.answers:
            for identity, text in _told(message):
                assert identity in waiting, f"{identity} answers no call before it"
                waiting.remove(identity)
                found[identity] = text
            continue
        assert not waiting, f"{waiting} have no result"
        waiting = [call.id for call in message.calls]
    assert not waiting
    return found


def _told(message: Message) -> list[tuple[str, str]]:
    if message.tool_call_id:
        return [(message.tool_call_id, message.text)]
    blocks = [(read(part), part) for part in message.content or () if isinstance(part, dict)]
    return [(block.id, "\n".join(words(part))) for block, part in blocks if block.id]


def assert_whole(session: Session, budget: int, count: int, name: str = "x", **asked: Any) -> list[str]:
    """What a context says of the *count* results of the step *name*: all of them, each with its own words or line."""
    context = session.context(budget=budget, **asked)
    assert context.tokens <= budget
    assert LOST not in "\n".join(message.text for message in context.messages)
    found = results(context.messages)
    said = [found[f"{name}{number}"] for number in range(count)]
    for number, text in enumerate(said):
        assert text.startswith((f"log {number}\n", "[COMPACTED: ", "[… m"))
        assert not any(f"log {other}\n" in text for other in range(count) if other != number)
    return said
