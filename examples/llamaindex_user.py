"""An agent that knows its user: three sessions, in English and in Chinese; a fact changes, a rule is kept. Offline."""

import asyncio
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms.mock import MockFunctionCallingLLM as Mock
from users import TALKS, answered

from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent, memory_tools
from tiermem import Memory


def scripted(messages: list[ChatMessage], **_: Any) -> ChatMessage:
    """Stands for a real model."""
    return ChatMessage(role="assistant", content=answered("\n".join(str(one.content) for one in messages)))


async def main() -> None:
    shared = Memory.open(":memory:")  # really: Memory.open("chat.db")
    for user, sessions in TALKS.items():
        for number, talk in enumerate(sessions, start=1):
            memory = TieredChatMemory(
                session_id=f"{user}-{number}", memory=shared, namespace=("app", user), profile=200
            )
            agent = TieredFunctionAgent(llm=Mock(response_generator=scripted), tools=memory_tools(memory), profile=200)
            print(f"\nLlamaIndex, {user}, session {number}")
            for said in talk:
                print(f"  {user}: {said}")
                print(f"  agent: {await agent.run(said, memory=memory)}")


asyncio.run(main())
