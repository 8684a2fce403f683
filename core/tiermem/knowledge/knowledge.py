"""The faces of a user's documents: `Knowledge`, and `AsyncKnowledge`, the same verbs with `await`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from tiermem.erasure.messages import of_source
from tiermem.erasure.receipt import Receipt
from tiermem.faces.user import AsyncUserFace, UserFace
from tiermem.flows.indexing import words
from tiermem.flows.reading import documents as stored
from tiermem.flows.reading import report
from tiermem.flows.verifying import session as proof
from tiermem.flows.writing import decide
from tiermem.flows.writing.commit import writing
from tiermem.knowledge.adding import adding_documents, remove
from tiermem.knowledge.chunk_trials import SIZES, Trial, trials
from tiermem.messages import Message
from tiermem.records import Decision, Hit
from tiermem.reports.state import Stats, Verification
from tiermem.text.documents import Source
from tiermem.text.splitter import OVERLAP, SIZE


class Knowledge(UserFace):
    """The documents of a user: cut into chunks, found with their source, never shown unless asked for."""

    def as_async(self) -> AsyncKnowledge:
        """The same documents with `await`."""
        return AsyncKnowledge(self)

    def add_documents(
        self,
        documents: Any,
        *,
        chunk_size: int = SIZE,
        chunk_overlap: int = OVERLAP,
        splitter: Any = None,
        source: str | None = None,
        replace: bool = True,
    ) -> list[Message]:
        """Add documents; returns their chunks, durable and searchable when it returns.

        The same document again changes nothing; a changed one of the same source hides what it replaces, which
        `undo` brings back.

        Args:
            documents: one or many: text, {"text", "source", "title", "metadata"}, documents of LangChain, documents
                or nodes of LlamaIndex.
            chunk_size, chunk_overlap: characters.
            splitter: a function of a text, or a framework's text splitter, instead of our own.
            source: the source of those that name none; without it, of each that names none its own text.
            replace: these are all there is of their sources. False adds to what is there.

        Raises:
            OutcomeUnknown: the connection to the server was lost; adding the same again adds nothing twice.
            InvalidMessage, InvalidSettings, StorageError: nothing of the call was kept.
        """
        how = (chunk_size, chunk_overlap, splitter, source, replace)
        return self._run(adding_documents(self._core, self.scope, documents, *how))

    def search(self, query: str, k: int = 20) -> list[Hit]:
        """The *k* chunks that answer *query* best; `hit.message.state` names source, place and metadata."""
        return self._run(stored.find(self._core, self.scope, query, k))

    def sources(self) -> list[Source]:
        """The sources that can be found, oldest first."""
        return self._run(stored.sources(self.scope))

    def chunks(self, source: str) -> list[Message]:
        """The chunks of *source* that can be found, in order."""
        return self._run(stored.chunks(self.scope, source))

    def remove(self, source: str) -> list[int]:
        """Hide *source*; returns the decisions that do, each of which `undo` takes back.

        Raises:
            UnknownReference: there is nothing of that source to be found.
        """
        return self._run(writing(self.scope, remove(self._core, self.scope, source)))

    def erase(
        self,
        source: str | None = None,
        *,
        reason: str = "",
        dry_run: bool = False,
        vacuum: bool = False,
        overrule: bool = False,
    ) -> Receipt:
        """Remove for good every version of *source*, or of all sources; it cannot be undone. See `Memory.erase`.

        Raises:
            UnknownReference: nothing of that source was ever added, or it was erased before. KeptByRule: of
                `Memory.erase`.
        """
        return self._run(of_source(self._core, self.scope, source, reason, dry_run, vacuum, overrule))

    def undo(self, decision: int | Decision) -> None:
        """Take a decision of the journal back."""
        self._run(writing(self.scope, decide.undo(self._core, self.scope, decision)))

    def journal(self) -> list[Decision]:
        """Every decision, in order."""
        return self._run(decide.journal(self.scope))

    def index(self) -> None:
        """Index what could not be indexed when it was added, as while an embedder failed."""
        self._run(writing(self.scope, words.follow(self._core, self.scope)))

    def trials(
        self, texts: Sequence[str], questions: Mapping[str, Sequence[str]], sizes: Sequence[int] = SIZES
    ) -> list[Trial]:
        """Chunk sizes by how much evidence a prompt shows with them, best first; see `knowledge/chunk_trials.py`.

        Args:
            texts: like the documents to be added.
            questions: for each question, phrases of the texts that answer it.
            sizes: characters a chunk.
        """
        return trials(texts, questions, sizes=sizes, count=self._core.count)

    def verify(self) -> Verification:
        """Derive hashes, totals and index again, and list what differs."""
        return self._run(proof.verify(self.scope))

    def stats(self) -> Stats:
        """The documents in numbers (each chunk is a message), with every degraded mode."""
        return self._run(report.stats(self._core, self.scope))


class AsyncKnowledge(AsyncUserFace):
    """`Knowledge` with `await`; the docstrings are there."""

    async def add_documents(
        self,
        documents: Any,
        *,
        chunk_size: int = SIZE,
        chunk_overlap: int = OVERLAP,
        splitter: Any = None,
        source: str | None = None,
        replace: bool = True,
    ) -> list[Message]:
        """See `Knowledge.add_documents`."""
        how = (chunk_size, chunk_overlap, splitter, source, replace)
        return await self._arun(adding_documents(self._core, self.scope, documents, *how))

    async def search(self, query: str, k: int = 20) -> list[Hit]:
        """See `Knowledge.search`."""
        return await self._arun(stored.find(self._core, self.scope, query, k))

    async def sources(self) -> list[Source]:
        """See `Knowledge.sources`."""
        return await self._arun(stored.sources(self.scope))

    async def chunks(self, source: str) -> list[Message]:
        """See `Knowledge.chunks`."""
        return await self._arun(stored.chunks(self.scope, source))

    async def remove(self, source: str) -> list[int]:
        """See `Knowledge.remove`."""
        return await self._arun(writing(self.scope, remove(self._core, self.scope, source)))

    async def erase(
        self,
        source: str | None = None,
        *,
        reason: str = "",
        dry_run: bool = False,
        vacuum: bool = False,
        overrule: bool = False,
    ) -> Receipt:
        """See `Knowledge.erase`."""
        return await self._arun(of_source(self._core, self.scope, source, reason, dry_run, vacuum, overrule))

    async def undo(self, decision: int | Decision) -> None:
        """See `Knowledge.undo`."""
        await self._arun(writing(self.scope, decide.undo(self._core, self.scope, decision)))

    async def journal(self) -> list[Decision]:
        """See `Knowledge.journal`."""
        return await self._arun(decide.journal(self.scope))

    async def index(self) -> None:
        """See `Knowledge.index`."""
        await self._arun(writing(self.scope, words.follow(self._core, self.scope)))

    async def trials(
        self, texts: Sequence[str], questions: Mapping[str, Sequence[str]], sizes: Sequence[int] = SIZES
    ) -> list[Trial]:
        """See `Knowledge.trials`; off the event loop."""
        return await asyncio.to_thread(trials, texts, questions, sizes=sizes, count=self._core.count)

    async def verify(self) -> Verification:
        """See `Knowledge.verify`."""
        return await self._arun(proof.verify(self.scope))

    async def stats(self) -> Stats:
        """See `Knowledge.stats`."""
        return await self._arun(report.stats(self._core, self.scope))
