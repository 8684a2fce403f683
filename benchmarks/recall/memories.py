"""All memories by the names of the command line. A framework is imported when one of its memories is asked for."""

from __future__ import annotations

from importlib import import_module

from benchmarks.recall.measure import Asked
from benchmarks.recall.vectors import Embedding
from tiermem.providers.embedders import HashEmbedder

_TIERED = {
    "tiermem": "tiered",
    "tiermem-user": "tiered",
    "tiermem-context": "tiered",
    "tiermem-chain": "engines",
    "tiermem-agent": "engines",
    "tiermem-simple": "engines",
    "tiermem-condense": "engines",
}
_PEERS = {
    "langchain-buffer": "peers",
    "langchain-vector": "peers",
    "langchain-vector-buffer": "peers",
    "langgraph-store": "peers",
    "llamaindex-buffer": "llamaindex_peers",
    "llamaindex-memory": "llamaindex_peers",
    "llamaindex-memory-tuned": "llamaindex_peers",
}
_PLAIN = {"fts5": "baselines", "bm25": "baselines", "newest": "baselines", "oracle": "baselines"}
NAMES = (*_TIERED, *_PEERS, *_PLAIN)
PEERS = (*_PEERS, *_PLAIN)
WITHOUT_VECTORS = frozenset({"langchain-buffer", "llamaindex-buffer", *_PLAIN})


def made(name: str, vectors: Embedding) -> Asked:
    """The memory called *name*.

    Raises:
        KeyError: there is none.
        ModuleNotFoundError: its framework is not installed.
    """
    module = import_module(f"benchmarks.recall.contestants.{({**_TIERED, **_PEERS, **_PLAIN})[name]}")
    make = module.MEMORIES[name]
    if name in _TIERED:  # "hash" is what tiermem does when nothing is asked of it, whatever that is in its version
        vectors_of_its_own = isinstance(vectors, HashEmbedder)
        ours: Asked = make(None if vectors_of_its_own else vectors)
        return ours
    memory: Asked = make() if name in _PLAIN else make(vectors)
    return memory
