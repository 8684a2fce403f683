"""An LLM of LlamaIndex as a summariser of tiermem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.llms import LLM
from llama_index.core.prompts import ChatPromptTemplate

from llamaindex_tiered_memory.convert import to_message
from tiermem import Message, StructuredSummary
from tiermem.errors import InvalidSettings
from tiermem.flows.summarizer import Answer, ModelSummarizer, Request, SummaryWriter

ANSWER_TOKENS = 1_500  # of an LLM's window: a summary of 50 lines; LlamaIndex counts the answer as a part of the window
_REPORTED = (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens"))


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
        if llm is None:
            from llama_index.core import Settings

            llm = Settings.llm
        if not isinstance(llm, LLM):
            raise InvalidSettings(f"an LLM of LlamaIndex is needed, not {type(llm).__name__}")
        self.llm = llm
        self._writer = SummaryWriter(
            max_input_tokens=max_input_tokens,
            declared=_window(llm),
            max_tool_tokens=max_tool_tokens,
            structured=structured and bool(llm.metadata.is_function_calling_model),
            counter=counter,
        )

    def __call__(self, messages: Sequence[Message | ChatMessage]) -> StructuredSummary:
        """The summary of *messages*.

        Raises:
            SummaryRejected: the LLM gave nothing usable.
            Exception: what the LLM raised.
        """
        return self._writer.run(_core_form(messages), self._ask)

    async def acall(self, messages: Sequence[Message | ChatMessage]) -> StructuredSummary:
        """The same without blocking the event loop; tiermem's async verbs call it."""
        return await self._writer.arun(_core_form(messages), self._aask)

    def _ask(self, request: Request) -> Answer:
        if request.structured:
            return Answer(value=self.llm.structured_predict(request.schema, _template(request), **_said(request)))
        return _answer(self.llm.chat(_chat(request)))

    async def _aask(self, request: Request) -> Answer:
        if request.structured:
            prompt = _template(request)
            return Answer(value=await self.llm.astructured_predict(request.schema, prompt, **_said(request)))
        return _answer(await self.llm.achat(_chat(request)))


def _window(llm: LLM) -> int:
    """Input tokens: the window less the answer, which may be half of it at most."""
    window, answer = llm.metadata.context_window, max(llm.metadata.num_output, ANSWER_TOKENS)
    return window - min(answer, window // 2)


def _core_form(messages: Sequence[Message | ChatMessage]) -> list[Message]:
    return [message if isinstance(message, Message) else to_message(message) for message in messages]


def _chat(request: Request) -> list[ChatMessage]:
    return [ChatMessage(role=MessageRole(turn.role), content=turn.text) for turn in request.turns]


def _template(request: Request) -> ChatPromptTemplate:
    """A template of one variable a turn: what was said is put in as a value, so its braces mean nothing."""
    turns = enumerate(request.turns)
    return ChatPromptTemplate([ChatMessage(role=MessageRole(t.role), content=f"{{turn_{n}}}") for n, t in turns])


def _said(request: Request) -> dict[str, str]:
    return {f"turn_{number}": turn.text for number, turn in enumerate(request.turns)}


def _answer(response: ChatResponse) -> Answer:
    counted = _counted(response)
    return Answer(None, response.message.content or "", counted[0], counted[1])


def _counted(response: ChatResponse) -> tuple[int | None, int | None]:
    """Tokens as the LLM reports them: in `additional_kwargs`, or as the usage of the provider's own answer."""
    raw: Any = response.raw
    usage = raw.get("usage") if isinstance(raw, Mapping) else getattr(raw, "usage", None)
    for report in (response.additional_kwargs, usage):
        for names in _REPORTED:
            read = report.get if isinstance(report, Mapping) else partial(getattr, report)
            sent, answered = (read(name, None) for name in names)
            if isinstance(sent, int) and isinstance(answered, int):
                return sent, answered
    return None, None
