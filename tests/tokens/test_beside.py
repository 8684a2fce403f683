"""What a framework sends beside content: counted, and kept when a message is compacted."""

from __future__ import annotations

from typing import Any

import pytest

from tiermem import Message, ToolCall
from tiermem.tokens.beside import shortened
from tiermem.tokens.counting import OVERHEAD, OVERHEAD_CALL, message_tokens


def langchain(**data: Any) -> dict[str, Any]:
    return {"format": "langchain", "message": {"type": "ai", "data": data}}


@pytest.mark.parametrize(
    ("kwargs", "characters"),
    [
        ({}, 0),
        ({"reasoning_content": "abcd"}, 4),
        ({"reasoning": {"summary": [{"type": "summary_text", "text": "abc"}], "encrypted_content": "x" * 99}}, 3),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "abcde", "signature": "x" * 99}]}, 5),
        ({"refusal": "no"}, 2),
        ({"refusal": None, "reasoning_content": ""}, 0),
        ({"parsed": "abcdef"}, 0),
        ({"function_call": {"name": "look", "arguments": "{}"}}, OVERHEAD_CALL + 6),
    ],
)
def test_thoughts_and_refusals_beside_the_content_count(kwargs: dict[str, Any], characters: int) -> None:
    message = Message(role="assistant", content="hi", raw=langchain(additional_kwargs=kwargs))
    assert message_tokens(message, len) == OVERHEAD + 2 + characters


def test_a_call_in_both_forms_counts_once() -> None:
    raw = langchain(additional_kwargs={"function_call": {"name": "look", "arguments": "{}"}})
    both = Message(role="assistant", content=None, tool_calls=(ToolCall("1", "look", {}),), raw=raw)
    assert message_tokens(both, len) == message_tokens(Message(role="assistant", tool_calls=both.tool_calls), len)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (None, None),
        ({"content": "a story"}, None),
        (
            langchain(
                id="1",
                status="error",
                artifact={"pages": "x" * 99},
                tool_calls=[{"args": {"text": "x" * 99}}],
                response_metadata={"model_provider": "google_genai"},
                additional_kwargs={"reasoning_content": "hm", "tool_calls": [{}], "function_call": {}},
            ),
            langchain(
                id="1",
                status="error",
                response_metadata={"model_provider": "google_genai"},
                additional_kwargs={"reasoning_content": "hm"},
            ),
        ),
        (
            {"format": "llamaindex", "message": {"role": "model", "additional_kwargs": {"a": 1}, "calls": [[1, True]]}},
            {"format": "llamaindex", "message": {"role": "model", "additional_kwargs": {"a": 1}, "calls": [[1, True]]}},
        ),
    ],
)
def test_of_a_framework_s_form_stays_what_does_not_hold_the_content_again(raw: Any, kept: Any) -> None:
    assert shortened(raw) == kept
