"""LlamaIndex's own memories, in its own SimpleChatEngine: one prompt, and all that is in it comes from the memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, LLMMetadata
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.chat_engine import CondensePlusContextChatEngine, SimpleChatEngine
from llama_index.core.llms.custom import CustomLLM
from llama_index.core.memory import ChatMemoryBuffer, Memory, VectorMemoryBlock
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle
from llama_index.core.vector_stores.types import BasePydanticVectorStore, VectorStoreQuery, VectorStoreQueryResult
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from benchmarks.answers.conversation import Conversation
from benchmarks.answers.peers import SESSION, copied
from benchmarks.models import embedded, reply, tokens
from tiermem.providers.tokenizers import encoding_counter


class RecordingLLM(CustomLLM):
    """Keeps every prompt in `prompts`; answers as the stand-in of LangChain."""

    _prompts: list[str] = PrivateAttr(default_factory=list)

    @property
    def prompts(self) -> list[str]:
        """What was sent, in order."""
        return self._prompts

    @property
    def metadata(self) -> LLMMetadata:
        """A window that is never the limit."""
        return LLMMetadata(is_chat_model=True, context_window=128_000)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Record and answer."""
        self._prompts.append(prompt)
        return CompletionResponse(text=reply(prompt))

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Record and answer."""
        answer = self.complete("\n".join(message.content or "" for message in messages)).text
        return ChatResponse(message=ChatMessage(role="assistant", content=answer))

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        """Not asked for here."""
        raise NotImplementedError("the benchmark does not stream")


class HashEmbedding(BaseEmbedding):
    """`HashEmbedder` as LlamaIndex's embedding."""

    def _get_query_embedding(self, query: str) -> list[float]:
        return embedded(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return embedded(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return embedded(text)


class ListStore(BasePydanticVectorStore):
    """Exact cosine over a list that keeps text: VectorMemoryBlock refuses the only store in core, which does not.

    One session is in it, so the block's filter by session has nothing to leave out.
    """

    stores_text: bool = True
    nodes: list[Any] = Field(default_factory=list)

    @property
    def client(self) -> None:
        """There is none."""

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Append *nodes*."""
        self.nodes.extend(nodes)
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **kwargs: Any) -> None:
        """Not asked for here."""
        raise NotImplementedError("the benchmark deletes nothing")

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The nodes most similar to the query."""
        if not self.nodes:
            return VectorStoreQueryResult(nodes=[], similarities=[], ids=[])
        scores = np.array([node.embedding for node in self.nodes]) @ np.array(query.query_embedding)
        best = np.argsort(-scores, kind="stable")[: query.similarity_top_k]
        chosen = [self.nodes[place] for place in best]
        return VectorStoreQueryResult(
            nodes=chosen, similarities=[float(scores[place]) for place in best], ids=[one.node_id for one in chosen]
        )


class FirstTokens(BaseNodePostprocessor):
    """The leading nodes that fit into `limit` tokens."""

    limit: int

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        used = accumulate(tokens(node.node.get_content()) + 10 for node in nodes)  # 10: its metadata line
        return [node for node, so_far in zip(nodes, used, strict=True) if so_far <= self.limit]


def counted(text: str) -> list[int]:
    """As many numbers as *text* has o200k tokens: LlamaIndex wants a list. Not remembered, as in an application."""
    return [0] * encoding_counter("o200k_base")(text)


def ask_simple(memory: Any, question: str) -> list[str]:
    """The prompt of one turn of SimpleChatEngine."""
    model = RecordingLLM()
    SimpleChatEngine.from_defaults(llm=model, memory=memory).chat(question)
    return model.prompts


def ask_condensed(memory: Any, retriever: BaseRetriever, question: str, limit: int) -> list[str]:
    """The prompts of one turn of CondensePlusContextChatEngine, with at most *limit* tokens of nodes."""
    model = RecordingLLM()
    engine = CondensePlusContextChatEngine.from_defaults(
        retriever=retriever, llm=model, memory=memory, node_postprocessors=[FirstTokens(limit=limit)]
    )
    engine.chat(question)
    return model.prompts


def chats(conversation: Conversation) -> list[ChatMessage]:
    """The conversation as LlamaIndex's messages, with the roles of the file."""
    pairs = zip(conversation.messages, conversation.lines, strict=True)
    return [ChatMessage(role=message.role, content=line) for message, line in pairs]


class Buffer:
    """ChatMemoryBuffer(token_limit=budget)."""

    name = "ChatMemoryBuffer"
    where = "SimpleChatEngine"
    note = "given the newest messages only, twice what it can show: its get is quadratic beyond the limit"

    def load(self, conversation: Conversation, budget: int, folder: Path) -> None:
        """Keep the newest messages up to twice the budget; it could never show an older one."""
        self.budget = budget
        newest = list(reversed(chats(conversation)))
        used = accumulate(tokens(one.content or "") for one in newest)
        self.kept = [one for one, so_far in zip(newest, used, strict=True) if so_far <= 2 * budget][::-1]

    def ask(self, question: str) -> list[str]:
        """A new buffer with the same history is asked."""
        history = list(self.kept)
        memory = ChatMemoryBuffer.from_defaults(chat_history=history, token_limit=self.budget, tokenizer_fn=counted)
        return ask_simple(memory, question)


class StockMemory:
    """Memory(token_limit=budget) in an SQLite file, nothing else said."""

    name = "Memory"
    where = "SimpleChatEngine"
    note = "stock"
    flush: int | None = None
    ratio: float | None = None

    def load(self, conversation: Conversation, budget: int, folder: Path) -> None:
        """Twenty messages a call of `aput_messages`: the queue is managed once a call, and each call reads it all."""
        self.budget = budget
        self.file = folder / f"{type(self).__name__}.db"
        self.nodes: list[Any] = []
        memory = self._memory(self.file, self.nodes)
        history = chats(conversation)

        async def fill() -> None:
            for first in range(0, len(history), 20):
                await memory.aput_messages(history[first : first + 20])

        asyncio.run(fill())

    def _memory(self, file: Path, nodes: list[Any]) -> Memory:
        # Without a pool: its synchronous methods start a loop for each call, and a pooled connection outlives its own.
        options: dict[str, Any] = {}
        if self.flush is not None:
            options["token_flush_size"] = self.flush
        if self.ratio is not None:
            options["chat_history_token_ratio"] = self.ratio
        return Memory.from_defaults(
            session_id=SESSION,
            token_limit=self.budget,
            tokenizer_fn=counted,
            memory_blocks=self._blocks(nodes),
            async_engine=create_async_engine(f"sqlite+aiosqlite:///{file}", poolclass=NullPool),
            **options,
        )

    def _blocks(self, nodes: list[Any]) -> list[Any]:
        return []

    def ask(self, question: str) -> list[str]:
        """A copy of the database and of the store is asked."""
        return ask_simple(self._memory(copied(self.file, "asked.db"), list(self.nodes)), question)


class VectorMemory(StockMemory):
    """Memory + VectorMemoryBlock, every default kept."""

    name = "Memory + VectorMemoryBlock"
    note = "defaults; a store that keeps text"

    def _blocks(self, nodes: list[Any]) -> list[Any]:
        store = ListStore()
        store.nodes = nodes  # set later: pydantic would copy the list
        return [VectorMemoryBlock(vector_store=store, embed_model=HashEmbedding(), **self.settings())]

    def settings(self) -> dict[str, Any]:
        """Arguments of the block."""
        return {}


class TunedVectorMemory(VectorMemory):
    """As a careful user would: flushes of a few turns, a quarter for the history, the rest retrieved, short queries.

    A window of 2 is the last message and the question; 1 is read as "everything".
    """

    note = "tuned: flush 150 tokens, 25 % history, top-k fills the rest, query of 2 messages"
    flush = 150
    ratio = 0.25

    def settings(self) -> dict[str, Any]:
        """As many nodes as fill 70 % of the budget; a node is a flush and the tags around its messages."""
        return {"similarity_top_k": max(1, int(self.budget * 0.70 / (150 * 1.6))), "retrieval_context_window": 2}
