"""An LLM of LlamaIndex as what summarises and extracts: how it is asked, whatever for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.llms import LLM
from llama_index.core.prompts import ChatPromptTemplate

from llamaindex_tiered_memory.convert import to_message
from tiermem import Message
from tiermem.errors import InvalidSettings
from tiermem.models.requests import Answer, Request

ANSWER_TOKENS = 1_500  # of an LLM's window: a summary of 50 lines; LlamaIndex counts the answer as a part of the window
_REPORTED = (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens"))


class AskedLLM:
    """An LLM that is asked in the background.

    Args:
        llm: by default that of LlamaIndex's `Settings`, looked up when this is made.

    Raises:
        InvalidSettings: *llm* is no LLM.
    """

    def __init__(self, llm: LLM | None) -> None:
        if llm is None:
            from llama_index.core import Settings

            llm = Settings.llm
        if not isinstance(llm, LLM):
            raise InvalidSettings(f"an LLM of LlamaIndex is needed, not {type(llm).__name__}")
        self.llm = llm

    @property
    def structures(self) -> bool:
        """Whether it has structured output."""
        return bool(self.llm.metadata.is_function_calling_model)

    @property
    def window(self) -> int:
        """Input tokens: the window less the answer, which may be half of it at most."""
        window, answer = self.llm.metadata.context_window, max(self.llm.metadata.num_output, ANSWER_TOKENS)
        return window - min(answer, window // 2)

    def ask(self, request: Request) -> Answer:
        """The answer to *request*."""
        if request.structured:
            return Answer(value=self.llm.structured_predict(request.schema, _template(request), **_said(request)))
        return _answer(self.llm.chat(_chat(request)))

    async def aask(self, request: Request) -> Answer:
        """`ask` without blocking the event loop."""
        if request.structured:
            prompt = _template(request)
            return Answer(value=await self.llm.astructured_predict(request.schema, prompt, **_said(request)))
        return _answer(await self.llm.achat(_chat(request)))


def core_form(messages: Sequence[Message | ChatMessage]) -> list[Message]:
    """*messages* as the memory's own."""
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
