"""Objects in OpenAI's form are added as they are imported, others are refused with their fault; no error is long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Open
from tiermem import Message, ToolCall
from tiermem.errors import InvalidMessage, TiermemError
from tiermem.importers.shapes import message_of

CALL = {"id": "c1", "type": "function", "function": {"name": "lookup", "arguments": '{"q": "东京"}'}}
ANSWER = {"role": "assistant", "content": None, "refusal": None, "annotations": [], "audio": None, "tool_calls": [CALL]}


@pytest.mark.parametrize(
    ("given", "calls"),
    [
        ({"role": "assistant", "content": None, "tool_calls": [CALL]}, (ToolCall("c1", "lookup", {"q": "东京"}),)),
        (ANSWER | {"function_call": None}, (ToolCall("c1", "lookup", {"q": "东京"}),)),
        (
            {"role": "assistant", "tool_calls": [CALL], "reasoning_content": "hm"},
            (ToolCall("c1", "lookup", {"q": "东京"}),),
        ),
        (
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "f", "input": "x y"}}],
            },
            (ToolCall("c", "f", "x y"),),
        ),
        (
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{oops"}},
            (ToolCall("f", "f", "{oops"),),
        ),
        ({"role": "assistant", "content": "x", "refusal": None, "tool_calls": None}, ()),
    ],
)
def test_openais_own_messages_are_added_as_they_are_imported(
    store: Open, given: dict[str, Any], calls: tuple[ToolCall, ...]
) -> None:
    (stored,) = store().session("s").add(given)
    assert stored.tool_calls == calls
    assert stored.origin == "assistant"
    assert stored.content == given.get("content")
    assert stored.raw is not None
    assert stored.raw["message"]["role"] == "assistant"
    assert set(stored.raw["message"]) == set(given)
    imported = message_of(given, "1")
    assert (imported.tool_calls, imported.state) == (stored.tool_calls, stored.state)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            {"role": "user", "content": "x", "timestamp": 1},
            "not the fields of a message: 'timestamp'; there",
        ),
        ({"role": "user", "content": "x", "w" * 999: 1}, "not the fields"),
        ({"role": "assistant", "tool_calls": [CALL, 5]}, "tool_calls must be a list of objects"),
        ({"role": "assistant", "tool_calls": [{"id": 5, "function": {"name": "f"}}]}, "tool_calls.id must be text"),
        (
            {"role": "assistant", "tool_calls": [{"id": "c", "function": {"arguments": "{}"}}]},
            "tool_calls.name must be text",
        ),
        ({"role": "assistant", "tool_calls": [{"id": "c", "function": "f"}]}, "tool_calls must be an object"),
        ({"role": 5, "refusal": None}, "without role"),
        ({"role": "assistant", "refusal": None, "state": 5}, "state must be an object"),
        ({"role": "assistant", "refusal": {1}}, "refusal"),
    ],
)
def test_what_is_nearly_a_message_is_refused_with_its_fault(store: Open, given: dict[str, Any], reason: str) -> None:
    session = store().session("s")
    with pytest.raises(InvalidMessage, match=reason) as caught:
        session.add(given)
    assert len(str(caught.value)) < 400
    assert session.messages() == []


def throw(error: Exception) -> Any:
    raise error


def test_no_error_is_longer_than_a_paragraph(store: Open) -> None:
    long = "hunter2 " * 5_000
    session = store().session("s")
    session.add("x")
    asked: list[Callable[[], Any]] = [
        lambda: session.expand(long),
        lambda: session.forget(long),
        lambda: session.search("x", within=long),  # type: ignore[arg-type]
        lambda: session.add([Message(role="user", content="a", id=long), Message(role="user", content="b", id=long)]),
        lambda: session.add({"role": "user", "content": [{long: b""}]}),
        lambda: session.context("x", counter=lambda _: throw(RuntimeError(long))),
    ]
    for ask in asked:
        with pytest.raises(TiermemError) as caught:
            ask()
        assert len(str(caught.value)) < 400
    assert len(str(TiermemError(long))) == 1_000


def test_a_reason_is_a_few_words(store: Open) -> None:
    session = store().session("s")
    session.add("x")
    for reason in ("w" * 201, 5):
        with pytest.raises(InvalidMessage, match="reason must be"):
            session.forget("m1", reason=reason)  # type: ignore[arg-type]
    assert session.messages()
    assert session.forget("m1", reason="w" * 200)


def test_what_a_summariser_raised_is_told_cut_short(store: Open) -> None:
    def summarizer(messages: Any) -> Any:
        raise RuntimeError("the prompt was: " + "secret " * 500)

    session = store(summarizer=summarizer, pre_rot_threshold=2_000, keep_recent_count=2).session("s")
    for number in range(60):
        session.add(f"message {number} " + "about the harbour " * 10)
    assert session.stats().last_error.startswith("RuntimeError: the prompt was")
    assert len(session.stats().last_error) <= 300
