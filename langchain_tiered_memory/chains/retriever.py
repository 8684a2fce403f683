"""Retrieval over everything that was said in a session, alone or together with the caller's own retriever."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable
from pydantic import ConfigDict

from langchain_tiered_memory.chains.history import TieredChatMessageHistory
from langchain_tiered_memory.events import telling
from langchain_tiered_memory.procedures import Procedure, arun, run
from tiermem import Hit, Memory, Message, Recalled
from tiermem.arguments import refused_within
from tiermem.errors import InvalidSettings
from tiermem.knowledge.retrieval import chunk_text, in_turns, of_hit, quotation
from tiermem.records import Within
from tiermem.runtime.options import OpenOptions, parted
from tiermem.settings import whole

if TYPE_CHECKING:
    from langchain_tiered_memory.chains.memory import ConversationTieredMemory

SOURCE = "tiermem"


class ArchiveRetrieverOptions(OpenOptions, total=False):
    """Keyword arguments of `TieredArchiveRetriever` beside those that name the session."""

    k: int
    within: Within
    retriever: Runnable[str, list[Document]] | None
    neighbours: int
    max_token_limit: int | None
    name: str | None
    tags: list[str] | None
    metadata: dict[str, Any] | None


class TieredArchiveRetriever(BaseRetriever):
    """Finds what was said in a session, however long ago and whatever the window shows of it.

    A document is the message that was found with its neighbours, quoted with speaker and time; its metadata name
    session_id, ref (for `session.expand`), role, name, score, created_at and source ("tiermem")::

        TieredArchiveRetriever(session_id="anna", path="chat.db", retriever=vectorstore.as_retriever())

    Args:
        session_id, path, memory, namespace and settings: as for `TieredChatMessageHistory`.
        history: a `TieredChatMessageHistory`, instead of all these.
        k: documents of the archive at most; also an argument of `invoke` and `ainvoke`.
        within: "user" searches all conversations of the user that *namespace* names, and "everything" the user's
            documents (`TieredKnowledgeRetriever`) too, "knowledge" these alone; all compete by score, and a document's
            passage has the metadata that it has there. A ref of another session has its name in front ("friday/m12").
        retriever: the caller's own; its documents and those of the archive take turns, by rank, its best one first.
        neighbours: messages shown before and behind the one that was found.
        max_token_limit: tokens of the archive's documents together, by the memory's counter. What answers best per
            token is then one document, as `Session.recall` gives it: more of it fits, nothing is found for a question
            that has no answer, and `k` and `neighbours` do not count. Its metadata name all `refs`.

    Raises:
        InvalidSettings: an argument contradicts another one, or is no setting.
        MissingNamespace: *within* is "user", and no namespace names one.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    history: TieredChatMessageHistory
    k: int = 20
    within: Within = "conversation"
    retriever: Runnable[str, list[Document]] | None = None
    neighbours: int = 1
    max_token_limit: int | None = None

    def __init__(
        self,
        session_id: str | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
        memory: Memory | None = None,
        namespace: str | tuple[str, str] = "default",
        history: TieredChatMessageHistory | None = None,
        **arguments: Unpack[ArchiveRetrieverOptions],
    ) -> None:
        options, values = parted(arguments, type(self).model_fields)
        for name, least in (("k", 0), ("neighbours", 0), ("max_token_limit", 1)):
            if values.get(name) is not None:
                whole(values[name], name, least)
        if history is None:
            if session_id is None:
                raise InvalidSettings("session_id= or history= must name the session to search")
            history = TieredChatMessageHistory(session_id, path=path, memory=memory, namespace=namespace, **options)
        refused_within(values.get("within", "conversation"), history.namespace)
        values["history"] = history  # pydantic makes the parameters at run time
        super().__init__(**values)

    @classmethod
    def from_memory(
        cls, memory: ConversationTieredMemory, retriever: Runnable[str, list[Document]] | None = None, **values: Any
    ) -> TieredArchiveRetriever:
        """A retriever over the session of a `ConversationTieredMemory`."""
        return cls(history=memory.chat_memory, retriever=retriever, **values)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None, **others: Any
    ) -> list[Document]:
        """`others` are arguments of `invoke` for the caller's own retriever."""
        with telling(run_manager.get_child()):
            found = run(self._finding(query, self.k if k is None else k), self.history.session)
        if self.retriever is None:
            return found
        config = {"callbacks": run_manager.get_child()}
        return in_turns(self.retriever.invoke(query, config, **others), found)  # type: ignore[arg-type]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None, **others: Any
    ) -> list[Document]:
        procedure = self._finding(query, self.k if k is None else k)
        async with telling(run_manager.get_child()):
            found = await arun(procedure, await self.history.asession())
        if self.retriever is None:
            return found
        config = {"callbacks": run_manager.get_child()}
        return in_turns(await self.retriever.ainvoke(query, config, **others), found)  # type: ignore[arg-type]

    def _finding(self, query: str, k: int) -> Procedure[list[Document]]:
        """Hits that lie within the passage of a better one make no document of their own."""
        if self.max_token_limit is not None:
            return (yield from self._recalling(query, self.max_token_limit))
        taken, documents = set[tuple[str, int]](), list[Document]()
        most = k * (2 * self.neighbours + 1)
        hits: list[Hit] = yield lambda session: session.search(query, most, within=self.within)
        for hit in hits:
            number, where = hit.message.sequence, "" if hit.home else hit.session
            if len(documents) >= k or ((where, number) in taken and not hit.source):
                continue
            if hit.source:
                documents.append(chunk_document(hit))
                continue
            around = yield _reading(hit, max(1, number - self.neighbours), number + self.neighbours)
            passage = [message for message in around if (where, message.sequence) not in taken]
            documents.append(_document(hit, passage, query, self.history.session_id))
            taken |= {(where, message.sequence) for message in passage}
        return documents

    def _recalling(self, query: str, budget: int) -> Procedure[list[Document]]:
        recalled: Recalled = yield lambda session: session.recall(query, budget, within=self.within)
        return [_block(recalled, self.history.session_id)] if recalled.hits else []


def _reading(hit: Hit, first: int, last: int) -> Any:
    return lambda session: of_hit(session, hit).messages(first, last)


def chunk_document(hit: Hit) -> Document:
    """A chunk of a document as LangChain's: the metadata that were added, and where it is from."""
    state = hit.message.state
    own = {name: state[name] for name in ("source", "chunk", "chunks", "start", "end") if name in state}
    metadata = {"title": hit.message.name} | state.get("metadata", {}) | own | {"score": hit.score}
    return Document(page_content=chunk_text(hit), id=hit.message.id, metadata=metadata)


def _block(recalled: Recalled, session_id: str) -> Document:
    best = recalled.best
    metadata = {"session_id": session_id, "ref": best.ref, "refs": recalled.refs, "score": best.score, "source": SOURCE}
    return Document(page_content=recalled.text, metadata=metadata)


def _document(hit: Hit, passage: Sequence[Message], query: str, session_id: str) -> Document:
    message = hit.message
    where, own = (session_id, message.id) if hit.home else (hit.session, f"{hit.session}/{message.id}")
    metadata = {
        "session_id": where,
        "ref": hit.ref,
        "role": message.role,
        "name": message.name,
        "score": hit.score,
        "created_at": message.when.isoformat() if message.when else None,
        "source": SOURCE,
    }
    return Document(page_content=quotation(passage, hit, query), id=own, metadata=metadata)
