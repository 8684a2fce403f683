"""The memory tools of `tiermem.tools` as tools of LlamaIndex, for its agents and for calls by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from llama_index.core.tools import FunctionTool

from llamaindex_tiered_memory.events import attach
from llamaindex_tiered_memory.memory.memory import TieredChatMemory
from tiermem import AsyncSession, Session
from tiermem.records import Within
from tiermem.tools import tools

__all__ = ["memory_tools"]


def memory_tools(
    source: TieredChatMemory | Session | AsyncSession | Callable[[], Any],
    *,
    names: Iterable[str] | None = None,
    max_tokens: int = 1_000,
    within: Within = "everything",
) -> list[FunctionTool]:
    """`search_memory`, `expand_memory`, `remember` and `forget_memory` for an agent::

        memory = TieredChatMemory(session_id="thread-1", path="chat.db", namespace="anna")
        agent = FunctionAgent(tools=[*mine, *memory_tools(memory)], llm=llm)
        await agent.run("Which pump did we order?", memory=memory)

    Args:
        source: a `TieredChatMemory`, a session of an open `tiermem.Memory`, or a function that returns a session at
            each call; in async calls it may be async.
        names: which tools; by default these four. `tiermem.tools.memory_tools` names those for notes of a kind.
        max_tokens: of an answer at most, by the memory's own counter.
        within: what is searched: by default all conversations of the user that the namespace of *source* names, their
            notes and documents; "user" leaves out the documents, "conversation" all but this one.

    Raises:
        InvalidSettings: no tool has such a name, *max_tokens* is too small, or *source* has no session.
        MissingNamespace: *within* is "user", and no namespace names one.
    """
    session = source.session if isinstance(source, TieredChatMemory) else source
    if isinstance(session, Session | AsyncSession):
        attach(session.memory)
    chosen = tools.memory_tools(session, names=names, max_tokens=max_tokens, within=within)
    return [_tool(tool) for tool in chosen.values()]


def _tool(tool: tools.MemoryTool) -> FunctionTool:
    def call(*unnamed: Any, **arguments: Any) -> str:
        return tool.call(**tool.named(unnamed, arguments))

    async def acall(*unnamed: Any, **arguments: Any) -> str:
        return await tool.acall(**tool.named(unnamed, arguments))

    return FunctionTool.from_defaults(
        fn=call, async_fn=acall, name=tool.name, description=tool.description, fn_schema=tool.arguments
    )
