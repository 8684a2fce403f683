"""Fakes for the tests of the adapter: a scripted LLM that keeps what it was sent, and a counter by words."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from llama_index.core.base.llms import types
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    LLMMetadata,
    ToolCallBlock,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection

BRACES = pytest.mark.skipif(
    not hasattr(types, "BaseContentBlock"),
    reason="before it had this class, LlamaIndex formatted every text block of the history as a template",
)
Answer = str | ChatMessage | Callable[[list[ChatMessage]], "str | ChatMessage"]


def words(text: str) -> list[str]:
    return text.split()


def called(name: str, call_id: str = "c1", **kwargs: Any) -> ChatMessage:
    block = ToolCallBlock(tool_call_id=call_id, tool_name=name, tool_kwargs=kwargs)
    return ChatMessage(role="assistant", blocks=[block])


class ScriptedLLM(FunctionCallingLLM):
    """Plays its answers, the last one for ever; `seen` keeps the text of every prompt, `sent` the messages."""

    function_calling: bool = True
    _answers: list[Answer] = PrivateAttr()
    _sent: list[list[ChatMessage]] = PrivateAttr(default_factory=list)

    def __init__(self, *answers: Answer, function_calling: bool = True) -> None:
        super().__init__(function_calling=function_calling)
        self._answers = list(answers) or ["ok"]

    @property
    def sent(self) -> list[list[ChatMessage]]:
        return self._sent

    @property
    def seen(self) -> list[str]:
        return ["\n".join(f"{m.role.value}: {m.content}" for m in messages) for messages in self._sent]

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(is_chat_model=True, is_function_calling_model=self.function_calling, context_window=8000)

    def _answer(self, messages: Sequence[ChatMessage]) -> ChatMessage:
        self._sent.append([message.model_copy(deep=True) for message in messages])
        answer = self._answers[min(len(self._sent), len(self._answers)) - 1]
        if callable(answer):
            answer = answer(list(messages))
        return ChatMessage(role="assistant", content=answer) if isinstance(answer, str) else answer

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return ChatResponse(message=self._answer(messages))

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return self.chat(messages)

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        answer = self._answer(messages)

        def parts():
            text = answer.content or ""
            for start in range(0, len(text), 7):
                part = ChatMessage(role="assistant", content=text[: start + 7])
                yield ChatResponse(message=part, delta=text[start : start + 7])
            yield ChatResponse(message=answer, delta="")

        return parts()

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Any:
        made = self.stream_chat(messages)

        async def parts():
            for part in made:
                yield part

        return parts()

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=self._answer([ChatMessage(content=prompt)]).content or "")

    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return self.complete(prompt)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        yield self.complete(prompt)

    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        return self.stream_complete(prompt)

    def _prepare_chat_with_tools(self, tools: Any, user_msg: Any = None, chat_history: Any = None, **kwargs: Any):
        messages = list(chat_history or [])
        if user_msg is not None:
            messages.append(ChatMessage(role="user", content=user_msg) if isinstance(user_msg, str) else user_msg)
        return {"messages": messages}

    def get_tool_calls_from_response(self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any):
        return [
            ToolSelection(tool_id=block.tool_call_id or "", tool_name=block.tool_name, tool_kwargs=block.tool_kwargs)
            for block in response.message.blocks
            if isinstance(block, ToolCallBlock)
        ]
