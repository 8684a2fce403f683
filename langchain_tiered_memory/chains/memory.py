"""A classic chain memory that never loses a word: for `ConversationalRetrievalChain` and the other classic chains."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Mapping
from typing import Any, Unpack

from langchain_classic.memory.chat_memory import BaseChatMemory
from langchain_core.documents import Document
from langchain_core.messages import BaseMessage, get_buffer_string
from langchain_core.runnables import Runnable
from pydantic import ConfigDict

from langchain_tiered_memory.chains.chain_keys import answer_key, question_key, question_of, turn
from langchain_tiered_memory.chains.history import TieredChatMessageHistory
from langchain_tiered_memory.chains.retriever import TieredArchiveRetriever
from langchain_tiered_memory.convert import to_core, to_langchain
from langchain_tiered_memory.converted import showing
from langchain_tiered_memory.events import telling
from langchain_tiered_memory.procedures import Procedure, Step, arun, run
from langchain_tiered_memory.rendering import BufferMessages, context_messages, overrun, plain_text
from tiermem import Memory
from tiermem.agents.view import NOTED
from tiermem.arguments import refused_profile_of, refused_within
from tiermem.errors import InvalidMessage, InvalidSettings
from tiermem.records import Within
from tiermem.runtime.options import OpenOptions, parted
from tiermem.settings import flag, whole

FITTING = 4  # readings at most until the words fit; each leaves out what the one before was above
_log = logging.getLogger(__name__)


class ConversationMemoryOptions(OpenOptions, total=False):
    """Keyword arguments of `ConversationTieredMemory` beside those that name the session."""

    memory_key: str
    input_key: str | None
    output_key: str | None
    return_messages: bool
    human_prefix: str
    ai_prefix: str
    max_token_limit: int | None
    recall: bool
    within: Within
    profile: int
    text_only: bool


class ConversationTieredMemory(BaseChatMemory):
    """The memory of a classic chain, backed by one session of a tiered memory.

    It finds the question and the answer among a chain's keys by itself, recalls by the question, and hands the chain a
    list that `save_context` completes. An answer that is finished is never lost to a storage error: the turn waits and
    is stored by the next call, and `last_error` says what happened::

        memory = ConversationTieredMemory(session_id="anna", path="chat.db")
        ConversationalRetrievalChain.from_llm(llm, retriever=memory.as_retriever(mine), memory=memory)

    `pickle` and `copy.deepcopy` carry the configuration; the copy opens the same session.

    Args:
        session_id: the conversation; a new one when left out.
        path, memory, namespace: as for `TieredChatMessageHistory`.
        chat_memory: a `TieredChatMessageHistory`, instead of all these.
        memory_key: the variable of the chain; "chat_history" for `ConversationalRetrievalChain`.
        max_token_limit: tokens of what a chain is given; by default the core's ``context_budget``.
        recall: add passages from the archive that fit the question and are not shown anyway.
        within: where they are from: by default "notes", which is this conversation and what `remember` noted of the
            user; "conversation"; "user", all conversations of the user that *namespace* names; or "everything" with
            the user's documents, where no retriever brings these.
        profile: tokens for what is known of the user that *namespace* names (`Memory.profile`), in front of all else; 0
            leaves it out. Without a namespace it is refused.
        text_only: show tool calls, results and media in words. Turn it off for chat models and `MessagesPlaceholder`.
        return_messages: a list of messages, which a prompt made of text shows as a transcript; False: the transcript.
        human_prefix, ai_prefix: names of the speakers in a transcript.
        input_key, output_key: only needed where a chain has several inputs or outputs with names of its own.
        values: what `TieredChatMessageHistory` takes beside: ``summarizer``, ``counter``, and every setting by name.

    Raises:
        InvalidSettings: an argument contradicts another one, or is no setting.
        MissingNamespace: *within* is "user", or a *profile* is wanted, and no namespace names one.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    chat_memory: TieredChatMessageHistory
    memory_key: str = "chat_history"
    return_messages: bool = True
    human_prefix: str = "Human"
    ai_prefix: str = "AI"
    max_token_limit: int | None = None
    recall: bool = True
    within: Within = NOTED
    profile: int = 0
    text_only: bool = True

    def __init__(
        self,
        session_id: str | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
        memory: Memory | None = None,
        namespace: str | tuple[str, str] = "default",
        chat_memory: TieredChatMessageHistory | None = None,
        **arguments: Unpack[ConversationMemoryOptions],
    ) -> None:
        options, values = parted(arguments, type(self).model_fields)
        if values.get("max_token_limit") is not None:
            whole(values["max_token_limit"], "max_token_limit", 1)
        for name in ("recall", "text_only", "return_messages"):
            flag(values.get(name, True), name)
        if chat_memory is None:
            session_id = uuid.uuid4().hex if session_id is None else session_id
            chat_memory = TieredChatMessageHistory(session_id, path=path, memory=memory, namespace=namespace, **options)
        elif options or (session_id, path, memory, namespace) != (None, None, None, "default"):
            raise InvalidSettings("chat_memory= names its session already; leave the other arguments to it")
        refused_within(values.get("within", NOTED), chat_memory.namespace)
        refused_profile_of(values.get("profile", 0), chat_memory.namespace)
        super().__init__(chat_memory=chat_memory, **values)

    @property
    def memory_variables(self) -> list[str]:
        """The one variable that the chain is given."""
        return [self.memory_key]

    @property
    def last_error(self) -> Exception | None:
        """Why the newest turn could not be stored; None when it was."""
        return self.chat_memory.last_error

    # --- reading

    def load_memory_variables(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """What a model should see before it answers *inputs*, within `max_token_limit`. Empty on the first turn.

        Raises:
            BudgetTooSmall: `max_token_limit` is below what must be shown.
            InvalidMessage: *inputs* name no values.
        """
        with telling.early():
            self._deliver([])
            return {self.memory_key: self._shown(run(self._reading(inputs), self.chat_memory.session))}

    async def aload_memory_variables(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """`load_memory_variables` without blocking the event loop."""
        async with telling.early():
            await self._adeliver([])
            return {self.memory_key: self._shown(await arun(self._reading(inputs), await self.chat_memory.asession()))}

    def _reading(self, inputs: dict[str, Any]) -> Procedure[list[BaseMessage]]:
        """The context, asked for again with less room while its form in words is above the limit."""
        if not isinstance(inputs, Mapping):
            raise InvalidMessage(f"inputs must be values by their names, not {type(inputs).__name__}")
        query = question_of(inputs, self.memory_variables, self.input_key)
        reserved, kept = 0, showing(self.chat_memory.session)
        for _ in range(FITTING):
            context = yield self._asking(query, reserved)
            messages = context_messages(context, text_only=self.text_only, kept=kept)
            above = overrun(context, messages, self.chat_memory.memory.counter) if self.text_only else 0
            if above <= 0:
                break
            reserved += above
        return messages

    def _asking(self, query: str | None, reserved: int) -> Step:
        asked: dict[str, Any] = {"recall": self.recall, "within": self.within, "profile": self.profile}
        return lambda session: session.context(query, self.max_token_limit, reserved=reserved, **asked)

    def _shown(self, messages: list[BaseMessage]) -> BufferMessages | str:
        for waiting in self.chat_memory.undelivered():
            messages += self._as_shown(to_langchain(waiting))
        shown = BufferMessages(messages, self.human_prefix, self.ai_prefix)
        return shown if self.return_messages else str(shown)

    def _as_shown(self, message: BaseMessage) -> list[BaseMessage]:
        return plain_text(to_core(message), message) if self.text_only else [message]

    # --- writing

    def save_context(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        """Stores a turn, and completes the list that `load_memory_variables` gave for it.

        Raises:
            ValueError: it cannot be told which input or output is meant.
            InvalidMessage: also a ValueError; *inputs* or *outputs* name no values.
        """
        messages = self._turn(inputs, outputs)
        self._deliver(messages)
        self._complete(inputs, messages)

    async def asave_context(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        """`save_context` without blocking the event loop."""
        messages = self._turn(inputs, outputs)
        await self._adeliver(messages)
        self._complete(inputs, messages)

    def _turn(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> list[BaseMessage]:
        for what, given in (("inputs", inputs), ("outputs", outputs)):
            if not isinstance(given, Mapping):
                raise InvalidMessage(f"{what} must be values by their names, not {type(given).__name__}")
        asked = inputs[question_key(inputs, self.memory_variables, self.input_key)]
        return turn(asked, outputs[answer_key(outputs, self.output_key)])

    def _deliver(self, messages: list[BaseMessage]) -> None:
        try:
            self.chat_memory.deliver(messages)
        except Exception:  # noqa: BLE001  # the model has answered: nothing that storage does may take that away
            self._failed(len(messages))

    async def _adeliver(self, messages: list[BaseMessage]) -> None:
        try:
            await self.chat_memory.adeliver(messages)
        except Exception:  # noqa: BLE001  # see _deliver
            self._failed(len(messages))

    def _failed(self, count: int) -> None:
        waiting = len(self.chat_memory.undelivered())
        _log.exception("%r: %d messages not stored, %d wait for the next call", self.chat_memory, count, waiting)

    def _complete(self, inputs: dict[str, Any], messages: list[BaseMessage]) -> None:
        """The chain's inputs still hold the list it was given: that of this very call, also when calls are parallel."""
        given = inputs.get(self.memory_key)
        if isinstance(given, BufferMessages):
            for message in messages:
                given.extend(self._as_shown(message))

    def clear(self) -> None:
        """Hides every message; the core can bring them back."""
        self.chat_memory.clear()

    async def aclear(self) -> None:
        """`clear` without blocking the event loop."""
        await self.chat_memory.aclear()

    # --- what users of LangChain's own memories reach for

    @property
    def buffer(self) -> list[BaseMessage] | str:
        """The window, as messages or as a transcript, by `return_messages`."""
        return self.buffer_as_messages if self.return_messages else self.buffer_as_str

    @property
    def buffer_as_messages(self) -> list[BaseMessage]:
        """The window as messages."""
        return self.chat_memory.messages

    @property
    def buffer_as_str(self) -> str:
        """The window as a transcript."""
        return get_buffer_string(self.chat_memory.messages, self.human_prefix, self.ai_prefix)

    async def abuffer(self) -> list[BaseMessage] | str:
        """`buffer` without blocking the event loop."""
        messages = await self.chat_memory.aget_messages()
        return messages if self.return_messages else get_buffer_string(messages, self.human_prefix, self.ai_prefix)

    def as_retriever(
        self, retriever: Runnable[str, list[Document]] | None = None, **values: Any
    ) -> TieredArchiveRetriever:
        """A retriever over everything said in this session, merged with the caller's *retriever* where there is one.

        In `ConversationalRetrievalChain` only what a retriever finds reaches the prompt that answers.
        """
        return TieredArchiveRetriever(history=self.chat_memory, retriever=retriever, **values)
