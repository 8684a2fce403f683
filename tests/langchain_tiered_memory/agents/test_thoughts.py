"""What providers want back with a message: thoughts, signatures, a failed status; whether or not it was compacted."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from langchain_tiered_memory.agents.view import without_reasoning
from langchain_tiered_memory.convert import to_core, to_langchain
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, call, thread, tiered
from tiermem import Memory, Thresholds

SIGNED = {"type": "thinking", "thinking": "hm", "signature": "abc"}
PLAIN = {"type": "thinking", "thinking": "hm"}
REDACTED = {"type": "redacted_thinking", "data": "abc"}
STANDARD = {"type": "reasoning", "reasoning": "hm"}
TEXT = {"type": "text", "text": "so be it"}


@pytest.mark.parametrize(
    ("provider", "block", "stays"),
    [
        ("anthropic", SIGNED, False),
        ("anthropic", STANDARD, False),
        ("bedrock_converse", {"type": "reasoning_content", "reasoning_content": {"text": "hm"}}, False),
        ("google_genai", PLAIN, True),
        ("google_genai", STANDARD, True),
        ("openai", STANDARD, True),
        ("", SIGNED, False),  # a message that does not say who made it: Claude's form tells
        ("", REDACTED, False),
        ("", PLAIN, True),
        ("", STANDARD, True),
    ],
)
def test_only_thoughts_that_are_bound_to_what_stood_before_go(provider: str, block: Any, stays: bool) -> None:
    message = AIMessage([block, TEXT], response_metadata={"model_provider": provider} if provider else {})
    assert without_reasoning(message).content == ([block, TEXT] if stays else [TEXT])


def thinking(messages: list[BaseMessage], turn: int) -> AIMessage | None:
    thoughts = {"reasoning_content": f"thought {turn}"}
    if turn > 12:
        return None
    return AIMessage("", tool_calls=call(turn).tool_calls, additional_kwargs=thoughts)


def test_every_call_of_a_run_has_its_thoughts_whatever_was_decided(tmp_path: Path) -> None:
    """DeepSeek and Kimi answer 400 where they are missing."""
    model, middleware = Scripted(script=thinking), tiered(tmp_path, max_tokens=4_000, tools=False)
    agent(model, middleware).invoke({"messages": [HumanMessage("Read it.")]}, thread())
    assert middleware.memory.session("t").stats().compacted > 0
    for prompt in model.prompts:
        calls = [message for message in prompt if isinstance(message, AIMessage)]
        assert all(message.additional_kwargs["reasoning_content"].startswith("thought") for message in calls)


def test_thoughts_beside_the_content_are_within_the_limit(tmp_path: Path) -> None:
    thought = "Let me think about the pool once more. " * 200
    script = lambda messages, turn: AIMessage("ok", additional_kwargs={"reasoning_content": thought})  # noqa: E731
    model, middleware = Scripted(script=script), tiered(tmp_path, max_tokens=4_000, tools=False)
    one = agent(model, middleware, checkpointer=InMemorySaver())
    for turn in range(8):
        one.invoke({"messages": [HumanMessage(f"Question {turn}?")]}, thread())
    count = middleware.memory.counter
    for prompt in model.prompts:
        thoughts = [message.additional_kwargs.get("reasoning_content", "") for message in prompt]
        assert sum(count(message.text) for message in prompt) + sum(map(count, thoughts)) <= 4_000


def test_a_compacted_message_keeps_id_status_thoughts_and_all_calls() -> None:
    broken = {"name": "deploy", "args": "{no json", "id": "c2", "error": None, "type": "invalid_tool_call"}
    asked = AIMessage(
        "",
        id="run-1",
        additional_kwargs={"reasoning_content": "hm"},
        tool_calls=[{"name": "deploy", "args": {"text": "x" * 2_000}, "id": "c1", "type": "tool_call"}],
        invalid_tool_calls=[broken],
    )
    failed = ToolMessage("still not there; " * 100, tool_call_id="c1", name="deploy", id="t1", status="error")
    said = [
        HumanMessage("Deploy."),
        asked,
        failed,
        AIMessage("It failed."),
        *[HumanMessage(f"q{n}") for n in range(12)],
    ]
    with Memory.open(":memory:", enable_context_management=False) as memory:
        session = memory.session("s")
        session.add([to_core(message) for message in said])
        early = Thresholds(
            pre_rot_threshold=900, compaction_trigger=0.3, summarization_trigger=1.0, keep_recent_count=4
        )
        session.manage_context(early)
        call_shown, result_shown = (to_langchain(message) for message in session.view().messages[1:3])
    assert isinstance(call_shown, AIMessage)
    assert isinstance(result_shown, ToolMessage)
    assert "COMPACTED" in call_shown.text
    assert "COMPACTED" in result_shown.text
    assert (call_shown.id, call_shown.additional_kwargs) == ("run-1", {"reasoning_content": "hm"})
    assert [one["id"] for one in call_shown.tool_calls] == ["c1"]
    assert len(call_shown.tool_calls[0]["args"]["text"]) <= 200
    assert [one["id"] for one in call_shown.invalid_tool_calls] == ["c2"]
    assert (result_shown.id, result_shown.status) == ("t1", "error")
