"""LlamaIndex's vector stores behind the archive: `Memory.open(vector_store=ArchiveVectors(store))`.

A node's embedding is the vector that is there already, and its text its id: the store never sees what was said. Each
node is a document of its own, so that any store can remove it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    ExactMatchFilter,
    MetadataFilters,
    VectorStoreQuery,
)

from tiermem.errors import InvalidSettings
from tiermem.index.outside.store import OWNER, SESSION, Nearby, Point


class ArchiveVectors:
    """A vector database behind the archive, by any vector store of LlamaIndex that takes filters.

    Args:
        store: the archive's alone. Vectors have length 1, so any metric orders them alike.

    Raises:
        InvalidSettings: it is no `BasePydanticVectorStore`.
    """

    def __init__(self, store: BasePydanticVectorStore) -> None:
        if not isinstance(store, BasePydanticVectorStore):
            raise InvalidSettings(f"ArchiveVectors takes a vector store of LlamaIndex, not {type(store).__name__}")
        self.store = store
        self._begun = False  # some make their table with the first node, and fail whatever else is asked before

    def add(self, points: Sequence[Point]) -> None:
        """Keep *points*; those that are there already are removed first, for some stores would keep both."""
        try:
            self.delete([point.id for point in points])
        except Exception:
            if self._begun:
                raise
        self.store.add([_node(point) for point in points])
        self._begun = True

    def delete(self, ids: Sequence[str]) -> None:
        """Remove these points."""
        try:
            self.store.delete_nodes(list(ids))
        except Exception:  # noqa: BLE001  # it may be missing, or fail (LanceDB's does); one that is away says so again
            for one in ids:
                self.store.delete(one)

    def nearest(self, asked: Nearby) -> list[str]:
        """The ids of the nearest points."""
        wanted = MetadataFilters(filters=[ExactMatchFilter(key=asked.field, value=asked.value)])
        query = VectorStoreQuery(query_embedding=list(asked.unit), similarity_top_k=asked.k, filters=wanted)
        found = self.store.query(query)
        return list(found.ids) if found.ids else [node.node_id for node in found.nodes or ()]

    def present(self, ids: Sequence[str]) -> Collection[str]:
        """Which of *ids* are there; none where the store cannot say."""
        try:
            return {node.node_id for node in self.store.get_nodes(list(ids))}
        except NotImplementedError:
            return ()
        except Exception:
            if self._begun:
                raise
            return ()  # one that is away says so when it is added to


def _node(point: Point) -> TextNode:
    return TextNode(
        id_=point.id,
        text=point.id,
        embedding=list(point.unit),
        metadata={OWNER: point.owner, SESSION: point.session},
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=point.id)},
    )
