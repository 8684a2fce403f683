"""One turn of LangChain's and of LlamaIndex's own memories, filled in the fastest way that each of them offers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cost.prose import question, said
from tiermem.providers.tokenizers import encoding_counter

SESSION = "cost"
ALL = 10**9  # tokens: a limit that nothing reaches
EVERY = 10**9  # messages


def _count() -> Callable[[str], int]:
    return encoding_counter("o200k_base")


def _list_count() -> Callable[[str], list[int]]:
    count = _count()
    return lambda text: [0] * count(text)


class TokenBuffer:
    """ConversationTokenBufferMemory that keeps everything."""

    name = "LC ConversationTokenBufferMemory, keeps all"
    most = EVERY
    limit = ALL

    def open(self, folder: Path, stored: int) -> None:
        """Its list of messages is filled directly; with a small limit, from the newest that can fit."""
        from langchain_classic.memory import ConversationTokenBufferMemory
        from langchain_core.chat_history import InMemoryChatMessageHistory
        from langchain_core.messages import AIMessage, HumanMessage

        kept = range(max(0, stored - self.limit // 20 * 2), stored)  # no message has fewer than 20 tokens
        kinds = (HumanMessage, AIMessage)
        messages = InMemoryChatMessageHistory(messages=[kinds[place % 2](said(place)) for place in kept])
        self.chat = ConversationTokenBufferMemory(
            llm=_uncached(), max_token_limit=self.limit, return_messages=True, chat_memory=messages
        )

    def turn(self, place: int) -> None:
        """What a chain does."""
        asked = {"question": question(place)}
        self.chat.load_memory_variables(asked)
        self.chat.save_context(asked, {"answer": said(place)})

    def close(self) -> None:
        """Let the list go."""
        del self.chat


class TokenBufferDefault(TokenBuffer):
    """ConversationTokenBufferMemory as shipped: what is beyond 2,000 tokens is gone."""

    name = "LC ConversationTokenBufferMemory, limit 2,000 (default; forgets)"
    limit = 2_000


def _uncached() -> Any:
    """A model whose counter counts: nothing is remembered from turn to turn, as with any model of LangChain."""
    from benchmarks.models import CountingModel

    count = _count()

    class Counting(CountingModel):
        def get_num_tokens_from_messages(self, messages: Any, tools: Any = None) -> int:
            return sum(count(str(message.content)) for message in messages)

    return Counting()


class Buffer:
    """ChatMemoryBuffer with a limit that is not reached."""

    name = "LI ChatMemoryBuffer, keeps and shows all"
    most = EVERY
    limit = ALL

    def open(self, folder: Path, stored: int) -> None:
        """Filled by `chat_history=`."""
        from llama_index.core.base.llms.types import ChatMessage
        from llama_index.core.memory import ChatMemoryBuffer

        history = [ChatMessage(role=("user", "assistant")[place % 2], content=said(place)) for place in range(stored)]
        self.chat: Any = ChatMemoryBuffer.from_defaults(
            chat_history=history, token_limit=self.limit, tokenizer_fn=_list_count()
        )

    def turn(self, place: int) -> None:
        """What SimpleChatEngine does."""
        from llama_index.core.base.llms.types import ChatMessage

        self.chat.put(ChatMessage(role="user", content=question(place)))
        self.chat.get()
        self.chat.put(ChatMessage(role="assistant", content=said(place)))

    def close(self) -> None:
        """Let the list go."""
        del self.chat


class BufferDefault(Buffer):
    """ChatMemoryBuffer as shipped: its `get` is quadratic in what lies beyond the limit."""

    name = "LI ChatMemoryBuffer, limit 3,000 (default)"
    most = 1_000
    limit = 3_000


class LlamaMemory:
    """Memory in an SQLite file, everything in its queue."""

    name = "LI Memory (file), shows all"
    most = 10_000
    limit = ALL
    active = EVERY

    def open(self, folder: Path, stored: int) -> None:
        """Filled through its store: what no longer fits into the queue is archived there, as its flushes would do."""
        from llama_index.core.base.llms.types import ChatMessage
        from llama_index.core.memory import Memory
        from llama_index.core.storage.chat_store.base_db import MessageStatus

        file = folder / f"{type(self).__name__}.db"
        self.chat: Any = Memory.from_defaults(
            session_id=SESSION,
            token_limit=self.limit,
            tokenizer_fn=_list_count(),
            async_database_uri=f"sqlite+aiosqlite:///{file}",
        )
        history = [ChatMessage(role=("user", "assistant")[place % 2], content=said(place)) for place in range(stored)]
        split = max(0, stored - self.active)
        parts = ((history[:split], MessageStatus.ARCHIVED), (history[split:], MessageStatus.ACTIVE))
        self.loop = asyncio.new_event_loop()
        for messages, status in parts:
            for first in range(0, len(messages), 5_000):
                batch = messages[first : first + 5_000]
                self.loop.run_until_complete(self.chat.sql_store.add_messages(SESSION, batch, status=status))

    def turn(self, place: int) -> None:
        """What SimpleChatEngine does in an application with an event loop."""
        self.loop.run_until_complete(self._turn(place))

    async def _turn(self, place: int) -> None:
        from llama_index.core.base.llms.types import ChatMessage

        await self.chat.aput(ChatMessage(role="user", content=question(place)))
        await self.chat.aget()
        await self.chat.aput(ChatMessage(role="assistant", content=said(place)))

    def close(self) -> None:
        """Close its engine and the loop."""
        engine = self.chat.sql_store._async_engine
        if engine is not None:
            self.loop.run_until_complete(engine.dispose())
        self.loop.close()


class LlamaMemoryDefault(LlamaMemory):
    """Memory as shipped: 30,000 tokens, 70 % of them for the queue."""

    name = "LI Memory (file), limit 30,000 (default)"
    most = EVERY
    limit = 30_000
    active = 280  # of 56 tokens on average: three quarters of the queue


class SqlHistory:
    """SQLChatMessageHistory in an SQLite file."""

    name = "LC SQLChatMessageHistory (file)"
    most = EVERY

    def open(self, folder: Path, stored: int) -> None:
        """Filled by `add_messages`."""
        from importlib import import_module

        from langchain_core.messages import AIMessage, HumanMessage

        community = import_module(
            "langchain_community.chat_message_histories"
        )  # not a dependency: see requirements.txt
        self.kinds = (HumanMessage, AIMessage)
        self.chat = community.SQLChatMessageHistory(SESSION, connection=f"sqlite:///{folder / 'history.db'}")
        for first in range(0, stored, 5_000):
            places = range(first, min(stored, first + 5_000))
            self.chat.add_messages([self.kinds[place % 2](said(place)) for place in places])

    def turn(self, place: int) -> None:
        """Read everything, add both."""
        _ = self.chat.messages
        self.chat.add_messages([self.kinds[0](question(place)), self.kinds[1](said(place))])

    def close(self) -> None:
        """Close its engine."""
        self.chat.engine.dispose()
