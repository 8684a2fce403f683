"""A chat message history that never loses a word, for `RunnableWithMessageHistory` and everything that takes one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import eq
from threading import Lock
from typing import Any, Unpack

from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import BaseMessage

from langchain_tiered_memory.chains.runnable import Readings, asked_by
from langchain_tiered_memory.convert import all_langchain, to_core, to_langchain
from langchain_tiered_memory.converted import Showing, showing
from langchain_tiered_memory.memories import open_memory
from langchain_tiered_memory.procedures import WAITING, Procedure, arun, delivering, run
from langchain_tiered_memory.rendering import shown_messages
from tiermem import AsyncSession, Memory, Message, Session, View
from tiermem.agents.fitting import fitted
from tiermem.agents.reconcile import beyond
from tiermem.memory import check_opening, for_user
from tiermem.providers.clock import zone_of
from tiermem.redaction import redacted
from tiermem.runtime.options import OpenOptions
from tiermem.settings import scope_of


class TieredChatMessageHistory(BaseChatMessageHistory):
    """One session of a tiered memory as LangChain's chat message history.

    Objects are cheap: those of one process that name the same database share one open `Memory`, so a factory may make
    one for every call of a chain, or keep one per session; calls that run in parallel lose nothing either way::

        RunnableWithMessageHistory(chain, lambda session_id: TieredChatMessageHistory(session_id, path="chat.db"))

    LangChain stores a turn when the chain has answered: the words of a user to whom the model failed to answer are
    never handed to a history. Add them yourself where they matter.

    Args:
        session_id: the conversation.
        path: a file, a database URL, ":memory:", or None for a file in the user's data directory.
        memory: an open `tiermem.Memory`, instead of *path* and the settings.
        namespace: the user, or a pair (tenant, user), that the conversation belongs to.
        options: what `tiermem.Memory.open` takes: ``summarizer``, ``counter``, ``embedder``, ``compactor``, and every
            setting by name. Pass the same objects each time, for the open memory is shared by their identity.
            ``timezone`` is this user's alone, and may be given beside ``memory=``.

    Raises:
        InvalidSettings: an argument contradicts another one, or is no setting.
        InvalidNamespace: the session id or the namespace is none. A database is opened, and refused, at first use.
    """

    def __init__(
        self,
        session_id: str,
        *,
        path: str | os.PathLike[str] | None = None,
        memory: Memory | None = None,
        namespace: str | tuple[str, str] = "default",
        **options: Unpack[OpenOptions],
    ) -> None:
        super().__init__()
        others, zone = for_user(options)
        check_opening(path, memory, others)
        zone_of(zone)
        scope_of(session_id, namespace)
        self.session_id = session_id
        self.namespace = namespace
        self.last_error: Exception | None = None
        self._opened_with = None if memory is not None else (path, others)
        self.timezone = zone
        self._memory = memory
        self._opening = Lock()
        self._readings = Readings()

    @property
    def memory(self) -> Memory:
        """The open memory behind this history; opened when it is first used."""
        with self._opening:
            if self._memory is None:
                path, options = self._opened_with or (None, OpenOptions())
                self._memory = open_memory(path, options)
            return self._memory

    @property
    def session(self) -> Session:
        """The core's session: search, restore, explain, verify, stats and the other verbs."""
        return self.memory.session(self.session_id, self.namespace, self.timezone)

    async def asession(self) -> AsyncSession:
        """`session` with `await`; opening the database does not block the event loop."""
        if self._memory is None:
            await asyncio.to_thread(lambda: self.memory)
        return self.session.as_async()

    def session_factory(self, session_id: str) -> TieredChatMessageHistory:
        """Another session of the same memory and namespace; pass this method as ``get_session_history``."""
        return TieredChatMessageHistory(
            session_id, memory=self.memory, namespace=self.namespace, timezone=self.timezone
        )

    # --- reading

    @property
    def messages(self) -> list[BaseMessage]:
        """What a model should see now: the running summary, stubs, and the recent messages verbatim. Copies.

        The summary is a quoted `HumanMessage` marked by ``additional_kwargs["lc_source"]``, behind the leading system
        messages: it rests on words of tools and strangers, and a system message is an order.
        """
        caller = asked_by()
        if caller == "exit":
            return self._left()
        session = self.session
        return self._handed_out(session.view(), caller, showing(session))

    @messages.setter
    def messages(self, messages: Iterable[BaseMessage]) -> None:
        run(self._replacing(list(messages)), self.session)

    async def aget_messages(self) -> list[BaseMessage]:
        """`messages` without blocking the event loop."""
        caller = asked_by()
        if caller == "exit":
            return self._left()
        session = await self.asession()
        return self._handed_out(await session.view(), caller, showing(session))

    def originals(self) -> list[BaseMessage]:
        """Every message of the session as it was added, whatever the window shows. Copies."""
        return [*chain.from_iterable(map(all_langchain, self.session.messages()))]

    async def aoriginals(self) -> list[BaseMessage]:
        """`originals` without blocking the event loop."""
        return [*chain.from_iterable(map(all_langchain, await (await self.asession()).messages()))]

    def _left(self) -> list[BaseMessage]:
        self._readings.leaving()
        return []

    def _handed_out(self, view: View, caller: str, kept: Showing) -> list[BaseMessage]:
        shown = shown_messages(view, kept)
        if caller == "enter":
            self._readings.opened(shown)
        return shown

    # --- writing

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Stores *messages* in one piece; durable when it returns. One that is stored already, by its id, is left out.

        Values that are no JSON come back equal, or an object of your own as what it says of itself. Of a message above
        `max_message_bytes` words stand for its heaviest parts. An event "degraded" tells of both.

        Raises:
            InvalidMessage: one is no message of LangChain's; nothing was stored.
            StorageError: the database refused. When the caller is `RunnableWithMessageHistory`, which hides errors, the
                messages are kept and stored by the next call on this session; see also `last_error`.
        """
        hidden = asked_by() == "exit"
        with self._noted():
            run(self._adding(messages, keep=hidden), self.session)

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """`add_messages` without blocking the event loop."""
        hidden = asked_by() == "exit"
        with self._noted():
            await arun(self._adding(messages, keep=hidden), await self.asession())

    def clear(self) -> None:
        """Hides every message. Nothing is removed: `session.journal` and `session.undo` bring the messages back."""
        run(self._clearing(), self.session)

    async def aclear(self) -> None:
        """`clear` without blocking the event loop."""
        await arun(self._clearing(), await self.asession())

    def deliver(self, messages: Sequence[BaseMessage] = ()) -> None:
        """Stores what could not be stored before, then *messages*; if that fails, all of them wait for the next call.

        For callers that cannot let an error through, but must not lose the words.

        Raises:
            TiermemError: see `add_messages`.
        """
        with self._noted():
            run(self._adding(messages, keep=True), self.session)

    async def adeliver(self, messages: Sequence[BaseMessage] = ()) -> None:
        """`deliver` without blocking the event loop."""
        with self._noted():
            await arun(self._adding(messages, keep=True), await self.asession())

    def undelivered(self) -> list[Message]:
        """The messages that wait for the next call because they could not be stored."""
        return WAITING.look(self.memory, self._scope)

    @property
    def _scope(self) -> tuple[object, str]:
        return self.namespace, self.session_id

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.last_error = error
            raise
        self.last_error = None

    def _adding(self, messages: Sequence[BaseMessage], *, keep: bool) -> Procedure[list[Message]]:
        limit = self.memory.settings.max_message_bytes
        new = [fitted(to_core(message), limit) for message in self._readings.new(messages)]
        return (yield from delivering(new, self.memory, self._scope, keep=keep))

    def _clearing(self) -> Procedure[None]:
        yield from delivering([], self.memory, self._scope, keep=True)
        yield lambda session: session.clear()

    def _replacing(self, messages: list[BaseMessage]) -> Procedure[None]:
        present = shown_messages((yield lambda session: session.view()))
        if redact := (yield lambda session: session.redacting()):  # or equal ones would differ from what is stored
            messages = [to_langchain(redacted(to_core(message), redact)) for message in messages]
        new = beyond(messages, present, eq)
        if new is None:
            yield from self._clearing()
            new = messages
        yield from self._adding(new, keep=False)

    # --- as a value

    def __eq__(self, other: object) -> bool:
        """Histories are equal when they show the same messages, as LangChain's own are."""
        if not isinstance(other, BaseChatMessageHistory):
            return NotImplemented
        return self is other or self.messages == other.messages

    __hash__ = None  # type: ignore[assignment]  # equality follows the messages, and those change

    def __repr__(self) -> str:
        return f"{type(self).__name__}(session_id={self.session_id!r}, namespace={self.namespace!r})"

    def __getstate__(self) -> dict[str, Any]:
        """The configuration; an object made of it opens the same session."""
        if self._opened_with is None:
            raise TypeError("a history with memory= cannot be pickled; name the database with path= instead")
        path, others = self._opened_with
        options = OpenOptions(**others) if self.timezone is None else OpenOptions(**others, timezone=self.timezone)
        return {"session_id": self.session_id, "namespace": self.namespace, "path": path, "options": options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["session_id"], path=state["path"], namespace=state["namespace"], **state["options"])  # type: ignore[misc]

    def __copy__(self) -> TieredChatMessageHistory:
        return self.session_factory(self.session_id)

    def __deepcopy__(self, memo: dict[int, Any]) -> TieredChatMessageHistory:
        """Another object for the same session: what is stored is not copied."""
        return self.session_factory(self.session_id)
