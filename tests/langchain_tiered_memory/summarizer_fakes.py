"""Chat models that play a script, with and without tools, and a conversation to summarise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

NOTES: dict[str, Any] = {
    "user_goal": {"text": "Fix the database timeout", "messages": [1]},
    "key_decisions": [{"text": "The pool is raised from 10 to 50", "messages": [2]}],
    "modified_files": [],
    "critical_context": [],
    "last_step": {"text": "Test under load", "messages": [2]},
}
WRITTEN = f"Sure:\n```json\n{json.dumps(NOTES)}\n```"
CALL = AIMessage("", tool_calls=[{"name": "ConversationSummary", "args": NOTES, "id": "c"}])
USED = {"input_tokens": 900, "output_tokens": 80, "total_tokens": 980}


class Plain(BaseChatModel):
    """Plays *answers*, the last for ever; `asked` are the prompts, `runs` the tags and names of the calls."""

    answers: list[Any] = Field(default_factory=lambda: [WRITTEN])
    asked: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "plain"

    def _next(self, messages: list[BaseMessage]) -> AIMessage:
        self.asked.append(messages)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(messages)
        if isinstance(answer, BaseException):
            raise answer
        return AIMessage(answer) if isinstance(answer, str) else answer

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next(messages))])

    @property
    def seen(self) -> list[str]:
        return ["\n".join(str(one.content) for one in messages) for messages in self.asked]


class Streaming(Plain):
    """A model that streams its text word by word, as real ones do under stream_mode="messages"."""

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        run_manager = kwargs.get("run_manager") or (args[1] if len(args) > 1 else None)
        for word in str(self._next(messages).content).split(" "):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, Any]:
        return self


class Calling(Plain):
    """A model with tools: what it is bound to is kept, and its answers are calls."""

    answers: list[Any] = Field(default_factory=lambda: [CALL])
    bound: list[Any] = Field(default_factory=list)

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, Any]:
        self.bound.append(tools)
        return self.bind()


def echo(size: int = 1) -> Callable[[list[BaseMessage]], str]:
    return lambda messages: "answer " * size
