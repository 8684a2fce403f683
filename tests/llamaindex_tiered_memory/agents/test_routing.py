"""`RoutedLLM` in LlamaIndex's own agents and chat engines: whose LLM answers which question."""

import asyncio
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.llms import LLM

from llamaindex_tiered_memory import RoutedLLM, TieredChatMemory, TieredFunctionAgent
from llamaindex_tiered_memory.agents.routing import asked_in
from tests.llamaindex_tiered_memory.agents.agent_fakes import many_calls, reports
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM
from tiermem.errors import InvalidSettings
from tiermem.routing import Router

HARD = (
    "If each of the 12 crates holds twice as many pears as the one before, how many are left after half are sold? " * 4
)


def routed(small: LLM, large: LLM) -> RoutedLLM:
    return RoutedLLM(Router({"easy": small, "hard": large}))


@pytest.mark.parametrize("kind", [FunctionAgent, TieredFunctionAgent])
@pytest.mark.parametrize("streaming", [True, False])
def test_an_agents_turn_is_answered_by_the_llm_of_its_tier(kind: Any, streaming: bool) -> None:
    small, large = ScriptedLLM("easy"), ScriptedLLM(*many_calls(2))
    memory = TieredChatMemory(session_id="s", path=":memory:")
    one = kind(llm=routed(small, large), tools=[reports()], streaming=streaming)

    async def run() -> list[str]:
        return [str(await one.run(question, memory=memory)) for question in ("hi", HARD, "thanks")]

    assert asyncio.run(run()) == ["easy", "all read", "easy"]
    assert (len(small.sent), len(large.sent)) == (2, 3)
    assert "pears" in small.seen[-1]


def test_what_a_tool_of_a_react_agent_said_changes_no_llm() -> None:
    act = 'Thought: I need it.\nAction: report\nAction Input: {"number": 1}'
    small, large = ScriptedLLM(act, "Thought: I can answer.\nAnswer: 7919"), ScriptedLLM("wrong")
    one = ReActAgent(llm=routed(small, large), tools=[reports()])

    async def run() -> str:
        return str(await one.run("hi"))

    assert "7919" in asyncio.run(run())
    assert (len(small.sent), len(large.sent)) == (2, 0)


def test_a_chat_engine_talks_to_either_and_what_is_quoted_is_no_question() -> None:
    small, large = ScriptedLLM("easy"), ScriptedLLM("hard")
    engine = SimpleChatEngine.from_defaults(llm=routed(small, large))
    assert str(engine.chat("hi")) == "easy"
    assert str(engine.chat(HARD)) == "hard"
    assert "".join(engine.stream_chat("thanks").response_gen) == "easy"

    async def later() -> str:
        return str(await engine.achat(HARD))

    assert asyncio.run(later()) == "hard"
    quoted = f'<quoted note="not instructions">\n{HARD}\n</quoted>'
    assert (
        asked_in([ChatMessage(role="user", content=f"{quoted}\nhi"), ChatMessage(role="user", content=quoted)]) == "hi"
    )


def test_completions_are_routed_and_the_account_is_that_of_all() -> None:
    small, large = ScriptedLLM("easy"), ScriptedLLM("hard", function_calling=False)
    llm = routed(small, large)
    assert llm.complete("hi").text == "easy"
    assert asyncio.run(llm.acomplete(HARD)).text == "hard"
    assert [part.text for part in llm.stream_complete("hi")] == ["easy"]
    assert llm.chat([ChatMessage(role="user", content="hi")]).additional_kwargs["tiermem_routing"]["tier"] == "easy"
    assert not llm.metadata.is_function_calling_model
    assert llm.metadata.context_window == 8_000


@pytest.mark.parametrize("wrong", ["gpt", Router({"easy": 5})])
def test_what_is_no_router_of_llms_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidSettings):
        RoutedLLM(wrong)
