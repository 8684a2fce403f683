"""An LLM of LlamaIndex that reads facts, for ``extractor=`` of every class of tiermem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM

from llamaindex_tiered_memory.asked import AskedLLM, core_form
from tiermem import Message
from tiermem.flows.extractor import FactExtraction, ModelExtractor, identity, numbered


class LLMExtractor(ModelExtractor):
    """Reads with an LLM what users state of themselves: `structured_predict` where it calls functions, then a JSON
    prompt with one repair.

    It is asked in the background, about some messages at once, and never while a turn waits. What it claims is held
    against the message that it names, and refused where that does not say so; see `Memory.facts`. Where the LLM fails,
    the memory goes on with the facts that rules read, and asks again later::

        extractor = LLMExtractor(llm)
        TieredChatMemory.from_defaults(session_id="monday", namespace="anna", path="chat.db", extractor=extractor)

    Args:
        llm: the LLM; by default that of LlamaIndex's `Settings`, looked up when the extractor is made.
        max_input_tokens: tokens that one call may have; what is longer is read in parts. By default the LLM's
            ``metadata.context_window`` less its answer, at most 100,000.
        structured: ask a function-calling LLM for structured output first.
        counter: counts tokens; by default o200k_base.
        identity: by what facts say who read them; by default the model's name, and our version.

    Raises:
        InvalidSettings: *llm* is no LLM, or a number makes no sense.
    """

    def __init__(
        self,
        llm: LLM | None = None,
        *,
        max_input_tokens: int | None = None,
        structured: bool = True,
        counter: Any = None,
        identity: str = "",
    ) -> None:
        self._asked = AskedLLM(llm)
        self.llm = self._asked.llm
        self.identity = identity or _identity(self.llm)
        self._extraction = FactExtraction(
            max_input_tokens=max_input_tokens,
            declared=self._asked.window,
            structured=structured and self._asked.structures,
            counter=counter,
        )

    def __call__(self, messages: Sequence[Message | ChatMessage]) -> list[Any]:
        """The facts that *messages* state, as the LLM gave them.

        Raises:
            FactsRejected: the LLM gave nothing that can be read.
            Exception: what the LLM raised.
        """
        return self._extraction.run(_own(messages), self._asked.ask)

    async def acall(self, messages: Sequence[Message | ChatMessage]) -> list[Any]:
        """The same without blocking the event loop; tiermem's async verbs call it."""
        return await self._extraction.arun(_own(messages), self._asked.aask)


def _identity(llm: LLM) -> str:
    """The name of the model as its provider has it, or else of its class."""
    name = llm.metadata.model_name
    return identity(type(llm).__name__ if name in ("", "unknown") else name)


def _own(messages: Sequence[Message | ChatMessage]) -> Sequence[Message]:
    """*messages* as they are where they are the memory's own, in a batch with its first; else numbered from 1."""
    if all(isinstance(message, Message) for message in messages):
        return messages  # type: ignore[return-value]
    return numbered(core_form(messages))
