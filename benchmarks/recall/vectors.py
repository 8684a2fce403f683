"""The vectors that every memory is given alike, in the words of each framework."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tiermem.providers.embedders import HashEmbedder, as_embedder

Vectors = NDArray[np.float32]


class Embedding(Protocol):
    """What tiermem calls an embedder."""

    name: str

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 array of shape (texts, dimensions)."""

    def embed_query(self, text: str) -> Vectors:
        """float32 array of shape (dimensions,)."""


def embedding(name: str, cache: Path | None = None) -> Embedding:
    """ "hash" (tiermem's own, no model) or "minilm".

    Raises:
        ValueError: there is no such embedding.
    """
    if name == "hash":
        return HashEmbedder()
    if name == "local":
        return as_embedder("local")
    if name == "minilm":
        from benchmarks.recall.minilm import MiniLM

        return MiniLM(cache)
    raise ValueError(f"there is no embedding {name!r}; there are hash, local and minilm")


def for_langchain(vectors: Embedding) -> Any:
    """*vectors* as LangChain's embeddings."""
    from langchain_core.embeddings import Embeddings

    class Wrapped(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[float(value) for value in vector] for vector in vectors.embed(texts)]

        def embed_query(self, text: str) -> list[float]:
            return [float(value) for value in vectors.embed_query(text)]

    return Wrapped()


def for_llamaindex(vectors: Embedding) -> Any:
    """*vectors* as LlamaIndex's embedding."""
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class Wrapped(BaseEmbedding):
        def _get_query_embedding(self, query: str) -> list[float]:
            return [float(value) for value in vectors.embed_query(query)]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_query_embedding(text)

    return Wrapped(model_name=vectors.name)
