"""Messages as JSON objects: whatever a message holds comes back, and what a caller hands over as an object is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tiermem import Message, ToolCall
from tiermem.errors import InvalidMessage
from tiermem.messages import as_messages, from_canonical, from_json, to_json

FULL = Message(
    role="assistant",
    content=["a", {"type": "text", "text": "b"}],
    name="",
    tool_calls=(ToolCall("c", "f", {"x": 1}), ToolCall("d", "g", "{bad")),
    tool_call_id="e",
    state={"user_goal": "ship"},
    origin="import",
    created_at=datetime(2024, 3, 1, tzinfo=UTC),
    pinned=True,
    raw={},
)


@pytest.mark.parametrize("message", [FULL, Message(role="user"), Message(role="user", content="\ud800")])
def test_a_message_comes_back_from_its_json_and_from_its_bytes(message: Message) -> None:
    assert from_json(to_json(message)) == from_canonical(message.canonical) == message
    assert from_json(to_json(message)).canonical == message.canonical


def test_an_object_with_calls_is_a_message() -> None:
    calls = [{"id": "c", "name": "f", "arguments": {"x": 1}}]
    given = {"role": "assistant", "content": None, "tool_calls": calls, "created_at": "2024-03-01T00:00:00+00:00"}
    (message,) = as_messages(given)
    assert message.tool_calls == (ToolCall("c", "f", {"x": 1}),)
    assert message.created_at == FULL.created_at
    assert from_canonical(message.canonical) == message


@pytest.mark.parametrize(
    "values",
    [
        {"role": "user", "words": "x"},
        {"content": "x"},
        {"role": "assistant", "tool_calls": [{"id": "c"}]},
        {"role": "assistant", "tool_calls": 5},
        {"role": "user", "created_at": "yesterday"},
    ],
)
def test_what_are_no_fields_of_a_message_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage):
        from_json(values)
    with pytest.raises(InvalidMessage):
        as_messages(values)
