"""TieredFunctionAgent: whatever ends a run, what it found is in the session, once, and the next run goes on from it."""

import asyncio
import json

import pytest
from llama_index.core.agent.workflow import ToolCallResult
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import FunctionTool
from workflows import Context
from workflows.errors import WorkflowCancelledByUser, WorkflowRuntimeError

from llamaindex_tiered_memory import TieredChatMemory
from tests.llamaindex_tiered_memory.agents.agent_fakes import (
    LIMIT,
    TASK,
    WatchedLLM,
    agent_of,
    many_calls,
    originals,
    report,
    several,
)
from tests.llamaindex_tiered_memory.fakes import called
from tests.llamaindex_tiered_memory.helpers import check_pairs, fresh, said
from tests.waiting import PATIENCE, until


def check_archived(memory: TieredChatMemory, count: int) -> None:
    assert originals(memory)[:count] == [report(n) for n in range(count)]
    hits = memory.session.search(f"checksum of report {count - 2}: {(count - 2) * 7919}")
    assert any(hit.message.text == report(count - 2) for hit in hits[:3])


async def test_a_run_that_fails_is_in_the_session():
    def broken(messages):
        raise RuntimeError("the model is gone")

    memory = fresh(token_limit=LIMIT)
    with pytest.raises(RuntimeError, match="the model is gone"):
        await agent_of(WatchedLLM(*many_calls(5)[:5], broken)).run(TASK, memory=memory)
    check_archived(memory, 5)
    llm = WatchedLLM("as far as I came")
    await agent_of(llm).run("How far did you come?", memory=memory)
    check_pairs(llm.sent[0])
    assert max(llm.tokens(memory)) <= LIMIT
    assert report(4) in said(llm.sent[0])


async def test_a_run_that_reaches_its_last_iteration_is_in_the_session_with_whole_pairs():
    memory = fresh(token_limit=LIMIT)
    with pytest.raises(WorkflowRuntimeError, match="Max iterations"):
        await agent_of(WatchedLLM(*many_calls(9))).run(TASK, memory=memory, max_iterations=6)
    check_archived(memory, 5)
    check_pairs(memory.get_all())
    assert "not called" in memory.get_all()[-1].content


async def test_a_run_that_is_stopped_early_answers_from_what_it_found():
    memory = fresh(token_limit=LIMIT)
    llm = WatchedLLM(*many_calls(9)[:6], "what I have so far")
    agent = agent_of(llm, early_stopping_method="generate")
    assert str(await agent.run(TASK, memory=memory, max_iterations=6)) == "what I have so far"
    check_pairs(llm.sent[-1])
    assert any(report(4) == one.content for one in llm.sent[-1])
    assert said(memory.get_all())[-1] == "what I have so far"


async def test_a_run_that_is_cancelled_is_in_the_session():
    memory = fresh(token_limit=LIMIT)
    waiting = asyncio.Event()

    async def wait(number: int) -> str:
        """Wait."""
        waiting.set()
        await asyncio.Event().wait()
        return "late"

    script = [*many_calls(4)[:4], called("wait", "w", number=1)]
    handler = agent_of(WatchedLLM(*script), FunctionTool.from_defaults(async_fn=wait)).run(TASK, memory=memory)
    await asyncio.wait_for(waiting.wait(), PATIENCE)
    await handler.cancel_run()
    with pytest.raises((WorkflowCancelledByUser, asyncio.CancelledError)):
        await handler
    check_archived(memory, 4)


async def test_of_parallel_calls_what_came_before_the_end_is_in_the_session():
    memory = fresh(token_limit=LIMIT)
    stuck = asyncio.Event()

    async def wait(number: int) -> str:
        """Wait."""
        stuck.set()
        await asyncio.Event().wait()
        return "late"

    both = ChatMessage(role="assistant", blocks=[*several(("a", 3)).blocks, *several(("b", 0), name="wait").blocks])
    handler = agent_of(WatchedLLM(both), FunctionTool.from_defaults(async_fn=wait)).run(TASK, memory=memory)
    async for event in handler.stream_events():
        if type(event) is ToolCallResult:
            break
    await asyncio.wait_for(stuck.wait(), PATIENCE)
    await asyncio.to_thread(until, lambda: originals(memory))
    await handler.cancel_run()
    with pytest.raises((WorkflowCancelledByUser, asyncio.CancelledError)):
        await handler
    assert originals(memory) == [report(3)]
    llm = WatchedLLM("on we go")
    await agent_of(llm).run("And now?", memory=memory)
    check_pairs(llm.sent[0])


async def test_an_aborted_run_is_not_sent_twice_by_the_next_run_on_its_context():
    memory = fresh(token_limit=LIMIT)
    agent = agent_of(WatchedLLM(*many_calls(3)[:3], "never", "never"))
    ctx = Context(agent)
    with pytest.raises(WorkflowRuntimeError):
        await agent.run(TASK, memory=memory, ctx=ctx, max_iterations=3)
    llm = agent.llm = WatchedLLM("done")
    again = Context.from_dict(agent, json.loads(json.dumps(ctx.to_dict())))
    await agent.run("Go on.", ctx=again)
    check_pairs(llm.sent[0])
    results = [one.additional_kwargs["tool_call_id"] for one in llm.sent[0] if one.role == "tool"]
    assert results == ["c0", "c1", "c2"]
    assert said(memory.get_all())[-2:] == ["Go on.", "done"]
    assert len(memory.get_all()) == 1 + 6 + 2
