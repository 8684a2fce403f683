"""A scripted chat model, tools with long results, and the rule that providers hold every prompt to."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from pydantic import Field

from langchain_tiered_memory import TieredMemoryMiddleware

PLACES = [
    "harbour",
    "bridge",
    "museum",
    "tower",
    "garden",
    "market",
    "station",
    "library",
    "bakery",
    "theatre",
    "school",
    "temple",
]


class Scripted(BaseChatModel):
    """Keeps what it was sent; answers with what *script* makes of it, or "answer N"."""

    prompts: list[list[BaseMessage]] = Field(default_factory=list)
    script: Callable[[list[BaseMessage], int], Any] | None = None
    bound: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> "Scripted":
        self.bound[:] = tools
        return self

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        self.prompts.append(list(messages))
        made = self.script(messages, len(self.prompts)) if self.script else None
        answer = AIMessage(f"answer {len(self.prompts)}") if made is None else made
        return ChatResult(generations=[ChatGeneration(message=answer)])


def call(number: int, tool: str = "read_page", **args: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": tool, "args": args or {"number": number}, "id": f"call-{number}"}])


def reading(pages: int) -> Callable[[list[BaseMessage], int], AIMessage | None]:
    """Reads *pages* pages one after the other, then answers; later questions are answered at once."""
    return lambda messages, turn: call(turn) if turn <= pages else None


@tool
def read_page(number: int) -> str:
    """Read one page of the guide book."""
    words = [PLACES[(number * 7 + place * 5) % len(PLACES)] for place in range(900)]
    return f"The secret figure of page {number} is {7000 + number}.\n" + " ".join(words)


def agent(model: Scripted, *middleware: Any, tools: Sequence[Any] = (read_page,), **options: Any) -> Any:
    return create_agent(model, list(tools), middleware=list(middleware), **options)


def tiered(tmp_path: Path, **options: Any) -> TieredMemoryMiddleware:
    return TieredMemoryMiddleware(tmp_path / "agent.db", **options)


def thread(name: Any = "t", **values: Any) -> dict[str, Any]:
    return {"configurable": {"thread_id": name, **values}, "recursion_limit": 500}


def ask(one: Any, words: str = "Read the guide book.", name: str = "t", **config: Any) -> dict[str, Any]:
    return one.invoke({"messages": [HumanMessage(words)]}, thread(name, **config))


def tokens(prompt: Sequence[BaseMessage], count: Callable[[str], int]) -> int:
    """Text, names and arguments of calls, as they stand; without what a provider adds by itself."""
    calls = [call for one in prompt for call in getattr(one, "tool_calls", ())]
    return sum(count(one.text) for one in prompt) + sum(count(f"{one['name']} {one['args']}") for one in calls)


def assert_valid(prompt: Sequence[BaseMessage]) -> None:
    """Each call is answered at once and each result has its call; system messages stand in front; a user begins."""
    open_calls: list[str] = []
    for place, one in enumerate(prompt):
        if isinstance(one, ToolMessage):
            assert one.tool_call_id in open_calls, f"message {place} answers no call"
            open_calls.remove(one.tool_call_id)
            continue
        assert not open_calls, f"message {place} stands between a call and its result"
        if isinstance(one, SystemMessage):
            assert all(isinstance(before, SystemMessage) for before in prompt[:place])
        if isinstance(one, AIMessage):
            open_calls = [str(call["id"]) for call in one.tool_calls]
    assert not open_calls
    first = next(one for one in prompt if not isinstance(one, SystemMessage))
    assert isinstance(first, HumanMessage)
