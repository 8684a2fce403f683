"""LangChain's own memories, in the chain that ours is asked in: ConversationalRetrievalChain with stock prompts.

They are loaded by `save_context`, two lines a turn, as an application would. `VectorStoreRetriever` of
langchain-core's in-memory store, cosine over the same embedding as everywhere here.
"""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any

from langchain_classic.chains import ConversationalRetrievalChain
from langchain_classic.memory import ConversationSummaryBufferMemory, ConversationVectorStoreTokenBufferMemory
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import InMemoryVectorStore

from benchmarks.answers.conversation import Conversation
from benchmarks.models import CountingModel, ExtractiveModel, HashEmbeddings, NoDocuments, RecordingModel, tokens

HISTORY = "chat_history"  # the one memory key that the chain takes
STAMPS = 45  # tokens that the vector memory writes around the two texts of a turn: two times and two roles
CLOCK = 60  # tokens of its template: the time now and a sentence


def ask_chain(memory: Any, retriever: BaseRetriever, question: str, budget: int) -> list[str]:
    """The prompts of one turn; documents above *budget* are cut by the chain's own limit."""
    model = RecordingModel()
    chain = ConversationalRetrievalChain.from_llm(
        model, retriever=retriever, memory=memory, max_tokens_limit=budget, verbose=False
    )
    chain.invoke({"question": question})
    return model.prompts


def turns(lines: list[str]) -> Any:
    """The lines two by two: what `save_context` wants."""
    return zip_longest(lines[::2], lines[1::2], fillvalue=".")


class SummaryBuffer:
    """ConversationSummaryBufferMemory: half of the budget for its buffer, half for its summary."""

    name = "ConversationSummaryBufferMemory"
    where = "ConversationalRetrievalChain"
    note = "extractive stand-in as summariser"

    def load(self, conversation: Conversation, budget: int, folder: Path) -> None:
        """Turn by turn: one summary call a turn once the buffer is full."""
        self.budget = budget
        self.loaded = self._memory([], "")
        for asked, answered in turns(conversation.lines):
            self.loaded.save_context({"question": asked}, {"answer": answered})

    def _memory(self, messages: list[Any], summary: str) -> Any:
        return ConversationSummaryBufferMemory(
            llm=ExtractiveModel(limit=self.budget // 2),
            max_token_limit=self.budget // 2,
            memory_key=HISTORY,
            return_messages=True,
            moving_summary_buffer=summary,
            chat_memory=InMemoryChatMessageHistory(messages=messages),
        )

    def ask(self, question: str) -> list[str]:
        """A copy of buffer and summary is asked; it has no retriever to offer."""
        memory = self._memory(list(self.loaded.chat_memory.messages), self.loaded.moving_summary_buffer)
        return ask_chain(memory, NoDocuments(), question, self.budget)


class VectorTokenBuffer:
    """ConversationVectorStoreTokenBufferMemory: half of the budget for its buffer, half for what it retrieves.

    Its vector store is the chain's retriever too, as the retriever of ours is its archive.
    """

    name = "ConversationVectorStoreTokenBufferMemory"
    where = "ConversationalRetrievalChain"
    note = "k raised until the budget is full"

    def load(self, conversation: Conversation, budget: int, folder: Path) -> None:
        """Turn by turn; what leaves the buffer is embedded."""
        self.budget = budget
        self.store = InMemoryVectorStore(HashEmbeddings())
        self.loaded = self._memory([], self.store, 1)
        for asked, answered in turns(conversation.lines):
            self.loaded.save_context({"question": asked}, {"answer": answered})
        average = sum(map(tokens, conversation.lines)) * 2 / len(conversation.lines) + STAMPS
        self.k = max(1, int((budget // 2 - CLOCK) / average))

    def _memory(self, messages: list[Any], store: InMemoryVectorStore, k: int) -> Any:
        return ConversationVectorStoreTokenBufferMemory(
            llm=CountingModel(),
            max_token_limit=self.budget // 2,
            memory_key=HISTORY,
            return_messages=True,
            retriever=store.as_retriever(search_kwargs={"k": k}),
            chat_memory=InMemoryChatMessageHistory(messages=messages),
        )

    def ask(self, question: str) -> list[str]:
        """A copy of buffer and store is asked."""
        store = InMemoryVectorStore(HashEmbeddings())
        store.store = dict(self.store.store)
        memory = self._memory(list(self.loaded.chat_memory.messages), store, self.k)
        memory._timestamps = list(self.loaded._timestamps)
        return ask_chain(memory, store.as_retriever(search_kwargs={"k": 2 * self.k}), question, self.budget)
