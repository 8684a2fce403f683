"""One agent run with more tool results than the model's limit holds; what left the prompt is a tool call away. Offline.

python examples/llamaindex_function_agent.py
"""

import asyncio
import re
from typing import Any

from llama_index.core.agent.workflow import AgentInput
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM

from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent, memory_tools


def read_log(day: int) -> str:
    """The log of one day."""
    return f"day {day}: pump {day * 7} was changed\n" + f"day {day}: all pumps run\n" * 400


def scripted(messages: list[ChatMessage], **_: Any) -> ChatMessage:
    """Stands for a real model: reads 12 logs, then looks behind the stub of the first one."""
    done = [m for m in messages if m.role == "tool"]
    if len(done) == 13:
        return ChatMessage(role="assistant", content=re.search(r"pump \d+ was changed", str(done[-1].content))[0])
    name, arguments = "read_log", {"day": len(done) + 1}
    if len(done) == 12:
        name, arguments = "expand_memory", {"ref": re.search(r"m\d+(?=\])", str(done[0].content))[0]}
    call = ToolCallBlock(tool_call_id=f"call-{len(done)}", tool_name=name, tool_kwargs=arguments)
    return ChatMessage(role="assistant", blocks=[call])


async def main() -> None:
    memory = TieredChatMemory(session_id="pumps", path=":memory:", token_limit=8000)
    llm = MockFunctionCallingLLM(response_generator=scripted)
    agent = TieredFunctionAgent(llm=llm, tools=[read_log, *memory_tools(memory)])
    handler = agent.run("Which pump was changed on day 1?", memory=memory, max_iterations=40)
    prompts = [e.input async for e in handler.stream_events() if type(e) is AgentInput]
    print("answer: ", await handler)
    print("sent:   ", max(memory.tally.messages(one) for one in prompts), "tokens at most")
    print("kept:   ", memory.session.stats().tokens, "tokens,", len(memory.get_all()), "messages")


if __name__ == "__main__":
    asyncio.run(main())
