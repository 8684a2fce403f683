"""Agents of LangChain under one limit, each with another answer to a conversation that outgrows it.

Peers are set as well as their own options allow: a trigger at 80 % of the limit, a tail that fits beside a long tool
result, an exact token counter, and a model that summarises faultlessly (it copies figures, up to 300 tokens). No peer
counts its own tools; deepagents takes part a second time with a trigger that leaves room for them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import ClearToolUsesEdit, ContextEditingMiddleware, SummarizationMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import Field

from langchain_tiered_memory import TieredMemoryMiddleware
from tiermem import Memory

LIMIT = 8_000
TRIGGER, KEPT = int(0.8 * LIMIT), 3_500
OWN_TOOLS = 2_200  # tokens of what deepagents adds to the system prompt and the tools
SUMMARY_WORDS = 230  # about 300 tokens

memory = Memory.open(":memory:")
count = memory.counter


class Asked(BaseChatModel):
    """Answers by script and keeps what it was sent, tools included."""

    answer: Callable[[list[BaseMessage], int], AIMessage]
    prompts: list[list[BaseMessage]] = Field(default_factory=list)
    schemas: str = ""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Asked:
        self.schemas = json.dumps([convert_to_openai_tool(tool) for tool in tools])
        return self

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        self.prompts.append(list(messages))
        return ChatResult(generations=[ChatGeneration(message=self.answer(messages, len(self.prompts)))])


def summarise(messages: list[BaseMessage], turn: int) -> AIMessage:
    """Every line with a figure, the newest first, as far as a summary of that length goes."""
    lines = [line for message in messages for line in message.text.splitlines() if "figure" in line]
    return AIMessage(" ".join("\n".join(reversed(lines)).split()[:SUMMARY_WORDS]))


@dataclass
class Contestant:
    """An agent, its model, the model that writes its summaries, and the tool by which it looks things up, if any."""

    name: str
    agent: Any
    model: Asked
    summaries: Asked
    look: Callable[[str, list[BaseMessage]], dict[str, Any] | None]
    config: dict[str, Any] = field(default_factory=lambda: {"configurable": {"thread_id": "t"}, "recursion_limit": 999})

    def ask(self, words: str) -> list[BaseMessage]:
        """The state after one more question."""
        return self.agent.invoke({"messages": [("user", words)]}, self.config)["messages"]  # type: ignore[no-any-return]

    def tokens(self, prompt: Sequence[BaseMessage]) -> int:
        """All that a model is sent: messages, names and arguments of calls, tools."""
        return count(as_text(prompt)) + count(self.model.schemas)


def as_text(prompt: Sequence[BaseMessage]) -> str:
    """A prompt as one text."""
    lines = []
    for one in prompt:
        calls = [f"{call['name']} {json.dumps(call['args'])}" for call in getattr(one, "tool_calls", ())]
        lines.append("\n".join([f"{one.type}: {one.text}", *calls]))
    return "\n".join(lines)


def contestants(answer: Callable[[list[BaseMessage], int], AIMessage], tools: Sequence[Any]) -> list[Contestant]:
    """The four, each with a model of its own."""
    ours, deep = (_ours, _ours_without_recall), (_deep_agents, _deep_agents_lower)
    return [made(answer, tools) for made in (*ours, _summarization, _context_editing, *deep)]


def _agent(model: Asked, tools: Sequence[Any], *middleware: Any) -> Any:
    prompt = "You are a careful assistant. Use your tools."
    return create_agent(model, list(tools), middleware=middleware, system_prompt=prompt, checkpointer=InMemorySaver())


def _ours(answer: Any, tools: Sequence[Any], **options: Any) -> Contestant:
    model, summaries = Asked(answer=answer), Asked(answer=summarise)
    own = Memory.open(":memory:", enable_context_management=False)
    agent = _agent(model, tools, TieredMemoryMiddleware(memory=own, max_tokens=LIMIT, **options))
    look = lambda question, prompt: {"name": "search_memory", "args": {"query": question}}  # noqa: E731
    return Contestant("TieredMemoryMiddleware", agent, model, summaries, look)


def _ours_without_recall(answer: Any, tools: Sequence[Any]) -> Contestant:
    made = _ours(answer, tools, recall=False)
    made.name = "the same, recall=False"
    return made


def _summarization(answer: Any, tools: Sequence[Any]) -> Contestant:
    model, summaries = Asked(answer=answer), Asked(answer=summarise)
    middleware = SummarizationMiddleware(
        summaries,
        trigger=("tokens", TRIGGER),
        keep=("tokens", KEPT),
        token_counter=_exact,
        trim_tokens_to_summarize=None,
    )
    return Contestant("SummarizationMiddleware", _agent(model, tools, middleware), model, summaries, _nothing)


def _context_editing(answer: Any, tools: Sequence[Any]) -> Contestant:
    model = Asked(answer=answer)
    middleware = ContextEditingMiddleware(edits=[ClearToolUsesEdit(trigger=TRIGGER, keep=1)])
    return Contestant(
        "ContextEditingMiddleware", _agent(model, tools, middleware), model, Asked(answer=summarise), _nothing
    )


def _deep_agents_lower(answer: Any, tools: Sequence[Any]) -> Contestant:
    made = _deep_agents(answer, tools, int(0.8 * (LIMIT - OWN_TOOLS)), KEPT)
    made.name = "deepagents, lower trigger"
    return made


def _deep_agents(answer: Any, tools: Sequence[Any], trigger: int = TRIGGER, kept: int = KEPT) -> Contestant:
    from deepagents.backends import StateBackend
    from deepagents.middleware import FilesystemMiddleware
    from deepagents.middleware.summarization import SummarizationMiddleware as DeepSummarization

    model, summaries, backend = Asked(answer=answer), Asked(answer=summarise), StateBackend()
    middleware = DeepSummarization(
        summaries,
        backend=backend,
        trigger=("tokens", trigger),
        keep=("tokens", kept),
        token_counter=_exact,
        trim_tokens_to_summarize=None,
    )
    agent = _agent(model, tools, FilesystemMiddleware(backend=backend), middleware)
    return Contestant("deepagents summarization", agent, model, summaries, _grep)


def _exact(messages: Any, **_: Any) -> int:
    return count(as_text(messages))


def _nothing(question: str, prompt: list[BaseMessage]) -> None:
    """No tool leads back to what was cleared or summarised."""


def _grep(question: str, prompt: list[BaseMessage]) -> dict[str, Any] | None:
    """A search of the history file, where the prompt names it: for the words that the question ends with."""
    if "/conversation_history/" not in as_text(prompt):
        return None
    pattern = " ".join(question.rstrip("?").split()[-2:])
    return {
        "name": "grep",
        "args": {"pattern": f"{pattern} ", "path": "/conversation_history", "output_mode": "content"},
    }
