"""The memory tools of `tiermem.tools` as tools of LangChain, for `create_agent`, `ToolNode` or calls by hand."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Unpack

from langchain_core.tools import BaseTool, StructuredTool
from langgraph.prebuilt import ToolRuntime
from pydantic import ValidationError

from langchain_tiered_memory.chains.history import TieredChatMessageHistory
from langchain_tiered_memory.events import telling
from tiermem import AsyncSession, Memory, Session
from tiermem.agents.surviving import told
from tiermem.arguments import refused_within
from tiermem.errors import InvalidSettings, StorageError
from tiermem.records import Within
from tiermem.runtime.options import OpenOptions
from tiermem.tools import tools

__all__ = ["memory_tools"]


def memory_tools(
    session_id: str | Session | AsyncSession | None = None,
    *,
    path: str | os.PathLike[str] | None = None,
    memory: Memory | None = None,
    namespace: str | tuple[str, str] = "default",
    history: TieredChatMessageHistory | None = None,
    resolve: Callable[[ToolRuntime], Any] | None = None,
    names: Iterable[str] | None = None,
    max_tokens: int = 1_000,
    within: Within = "everything",
    **options: Unpack[OpenOptions],
) -> list[BaseTool]:
    """`search_memory`, `expand_memory`, `remember` and `forget_memory` for an agent::

        create_agent(model, tools=[*mine, *memory_tools("thread-1", path="chat.db", namespace="anna")])

    An agent that serves many threads says at each call which session is meant::

        memory_tools(resolve=lambda runtime: memory.session(runtime.config["configurable"]["thread_id"]))

    Args:
        session_id: the session, or its id.
        path, memory, namespace and settings: as for `TieredChatMessageHistory`.
        history: a `TieredChatMessageHistory`, instead of all these.
        resolve: instead of all these, a function of the call's `ToolRuntime` (state, config, context, store) that
            returns a `Session`; in async calls it may be async. A model does not see this argument.
        names: which tools; by default these four. `tiermem.tools.memory_tools` names those for notes of a kind.
        max_tokens: of an answer at most, by the memory's own counter.
        within: by default all conversations, notes and documents of the user; "conversation" is the session alone.

    Raises:
        InvalidSettings: an argument contradicts another one, is missing, or makes no sense.
        MissingNamespace: *within* is "user", and no namespace names one.
    """
    chosen = {"session_id": session_id, "history": history, "resolve": resolve}
    if len(naming := [name for name, value in chosen.items() if value]) != 1:
        raise InvalidSettings("name the session by one of session_id=, history= or resolve=")
    if not isinstance(session_id, str) and any(value is not None for value in (path, memory, *options.values())):
        raise InvalidSettings(f"{naming[0]}= says which memory it is; leave out path=, memory= and settings")
    wanted: dict[str, Any] = {"names": names, "max_tokens": max_tokens, "within": within}
    if resolve is not None:
        return [_asking(tool) for tool in tools.memory_tools(resolve, **wanted).values()]
    if isinstance(session_id, str):
        history = TieredChatMessageHistory(session_id, path=path, memory=memory, namespace=namespace, **options)
    if history is not None:
        refused_within(within, history.namespace)
        return _waiting(history, wanted)
    assert not isinstance(session_id, str | None)  # noqa: S101  # the only one left that names a session
    return [_bound(tool, tool) for tool in tools.memory_tools(session_id, **wanted).values()]


def _waiting(history: TieredChatMessageHistory, wanted: dict[str, Any]) -> list[BaseTool]:
    """The tools of a database that is opened when one is first called, in async code off the event loop."""
    waiting = tools.memory_tools(history.asession, **wanted)
    reading = tools.memory_tools(lambda: history.session, **wanted)
    return [_bound(tool, waiting[tool.name]) for tool in reading.values()]


def _bound(tool: tools.MemoryTool, waiting: tools.MemoryTool) -> BaseTool:
    def call(*unnamed: Any, **arguments: Any) -> str:
        with telling():
            return _answered(lambda: tool.call(**tool.named(unnamed, arguments)))

    async def acall(*unnamed: Any, **arguments: Any) -> str:
        async with telling():
            return await _awaited(waiting.acall(**tool.named(unnamed, arguments)))

    return _tool(tool, call, acall)


def _asking(tool: tools.MemoryTool) -> BaseTool:
    def call(runtime: ToolRuntime, *unnamed: Any, **arguments: Any) -> str:
        with telling():
            return _answered(lambda: tool.call(runtime, **tool.named(unnamed, arguments)))

    async def acall(runtime: ToolRuntime, *unnamed: Any, **arguments: Any) -> str:
        async with telling():
            return await _awaited(tool.acall(runtime, **tool.named(unnamed, arguments)))

    # Before langchain-core 1.6 an annotation that is text, as all are in this module, was not seen to be injected.
    call.__annotations__["runtime"] = acall.__annotations__["runtime"] = ToolRuntime
    return _tool(tool, call, acall)


def _tool(tool: tools.MemoryTool, call: Callable[..., str], acall: Callable[..., Any]) -> BaseTool:
    return StructuredTool.from_function(
        func=call,
        coroutine=acall,
        name=tool.name,
        description=tool.description,
        args_schema=tool.arguments,
        handle_validation_error=_missing,
    )


def _answered(call: Callable[[], str]) -> str:
    """What a tool answers; LangChain's agents end with an error of a tool, so one of the database is said in words."""
    try:
        return call()
    except StorageError as error:
        return _unreachable(error)


async def _awaited(answer: Awaitable[str]) -> str:
    try:
        return await answer
    except StorageError as error:
        return _unreachable(error)


def _unreachable(error: StorageError) -> str:
    told(None, error)
    return f"The memory cannot be reached now ({type(error).__name__}). Go on without it."


def _missing(error: ValidationError | Any) -> str:
    names = ", ".join(str(name) for fault in error.errors() for name in fault["loc"])
    return f"An argument is missing: {names}."
