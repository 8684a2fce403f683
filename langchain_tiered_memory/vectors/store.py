"""LangChain's `VectorStore` behind the archive: `Memory.open(vector_store=ArchiveVectors(make, dimensions))`.

A vector store of LangChain embeds what it is given. Ours is made with an embedder that hands over vectors which are
there already, by ids that stand for words: so the store never sees what was said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from langchain_tiered_memory.vectors.filters import Where, where_of
from tiermem.errors import InvalidSettings
from tiermem.index.outside.store import OWNER, SESSION, Nearby, Point


class HandedOver(Embeddings):
    """An embedder that gives the vectors which this thread laid ready, by text; of any other text one of length 1, for
    stores that try an embedder when they are made."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._ready = threading.local()

    def lay(self, vectors: dict[str, Sequence[float]]) -> None:
        """Have these vectors ready in this thread."""
        self._ready.vectors = vectors

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of *texts*."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of *text*."""
        laid = getattr(self._ready, "vectors", {}).get(text)
        return [1.0] + [0.0] * (self.dimensions - 1) if laid is None else list(laid)


class ArchiveVectors:
    """A vector database behind the archive, by any `VectorStore` of LangChain that searches by a vector and a filter.

    Args:
        make: is given an embedder and returns the store, as in ``lambda embedding: Chroma("archive", embedding)``. The
            collection is the archive's alone. Vectors have length 1, so any metric orders them alike.
        dimensions: how many numbers the vectors of `embedder=` have.
        where: makes the store's own filter of a field of the metadata and its value; known for InMemoryVectorStore,
            Chroma, PGVector, Qdrant, LanceDB.

    Raises:
        InvalidSettings: *make* gives no `VectorStore`, or one whose filter is not known.
    """

    def __init__(
        self, make: Callable[[Embeddings], VectorStore], dimensions: int, *, where: Where | None = None
    ) -> None:
        if isinstance(dimensions, bool) or not isinstance(dimensions, int) or dimensions < 1:
            raise InvalidSettings("dimensions is how many numbers a vector has")
        self._embedding = HandedOver(dimensions)
        self.store = make(self._embedding)
        if not isinstance(self.store, VectorStore):
            raise InvalidSettings(f"make= returns a VectorStore of LangChain, not {type(self.store).__name__}")
        self._where = where or where_of(self.store)

    def add(self, points: Sequence[Point]) -> None:
        """Keep *points*, those that are there in their old place."""
        self._embedding.lay({point.id: point.unit for point in points})
        try:
            self.store.add_texts(
                [point.id for point in points],
                metadatas=[{OWNER: point.owner, SESSION: point.session} for point in points],
                ids=[point.id for point in points],
            )
        finally:
            self._embedding.lay({})

    def delete(self, ids: Sequence[str]) -> None:
        """Remove these points."""
        there = list(self.present(ids)) or list(ids)  # some refuse to remove what is not there
        self.store.delete(there)

    def nearest(self, asked: Nearby) -> list[str]:
        """The ids of the nearest points."""
        wanted = self._where(asked.field, asked.value)
        found: list[Document] = self.store.similarity_search_by_vector(list(asked.unit), k=asked.k, filter=wanted)
        return [document.page_content for document in found]

    def present(self, ids: Sequence[str]) -> Collection[str]:
        """Which of *ids* are there; none where the store cannot say."""
        try:
            found = self.store.get_by_ids(list(ids))
        except NotImplementedError:
            return ()
        return {document.page_content for document in found}  # not every store says the id of what it gives
