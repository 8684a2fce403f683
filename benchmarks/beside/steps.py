"""Steps of agents whose limit is full: how much processor time goes by between two calls of their model.

A run reads one log after the other, about 600 tokens each. The models play a script, so what is left is the framework
and the memory. Steps count from the one on at which all logs together are above the limit.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.cost.prose import said

LIMIT = 8_000  # tokens
STEPS, FULL = 60, 20  # model calls of a run; after so many logs more is known than the limit holds
LINES = 11  # messages of about 56 tokens in a log

Spent = list[float]


def read_log(day: int) -> str:
    """The log of one day."""
    return "\n".join(said(100 * day + line) for line in range(LINES))


class Clock:
    """Milliseconds of processor time from call to call."""

    def __init__(self) -> None:
        self.times: Spent = []
        self.called = time.process_time()

    def begins(self) -> None:
        """The model is called."""
        self.times.append(1_000 * (time.process_time() - self.called))

    def ends(self) -> None:
        """It answers; its own time is nobody's."""
        self.called = time.process_time()

    @property
    def full(self) -> Spent:
        """The steps that count."""
        return self.times[FULL:]


def llama_agent(make: Callable[[Any], Any], memory: Any) -> Spent:
    """A run of the LlamaIndex agent that *make* makes of a model."""
    from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
    from llama_index.core.llms.mock import MockFunctionCallingLLM

    clock = Clock()

    def scripted(messages: Any, **_: Any) -> ChatMessage:
        clock.begins()
        day = len(clock.times)
        answer = ChatMessage(role="assistant", content="I have read all logs.")
        if day < STEPS:
            call = ToolCallBlock(tool_call_id=f"call-{day}", tool_name="read_log", tool_kwargs={"day": day})
            answer = ChatMessage(role="assistant", blocks=[call])
        clock.ends()
        return answer

    async def run() -> None:
        agent = make(MockFunctionCallingLLM(response_generator=scripted))
        await agent.run("Read all the logs.", memory=memory, max_iterations=2 * STEPS)

    asyncio.run(run())
    return clock.full


def tiered_function_agent(folder: Path) -> Spent:
    """`TieredFunctionAgent` over `TieredChatMemory`."""
    from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent

    memory = TieredChatMemory(session_id="steps", path=str(folder / "agent.db"), token_limit=LIMIT)
    return llama_agent(lambda llm: TieredFunctionAgent(llm=llm, tools=[read_log]), memory)


def stock_over_tiered(folder: Path) -> Spent:
    """LlamaIndex's own agent over `TieredChatMemory`."""
    from llama_index.core.agent.workflow import FunctionAgent

    from llamaindex_tiered_memory import TieredChatMemory

    memory = TieredChatMemory(session_id="steps", path=str(folder / "stock.db"), token_limit=LIMIT)
    return llama_agent(lambda llm: FunctionAgent(llm=llm, tools=[read_log]), memory)


def stock_function_agent(folder: Path) -> Spent:
    """LlamaIndex's own agent over its own memory."""
    from llama_index.core.agent.workflow import FunctionAgent
    from llama_index.core.memory import Memory

    memory = Memory.from_defaults(session_id="steps", token_limit=LIMIT)
    return llama_agent(lambda llm: FunctionAgent(llm=llm, tools=[read_log]), memory)


def bare_function_agent(folder: Path) -> Spent:
    """LlamaIndex's own agent over a list that counts nothing and drops nothing: what the framework itself costs."""
    from llama_index.core.agent.workflow import FunctionAgent
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.memory.types import BaseMemory
    from pydantic import Field

    class Listed(BaseMemory):
        said: list[ChatMessage] = Field(default_factory=list)

        @classmethod
        def from_defaults(cls, **kwargs: Any) -> Listed:
            return cls(**kwargs)

        def get(self, input: str | None = None, **kwargs: Any) -> list[ChatMessage]:
            return list(self.said)

        async def aget(self, input: str | None = None, **kwargs: Any) -> list[ChatMessage]:
            return list(self.said)

        def get_all(self) -> list[ChatMessage]:
            return list(self.said)

        def put(self, message: ChatMessage) -> None:
            self.said.append(message)

        async def aput(self, message: ChatMessage) -> None:
            self.said.append(message)

        async def aput_messages(self, messages: list[ChatMessage]) -> None:
            self.said += messages

        def set(self, messages: list[ChatMessage]) -> None:
            self.said = list(messages)

        def reset(self) -> None:
            self.said = []

    return llama_agent(lambda llm: FunctionAgent(llm=llm, tools=[read_log]), Listed())


def created_agent(*middleware: Any) -> Spent:
    """A run of LangChain's agent with *middleware*."""
    from langchain.agents import create_agent
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.outputs import ChatGeneration, ChatResult
    from langchain_core.tools import tool
    from langgraph.checkpoint.memory import InMemorySaver

    clock = Clock()

    class Scripted(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "scripted"

        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self

        def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
            clock.begins()
            day = len(clock.times)
            calls = [{"name": "read_log", "args": {"day": day}, "id": f"call-{day}"}] if day < STEPS else []
            answer = ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=calls))])
            clock.ends()
            return answer

    agent: Any = create_agent(Scripted(), [tool(read_log)], middleware=middleware, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "steps"}, "recursion_limit": 20 * STEPS}
    agent.invoke({"messages": [("user", "Read all the logs.")]}, config)
    return clock.full


def tiered_middleware(folder: Path) -> Spent:
    """`create_agent` with `TieredMemoryMiddleware`."""
    from langchain_tiered_memory import TieredMemoryMiddleware
    from tiermem import Memory

    with Memory.open(folder / "middleware.db", enable_context_management=False) as memory:
        return created_agent(TieredMemoryMiddleware(memory=memory, max_tokens=LIMIT))


def bare_agent(folder: Path) -> Spent:
    """`create_agent` without a memory: all logs are sent each time."""
    return created_agent()


AGENTS: dict[str, Callable[[Path], Spent]] = {
    "TieredFunctionAgent": tiered_function_agent,
    "FunctionAgent over TieredChatMemory": stock_over_tiered,
    "create_agent with TieredMemoryMiddleware": tiered_middleware,
}
FRAMEWORKS: dict[str, Callable[[Path], Spent]] = {
    "FunctionAgent over LlamaIndex's Memory": stock_function_agent,
    "FunctionAgent over a list": bare_function_agent,
    "create_agent alone": bare_agent,
}


def counted(agent: str, folder: Path) -> Spent:
    """How many Python functions are called in each step of a run of *agent*, by all threads: on a machine that others
    use too processor time says little, and this is the same on any."""
    calls = 0

    def heard(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    class Counting(Clock):
        def begins(self) -> None:
            self.times.append(calls)

        def ends(self) -> None:
            nonlocal calls
            calls = 0

    threading.setprofile(heard)
    sys.setprofile(heard)
    try:
        with mock.patch(f"{__name__}.Clock", Counting):
            return {**AGENTS, **FRAMEWORKS}[agent](folder)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
