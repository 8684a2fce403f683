"""Every consumer of a memory in llama-index-core, in every mode, over several turns."""

import asyncio

import pytest
from llama_index.core.agent.workflow import AgentWorkflow, CodeActAgent, FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock
from llama_index.core.memory import BaseMemory
from llama_index.core.tools import FunctionTool

from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tests.llamaindex_tiered_memory.helpers import ENGINES, assistant, check_pairs, fresh, said, user


async def one_turn(engine, mode: str, text: str) -> str:
    if mode == "chat":
        return str(engine.chat(text))
    if mode == "stream":
        response = engine.stream_chat(text)
        answer = "".join(response.response_gen)
        thread = getattr(response, "write_response_to_history_thread", None)
        if thread is not None:
            thread.join()
        return answer
    if mode == "achat":
        return str(await engine.achat(text))
    response = await engine.astream_chat(text)
    answer = "".join([token async for token in response.async_response_gen()])
    if response.awrite_response_to_history_task is not None:
        await response.awrite_response_to_history_task
    return answer


@pytest.mark.parametrize("mode", ["chat", "stream", "achat", "astream"])
@pytest.mark.parametrize("engine", ["simple", "context", "condense_plus"])
async def test_every_engine_in_every_mode_keeps_every_turn(engine, mode):
    memory = fresh(token_limit=2000)
    talk = ENGINES[engine](ScriptedLLM("the answer is {x} indeed"), memory)
    for number in range(4):
        await one_turn(talk, mode, f"question {number} about {{y}}")
    assert said(memory.get_all()) == [
        text for n in range(4) for text in (f"question {n} about {{y}}", "the answer is {x} indeed")
    ]
    talk.reset()
    assert talk.chat_history == []
    assert memory.session.verify().ok


@pytest.mark.parametrize("mode", ["chat", "achat"])
async def test_the_condense_question_engine_keeps_every_turn(mode):
    memory = fresh()
    talk = ENGINES["condense_question"](ScriptedLLM("condensed"), memory)
    for number in range(3):
        await one_turn(talk, mode, f"question {number}")
    assert said(memory.get_all())[::2] == [f"question {n}" for n in range(3)]
    assert len(memory.get_all()) == 6


@pytest.mark.parametrize("engine", ["simple", "context", "condense_plus"])
def test_a_chat_history_given_with_each_call_is_not_stored_twice(engine):
    memory = fresh()
    talk = ENGINES[engine](ScriptedLLM("answer"), memory)
    client_side: list[ChatMessage] = []
    for number in range(3):
        talk.chat(f"q{number}", chat_history=list(client_side))
        client_side += [user(f"q{number}"), assistant("answer")]
    assert said(memory.get_all()) == said(client_side)
    assert memory.session.stats().messages == 6
    talk.chat("other", chat_history=[user("another"), assistant("beginning")])
    assert said(memory.get_all()) == ["another", "beginning", "other", "answer"]
    assert memory.session.stats().hidden == 6


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_function_agent_stores_calls_and_results_in_pairs(streaming):
    tool = FunctionTool.from_defaults(lambda n: f"result {n}", name="look")
    calls = ChatMessage(role="assistant", blocks=[*called("look", "a", n=1).blocks, *called("look", "b", n=2).blocks])
    memory = fresh()
    llm = ScriptedLLM(calls, called("look", "c", n=3), "done", "and again")
    agent = FunctionAgent(llm=llm, tools=[tool], streaming=streaming, system_prompt="be kind")
    await agent.run("look twice", memory=memory)
    await agent.run("once more", memory=memory)
    stored = memory.get_all()
    assert [m.role.value for m in stored] == [
        "user", "assistant", "tool", "tool", "assistant", "tool", "assistant", "user", "assistant",
    ]  # fmt: skip
    check_pairs(stored)
    check_pairs(memory.get())
    assert [call.id for call in memory.session.messages()[1].tool_calls] == ["a", "b"]
    assert [one.tool_call_id for one in memory.session.messages()[2:4]] == ["a", "b"]


async def test_a_handoff_between_agents_keeps_one_memory():
    first = FunctionAgent(
        name="first", description="first", llm=ScriptedLLM(called("handoff", "h", to_agent="second", reason="yours"))
    )
    second = FunctionAgent(name="second", description="second", llm=ScriptedLLM("from the second"))
    memory = fresh()
    await AgentWorkflow(agents=[first, second], root_agent="first").run("go", memory=memory)
    assert said(memory.get_all())[0] == "go"
    assert said(memory.get_all())[-1] == "from the second"
    check_pairs(memory.get())


async def test_a_react_agent_with_tools_stores_its_reasoning_once():
    llm = ScriptedLLM(
        'Thought: look.\nAction: look\nAction Input: {"n": 1}',
        "Thought: I know.\nAnswer: one {x}",
        function_calling=False,
    )
    memory = fresh()
    agent = ReActAgent(llm=llm, tools=[FunctionTool.from_defaults(lambda n: f"result {n}", name="look")])
    await agent.run("look", memory=memory)
    assert [m.role.value for m in memory.get_all()] == ["user", "assistant"]
    assert "result 1" in memory.get_all()[1].content


async def test_a_code_agent_runs_its_code_and_stores_it():
    llm = ScriptedLLM("<execute>1 + 1</execute>", "it is two")
    memory = fresh()
    await CodeActAgent(llm=llm, code_execute_fn=lambda code: "2").run("add", memory=memory)
    assert said(memory.get_all())[0] == "add"
    assert said(memory.get_all())[-1] == "it is two"


async def test_a_run_that_ends_early_generates_from_the_memory():
    tool = FunctionTool.from_defaults(lambda: "again", name="look")
    llm = ScriptedLLM(called("look", "a"), called("look", "b"), "the best I can say")
    memory = fresh()
    agent = FunctionAgent(llm=llm, tools=[tool], early_stopping_method="generate")
    await agent.run("loop", memory=memory, max_iterations=1)
    assert memory.get_all()[0].content == "loop"
    assert len(memory.get_all()) >= 2


async def test_two_agents_at_once_on_one_memory_lose_nothing():
    memory = fresh()
    agents = [FunctionAgent(llm=ScriptedLLM(f"answer {n}")) for n in range(6)]
    await asyncio.gather(*(agent.run(f"question {n}", memory=memory) for n, agent in enumerate(agents)))
    assert sorted(said(memory.get_all())) == sorted([f"{w} {n}" for w in ("question", "answer") for n in range(6)])


def test_thinking_is_kept_where_the_framework_hands_it_over():
    memory = fresh()
    answer = ChatMessage(role="assistant", blocks=[ThinkingBlock(content="hm"), TextBlock(text="yes")])
    ENGINES["simple"](ScriptedLLM(answer), memory).chat("really?")
    assert memory.get_all()[1] == answer
    assert isinstance(memory, BaseMemory)
