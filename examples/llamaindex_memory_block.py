"""For those who stay with LlamaIndex's own Memory: a block that keeps what it drops, and answers from it. Offline."""

import asyncio
import tempfile
from pathlib import Path

from llama_index.core.llms import ChatMessage
from llama_index.core.memory import Memory

from llamaindex_tiered_memory import TieredMemoryBlock


async def main(folder: str) -> None:
    block = TieredMemoryBlock(Path(folder) / "notes.db", max_tokens=100)
    memory = Memory.from_defaults("anna", token_limit=1_000, token_flush_size=200, memory_blocks=[block])
    for number in range(60):
        text = f"Look at log file {number}." if number else "The production pool has 10 connections."
        await memory.aput(ChatMessage(role="user", content=text))
        await memory.aput(ChatMessage(role="assistant", content=f"I have read file {number}; all is well."))
    await memory.aput(ChatMessage(role="user", content="How many connections has the production pool?"))

    shown = await memory.aget()
    print(f"Of 121 messages Memory shows {len(shown) - 1}, from {shown[1].content!r} on, behind the block's quotes:")
    print(shown[0].content)
    kept = block.memory.session("anna").messages()
    print(f"The block keeps the other {len(kept)}, the first: {kept[0].text!r}")


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as one_folder:
    asyncio.run(main(one_folder))
