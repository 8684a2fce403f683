"""An agent's Context saved as JSON and restored: the conversation goes on, in this process and in another. Offline.

python examples/llamaindex_context.py
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.llms.mock import MockFunctionCallingLLM
from workflows import Context
from workflows.context.serializers import JsonSerializer

from llamaindex_tiered_memory import TieredChatMemory

SERIALIZER = JsonSerializer(allowed_types=[TieredChatMemory])


def counting(messages: list[ChatMessage], **_: Any) -> ChatMessage:
    """Stands for a real model: says how many of the user's messages it can see."""
    return ChatMessage(role="assistant", content=f"I see {sum(m.role == 'user' for m in messages)} of your messages.")


def new_agent() -> FunctionAgent:
    return FunctionAgent(llm=MockFunctionCallingLLM(response_generator=counting))


async def begin(file: Path) -> str:
    agent = new_agent()
    context = Context(agent)
    memory = TieredChatMemory.from_defaults(session_id="trip", path=file)
    print(await agent.run("We fly to Lisbon.", memory=memory, ctx=context))
    print(await agent.run("On the 3rd of May.", ctx=context))
    return json.dumps(context.to_dict(serializer=SERIALIZER))


async def go_on(dump: str) -> None:
    agent = new_agent()
    context = Context.from_dict(agent, json.loads(dump), serializer=SERIALIZER)
    print(await agent.run("With two bags.", ctx=context))
    memory = await context.store.get("memory")
    print([message.content for message in memory.get_all() if message.role == "user"])


def main() -> None:
    if len(sys.argv) > 1:
        asyncio.run(go_on(Path(sys.argv[1]).read_text(encoding="utf-8")))
        return
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "context.json"
        saved.write_text(asyncio.run(begin(Path(folder) / "trip.db")), encoding="utf-8")
        subprocess.run([sys.executable, __file__, str(saved)], check=True)


if __name__ == "__main__":
    main()
