"""A user's documents beside the conversations, in the same archive, as a LangChain retriever."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Unpack

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from langchain_tiered_memory.chains.history import TieredChatMessageHistory
from langchain_tiered_memory.chains.retriever import TieredArchiveRetriever, chunk_document
from langchain_tiered_memory.events import telling
from tiermem import Memory
from tiermem.arguments import refused_within
from tiermem.errors import InvalidSettings
from tiermem.knowledge.knowledge import Knowledge
from tiermem.knowledge.retrieval import in_turns
from tiermem.records import Within
from tiermem.runtime.options import OpenOptions, parted

if TYPE_CHECKING:
    from langchain_tiered_memory.chains.memory import ConversationTieredMemory  # needs langchain-classic

# LangChain's own list ends with spaces: Chinese, which has none, would be cut anywhere.
SEPARATORS = ["\n\n", "\n", "。", "！", "？", "；", ". ", "! ", "? ", "; ", "，", "、", ", ", " ", ""]


class KnowledgeRetrieverOptions(OpenOptions, total=False):
    """Keyword arguments of `TieredKnowledgeRetriever` beside those that name memory and session."""

    within: Within
    conversation: bool
    k: int
    chunk_size: int
    chunk_overlap: int
    text_splitter: Any
    name: str | None
    tags: list[str] | None
    metadata: dict[str, Any] | None


class TieredKnowledgeRetriever(BaseRetriever):
    """Finds passages of documents that were added for a user, each with its source::

        knowledge = TieredKnowledgeRetriever(path="chat.db", namespace="anna")
        knowledge.add_documents(loader.load())
        create_retrieval_chain(knowledge, create_stuff_documents_chain(llm, prompt))

    The metadata of what is found are those that were added, and source, title, chunk, chunks (number of this
    one from 0, and of all), start, end (characters of the document) and score.

    Args:
        path, memory, namespace and settings: as for `TieredChatMessageHistory`.
        session_id, history: a conversation of the same user, for *conversation*.
        within: "everything" searches that conversation and the user's other ones too, "conversation" it alone, "user"
            all of them and no documents: one list of *k*, by score. Without a namespace "everything" has no others.
        conversation: search that conversation too; its passages and those of documents take turns, by rank.
        k: passages of documents at most, and as many of the conversation where they take turns; also an argument of
            `invoke` and `ainvoke`.
        chunk_size, chunk_overlap: characters.
        text_splitter: a LangChain text splitter or a function of a text, instead of the default:
            RecursiveCharacterTextSplitter for English and Chinese where langchain-text-splitters is installed, the
            core's own elsewhere.

    Raises:
        InvalidSettings: an argument contradicts another one, or is no setting.
        MissingNamespace: *within* is "user", and no namespace names one.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    history: TieredChatMessageHistory
    within: Within = "knowledge"
    conversation: bool = False
    k: int = 8
    chunk_size: int = 1000
    chunk_overlap: int = 200
    text_splitter: Any = None

    def __init__(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        memory: Memory | None = None,
        namespace: str | tuple[str, str] = "default",
        session_id: str | None = None,
        history: TieredChatMessageHistory | None = None,
        **arguments: Unpack[KnowledgeRetrieverOptions],
    ) -> None:
        options, values = parted(arguments, type(self).model_fields)
        talk = values.get("conversation") or values.get("within", "knowledge") != "knowledge"
        if talk and history is None and session_id is None:
            raise InvalidSettings("session_id= or history= must name the conversation to search")
        if history is None:
            name = "-" if session_id is None else session_id  # opens the same memory; never written
            history = TieredChatMessageHistory(name, path=path, memory=memory, namespace=namespace, **options)
        elif path is not None or memory is not None or session_id is not None or options:
            raise InvalidSettings("history= names the memory already: path, session_id and settings belong to it")
        refused_within(values.get("within", "knowledge"), history.namespace)
        values["history"] = history  # pydantic makes the parameters at run time
        super().__init__(**values)

    @classmethod
    def from_memory(cls, memory: ConversationTieredMemory, **values: Any) -> TieredKnowledgeRetriever:
        """The documents of the user of a `ConversationTieredMemory`, and with ``conversation=True`` its session."""
        return cls(history=memory.chat_memory, **values)

    @property
    def knowledge(self) -> Knowledge:
        """The core's collection: sources, chunks, remove, undo, verify, stats and the other verbs."""
        return self.history.memory.knowledge(self.history.namespace, self.history.timezone)

    def add_documents(self, documents: Iterable[Document], **options: Any) -> list[str]:
        """Add documents; returns the ids of their chunks, in order.

        The same documents again change nothing; changed ones of the same source (``metadata["source"]``) replace it.
        *options* are ``source=``, for documents that name none, and ``replace=False``, to add to what a source has.

        Raises:
            InvalidMessage: a document is empty or its metadata are no JSON; nothing was kept.
        """
        with telling():
            return [chunk.id for chunk in self.knowledge.add_documents(list(documents), **self._how(), **options)]

    async def aadd_documents(self, documents: Iterable[Document], **options: Any) -> list[str]:
        """`add_documents` without blocking the event loop."""
        await self.history.asession()
        async with telling():
            added = await self.knowledge.as_async().add_documents(list(documents), **self._how(), **options)
        return [chunk.id for chunk in added]

    def _how(self) -> dict[str, Any]:
        size, overlap = self.chunk_size, self.chunk_overlap
        splitter = self.text_splitter or default_splitter(size, overlap)
        return {"chunk_size": size, "chunk_overlap": overlap, "splitter": splitter}

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        limit = self.k if k is None else k
        if self.within != "knowledge":
            return self._archive(limit).invoke(query, {"callbacks": run_manager.get_child()})
        with telling(run_manager.get_child()):
            found = [chunk_document(hit) for hit in self.knowledge.search(query, limit)]
        if not self.conversation:
            return found
        said = self._archive(limit)
        return in_turns(found, said.invoke(query, {"callbacks": run_manager.get_child()}))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        limit = self.k if k is None else k
        if self.within != "knowledge":
            return await self._archive(limit).ainvoke(query, {"callbacks": run_manager.get_child()})
        await self.history.asession()
        async with telling(run_manager.get_child()):
            found = [chunk_document(hit) for hit in await self.knowledge.as_async().search(query, limit)]
        if not self.conversation:
            return found
        said = self._archive(limit)
        return in_turns(found, await said.ainvoke(query, {"callbacks": run_manager.get_child()}))

    def _archive(self, k: int) -> TieredArchiveRetriever:
        within = "conversation" if self.within == "knowledge" else self.within
        return TieredArchiveRetriever(history=self.history, k=k, within=within)


def default_splitter(chunk_size: int, chunk_overlap: int) -> Any:
    """LangChain's recursive splitter with separators for English and Chinese; None where it is not installed.

    Raises:
        InvalidSettings: the sizes make no sense.
    """
    if find_spec("langchain_text_splitters") is None:
        return None
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    try:
        return RecursiveCharacterTextSplitter(
            SEPARATORS,
            keep_separator="end",
            chunk_size=chunk_size,
            chunk_overlap=chunk_overlap,
            strip_whitespace=False,  # so that every chunk is found in the text, and has its place
        )
    except ValueError as error:
        raise InvalidSettings(str(error)) from error
