"""A chat model as a summariser: of tiermem, and of LangChain's own `SummarizationMiddleware`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, overload

from langchain_core.messages import BaseMessage, convert_to_messages
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import merge_configs

from langchain_tiered_memory.convert import SOURCE_KEY, to_core
from tiermem import Message, StructuredSummary
from tiermem.errors import InvalidSettings, MissingExtra, SummaryRejected
from tiermem.flows.summarizer import Answer, ModelSummarizer, Request, SummaryWriter, as_text, deterministic

NO_STREAM = "nostream"  # langgraph.constants.TAG_NOSTREAM; named here, because langchain-core alone is enough for us
_NOT_SHOWN: RunnableConfig = {
    "tags": [NO_STREAM],
    "run_name": "tiered_memory_summary",
    "metadata": {SOURCE_KEY: "summarization"},
}
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
        self.model = _named(model) if isinstance(model, str) else model
        if not isinstance(self.model, Runnable):
            raise InvalidSettings(f"a chat model or its name is needed, not {type(model).__name__}")
        self.name = "ChatModelSummarizer"
        self._writer = SummaryWriter(
            max_input_tokens=max_input_tokens,
            declared=_window(self.model),
            max_tool_tokens=max_tool_tokens,
            structured=structured,
            counter=counter,
        )
        self._structured_model: Runnable[Any, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_structured_model": None}  # LangChain's holds lambdas; it is bound again when needed

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
            return self._writer.run(input, partial(self._ask, config))
        messages = _converted(input)
        try:
            return as_text(self._writer.run(messages, partial(self._ask, config)))
        except Exception as error:  # noqa: BLE001  # the model's; a missing summary would end the agent's run
            return self._by_rules(messages, error)

    async def ainvoke(
        self, input: Sequence[Any], config: RunnableConfig | None = None, **_: Any
    ) -> StructuredSummary | str:
        """`invoke` without blocking the event loop."""
        if _ours(input):
            return await self._writer.arun(input, partial(self._aask, config))
        messages = _converted(input)
        try:
            return as_text(await self._writer.arun(messages, partial(self._aask, config)))
        except Exception as error:  # noqa: BLE001  # the model's; a missing summary would end the agent's run
            return self._by_rules(messages, error)

    def _by_rules(self, messages: Sequence[Message], error: Exception) -> str:
        if not messages:
            raise error
        self.usage.add(fallbacks=1)
        reason = error if isinstance(error, SummaryRejected) else type(error).__name__
        _log.warning("the summary was written without the model: %s", reason)
        return as_text(deterministic(messages))

    def _ask(self, config: RunnableConfig | None, request: Request) -> Answer:
        model = self._asked(request)
        return _answer(model.invoke(_turns(request), merge_configs(config, _NOT_SHOWN)))

    async def _aask(self, config: RunnableConfig | None, request: Request) -> Answer:
        model = self._asked(request)
        return _answer(await model.ainvoke(_turns(request), merge_configs(config, _NOT_SHOWN)))

    def _asked(self, request: Request) -> Runnable[Any, Any]:
        """The model that a request goes to.

        Raises:
            NotImplementedError: the model has no structured output.
        """
        if not request.structured:
            return self.model
        if self._structured_model is None:
            bind = getattr(self.model, "with_structured_output", None)
            if bind is None:
                raise NotImplementedError("no structured output")
            self._structured_model = bind(request.schema, include_raw=True)
        return self._structured_model


def _named(name: str) -> Runnable[Any, Any]:
    try:
        from langchain.chat_models import init_chat_model
    except ModuleNotFoundError as error:
        raise MissingExtra(f"a model by name needs {error.name}: pip install 'tiermem[langchain]'") from error
    return init_chat_model(name)


def _window(model: Any) -> int | None:
    """Input tokens that the model declares: in its profile, or as the context of a local model."""
    profile = getattr(model, "profile", None)
    declared = profile.get("max_input_tokens") if isinstance(profile, dict) else None
    windows = (declared, getattr(model, "num_ctx", None), getattr(model, "n_ctx", None))
    return next((window for window in windows if type(window) is int and window > 0), None)


def _ours(messages: Sequence[Any]) -> bool:
    return all(isinstance(message, Message) for message in messages)


def _converted(messages: Sequence[Any]) -> list[Message]:
    return [_core_form(message) for message in convert_to_messages(messages)]


def _core_form(message: BaseMessage) -> Message:
    if message.additional_kwargs.get(SOURCE_KEY) == "summarization":
        return Message(role="summary", content=str(message.text))  # the middleware's own, of an earlier round
    return to_core(message)


def _turns(request: Request) -> list[tuple[str, str]]:
    roles = {"system": "system", "user": "human", "assistant": "ai"}
    return [(roles[turn.role], turn.text) for turn in request.turns]


def _answer(result: Any) -> Answer:
    """What a model's result comes to: a message, text, or what `include_raw` wraps."""
    if isinstance(result, dict) and isinstance(result.get("raw"), BaseMessage):
        return _of_message(result["raw"], result.get("parsed"))
    if isinstance(result, BaseMessage):
        return _of_message(result, None)
    return Answer(text=result) if isinstance(result, str) else Answer(value=result)


def _of_message(message: BaseMessage, value: Any) -> Answer:
    """*value*, or else the arguments of a tool call that broke the schema; the core reads what is whole in them."""
    if value is None and (calls := getattr(message, "tool_calls", None)):
        value = calls[0]["args"]
    counted = getattr(message, "usage_metadata", None) or {}
    return Answer(value, str(message.text), counted.get("input_tokens"), counted.get("output_tokens"))
