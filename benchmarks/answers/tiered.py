"""tiermem in the chains and engines of both frameworks, and on its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.answers.conversation import Conversation
from benchmarks.answers.peers import SESSION, copied
from tiermem import Memory


class Core:
    """`session.context(question, budget)`: no framework, no model."""

    name = "tiermem core"
    where = "session.context"
    note = ""

    def __init__(self, stored: Path) -> None:
        self.stored = stored

    def load(self, conversation: Conversation, budget: int, folder: Path) -> None:
        """The conversation is in the file already."""
        self.budget = budget

    def ask(self, question: str) -> list[str]:
        """The one context."""
        with Memory.open(self.stored) as memory:
            context = memory.session(SESSION).context(question, self.budget)
            return ["\n".join(message.text for message in context.messages)]


class Chain(Core):
    """LangChain's ConversationalRetrievalChain, stock prompts, with our memory and its retriever."""

    name = "ConversationTieredMemory"
    where = "ConversationalRetrievalChain"

    def __init__(self, stored: Path, k: int | None = None) -> None:
        super().__init__(stored)
        self.k = k
        self.note = "as shipped" if k is None else f"k={k}, cut by the chain's max_tokens_limit"

    def ask(self, question: str) -> list[str]:
        """Both prompts of the chain: the one that rephrases has the history, the one that answers the documents."""
        from benchmarks.answers.langchain_peers import ask_chain
        from langchain_tiered_memory import ConversationTieredMemory

        with Memory.open(copied(self.stored, "asked.db")) as opened:
            memory = ConversationTieredMemory(SESSION, memory=opened, max_token_limit=self.budget)
            retriever = memory.as_retriever() if self.k is None else memory.as_retriever(k=self.k)
            return ask_chain(memory, retriever, question, self.budget)


class Simple(Core):
    """LlamaIndex's SimpleChatEngine."""

    name = "TieredChatMemory"
    where = "SimpleChatEngine"

    def ask(self, question: str) -> list[str]:
        """The one prompt."""
        from benchmarks.answers.llamaindex_peers import ask_simple
        from llamaindex_tiered_memory import TieredChatMemory

        with Memory.open(copied(self.stored, "asked.db")) as opened:
            memory = TieredChatMemory(memory=opened, session_id=SESSION, token_limit=self.budget)
            return ask_simple(memory, question)


class Condense(Core):
    """LlamaIndex's CondensePlusContextChatEngine: half of the budget for the memory, half for its retriever."""

    name = "TieredChatMemory + TieredArchiveRetriever"
    where = "CondensePlusContextChatEngine"
    note = "half the budget each"

    def ask(self, question: str) -> list[str]:
        """Both prompts of the engine."""
        from benchmarks.answers.llamaindex_peers import ask_condensed
        from llamaindex_tiered_memory import TieredArchiveRetriever, TieredChatMemory

        half = self.budget // 2
        with Memory.open(copied(self.stored, "asked.db")) as opened:
            memory = TieredChatMemory(memory=opened, session_id=SESSION, token_limit=half)
            return ask_condensed(memory, TieredArchiveRetriever(memory, k=40), question, half)
