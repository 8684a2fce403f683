"""An agent reads more than the 8,000 tokens it may send; an early result is one tool call away. Offline."""

import asyncio
import re
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM as Mock

from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent, memory_tools


def read_log(day: int) -> str:
    """The log of one day."""
    return f"day {day}: pump {day * 7} was changed\n" + f"day {day}: all pumps run\n" * 400


def scripted(messages: list[ChatMessage], **_: Any) -> ChatMessage:
    """Stands for a real model: reads 12 logs, then opens the reference of the first one."""
    logs = [str(one.content) for one in messages if one.role == "tool"]
    print(end=f"[{memory.tally.messages(messages):,} tokens] ")
    if len(logs) == 13:
        return ChatMessage(role="assistant", content=re.findall(r"pump \d+ was changed", logs[-1])[0])
    name, arguments = "read_log", {"day": len(logs) + 1}
    if len(logs) == 12:
        print(f"\n  of day 1 the model sees: {logs[0]}")
        name, arguments = "expand_memory", {"ref": re.findall(r"m\d+", logs[0])[-1]}
    call = ToolCallBlock(tool_call_id=f"call-{len(logs)}", tool_name=name, tool_kwargs=arguments)
    return ChatMessage(role="assistant", blocks=[call])


async def main() -> None:
    agent = TieredFunctionAgent(llm=Mock(response_generator=scripted), tools=[read_log, *memory_tools(memory)])
    print("\nanswer:", await agent.run("Which pump was changed on day 1?", memory=memory, max_iterations=40))


memory = TieredChatMemory(session_id="pumps", path=":memory:", token_limit=8_000)  # really: path="chat.db"
asyncio.run(main())
print(f"kept: {memory.session.stats().tokens:,} tokens in {len(memory.get_all())} messages")
