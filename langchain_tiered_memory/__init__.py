"""tiermem for LangChain: a chat message history, a classic memory and a retriever that never lose a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

if TYPE_CHECKING:
    from langchain_tiered_memory.agents.middleware import TieredMemoryMiddleware
    from langchain_tiered_memory.agents.routing import TieredRoutingMiddleware
    from langchain_tiered_memory.chains.history import TieredChatMessageHistory
    from langchain_tiered_memory.chains.knowledge import TieredKnowledgeRetriever
    from langchain_tiered_memory.chains.memory import ConversationTieredMemory
    from langchain_tiered_memory.chains.retriever import TieredArchiveRetriever
    from langchain_tiered_memory.convert import to_core, to_langchain
    from langchain_tiered_memory.extractor import ChatModelExtractor
    from langchain_tiered_memory.memories import close_all
    from langchain_tiered_memory.store.store import TieredMemoryStore
    from langchain_tiered_memory.summarizer import ChatModelSummarizer
    from langchain_tiered_memory.tools import memory_tools
    from langchain_tiered_memory.vectors.store import ArchiveVectors

__all__ = [
    "ArchiveVectors",
    "ChatModelExtractor",
    "ChatModelSummarizer",
    "ConversationTieredMemory",
    "TieredArchiveRetriever",
    "TieredChatMessageHistory",
    "TieredKnowledgeRetriever",
    "TieredMemoryMiddleware",
    "TieredMemoryStore",
    "TieredRoutingMiddleware",
    "close_all",
    "memory_tools",
    "to_core",
    "to_langchain",
]

# Each name loads its own part of LangChain, so that the history outlives the classic chains.
_NAMES = {
    "agents.middleware": ("TieredMemoryMiddleware",),
    "agents.routing": ("TieredRoutingMiddleware",),
    "chains.history": ("TieredChatMessageHistory",),
    "chains.knowledge": ("TieredKnowledgeRetriever",),
    "chains.memory": ("ConversationTieredMemory",),
    "chains.retriever": ("TieredArchiveRetriever",),
    "convert": ("to_core", "to_langchain"),
    "extractor": ("ChatModelExtractor",),
    "memories": ("close_all",),
    "store.store": ("TieredMemoryStore",),
    "summarizer": ("ChatModelSummarizer",),
    "tools": ("memory_tools",),
    "vectors.store": ("ArchiveVectors",),
}
_NEEDED = ("langchain", "langchain_classic", "langchain_core", "langgraph")

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_of(__name__, _NAMES, extra="langchain", needed=_NEEDED)
