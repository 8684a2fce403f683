"""LangChain messages through the core and back: exactly, and without a trace in the caller's objects."""

import copy
import json
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    FunctionMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    SystemMessageChunk,
    ToolMessage,
    ToolMessageChunk,
    message_to_dict,
)
from pydantic import BaseModel, field_serializer

from langchain_tiered_memory.convert import given_id, to_core, to_langchain
from tests.properties.thinned import share
from tiermem import Message, ToolCall
from tiermem.agents.adding import derived
from tiermem.messages import from_canonical

IMAGE = {"type": "image", "base64": "aGVsbG8=", "mime_type": "image/png"}
INLINE = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}
ARGUMENTS: dict[str, Any] = {"sql": "select 1", "deep": [1, {"a": None}]}
CALL: dict[str, Any] = {
    "name": "query",
    "args": {"sql": "select 1", "deep": [1, {"a": None}]},
    "id": "c1",
    "type": "tool_call",
}
BROKEN = {"name": "query", "args": "{oops", "id": "c2", "error": "no JSON", "type": "invalid_tool_call"}
USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7, "input_token_details": {"cache_read": 2}}

EVERY_TYPE: list[BaseMessage] = [
    HumanMessage("hello", id="h1", name="Anna", additional_kwargs={"tag": [1, 2.5, None, True]}),
    HumanMessage(["plain", {"type": "text", "text": "block"}, IMAGE], mood="calm"),
    AIMessage("", tool_calls=[CALL], invalid_tool_calls=[BROKEN], usage_metadata=USAGE, id="lc_run--77"),
    AIMessage([{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "yes"}], response_metadata={"m": 1}),
    AIMessage("call without id", tool_calls=[{"name": "a", "args": {}, "id": None}]),
    SystemMessage("be kind", additional_kwargs={"__openai_role__": "developer"}),
    ToolMessage("no such table", tool_call_id="c1", status="error", artifact={"rows": [[1, "x"]]}, name="query"),
    FunctionMessage(name="f", content="result"),
    ChatMessage(role="moderator", content="order!"),
    ChatMessage(role="", content="nobody"),
    RemoveMessage(id="h1"),
    AIMessageChunk(content="par", tool_call_chunks=[{"name": "a", "args": '{"x"', "id": "c3", "index": 0}], id="run-1"),
    AIMessageChunk(content="tial", chunk_position="last"),
    HumanMessageChunk(content="h"),
    SystemMessageChunk(content="s"),
    ToolMessageChunk(content="t", tool_call_id="c1"),
    FunctionMessageChunk(name="f", content="fc"),
    ChatMessageChunk(role="user", content="cc"),
]


def through_storage(message: Message) -> Message:
    return from_canonical(message.canonical)


@pytest.mark.parametrize("message", EVERY_TYPE, ids=lambda m: f"{m.type}-{str(m.content)[:8]}")
def test_every_type_comes_back_equal_through_the_stored_bytes(message: BaseMessage) -> None:
    before = copy.deepcopy(message)
    restored = to_langchain(through_storage(to_core(message)))
    assert restored == before
    assert message_to_dict(restored) == message_to_dict(before)
    assert message == before


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.text(max_size=6), json_values, max_size=3)
contents = st.text() | st.lists(
    st.text(max_size=9) | st.builds(lambda t: {"type": "text", "text": t}, st.text(max_size=9)), max_size=3
)
tool_calls = st.lists(
    st.builds(
        lambda name, args, id_: {"name": name, "args": args, "id": id_, "type": "tool_call"},
        st.text(max_size=5), objects, st.none() | st.text(max_size=5),
    ),
    max_size=3,
)  # fmt: skip
ids = st.none() | st.text(max_size=8)
any_message = st.one_of(
    st.builds(HumanMessage, content=contents, additional_kwargs=objects, id=ids, name=st.none() | st.text(max_size=4)),
    st.builds(AIMessage, content=contents, tool_calls=tool_calls, response_metadata=objects, id=ids),
    st.builds(ToolMessage, content=contents, tool_call_id=st.text(max_size=4), artifact=json_values, id=ids),
    st.builds(ChatMessage, content=contents, role=st.text(max_size=4), id=ids),
    st.builds(SystemMessage, content=contents, additional_kwargs=objects),
)


@settings(max_examples=share(200), deadline=None)
@given(any_message)
def test_any_message_comes_back_equal(message: BaseMessage) -> None:
    before = json.dumps(message_to_dict(message))
    restored = to_langchain(through_storage(to_core(message)))
    assert json.dumps(message_to_dict(restored), sort_keys=True) == json.dumps(json.loads(before), sort_keys=True)
    assert json.dumps(message_to_dict(message)) == before


def test_fields_reach_the_core_where_the_rules_look_for_them() -> None:
    message = to_core(EVERY_TYPE[2])
    assert message.role == "assistant"
    assert message.id == "lc_run--77"
    assert message.tool_calls == (ToolCall("c1", "query", ARGUMENTS), ToolCall("c2", "query", "{oops"))
    tool = to_core(EVERY_TYPE[6])
    assert (tool.role, tool.tool_call_id, tool.name, tool.origin) == ("tool", "c1", "query", "tool")
    assert to_core(ChatMessage(role="moderator", content="x")).role == "moderator"
    assert to_core(HumanMessage("x")).created_at is None


def test_content_and_tool_arguments_are_stored_once() -> None:
    long = "word " * 1000
    message = to_core(AIMessage(long, tool_calls=[{"name": "w", "args": {"body": long}, "id": "c"}]))
    assert len(message.canonical) < 2.1 * len(long)
    assert to_core(HumanMessage("hi")).raw == {"format": "langchain", "message": {"type": "human", "data": {}}}


def test_a_message_without_id_gets_a_new_one_each_time_and_never_shows_it() -> None:
    message = HumanMessage("hi")
    first, second = to_core(message), to_core(message)
    assert first.id != second.id
    assert message.id is None
    assert to_langchain(first).id is None
    assert not given_id(first)
    assert given_id(to_core(HumanMessage("hi", id="1")))


def test_a_call_without_id_can_be_paired_and_comes_back_without() -> None:
    core = to_core(AIMessage("", id="a", tool_calls=[{"name": "f", "args": {}, "id": None}]))
    assert core.tool_calls[0].id == "a:0"
    assert to_langchain(core).tool_calls[0]["id"] is None  # type: ignore[attr-defined]


def test_a_changed_message_keeps_its_own_id_under_a_derived_one() -> None:
    one, two = to_core(AIMessage("draft", id="a")), to_core(AIMessage("final", id="a"))
    assert derived(two).id not in {one.id, two.id}
    assert derived(two).id == derived(to_core(AIMessage("final", id="a"))).id
    assert to_langchain(through_storage(derived(two))) == AIMessage("final", id="a")


class Note(HumanMessage):
    """A class of the caller's own, with the type of its base."""

    colour: str = "red"


class Alert(HumanMessage):
    """A class of the caller's own, with a type that LangChain cannot restore."""

    type: Literal["alert"] = "alert"  # type: ignore[assignment]


class Unwilling(BaseModel):
    a: int = 1

    @field_serializer("a")
    def refuse(self, value: int) -> int:
        raise RuntimeError("not today")


class Odd(BaseMessage):
    type: Literal["odd"] = "odd"


@pytest.mark.parametrize(
    ("message", "restored"),
    [
        (Note(content="n", colour="blue", id="1"), HumanMessage("n", colour="blue", id="1")),
        (Note(content="n"), HumanMessage("n", colour="red")),
        (Alert(content="a"), HumanMessage("a")),
        (Odd(content="o"), ChatMessage(role="chat", content="o")),
    ],
)
def test_a_class_of_the_callers_own_comes_back_as_the_class_it_extends(
    message: BaseMessage, restored: BaseMessage
) -> None:
    assert to_langchain(to_core(message)) == restored


@pytest.mark.parametrize(
    "message",
    [
        ToolMessage("x", tool_call_id="1", artifact=b"bytes"),
        ToolMessage("x", tool_call_id="1", artifact={"rows": [(1, {2}, 2**64)], 3: "odd key"}),
        AIMessage("x", response_metadata={"score": float("inf"), "at": datetime(2026, 1, 2, tzinfo=UTC)}),
        AIMessage("", tool_calls=[{"name": "f", "args": {"mean": 10**30, "raw": b"x"}, "id": "1"}]),
        HumanMessage(["seen", {"type": "image", "data": b"raw"}]),
        HumanMessage("x", additional_kwargs={"t": (1, 2), "__bytes__": "a key of the user"}),
        HumanMessage([{"__bytes__": "mine"}], additional_kwargs={"__bytes__": "mine", "t": {"__tuple__": (1,)}}),
    ],
)
def test_a_value_that_is_no_json_comes_back_equal(message: BaseMessage) -> None:
    assert to_langchain(through_storage(to_core(message))) == message


def test_a_message_of_json_alone_is_kept_as_earlier_versions_kept_it() -> None:
    message = HumanMessage([{"__bytes__": "mine"}], additional_kwargs={"__tuple__": [1]}, id="1")
    kept = to_core(message)
    data = {"additional_kwargs": {"__tuple__": [1]}, "id": "1"}
    assert kept.content == [{"__bytes__": "mine"}]
    assert kept.raw == {"format": "langchain", "message": {"type": "human", "data": data}}
    assert to_langchain(kept) == message


def test_an_object_whose_class_refuses_to_be_dumped_costs_nothing() -> None:
    message = ToolMessage("x", tool_call_id="1", artifact=Unwilling())
    assert to_langchain(to_core(message)).artifact == {"a": 1}  # type: ignore[attr-defined]


def test_documents_in_an_artifact_become_the_json_that_langchain_makes_of_them() -> None:
    message = ToolMessage("x", tool_call_id="1", artifact=[Document("page", metadata={"n": 1})])
    assert message_to_dict(to_langchain(to_core(message))) == message_to_dict(message)


def test_changing_a_restored_message_changes_nothing_else() -> None:
    core = to_core(AIMessage(["a", {"type": "text", "text": "b"}], tool_calls=[CALL], additional_kwargs={"k": [1]}))
    before = core.canonical
    shown = to_langchain(core)
    shown.content[1]["text"] = "changed"  # type: ignore[index]
    shown.tool_calls[0]["args"]["sql"] = "drop"  # type: ignore[attr-defined]
    shown.additional_kwargs["k"].append(2)
    assert through_storage(core).canonical == Message(**vars_of(core)).canonical == before


def vars_of(message: Message) -> dict[str, Any]:
    names = ("role", "content", "id", "tool_calls", "raw", "origin")
    return {name: getattr(message, name) for name in names}


def test_a_stub_keeps_the_class_the_id_and_the_call() -> None:
    tool = to_core(ToolMessage("ten thousand rows", tool_call_id="c1", id="t1", name="query"))
    assert to_langchain(tool.shown_as("[COMPACTED: rows]")) == ToolMessage(
        "[COMPACTED: rows]", tool_call_id="c1", id="t1", name="query"
    )
    asked = to_core(AIMessage("long", tool_calls=[CALL]))
    assert to_langchain(asked.shown_as("[COMPACTED: asked]")).tool_calls == [CALL]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (Message(role="user", content="hi", name="Bo"), HumanMessage("hi", name="Bo")),
        (
            Message(role="user", content=[{"block_type": "text", "text": "a"}, {"block_type": "text", "text": "b"}],
                    raw={"format": "llamaindex", "message": {}}),
            HumanMessage("a\nb"),
        ),
        (
            Message(role="user", content=[{"block_type": "text", "text": "see"},
                                          {"block_type": "image", "image": "aGk=", "image_mimetype": "image/png"},
                                          {"block_type": "image", "url": "https://example.org/a.png"},
                                          {"block_type": "document", "data": "x"}]),
            HumanMessage([{"type": "text", "text": "see"}, INLINE, {"type": "image", "url": "https://example.org/a.png"},
                          {"type": "text", "text": "[document]"}]),
        ),
        (
            Message(role="assistant", tool_calls=(ToolCall("1", "f", {"a": 1}), ToolCall("2", "g", "{"))),
            AIMessage("", tool_calls=[{"name": "f", "args": {"a": 1}, "id": "1"}],
                      invalid_tool_calls=[{"name": "g", "args": "{", "id": "2", "error": None}]),
        ),
        (Message(role="tool", content="r", tool_call_id="1"), ToolMessage("r", tool_call_id="1")),
        (Message(role="function", content="r", name="f"), FunctionMessage(name="f", content="r")),
        (Message(role="system", content="s"), SystemMessage("s")),
        (Message(role="critic", content="c"), ChatMessage(role="critic", content="c")),
    ],
)  # fmt: skip
def test_a_message_of_another_framework_is_built_from_the_cores_fields(message: Message, expected: BaseMessage) -> None:
    assert to_langchain(message) == expected
