"""tiermem for LlamaIndex: a memory that never loses a word, and its archive as a retriever.

Nothing is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_WHERE = {
    "TieredChatMemory": "memory",
    "TieredArchiveRetriever": "retriever",
    "TieredKnowledgeRetriever": "knowledge",
    "InitialTokensError": "viewing",
    "load_saved": "loading",
    "load_file": "loading",
    "load_sql_table": "loading",
    "to_message": "convert",
    "to_chat_message": "convert",
}

__all__ = [
    "InitialTokensError",
    "TieredArchiveRetriever",
    "TieredChatMemory",
    "TieredKnowledgeRetriever",
    "load_file",
    "load_saved",
    "load_sql_table",
    "to_chat_message",
    "to_message",
]

if TYPE_CHECKING:
    from llamaindex_tiered_memory.convert import to_chat_message as to_chat_message
    from llamaindex_tiered_memory.convert import to_message as to_message
    from llamaindex_tiered_memory.knowledge import TieredKnowledgeRetriever as TieredKnowledgeRetriever
    from llamaindex_tiered_memory.loading import load_file as load_file
    from llamaindex_tiered_memory.loading import load_saved as load_saved
    from llamaindex_tiered_memory.loading import load_sql_table as load_sql_table
    from llamaindex_tiered_memory.memory import TieredChatMemory as TieredChatMemory
    from llamaindex_tiered_memory.retriever import TieredArchiveRetriever as TieredArchiveRetriever
    from llamaindex_tiered_memory.viewing import InitialTokensError as InitialTokensError


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'llamaindex_tiered_memory' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"llamaindex_tiered_memory.{_WHERE[name]}"), name)
    return value


def __dir__() -> list[str]:
    return list(__all__)
