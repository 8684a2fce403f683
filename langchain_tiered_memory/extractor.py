"""A chat model that reads facts, for ``extractor=`` of every class of tiermem."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from langchain_core.messages import BaseMessage, convert_to_messages
from langchain_core.runnables import Runnable, RunnableConfig

from langchain_tiered_memory.asked import AskedModel, window
from langchain_tiered_memory.convert import to_core
from tiermem import Message
from tiermem.flows.extractor import FactExtraction, ModelExtractor, identity, numbered


class ChatModelExtractor(ModelExtractor, Runnable[Any, Any]):
    """Reads with a chat model what users state of themselves: structured output, then a JSON prompt with one repair.

    It is asked in the background, about some messages at once, and never while a turn waits. What it claims is held
    against the message that it names, and refused where that does not say so; see `Memory.facts`. Where the model
    fails, the memory goes on with the facts that rules read, and asks again later::

        extractor = ChatModelExtractor("openai:gpt-5-mini")
        ConversationTieredMemory("monday", namespace="anna", path="chat.db", extractor=extractor)

    Nothing of its calls appears in ``stream_mode="messages"``.

    Args:
        model: a chat model, any other `Runnable` from messages to a message or text, or a name for `init_chat_model`.
        max_input_tokens: tokens that one call may have; what is longer is read in parts. By default the model's profile
            (at most 100,000) or its ``num_ctx`` or ``n_ctx``, or else 16,000.
        structured: ask for structured output first, where the model has it.
        counter: counts tokens; by default o200k_base.
        identity: by what facts say who read them; by default the model's name, where it has one, and our version.

    Raises:
        InvalidSettings: the model is none, or a number makes no sense.
        MissingExtra: *model* is a name and `langchain` is not installed.
    """

    def __init__(
        self,
        model: Runnable[Any, Any] | str,
        *,
        max_input_tokens: int | None = None,
        structured: bool = True,
        counter: Any = None,
        identity: str = "",
    ) -> None:
        self._asked = AskedModel(model, "tiered_memory_facts", "extraction")
        self.model = self._asked.model
        self.name = "ChatModelExtractor"
        self.identity = identity or _identity(self.model)
        self._extraction = FactExtraction(
            max_input_tokens=max_input_tokens, declared=window(self.model), structured=structured, counter=counter
        )

    def __call__(self, messages: Sequence[Message | BaseMessage]) -> list[Any]:
        """`invoke` without a config."""
        return self.invoke(messages)

    async def acall(self, messages: Sequence[Message | BaseMessage]) -> list[Any]:
        """`ainvoke` without a config; tiermem's async verbs call it."""
        return await self.ainvoke(messages)

    def invoke(
        self, input: Sequence[Message | BaseMessage], config: RunnableConfig | None = None, **_: Any
    ) -> list[Any]:
        """The facts that *input* states, as the model gave them.

        Raises:
            FactsRejected: the model gave nothing that can be read.
            Exception: what the model raised.
        """
        return self._extraction.run(_core_form(input), partial(self._asked.ask, config))

    async def ainvoke(
        self, input: Sequence[Message | BaseMessage], config: RunnableConfig | None = None, **_: Any
    ) -> list[Any]:
        """`invoke` without blocking the event loop."""
        return await self._extraction.arun(_core_form(input), partial(self._asked.aask, config))


def _identity(model: Any) -> str:
    """The name of the model as its provider has it, or else of its class."""
    names = (getattr(model, name, None) for name in ("model_name", "model"))
    return identity(next((name for name in names if isinstance(name, str) and name), type(model).__name__))


def _core_form(messages: Sequence[Message | BaseMessage]) -> Sequence[Message]:
    """*messages* as they are where they are the memory's own; else numbered from 1."""
    if all(isinstance(message, Message) for message in messages):
        return messages  # type: ignore[return-value]
    converted = [to_core(message) for message in convert_to_messages(messages)]  # type: ignore[arg-type]
    return numbered(converted)
