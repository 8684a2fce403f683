"""A chat model as a summariser: of tiermem, and of LangChain's own `SummarizationMiddleware`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, overload

from langchain_core.messages import BaseMessage, convert_to_messages
from langchain_core.runnables import Runnable, RunnableConfig

from langchain_tiered_memory.asked import AskedModel, window
from langchain_tiered_memory.convert import SOURCE_KEY, to_core
from tiermem import Message, StructuredSummary
from tiermem.errors import SummaryRejected
from tiermem.flows.summarizer import ModelSummarizer, SummaryWriter, as_text, deterministic

_log = logging.getLogger(__name__)


class ChatModelSummarizer(ModelSummarizer, Runnable[Any, Any]):
    """Writes summaries with a chat model: structured output, then a JSON prompt with one repair.

    With core messages it is what ``summarizer=`` of every class of tiermem takes, sync and async, and returns a
    `StructuredSummary`. Where the model gives nothing usable it raises, and the memory writes its deterministic
    summary. With LangChain messages it returns text, which is what ``summarizer=`` of `SummarizationMiddleware` takes.
    There is no memory behind that, so the deterministic summary is written here, logged, and counted in `usage`::

        ConversationTieredMemory("anna", path="chat.db", summarizer=ChatModelSummarizer("openai:gpt-5-mini"))
        SummarizationMiddleware(model, trigger=("tokens", 50_000), trim_tokens_to_summarize=None,
                                summarizer=ChatModelSummarizer(small_model))

    ``trim_tokens_to_summarize=None`` matters there: by default the middleware cuts off all but the last 4,000 tokens
    before a summariser is asked. Nothing of its calls appears in ``stream_mode="messages"``.

    Args:
        model: a chat model, any other `Runnable` from messages to a message or text, or a name for `init_chat_model`.
        max_input_tokens: tokens that one call may have; longer spans are read in parts. By default the model's profile
            (at most 100,000) or its ``num_ctx`` or ``n_ctx``, or else 16,000.
        max_tool_tokens: tokens shown of one tool result.
        structured: ask for structured output first, where the model has it.
        counter: counts tokens; by default o200k_base.

    Raises:
        InvalidSettings: the model is none, or a number makes no sense.
        MissingExtra: *model* is a name and `langchain` is not installed.
    """

    def __init__(
        self,
        model: Runnable[Any, Any] | str,
        *,
        max_input_tokens: int | None = None,
        max_tool_tokens: int = 2_000,
        structured: bool = True,
        counter: Any = None,
    ) -> None:
        self._asked = AskedModel(model, "tiered_memory_summary", "summarization")
        self.model = self._asked.model
        self.name = "ChatModelSummarizer"
        self._writer = SummaryWriter(
            max_input_tokens=max_input_tokens,
            declared=window(self.model),
            max_tool_tokens=max_tool_tokens,
            structured=structured,
            counter=counter,
        )

    @overload
    def __call__(self, messages: Sequence[Message]) -> StructuredSummary: ...
    @overload
    def __call__(self, messages: Sequence[BaseMessage]) -> str: ...
    def __call__(self, messages: Sequence[Any]) -> StructuredSummary | str:
        """`invoke` without a config."""
        return self.invoke(messages)

    async def acall(self, messages: Sequence[Any]) -> StructuredSummary | str:
        """`ainvoke` without a config; tiermem's async verbs call it."""
        return await self.ainvoke(messages)

    def invoke(self, input: Sequence[Any], config: RunnableConfig | None = None, **_: Any) -> StructuredSummary | str:
        """The summary of *input*: a `StructuredSummary` for core messages, text for LangChain messages.

        Raises:
            SummaryRejected: core messages, and the model gave nothing usable.
            Exception: core messages, and the model raised it.
        """
        if _ours(input):
            return self._writer.run(input, partial(self._asked.ask, config))
        messages = _converted(input)
        try:
            return as_text(self._writer.run(messages, partial(self._asked.ask, config)))
        except Exception as error:  # noqa: BLE001  # the model's; a missing summary would end the agent's run
            return self._by_rules(messages, error)

    async def ainvoke(
        self, input: Sequence[Any], config: RunnableConfig | None = None, **_: Any
    ) -> StructuredSummary | str:
        """`invoke` without blocking the event loop."""
        if _ours(input):
            return await self._writer.arun(input, partial(self._asked.aask, config))
        messages = _converted(input)
        try:
            return as_text(await self._writer.arun(messages, partial(self._asked.aask, config)))
        except Exception as error:  # noqa: BLE001  # the model's; a missing summary would end the agent's run
            return self._by_rules(messages, error)

    def _by_rules(self, messages: Sequence[Message], error: Exception) -> str:
        if not messages:
            raise error
        self.usage.add(fallbacks=1)
        reason = error if isinstance(error, SummaryRejected) else type(error).__name__
        _log.warning("the summary was written without the model: %s", reason)
        return as_text(deterministic(messages))


def _ours(messages: Sequence[Any]) -> bool:
    return all(isinstance(message, Message) for message in messages)


def _converted(messages: Sequence[Any]) -> list[Message]:
    return [_core_form(message) for message in convert_to_messages(messages)]


def _core_form(message: BaseMessage) -> Message:
    if message.additional_kwargs.get(SOURCE_KEY) == "summarization":
        return Message(role="summary", content=str(message.text))  # the middleware's own, of an earlier round
    return to_core(message)
