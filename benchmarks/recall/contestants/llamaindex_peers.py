"""LlamaIndex's memories, through their own code and with the same vectors as tiermem."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.memory import ChatMemoryBuffer, Memory, VectorMemoryBlock

from benchmarks.answers.llamaindex_peers import ListStore
from benchmarks.recall.contestants.peers import Peer
from benchmarks.recall.conversations import Conversation, Question
from benchmarks.recall.measure import Shown, tokens
from benchmarks.recall.vectors import Embedding, for_llamaindex

TAGS = 14  # tokens that VectorMemoryBlock writes around a message


def counted(text: str) -> list[int]:
    """As many numbers as *text* has tokens: LlamaIndex wants a list."""
    return [0] * tokens(text)


def text_of(message: ChatMessage) -> str:
    """The text of all blocks."""
    return "\n".join(getattr(block, "text", "") for block in message.blocks)


class Chats(Peer):
    """A peer that is given LlamaIndex's messages, with the roles of the file."""

    def feed(self, conversation: Conversation) -> None:
        """Make them."""
        pairs = zip(conversation.messages, conversation.lines, strict=True)
        self.chats = [ChatMessage(role=one.role, content=line) for one, line in pairs]
        super().feed(conversation)


class ChatBuffer(Chats):
    """ChatMemoryBuffer(token_limit=budget)."""

    name = "LlamaIndex ChatMemoryBuffer"

    def ask(self, question: Question, budget: int) -> Shown:
        """Given the newest messages only, twice what it can show: its `get` is quadratic beyond its limit."""
        used = accumulate(tokens(line) for line in reversed(self.lines))
        newest = sum(so_far <= 2 * budget for so_far in used)
        history = self.chats[len(self.chats) - newest :]
        memory = ChatMemoryBuffer.from_defaults(chat_history=history, token_limit=budget, tokenizer_fn=counted)
        return Shown("\n".join(map(text_of, memory.get(input=question.text))), recalled="")


class StockMemory(Chats):
    """Memory + VectorMemoryBlock, every default kept but scaled to the budget: a flush is a tenth of it."""

    name = "LlamaIndex Memory + VectorMemoryBlock"

    def load(self) -> None:
        """Each budget flushes at other places, so it is filled for each."""
        self.close()
        self._loop = asyncio.new_event_loop()
        self._filled: dict[int, Memory] = {}

    def ask(self, question: Question, budget: int) -> Shown:
        """What `aget` gives for the question."""
        if budget not in self._filled:
            self._filled[budget] = self._loop.run_until_complete(self._fill(budget))
        found = self._loop.run_until_complete(self._filled[budget].aget(input=question.text))
        # The blocks stand in a system message of their own; no message of the conversations here has that role.
        blocks = [text_of(one) for one in found if one.role == MessageRole.SYSTEM]
        return Shown("\n".join(map(text_of, found)), recalled="\n".join(blocks))

    async def _fill(self, budget: int) -> Memory:
        block = VectorMemoryBlock(
            vector_store=ListStore(), embed_model=for_llamaindex(self.vectors), **self.block(budget)
        )
        memory = Memory.from_defaults(
            session_id=uuid.uuid4().hex,
            token_limit=budget,
            tokenizer_fn=counted,
            memory_blocks=[block],
            **self.queue(budget),
        )
        for message in self.chats:
            await memory.aput(message)
        return memory

    def queue(self, budget: int) -> dict[str, Any]:
        """Arguments of the memory."""
        return {"token_flush_size": budget // 10}

    def block(self, budget: int) -> dict[str, Any]:
        """Arguments of the block."""
        return {}

    def close(self) -> None:
        """Stop the loop that the memories run on."""
        if loop := getattr(self, "_loop", None):
            loop.close()


class TunedMemory(StockMemory):
    """As a careful user would: one message a node, a tenth for the history, the rest retrieved, short queries.

    A query of 2 messages is the last one and the question; 1 is read as "everything".
    """

    name = "LlamaIndex Memory + VectorMemoryBlock, tuned"

    def queue(self, budget: int) -> dict[str, Any]:
        """A flush of one token moves one message at a time."""
        return {"token_flush_size": 1, "chat_history_token_ratio": 0.1}

    def block(self, budget: int) -> dict[str, Any]:
        """As many nodes as fill four fifths of the budget: of a block that is too large nothing would be left."""
        return {
            "similarity_top_k": max(1, int(0.8 * budget / (self.average + TAGS))),
            "retrieval_context_window": 2,
        }


MEMORIES: dict[str, Callable[[Embedding], Peer]] = {
    "llamaindex-buffer": ChatBuffer,
    "llamaindex-memory": StockMemory,
    "llamaindex-memory-tuned": TunedMemory,
}
