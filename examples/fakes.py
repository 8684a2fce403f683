"""The model of the LangChain agents among these examples: it does what a function says, so that they run offline."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult


class ScriptedModel(BaseChatModel):
    """Answers a prompt with what `script` makes of it."""

    script: Callable[[list[BaseMessage]], AIMessage]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, *_: Any, **__: Any) -> "ScriptedModel":
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.script(messages))])


def calling(tool: str, **arguments: Any) -> AIMessage:
    """An answer that calls *tool*."""
    return AIMessage("", tool_calls=[{"name": tool, "args": arguments, "id": uuid4().hex}])
