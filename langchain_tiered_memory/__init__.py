"""tiermem for LangChain: a chat message history, a classic memory and a retriever that never lose a word."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_tiered_memory.convert import to_core, to_langchain
    from langchain_tiered_memory.history import TieredChatMessageHistory
    from langchain_tiered_memory.knowledge import TieredKnowledgeRetriever
    from langchain_tiered_memory.memory import ConversationTieredMemory
    from langchain_tiered_memory.opening import close_all
    from langchain_tiered_memory.retriever import TieredArchiveRetriever

__all__ = [
    "ConversationTieredMemory",
    "TieredArchiveRetriever",
    "TieredChatMessageHistory",
    "TieredKnowledgeRetriever",
    "close_all",
    "to_core",
    "to_langchain",
]

# Each name loads its own part of LangChain, so that the history outlives the classic chains.
_HOMES = {
    "ConversationTieredMemory": "memory",
    "TieredArchiveRetriever": "retriever",
    "TieredChatMessageHistory": "history",
    "TieredKnowledgeRetriever": "knowledge",
    "close_all": "opening",
    "to_core": "convert",
    "to_langchain": "convert",
}
_NEEDED = ("langchain_core", "langchain_classic")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in _NEEDED:
            raise
        from tiermem.errors import MissingExtra

        raise MissingExtra(f"{name} needs {error.name}: pip install 'tiermem[langchain]'") from error


def __dir__() -> list[str]:
    return sorted(__all__)
