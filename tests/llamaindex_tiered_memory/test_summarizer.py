"""An LLM of LlamaIndex as a summariser of the core and of the chat memory."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from llama_index.core import Settings
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LLMMetadata, ToolCallBlock
from llama_index.core.llms import MockLLM

from llamaindex_tiered_memory import LLMSummarizer
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tests.llamaindex_tiered_memory.helpers import assistant, fresh, user
from tiermem import Message, StructuredSummary
from tiermem.errors import InvalidSettings, SummaryRejected

TALK = [
    Message(role="user", content="Please fix the {database} timeout of the shop.", sequence=1),
    Message(role="assistant", content="The pool is raised from 10 to 50. Next: test under load.", sequence=2),
]
NOTES: dict[str, Any] = {
    "user_goal": {"text": "Fix the database timeout", "messages": [1]},
    "key_decisions": [{"text": "The pool is raised from 10 to 50", "messages": [2]}],
    "modified_files": [],
    "critical_context": [],
    "last_step": {"text": "Test under load", "messages": [2]},
}
WRITTEN = f"Sure:\n```json\n{json.dumps(NOTES)}\n```"
CALL = called("ConversationSummary", **NOTES)
FACTS = [
    Message(role="user", content=f"fact{n} is {n * 7919}. {'more talk ' * 300}", sequence=n + 1) for n in range(20)
]


def raising(error: Exception) -> Any:
    def answer(_: Any) -> str:
        raise error

    return answer


WAYS: dict[str, Any] = {
    "a function call": (lambda: ScriptedLLM(CALL), 1),
    "a call that leaves fields out": (
        lambda: ScriptedLLM(called("ConversationSummary", **{name: NOTES[name] for name in list(NOTES)[:2]})),
        1,
    ),
    "text from an LLM without functions": (lambda: ScriptedLLM(WRITTEN, function_calling=False), 1),
    "text in place of a call": (lambda: ScriptedLLM(WRITTEN), 2),
    "a call that the provider refuses": (lambda: ScriptedLLM(raising(ValueError("no tools")), WRITTEN), 2),
    "prose, then repaired": (lambda: ScriptedLLM("It is about the pool.", WRITTEN, function_calling=False), 2),
    "empty, then repaired": (lambda: ScriptedLLM("", WRITTEN, function_calling=False), 2),
}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("asynchronous", [False, True])
async def test_every_way_to_answer_gives_a_summary(how: str, asynchronous: bool) -> None:
    make, calls = WAYS[how]
    llm = make()
    summarize = LLMSummarizer(llm)
    summary = await summarize.acall(TALK) if asynchronous else await asyncio.to_thread(summarize, TALK)
    assert isinstance(summary, StructuredSummary)
    assert summary.key_decisions == ["The pool is raised from 10 to 50"]
    assert summary.sources["key_decisions.0"] == [2]
    assert summary.last_step
    assert len(llm.sent) == calls == summarize.usage.calls
    assert "fix the {database} timeout" in llm.seen[0]


@pytest.mark.parametrize(
    "bad", ["garbage", "", "null", "I'm sorry, but I can't help with that.", ConnectionError("down")]
)
@pytest.mark.parametrize("function_calling", [False, True])
async def test_an_llm_that_fails_raises(bad: Any, function_calling: bool) -> None:
    expected = ConnectionError if isinstance(bad, ConnectionError) else SummaryRejected
    answer = raising(bad) if isinstance(bad, Exception) else bad
    summarize = LLMSummarizer(ScriptedLLM(answer, function_calling=function_calling))
    with pytest.raises(expected):
        summarize(TALK)
    with pytest.raises(expected):
        await summarize.acall(TALK)


def test_the_mock_llm_of_llamaindex_is_refused_by_its_words() -> None:
    with pytest.raises(SummaryRejected):
        LLMSummarizer(MockLLM(max_tokens=20))(TALK)


@pytest.mark.parametrize("function_calling", [False, True])
def test_a_long_span_is_read_whole_in_parts_that_fit_the_context_window(function_calling: bool) -> None:
    llm = ScriptedLLM(CALL if function_calling else WRITTEN, function_calling=function_calling)
    summarize = LLMSummarizer(llm)
    assert summarize.max_input_tokens == 8_000 - 1_500
    summarize([*TALK[:1], *(one.shown_as(one.content, sequence=one.sequence + 1) for one in FACTS), *TALK[1:]])
    assert len(llm.sent) > 2
    assert all(any(f"fact{n} is {n * 7919}." in prompt for prompt in llm.seen) for n in range(20))


def test_chat_messages_of_llamaindex_may_be_given_too() -> None:
    llm = ScriptedLLM(CALL)
    block = ToolCallBlock(tool_call_id="c", tool_name="read", tool_kwargs={"path": "a.py"})
    messages = [
        user("Please fix the database timeout."),
        assistant("The pool is raised from 10 to 50."),
        ChatMessage(role="assistant", blocks=[block]),
        ChatMessage(role="tool", content="print(1)", additional_kwargs={"tool_call_id": "c"}),
    ]
    assert LLMSummarizer(llm)(messages).sources["user_goal"] == [1]
    assert '[calls read {"path": "a.py"}]' in llm.seen[0]


@pytest.mark.parametrize(
    "reported",
    [
        {"additional_kwargs": {"prompt_tokens": 900, "completion_tokens": 80}},
        {"raw": {"usage": {"input_tokens": 900, "output_tokens": 80}}},
        {"raw": SimpleNamespace(usage=SimpleNamespace(prompt_tokens=900, completion_tokens=80))},
    ],
)
def test_tokens_are_counted_as_the_llm_reports_them(reported: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    llm = ScriptedLLM(function_calling=False)
    response = ChatResponse(message=assistant(WRITTEN), **reported)
    monkeypatch.setattr(ScriptedLLM, "chat", lambda *_, **__: response)
    summarize = LLMSummarizer(llm)
    summarize(TALK)
    assert (summarize.usage.input_tokens, summarize.usage.output_tokens) == (900, 80)
    assert summarize.usage.estimated_calls == 0


def test_without_an_llm_that_of_the_settings_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    llm = ScriptedLLM(CALL)
    monkeypatch.setattr(Settings, "_llm", llm, raising=False)
    assert LLMSummarizer().llm is llm
    with pytest.raises(InvalidSettings):
        LLMSummarizer("gpt-5")  # type: ignore[arg-type]


class Tiny(ScriptedLLM):
    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=2_000)


def test_an_llm_whose_window_has_no_room_is_refused_at_once() -> None:
    with pytest.raises(InvalidSettings):
        LLMSummarizer(Tiny())


def put(memory: Any, turns: int = 60) -> None:
    for n in range(turns):
        text = f"Please fix the database timeout of service {n}. {'It is slow. ' * 12}"
        memory.put_messages([user(text), assistant(f"The pool is raised from 10 to 50 for service {n}.")])


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_summary_by_the_llm_is_in_the_window_and_its_lines_point_to_messages(asynchronous: bool) -> None:
    summarize = LLMSummarizer(ScriptedLLM(CALL))
    memory = fresh(token_limit=1_500, summarizer=summarize)
    if asynchronous:
        for n in range(60):
            text = f"Please fix the database timeout of service {n}. {'It is slow. ' * 12}"
            await memory.aput_messages([user(text), assistant(f"The pool is raised from 10 to 50 for service {n}.")])
    else:
        await asyncio.to_thread(put, memory)
    made = [one for one in memory.session.view().summaries if one.strategy == "summarizer"]
    assert made
    assert summarize.usage.calls >= len(made)
    for one in made:
        assert one.structure.key_decisions == ["The pool is raised from 10 to 50"]
        for number in one.structure.sources["key_decisions.0"]:
            assert "raised from 10 to 50" in memory.session.expand(f"m{number}").messages[0].text
    assert "The pool is raised from 10 to 50 (m" in "\n".join(str(one.content) for one in memory.get("And now?"))


def test_a_failing_llm_changes_nothing_but_the_stats() -> None:
    failing = fresh(token_limit=1_500, summarizer=LLMSummarizer(ScriptedLLM(raising(ConnectionError("down")))))
    without = fresh(token_limit=1_500)
    for memory in (failing, without):
        put(memory)
    stats = failing.session.stats()
    assert stats.summarizer_failures >= 1
    assert "down" in stats.last_error
    shown = [
        [one.structure.model_dump(exclude={"timestamp", "time_range"}) for one in memory.session.view().summaries]
        for memory in (failing, without)
    ]
    assert shown[0]
    assert shown[0] == shown[1]
    assert len(failing.get_all()) == 120


def test_a_conversation_is_compressed_in_an_llms_words() -> None:
    from tiermem.compression import compress

    walk = "We walked through the old town and looked at many houses with green doors, all day long. " * 6
    llm = ScriptedLLM('{"user_goal": "A walk through the old town", "last_step": "They looked at houses"}')
    short = compress(walk + "The pool has 10 connections.", 0.5, least=0.0, summarizer=LLMSummarizer(llm))
    assert short.degraded == ""
    assert "summary: A walk through the old town They looked at houses" in short.text
    assert "The pool has 10 connections." in short.text
