"""tiermem for LlamaIndex: a memory that never loses a word, and its archive as a retriever.

Nothing is imported until it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

__all__ = [
    "ArchiveVectors",
    "InitialTokensError",
    "LLMExtractor",
    "LLMSummarizer",
    "RoutedLLM",
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
    from llamaindex_tiered_memory.agents.routing import RoutedLLM as RoutedLLM
    from llamaindex_tiered_memory.block import TieredMemoryBlock as TieredMemoryBlock
    from llamaindex_tiered_memory.convert import to_chat_message as to_chat_message
    from llamaindex_tiered_memory.convert import to_message as to_message
    from llamaindex_tiered_memory.events import TieredMemoryEvent as TieredMemoryEvent
    from llamaindex_tiered_memory.extractor import LLMExtractor as LLMExtractor
    from llamaindex_tiered_memory.knowledge import TieredKnowledgeRetriever as TieredKnowledgeRetriever
    from llamaindex_tiered_memory.memory.loading import load_file as load_file
    from llamaindex_tiered_memory.memory.loading import load_saved as load_saved
    from llamaindex_tiered_memory.memory.loading import load_sql_table as load_sql_table
    from llamaindex_tiered_memory.memory.memory import TieredChatMemory as TieredChatMemory
    from llamaindex_tiered_memory.memory.view import InitialTokensError as InitialTokensError
    from llamaindex_tiered_memory.retriever import TieredArchiveRetriever as TieredArchiveRetriever
    from llamaindex_tiered_memory.summarizer import LLMSummarizer as LLMSummarizer
    from llamaindex_tiered_memory.tools import memory_tools as memory_tools
    from llamaindex_tiered_memory.vectors.store import ArchiveVectors as ArchiveVectors

_NAMES = {
    "agents.agent": ("TieredFunctionAgent",),
    "agents.bounded": ("bounded_function", "bounded_tools"),
    "agents.routing": ("RoutedLLM",),
    "block": ("TieredMemoryBlock",),
    "convert": ("to_chat_message", "to_message"),
    "events": ("TieredMemoryEvent",),
    "extractor": ("LLMExtractor",),
    "knowledge": ("TieredKnowledgeRetriever",),
    "memory.loading": ("load_file", "load_saved", "load_sql_table"),
    "memory.memory": ("TieredChatMemory",),
    "memory.view": ("InitialTokensError",),
    "retriever": ("TieredArchiveRetriever",),
    "summarizer": ("LLMSummarizer",),
    "tools": ("memory_tools",),
    "vectors.store": ("ArchiveVectors",),
}
_NEEDED = ("llama_index", "workflows")

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_of(__name__, _NAMES, extra="llamaindex", needed=_NEEDED)
