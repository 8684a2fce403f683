"""Dumps of LangChain and LlamaIndex: translated, exact on the way back, and never an order to build something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiermem.errors import InvalidMessage
from tiermem.importers.formats import read
from tiermem.importers.shapes import message_of
from tiermem.messages import Message, ToolCall


def one(record: Any) -> Message:
    return message_of(record, "made")


@pytest.mark.parametrize(
    "record",
    [
        {"lc": 1, "type": "constructor", "id": ["langchain", "llms", "OpenAI"], "kwargs": {"content": "x"}},
        {"lc": 1, "type": "not_implemented", "id": ["x", "HumanMessage"], "kwargs": {"content": "x"}},
        {"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"], "kwargs": {}},
        {"type": "remove", "data": {"content": "", "id": "i1", "type": "remove"}},
        {"type": "human", "data": {"text": "x"}},
        {"type": "human", "data": "x"},
        {"type": 7, "content": "x"},
    ],
)
def test_dumps_of_anything_but_a_message_are_refused(record: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        one(record)


def langchain_messages() -> list[Any]:
    messages = pytest.importorskip("langchain_core.messages")
    return [
        messages.SystemMessage("规则"),
        messages.HumanMessage("hi", name="bob", id="i1"),
        messages.AIMessage(
            "", tool_calls=[{"id": "c", "name": "f", "args": {"a": 1}}], additional_kwargs={"x": 1}, id="run-1"
        ),
        messages.AIMessage("", invalid_tool_calls=[{"id": "d", "name": "g", "args": "{bad", "error": "no JSON"}]),
        messages.ToolMessage("r", tool_call_id="c", artifact={"a": 1}, status="error"),
        messages.ChatMessage(role="narrator", content="x"),
        messages.FunctionMessage(name="f", content="y"),
        messages.AIMessageChunk("part"),
        messages.HumanMessage([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}]),
    ]


def test_langchain_dumps_give_what_the_adapter_gives_and_come_back_exactly() -> None:
    messages, load = pytest.importorskip("langchain_core.messages"), pytest.importorskip("langchain_core.load")
    convert = pytest.importorskip("langchain_tiered_memory.convert")
    originals = langchain_messages()
    exact = messages.messages_to_dict(originals)
    for dump in (exact, [load.dumpd(original) for original in originals]):
        ours = [one(record) for record in json.loads(json.dumps(dump))]
        assert [m.raw for m in ours] == [convert.to_core(original).raw for original in originals]
        assert messages.messages_to_dict([convert.to_langchain(m) for m in ours]) == exact


def test_langchain_messages_are_translated() -> None:
    messages = pytest.importorskip("langchain_core.messages")
    ours = [one(record) for record in messages.messages_to_dict(langchain_messages())]
    roles = ["system", "user", "assistant", "assistant", "tool", "narrator", "function", "assistant", "user"]
    assert [m.role for m in ours] == roles
    assert [m.id for m in ours][:3] == ["made", "i1", "run-1"]
    assert (ours[1].name, ours[4].tool_call_id) == ("bob", "c")
    assert ours[2].tool_calls == (ToolCall("c", "f", {"a": 1}),)
    assert ours[3].tool_calls == (ToolCall("d", "g", "{bad"),)
    assert ours[8].content == [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}]


def test_a_dumped_langchain_history_is_read(tmp_path: Path) -> None:
    messages = pytest.importorskip("langchain_core.messages")
    convert = pytest.importorskip("langchain_tiered_memory.convert")
    flat = [original.model_dump(mode="json") for original in langchain_messages()]
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"messages": flat}), encoding="utf-8")
    ours = read(path)
    again = messages.messages_to_dict([convert.to_langchain(m) for m in ours])
    assert again == messages.messages_to_dict(langchain_messages())


def llamaindex_messages() -> list[Any]:
    llms = pytest.importorskip("llama_index.core.base.llms.types")
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    return [
        llms.ChatMessage(role="user", content="你好"),
        llms.ChatMessage(
            role="assistant",
            blocks=[
                llms.ThinkingBlock(content="hm"),
                llms.TextBlock(text="a"),
                llms.ToolCallBlock(tool_call_id="q", tool_name="f", tool_kwargs={"a": 1}),
            ],
        ),
        llms.ChatMessage(role="assistant", content=None, additional_kwargs={"tool_calls": [call]}),
        llms.ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": "c", "name": "f"}),
        llms.ChatMessage(role="developer", content="d"),
    ]


def test_llamaindex_dumps_give_what_the_adapter_gives_and_come_back_exactly() -> None:
    pytest.importorskip("llama_index.core")
    convert = pytest.importorskip("llamaindex_tiered_memory.convert")
    originals = llamaindex_messages()
    ours = [one(json.loads(original.model_dump_json())) for original in originals]
    for mine, original in zip(ours, originals, strict=True):
        assert convert.same(mine, convert.to_message(original))
        assert convert.to_chat_message(mine) == original


def test_llamaindex_messages_are_translated() -> None:
    ours = [one(json.loads(message.model_dump_json())) for message in llamaindex_messages()]
    assert [m.role for m in ours] == ["user", "assistant", "assistant", "tool", "system"]
    assert [m.text for m in ours] == ["你好", "a", "", "r", "d"]
    assert ours[1].tool_calls == (ToolCall("q", "f", {"a": 1}),)
    assert ours[2].tool_calls == (ToolCall("c", "f", {"a": 1}),)
    assert (ours[3].tool_call_id, ours[3].name) == ("c", "f")


def test_llamaindex_messages_from_before_blocks_are_read() -> None:
    llms = pytest.importorskip("llama_index.core.base.llms.types")
    convert = pytest.importorskip("llamaindex_tiered_memory.convert")
    old = one({"role": "user", "content": "hi", "additional_kwargs": {"images": [{"path": "p"}], "k": 1}})
    assert (old.content, old.state) == ("hi", {"images": [{"path": "p"}]})
    expected = llms.ChatMessage(role="user", content="hi", additional_kwargs={"k": 1})
    assert convert.to_chat_message(old) == expected


def test_calls_in_every_shape_that_llamaindex_integrations_list_are_read_as_the_adapter_reads_them() -> None:
    llms = pytest.importorskip("llama_index.core.base.llms.types")
    convert = pytest.importorskip("llamaindex_tiered_memory.convert")
    shapes: list[Any] = [
        {"tool_id": "a", "tool_name": "f", "tool_kwargs": {"a": 1}},  # LlamaIndex's own ToolSelection
        {"id": "b", "function": {"name": "g", "arguments": "{bad"}},
        {"id": "c", "name": "h", "input": {"b": 2}},
        "nothing that could be called",
    ]
    original = llms.ChatMessage(role="assistant", content="x", additional_kwargs={"tool_calls": shapes})
    ours = one(json.loads(original.model_dump_json()))
    assert ours.tool_calls == (ToolCall("a", "f", {"a": 1}), ToolCall("b", "g", "{bad"), ToolCall("c", "h", {"b": 2}))
    assert convert.same(ours, convert.to_message(original))
    assert convert.to_chat_message(ours) == original
