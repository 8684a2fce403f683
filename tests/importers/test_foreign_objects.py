"""Objects of other programs that `add` reads as `import` does: items of OpenAI's Responses, dumps of frameworks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, messages_to_dict
from llama_index.core.base.llms.types import ChatMessage

from tiermem import Memory
from tiermem.errors import InvalidMessage, UnknownRole

Open = Callable[..., Memory]
RESPONSES: list[dict[str, Any]] = [
    {"role": "user", "content": [{"type": "input_text", "text": "Look up the violin price. 查一下小提琴的价格。"}]},
    {"type": "reasoning", "id": "rs1", "summary": [{"type": "summary_text", "text": "I think"}]},
    {"type": "function_call", "call_id": "f1", "id": "fc1", "name": "price", "arguments": '{"item": "violin"}'},
    {"type": "function_call_output", "call_id": "f1", "output": "the violin costs 4100 euros"},
    {
        "type": "message",
        "role": "assistant",
        "id": "msg1",
        "status": "completed",
        "content": [{"type": "output_text", "text": "It costs 4100.", "annotations": []}],
    },
]
LLAMAINDEX: list[dict[str, Any]] = [
    {"role": "user", "blocks": [{"block_type": "text", "text": "Look up the violin price"}]},
    {
        "role": "assistant",
        "blocks": [
            {"block_type": "tool_call", "tool_call_id": "f1", "tool_name": "price", "tool_kwargs": {"item": "violin"}}
        ],
    },
    {
        "role": "tool",
        "additional_kwargs": {"tool_call_id": "f1"},
        "blocks": [{"block_type": "text", "text": "the violin costs 4100 euros"}],
    },
]


@pytest.mark.parametrize("items", [RESPONSES, LLAMAINDEX])
def test_items_and_blocks_are_read(store: Open, items: list[dict[str, Any]]) -> None:
    session = store().session("s")
    session.add(items)
    said = session.messages()
    asked = next(one for one in said if one.calls)
    (answer,) = (one for one in said if one.answers)
    assert [(call.id, call.name, call.arguments) for call in asked.calls] == [("f1", "price", {"item": "violin"})]
    assert (answer.acts_as, answer.text, answer.answers) == ("tool", "the violin costs 4100 euros", ("f1",))
    assert [one.origin for one in said if one.role == "user"] == ["direct_user"]
    assert "Tool: the violin costs 4100 euros" in session.recall("What does the violin cost?", 300).text
    assert session.verify().ok


def test_what_stands_beside_an_item_is_kept(store: Open) -> None:
    session = store().session("s")
    session.add([*RESPONSES, *RESPONSES[4:]])
    last = session.messages()[-1]
    assert (last.id, last.text, last.state) == ("msg1", "It costs 4100.", {"type": "message", "status": "completed"})
    assert len(session.messages()) == 5


def test_dumps_of_the_frameworks_are_read(store: Open) -> None:
    session = store().session("s")
    session.add(ChatMessage(role="user", content="Hello, Ann").model_dump())
    session.add(messages_to_dict([HumanMessage("Hello, Ben")]))
    assert [(one.role, one.text) for one in session.messages()] == [("user", "Hello, Ann"), ("user", "Hello, Ben")]


@pytest.mark.parametrize("wrong", [{"type": "zebra", "content": "x"}, {"role": "user", "content": "x", "sumary": "y"}])
def test_what_is_no_message_is_refused(store: Open, wrong: dict[str, Any]) -> None:
    session = store().session("s")
    with pytest.raises(InvalidMessage):
        session.add(wrong)
    assert session.messages() == []


@pytest.mark.parametrize("role", ["narrator", "旁白", "assitant"])
def test_a_pair_of_no_role_is_refused_as_such(store: Open, role: str) -> None:
    session = store().session("s")
    with pytest.raises(UnknownRole):
        session.add([(role, "x")])
    assert session.messages() == []
