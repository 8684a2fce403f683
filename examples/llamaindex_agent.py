"""LlamaIndex's own FunctionAgent with a memory that keeps calls and results together, and is searchable. Offline."""

import asyncio
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM as Mock

from llamaindex_tiered_memory import TieredArchiveRetriever, TieredChatMemory


def slow_queries(table: str) -> str:
    """The slowest queries on a table."""
    return f"select * from {table} where created_at < now(): 8,213 ms, sequential scan of 4,100,000 rows"


def scripted(messages: list[ChatMessage], **_: Any) -> ChatMessage:
    """Stands for a real model: asks for the tool once, then answers from its result."""
    if messages[-1].role == "tool":
        return ChatMessage(role="assistant", content=f"The slowest one is: {messages[-1].content}")
    call = ToolCallBlock(tool_call_id="call-1", tool_name="slow_queries", tool_kwargs={"table": "orders"})
    return ChatMessage(role="assistant", blocks=[call])


async def main() -> None:
    memory = TieredChatMemory(session_id="dba", path=":memory:", token_limit=2000)  # really: path="chat.db"
    agent = FunctionAgent(
        llm=Mock(response_generator=scripted), tools=[slow_queries], initial_state={"environment": "production"}
    )
    print(await agent.run("Which query on orders is slow?", memory=memory))
    print("stored:  ", [message.role.value for message in memory.get_all()])
    print("original:", memory.get_all()[0].content)  # the agent's state prompt is in its input, not in the log
    nodes = await TieredArchiveRetriever(memory, k=1).aretrieve("sequential scan of orders")
    print("found:   ", nodes[0].metadata["ref"], "-", nodes[0].text.splitlines()[0])


asyncio.run(main())
