"""A conversation saved as JSON by one process and continued by another. Offline."""

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.llms.mock import MockFunctionCallingLLM as Mock
from workflows import Context
from workflows.context.serializers import JsonSerializer

from llamaindex_tiered_memory import TieredChatMemory


def counting(messages: list[ChatMessage], **_: Any) -> ChatMessage:
    """Stands for a real model: says which of the user's messages it can see."""
    return ChatMessage(role="assistant", content=f"I see: {' '.join(str(m.content) for m in messages[::2])}")


async def main(folder: Path, *said: str) -> None:
    agent, saved = FunctionAgent(llm=Mock(response_generator=counting)), folder / "context.json"
    serializer = JsonSerializer(allowed_types=[TieredChatMemory])
    context = Context.from_dict(agent, json.loads(saved.read_text()), serializer) if saved.exists() else Context(agent)
    memory = None if saved.exists() else TieredChatMemory(session_id="trip", path=folder / "chat.db")
    print(await agent.run(said[0], memory=memory, ctx=context))
    saved.write_text(json.dumps(context.to_dict(serializer)))


if __name__ == "__main__" and len(sys.argv) > 1:
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
elif __name__ == "__main__":
    with tempfile.TemporaryDirectory() as new:
        for text in ("We fly to Lisbon.", "On the 3rd of May."):
            subprocess.run([sys.executable, __file__, new, text], check=True)
