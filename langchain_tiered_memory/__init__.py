"""tiermem for LangChain: a chat message history, a classic memory and a retriever that never lose a word."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_tiered_memory.agents.middleware import TieredMemoryMiddleware
    from langchain_tiered_memory.chains.history import TieredChatMessageHistory
    from langchain_tiered_memory.chains.knowledge import TieredKnowledgeRetriever
    from langchain_tiered_memory.chains.memory import ConversationTieredMemory
    from langchain_tiered_memory.chains.retriever import TieredArchiveRetriever
    from langchain_tiered_memory.convert import to_core, to_langchain
    from langchain_tiered_memory.memories import close_all
    from langchain_tiered_memory.store.store import TieredMemoryStore
    from langchain_tiered_memory.summarizer import ChatModelSummarizer
    from langchain_tiered_memory.tools import memory_tools

__all__ = [
    "ChatModelSummarizer",
    "ConversationTieredMemory",
    "TieredArchiveRetriever",
    "TieredChatMessageHistory",
    "TieredKnowledgeRetriever",
    "TieredMemoryMiddleware",
    "TieredMemoryStore",
    "close_all",
    "memory_tools",
    "to_core",
    "to_langchain",
]

# Each name loads its own part of LangChain, so that the history outlives the classic chains.
_HOMES = {
    "ChatModelSummarizer": "summarizer",
    "ConversationTieredMemory": "chains.memory",
    "TieredArchiveRetriever": "chains.retriever",
    "TieredChatMessageHistory": "chains.history",
    "TieredKnowledgeRetriever": "chains.knowledge",
    "TieredMemoryStore": "store.store",
    "TieredMemoryMiddleware": "agents.middleware",
    "close_all": "memories",
    "memory_tools": "tools",
    "to_core": "convert",
    "to_langchain": "convert",
}
_NEEDED = ("langchain", "langchain_classic", "langchain_core", "langgraph")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ImportError as error:  # not installed, or too old to have what is imported from it
        if (error.name or "").split(".")[0] not in _NEEDED:
            raise
        from tiermem.errors import MissingExtra

        raise MissingExtra(f"{name}: {error}; pip install 'tiermem[langchain]'") from error


def __dir__() -> list[str]:
    return sorted(__all__)
