"""The faces for async code: the verbs of `memory.py`, driven by `arun` instead of `run`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from tiermem.arguments import (
    Given,
    adding,
    adding_documents,
    assembling,
    filtering,
    names,
    recollecting,
    scopes,
    searching,
    writing,
)
from tiermem.events import Callback
from tiermem.flows.indexing import reembed as reembedding
from tiermem.flows.indexing import words
from tiermem.flows.reading import opened, report
from tiermem.flows.writing import decide, maintain
from tiermem.items.items import AsyncItems
from tiermem.knowledge import adding as documents
from tiermem.knowledge.knowledge import Knowledge
from tiermem.memory import Memory, Namespace, Session
from tiermem.messages import Message
from tiermem.records import (
    Context,
    Decision,
    Explanation,
    Hit,
    Original,
    Recalled,
    Report,
    Stats,
    Verification,
    View,
    Within,
)
from tiermem.runtime.opening import Opened
from tiermem.settings import Scope, Thresholds, scope_of
from tiermem.text.documents import Source
from tiermem.text.splitter import OVERLAP, SIZE


class AsyncMemory(Opened):
    """`Memory` with `await`."""

    @classmethod
    async def open(cls, path: str | Path | None = None, **options: Any) -> AsyncMemory:
        """`Memory.open`, off the event loop."""
        opened = await asyncio.to_thread(Memory.open, path, **options)
        return cls(*opened.wiring)

    def session(self, session_id: str, namespace: Namespace = "default") -> AsyncSession:
        """One conversation; no I/O."""
        return Memory(self._core, self._performer).session(session_id, namespace).as_async()

    def knowledge(self, namespace: Namespace = "default") -> AsyncKnowledge:
        """The documents of a user; no I/O."""
        return Memory(self._core, self._performer).knowledge(namespace).as_async()

    def items(self, namespace: Namespace = "default", index: Mapping[str, Any] | None = None) -> AsyncItems:
        """The JSON objects of a user, by path and key; no I/O. See `Memory.items`."""
        return AsyncItems(self, scope_of("-", namespace), index)

    async def manage_context(self, session_id: str, namespace: Namespace = "default") -> Report:
        """Look at the thresholds of a session now."""
        return await self.session(session_id, namespace).manage_context()

    async def sessions(self, namespace: Namespace = "default") -> list[str]:
        """The ids of a user's sessions, oldest first."""
        return await self.drive_async(names(scope_of("-", namespace)))

    async def verify(self) -> dict[Scope, Verification]:
        """Derive every session again from its messages and decisions."""
        return {s: await self.drive_async(report.verify(s)) for s in await self.drive_async(scopes())}

    async def reembed(
        self, namespace: Namespace | None = None, on_progress: Callable[[int, int], object] | None = None
    ) -> int:
        """See `Memory.reembed`."""
        return await self.drive_async(reembedding.reembed(self._core, namespace, on_progress))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class AsyncSession:
    """`Session` with `await`; the docstrings are there."""

    def __init__(self, session: Session) -> None:
        self.memory = session.memory
        self.scope = session.scope
        self._core = session.memory.wiring[0]
        self._arun = session.memory.drive_async

    async def add(self, messages: Given, role: str = "user", *, compacted: bool = False) -> list[Message]:
        """See `Session.add`."""
        return await self._arun(adding(self._core, self.scope, messages, role, compacted))

    async def messages(self, first: int = 1, last: int | None = None) -> list[Message]:
        """See `Session.messages`."""
        return await self._arun(decide.messages(self.scope, first, last))

    async def view(self) -> View:
        """See `Session.view`."""
        return await self._arun(decide.view(self._core, self.scope))

    async def context(
        self,
        query: str | None = None,
        budget: int | None = None,
        *,
        system: Given = (),
        goal: str | None = None,
        reserved: int = 0,
        counter: Callable[[str], Any] | None = None,
        recall: bool = True,
        within: Within = "conversation",
        recall_tokens: int | None = None,
        steady: bool = False,
        quoted: Mapping[str, str] | None = None,
    ) -> Context:
        """See `Session.context`."""
        asked = (query, budget, system, goal, reserved, counter, recall, within, recall_tokens, steady, quoted)
        return await self._arun(assembling(self._core, self.scope, *asked))

    async def recall(
        self, query: str, budget: int = 2_000, *, within: Within = "conversation", as_of: datetime | None = None
    ) -> Recalled:
        """See `Session.recall`."""
        return await self._arun(recollecting(self._core, self.scope, query, budget, within, as_of))

    async def search(
        self,
        query: str,
        k: int = 20,
        *,
        within: Within = "conversation",
        as_of: datetime | None = None,
        explain: bool = False,
        since: date | None = None,
        until: date | None = None,
        role: str | None = None,
    ) -> list[Hit]:
        """See `Session.search`."""
        only = filtering(since, until, role)
        return await self._arun(searching(self._core, self.scope, query, k, within, as_of, explain, only))

    async def manage_context(self, thresholds: Thresholds | None = None) -> Report:
        """See `Session.manage_context`."""
        return await self._arun(writing(self.scope, maintain.manage(self._core, self.scope, thresholds)))

    async def index(self) -> None:
        """See `Session.index`."""
        await self._arun(writing(self.scope, words.follow(self._core, self.scope)))

    async def restore(self, *refs: str) -> list[Message]:
        """See `Session.restore`."""
        return await self._arun(writing(self.scope, decide.restore(self._core, self.scope, refs)))

    async def expand(self, ref: str) -> Original:
        """See `Session.expand`."""
        return await self._arun(opened.expand(self.scope, ref))

    async def explain(self, ref: str) -> Explanation:
        """See `Session.explain`."""
        return await self._arun(decide.explain(self.scope, ref))

    async def forget(self, *refs: str, reason: str = "forgotten") -> list[Decision]:
        """See `Session.forget`."""
        return await self._arun(writing(self.scope, decide.forget(self._core, self.scope, refs, reason)))

    async def undo(self, decision: int) -> None:
        """See `Session.undo`."""
        await self._arun(writing(self.scope, decide.undo(self._core, self.scope, decision)))

    async def journal(self) -> list[Decision]:
        """See `Session.journal`."""
        return await self._arun(decide.journal(self.scope))

    async def clear(self) -> None:
        """See `Session.clear`."""
        await self._arun(writing(self.scope, decide.clear(self._core, self.scope)))

    async def verify(self) -> Verification:
        """See `Session.verify`."""
        return await self._arun(report.verify(self.scope))

    async def stats(self) -> Stats:
        """See `Session.stats`."""
        return await self._arun(report.stats(self._core, self.scope))

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """See `Session.subscribe`; not to be awaited."""
        return self.memory.wiring[1].listeners.add(callback, self.scope)


class AsyncKnowledge:
    """`Knowledge` with `await`; the docstrings are there."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.memory = knowledge.memory
        self.scope = knowledge.scope
        self._core = knowledge.memory.wiring[0]
        self._arun = knowledge.memory.drive_async

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
        return await self._arun(documents.find(self._core, self.scope, query, k))

    async def sources(self) -> list[Source]:
        """See `Knowledge.sources`."""
        return await self._arun(documents.sources(self.scope))

    async def chunks(self, source: str) -> list[Message]:
        """See `Knowledge.chunks`."""
        return await self._arun(documents.chunks(self.scope, source))

    async def remove(self, source: str) -> list[int]:
        """See `Knowledge.remove`."""
        return await self._arun(writing(self.scope, documents.remove(self._core, self.scope, source)))

    async def undo(self, decision: int) -> None:
        """See `Knowledge.undo`."""
        await self._arun(writing(self.scope, decide.undo(self._core, self.scope, decision)))

    async def journal(self) -> list[Decision]:
        """See `Knowledge.journal`."""
        return await self._arun(decide.journal(self.scope))

    async def index(self) -> None:
        """See `Knowledge.index`."""
        await self._arun(writing(self.scope, words.follow(self._core, self.scope)))

    async def verify(self) -> Verification:
        """See `Knowledge.verify`."""
        return await self._arun(report.verify(self.scope))

    async def stats(self) -> Stats:
        """See `Knowledge.stats`."""
        return await self._arun(report.stats(self._core, self.scope))
