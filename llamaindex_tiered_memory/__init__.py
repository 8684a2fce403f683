"""tiermem for LlamaIndex: a memory that never loses a word, and its archive as a retriever.

Nothing is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_WHERE = {
    "LLMSummarizer": "summarizer",
    "TieredChatMemory": "memory.memory",
    "TieredArchiveRetriever": "retriever",
    "TieredFunctionAgent": "agents.agent",
    "TieredMemoryBlock": "block",
    "TieredMemoryEvent": "events",
    "TieredKnowledgeRetriever": "knowledge",
    "InitialTokensError": "memory.view",
    "bounded_function": "agents.bounded",
    "bounded_tools": "agents.bounded",
    "load_saved": "memory.loading",
    "load_file": "memory.loading",
    "memory_tools": "tools",
    "load_sql_table": "memory.loading",
    "to_message": "convert",
    "to_chat_message": "convert",
}

__all__ = [
    "InitialTokensError",
    "LLMSummarizer",
    "TieredArchiveRetriever",
    "TieredChatMemory",
    "TieredFunctionAgent",
    "TieredKnowledgeRetriever",
    "TieredMemoryBlock",
    "TieredMemoryEvent",
    "bounded_function",
    "bounded_tools",
    "load_file",
    "load_saved",
    "load_sql_table",
    "memory_tools",
    "to_chat_message",
    "to_message",
]

if TYPE_CHECKING:
    from llamaindex_tiered_memory.agents.agent import TieredFunctionAgent as TieredFunctionAgent
    from llamaindex_tiered_memory.agents.bounded import bounded_function as bounded_function
    from llamaindex_tiered_memory.agents.bounded import bounded_tools as bounded_tools
    from llamaindex_tiered_memory.block import TieredMemoryBlock as TieredMemoryBlock
    from llamaindex_tiered_memory.convert import to_chat_message as to_chat_message
    from llamaindex_tiered_memory.convert import to_message as to_message
    from llamaindex_tiered_memory.events import TieredMemoryEvent as TieredMemoryEvent
    from llamaindex_tiered_memory.knowledge import TieredKnowledgeRetriever as TieredKnowledgeRetriever
    from llamaindex_tiered_memory.memory.loading import load_file as load_file
    from llamaindex_tiered_memory.memory.loading import load_saved as load_saved
    from llamaindex_tiered_memory.memory.loading import load_sql_table as load_sql_table
    from llamaindex_tiered_memory.memory.memory import TieredChatMemory as TieredChatMemory
    from llamaindex_tiered_memory.memory.view import InitialTokensError as InitialTokensError
    from llamaindex_tiered_memory.retriever import TieredArchiveRetriever as TieredArchiveRetriever
    from llamaindex_tiered_memory.summarizer import LLMSummarizer as LLMSummarizer
    from llamaindex_tiered_memory.tools import memory_tools as memory_tools

_NEEDED = ("llama_index", "workflows")


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'llamaindex_tiered_memory' has no attribute {name!r}")
    try:
        value = globals()[name] = getattr(import_module(f"llamaindex_tiered_memory.{_WHERE[name]}"), name)
    except ImportError as error:  # not installed, or too old to have what is imported from it
        if (error.name or "").split(".")[0] not in _NEEDED:
            raise
        from tiermem.errors import MissingExtra

        raise MissingExtra(f"{name}: {error}; pip install 'tiermem[llamaindex]'") from error
    return value


def __dir__() -> list[str]:
    return list(__all__)
