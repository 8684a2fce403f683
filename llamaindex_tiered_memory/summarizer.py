"""An LLM of LlamaIndex as a summariser of tiermem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM

from llamaindex_tiered_memory.asked import AskedLLM, core_form
from tiermem import Message, StructuredSummary
from tiermem.flows.summarizer import ModelSummarizer, SummaryWriter


class LLMSummarizer(ModelSummarizer):
    """Writes summaries with an LLM: `structured_predict` where it calls functions, then a JSON prompt with one repair.

    What ``summarizer=`` of every class of tiermem takes, sync and async. Where the LLM gives nothing usable it raises,
    and the memory writes its deterministic summary::

        TieredChatMemory.from_defaults(session_id="anna", path="chat.db", summarizer=LLMSummarizer(llm))

    Args:
        llm: the LLM; by default that of LlamaIndex's `Settings`, looked up when the summariser is made.
        max_input_tokens: tokens that one call may have; longer spans are read in parts. By default the LLM's
            ``metadata.context_window`` less its answer, at most 100,000.
        max_tool_tokens: tokens shown of one tool result.
        structured: ask a function-calling LLM for structured output first.
        counter: counts tokens; by default o200k_base.

    Raises:
        InvalidSettings: *llm* is no LLM, or a number makes no sense.
    """

    def __init__(
        self,
        llm: LLM | None = None,
        *,
        max_input_tokens: int | None = None,
        max_tool_tokens: int = 2_000,
        structured: bool = True,
        counter: Any = None,
    ) -> None:
        self._asked = AskedLLM(llm)
        self.llm = self._asked.llm
        self._writer = SummaryWriter(
            max_input_tokens=max_input_tokens,
            declared=self._asked.window,
            max_tool_tokens=max_tool_tokens,
            structured=structured and self._asked.structures,
            counter=counter,
        )

    def __call__(self, messages: Sequence[Message | ChatMessage]) -> StructuredSummary:
        """The summary of *messages*.

        Raises:
            SummaryRejected: the LLM gave nothing usable.
            Exception: what the LLM raised.
        """
        return self._writer.run(core_form(messages), self._asked.ask)

    async def acall(self, messages: Sequence[Message | ChatMessage]) -> StructuredSummary:
        """The same without blocking the event loop; tiermem's async verbs call it."""
        return await self._writer.arun(core_form(messages), self._asked.aask)
