"""`AsyncSession`: the verbs of `Session` with `await`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tiermem.answering.asking import AsyncAnswering
from tiermem.arguments import (
    MessageLike,
    adding,
    clearing,
    counting,
    forgetting,
    managing_at,
    patience,
    reading,
)
from tiermem.conversations import listing
from tiermem.conversations.asking import number
from tiermem.dropped import Dropped, looking
from tiermem.dropped.looking import LIMIT
from tiermem.erasure import erasing
from tiermem.erasure.receipt import Receipt
from tiermem.facts.rules.record import LaidDown
from tiermem.flows import standing, viewing
from tiermem.flows.indexing import words
from tiermem.flows.writing import decide, elsewhere, upkeep
from tiermem.flows.writing.commit import writing
from tiermem.messages import Message
from tiermem.records import Decision, Explanation, View
from tiermem.redaction.walking import Redact
from tiermem.reports.state import Report, Stats
from tiermem.session.branching import AsyncBranching
from tiermem.session.compressing import AsyncCompressing
from tiermem.session.proving import AsyncProving
from tiermem.session.recalling import AsyncRecalling
from tiermem.settings import Thresholds

if TYPE_CHECKING:
    from tiermem.events import Callback
    from tiermem.session.session import Session


class AsyncSession(AsyncRecalling, AsyncAnswering, AsyncBranching, AsyncCompressing, AsyncProving):
    """`Session` with `await`; the docstrings are there."""

    def __init__(self, session: Session) -> None:
        self.memory = session.memory
        self.scope = session.scope
        self.core = self._core = session.core
        self._arun = session.memory.drive_async
        self._session = session

    def beside(self, session_id: str) -> AsyncSession:
        """See `Session.beside`; not to be awaited."""
        return AsyncSession(self._session.beside(session_id))

    async def redacting(self) -> Redact | None:
        """See `Session.redacting`."""
        return self._core.redactor

    async def add(
        self, messages: MessageLike, role: str = "user", *, compacted: bool = False, as_stored: bool = False
    ) -> list[Message]:
        """See `Session.add`."""
        return await self._arun(adding(self._core, self.scope, messages, role, compacted, as_stored))

    async def messages(self, first: int = 1, last: int | None = None) -> list[Message]:
        """See `Session.messages`."""
        return await self._arun(reading(self._core, self.scope, first, last))

    async def view(self) -> View:
        """See `Session.view`."""
        return await self._arun(viewing.view(self._core, self.scope))

    async def rules(self) -> list[LaidDown]:
        """See `Session.rules`."""
        return await self._arun(standing.listed(self._core, self.scope))

    async def dropped(self, since: int | Decision | None = None, *, limit: int = LIMIT) -> list[Dropped]:
        """See `Session.dropped`."""
        return await self._arun(looking.dropped(self._core, self.scope, since, limit))

    async def keywords(self, k: int = 5) -> list[str]:
        """See `Session.keywords`."""
        return await self._arun(listing.keywords(self._core, self.scope, number(k, "k")))

    async def topic(self) -> str | None:
        """See `Session.topic`."""
        return await self._arun(listing.topic(self._core, self.scope))

    async def manage_context(self, thresholds: Thresholds | None = None) -> Report:
        """See `Session.manage_context`."""
        return await self._arun(managing_at(self._core, self.scope, thresholds))

    async def settle(self, timeout: float | None = None) -> bool:
        """See `Session.settle`."""
        return await self._arun(upkeep.settle(self._core, self.scope, patience(timeout)))

    async def index(self) -> None:
        """See `Session.index`."""
        await self._arun(writing(self.scope, words.follow(self._core, self.scope)))

    async def restore(self, *refs: str) -> list[Message]:
        """See `Session.restore`."""
        return await self._arun(elsewhere.restore(self._core, self.scope, refs))

    async def explain(self, ref: str) -> Explanation:
        """See `Session.explain`."""
        return await self._arun(elsewhere.explain(self.scope, ref))

    async def forget(self, *refs: str, reason: str = "forgotten") -> list[Decision]:
        """See `Session.forget`."""
        return await self._arun(forgetting(self._core, self.scope, refs, reason))

    async def undo(self, decision: int | Decision) -> None:
        """See `Session.undo`."""
        await self._arun(elsewhere.undo(self._core, self.scope, decision))

    async def journal(self) -> list[Decision]:
        """See `Session.journal`."""
        return await self._arun(decide.journal(self.scope))

    async def clear(self, reason: str = "cleared") -> None:
        """See `Session.clear`."""
        await self._arun(clearing(self._core, self.scope, reason))

    async def erase(
        self, *refs: str, reason: str = "", dry_run: bool = False, vacuum: bool = False, overrule: bool = False
    ) -> Receipt:
        """See `Session.erase`."""
        return await self._arun(erasing.of_session(self._core, self.scope, refs, reason, dry_run, vacuum, overrule))

    async def stats(self) -> Stats:
        """See `Session.stats`."""
        return await self._arun(counting(self._core, self.scope))

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """See `Session.subscribe`; not to be awaited."""
        return self.memory.wiring[1].listeners.add(callback, self.scope)

    def __repr__(self) -> str:
        return f"<AsyncSession {self.scope.session!r} of {self.scope.user!r}>"
