"""A user's documents beside the conversations, in the same archive, as a LlamaIndex retriever."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import (
    BaseNode,
    Document,
    NodeWithScore,
    QueryBundle,
)

from llamaindex_tiered_memory.events import attach
from llamaindex_tiered_memory.memory.memory import TieredChatMemory
from llamaindex_tiered_memory.retriever import TieredArchiveRetriever, chunk_node
from tiermem import Message, Session
from tiermem.errors import InvalidMessage, InvalidSettings
from tiermem.knowledge.knowledge import Knowledge
from tiermem.knowledge.retrieval import in_turns
from tiermem.records import Within
from tiermem.settings import whole
from tiermem.text.documents import NAMING

_MADE_UP = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class TieredKnowledgeRetriever(BaseRetriever):
    """Finds passages of documents that were inserted for a user, each with its source::

        knowledge = TieredKnowledgeRetriever(memory)
        for document in SimpleDirectoryReader("manuals").load_data():
            knowledge.insert(document)
        RetrieverQueryEngine.from_args(knowledge)

    A node's metadata are those that were inserted, and `source`; its `ref_doc_id` is the source. The source is what
    the metadata name (source, file_path, url, file_name), else the document's id where the caller chose it, else one
    made of the text. Inserting a changed document of the same source replaces it; pages of one source belong into one
    call of `insert_documents`.

    Args:
        source: a `TieredChatMemory`, a session, or the knowledge of an open `tiermem.Memory`.
        k: nodes of documents at most, and as many of the conversation where both take turns.
        within: "everything" searches the memory's or session's conversation and the user's other ones too,
            "conversation" it alone, "user" all of them and no documents: one list of *k* hits, by score. Without a
            namespace "everything" has no others.
        conversation: search the memory's or session's conversation too; both take turns, by rank.
        splitter: a node parser, instead of SentenceSplitter with 1,000 characters and 200 overlap.

    Raises:
        InvalidSettings: *k* is below 1, *within* none of its words, or a conversation is asked of knowledge alone.
        MissingNamespace: *within* is "user", and no namespace names one.
    """

    def __init__(
        self,
        source: TieredChatMemory | Session | Knowledge,
        k: int = 8,
        *,
        within: Within = "knowledge",
        conversation: bool = False,
        splitter: Any = None,
        **kwargs: Any,
    ) -> None:
        whole(k, "k", 1)
        if not isinstance(source, (TieredChatMemory, Session, Knowledge)):
            raise InvalidSettings(f"source must be a TieredChatMemory, a session or its knowledge, not {source!r}")
        talk = conversation or within != "knowledge"
        if talk and isinstance(source, Knowledge):
            raise InvalidSettings("conversation=True and within= need a TieredChatMemory or a session")
        super().__init__(**kwargs)
        said: Within = "conversation" if within == "knowledge" else within
        self._archive = (
            TieredArchiveRetriever(source, k, within=said) if talk and not isinstance(source, Knowledge) else None
        )
        self._turns = within == "knowledge"
        self._knowledge = _knowledge(source)
        attach(self._knowledge.memory)
        # Characters, as in the core; LlamaIndex counts tokens by default.
        self._splitter = splitter or SentenceSplitter(chunk_size=1000, chunk_overlap=200, tokenizer=list)
        self._k = k

    @property
    def knowledge(self) -> Knowledge:
        """The core's collection: sources, chunks, remove, undo, verify, stats and the other verbs."""
        return self._knowledge

    def insert(self, document: Document) -> list[str]:
        """Insert one document; returns the ids of its nodes."""
        return self.insert_documents([document])

    def insert_documents(self, documents: Sequence[Document], *, replace: bool = True) -> list[str]:
        """Insert documents, cut by the splitter; returns the ids of their nodes. All are kept, or none.

        Raises:
            InvalidMessage: a document is empty, or its metadata are no JSON.
        """
        given, splitter = self._cut(documents)
        return _ids(self._knowledge.add_documents(given, splitter=splitter, replace=replace))

    def insert_nodes(self, nodes: Sequence[BaseNode], *, replace: bool = True) -> list[str]:
        """Insert nodes as they are; returns their ids here. All are kept, or none.

        Raises:
            InvalidMessage: a node is empty, or its metadata are no JSON.
        """
        return _ids(self._knowledge.add_documents(_given(nodes), splitter=_whole, replace=replace))

    def delete_ref_doc(self, ref_doc_id: str) -> list[int]:
        """Hide the source *ref_doc_id*; returns the decisions that do, each of which `knowledge.undo` takes back."""
        return self._knowledge.remove(ref_doc_id)

    async def ainsert(self, document: Document) -> list[str]:
        """`insert` without blocking the event loop."""
        return await self.ainsert_documents([document])

    async def ainsert_documents(self, documents: Sequence[Document], *, replace: bool = True) -> list[str]:
        """`insert_documents` without blocking the event loop."""
        given, splitter = self._cut(documents)
        return _ids(await self._knowledge.as_async().add_documents(given, splitter=splitter, replace=replace))

    async def ainsert_nodes(self, nodes: Sequence[BaseNode], *, replace: bool = True) -> list[str]:
        """`insert_nodes` without blocking the event loop."""
        return _ids(await self._knowledge.as_async().add_documents(_given(nodes), splitter=_whole, replace=replace))

    async def adelete_ref_doc(self, ref_doc_id: str) -> list[int]:
        """`delete_ref_doc` without blocking the event loop."""
        return await self._knowledge.as_async().remove(ref_doc_id)

    def _cut(self, documents: Sequence[Document]) -> tuple[list[dict[str, Any]], Any]:
        """What to add, and how: a node parser that cannot split a text has cut it already."""
        if hasattr(self._splitter, "split_text"):
            return _given(documents), self._splitter
        return _given(self._splitter.get_nodes_from_documents(documents)), _whole

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if self._archive is not None and not self._turns:
            return self._archive.retrieve(query_bundle)
        found = [chunk_node(hit) for hit in self._knowledge.search(query_bundle.query_str, self._k)]
        return found if self._archive is None else in_turns(found, self._archive.retrieve(query_bundle))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if self._archive is not None and not self._turns:
            return await self._archive.aretrieve(query_bundle)
        found = [chunk_node(hit) for hit in await self._knowledge.as_async().search(query_bundle.query_str, self._k)]
        return found if self._archive is None else in_turns(found, await self._archive.aretrieve(query_bundle))


def _knowledge(source: TieredChatMemory | Session | Knowledge) -> Knowledge:
    if isinstance(source, Knowledge):
        return source
    session = source.session if isinstance(source, TieredChatMemory) else source
    return session.memory.knowledge((session.scope.tenant, session.scope.user), session.core.zone)


def _given(nodes: Sequence[BaseNode]) -> list[dict[str, Any]]:
    if isinstance(nodes, (str, BaseNode)):
        raise InvalidMessage("several documents or nodes are expected, in a list")
    return [_mapping(getattr(node, "node", node)) for node in nodes]


def _mapping(node: Any) -> dict[str, Any]:
    if not isinstance(node, BaseNode):
        raise InvalidMessage(f"neither a document nor a node of LlamaIndex: {type(node).__name__}")
    given = {"text": node.get_content(), "metadata": node.metadata}
    own = node.ref_doc_id or node.node_id
    if any(node.metadata.get(name) for name in ("source", *NAMING)) or _MADE_UP.fullmatch(own):
        return given
    return given | {"source": own}


def _whole(text: str) -> list[str]:
    return [text]


def _ids(added: Sequence[Message]) -> list[str]:
    return [chunk.id for chunk in added]
