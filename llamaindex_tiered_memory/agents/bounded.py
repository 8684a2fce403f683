"""Tools whose outputs are bounded: what is too long is kept whole in the archive, and the agent gets its two ends.

For agents whose steps a memory cannot see before they end (`ReActAgent`, `CodeActAgent`, `FunctionAgent`), and for
single outputs that are longer than all else together. How they are cut is told in `tiermem.agents.bounded`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

from llama_index.core.base.llms.types import TextBlock
from llama_index.core.tools import AsyncBaseTool, BaseTool, FunctionTool, ToolMetadata, ToolOutput
from llama_index.core.tools import adapt_to_async_tool as as_async_tool

from llamaindex_tiered_memory.memory.memory import TieredChatMemory
from tiermem import AsyncSession, Session
from tiermem.agents.bounded import MAX_TOKENS, ResultBound
from tiermem.agents.surviving import surviving, told
from tiermem.agents.view import Procedure
from tiermem.flows.driving import adrive, drive
from tiermem.tools.tools import NAMES

Source: TypeAlias = "TieredChatMemory | Session | Callable[[], TieredChatMemory | Session]"
Function = TypeVar("Function", bound=Callable[..., Any])


def bounded_tools(
    tools: Sequence[BaseTool | Callable[..., Any]], source: Source, max_tokens: int = MAX_TOKENS
) -> list[BaseTool]:
    """*tools*, with outputs of at most *max_tokens*::

        ReActAgent(llm=llm, tools=[*bounded_tools(tools, memory), *memory_tools(memory)])

    Names, descriptions, schemas, Context parameters and `return_direct` stay. A longer output is kept whole in the
    session; the agent gets its head and tail and a reference, which `expand_memory` reads. The memory's own tools are
    bounded already, and left as they are.

    Args:
        tools: tools or functions.
        source: the memory or session that keeps the outputs, or a function that says so at each call.
        max_tokens: of one output, by the memory's counter; at least 60.

    Raises:
        InvalidSettings: *max_tokens* is too small.
    """
    bound = _Bound(source, max_tokens)
    made = [tool if isinstance(tool, BaseTool) else FunctionTool.from_defaults(tool) for tool in tools]
    return [tool if tool.metadata.name in NAMES else _bounded_tool(tool, bound) for tool in made]


def bounded_function(function: Function, source: Source, max_tokens: int = MAX_TOKENS) -> Function:
    """*function*, sync or async, with results of at most *max_tokens*; a longer one is returned as a shortened text.

    For functions that are no tools, as `CodeActAgent(code_execute_fn=…)`. Arguments are those of `bounded_tools`.
    """
    bound = _Bound(source, max_tokens)
    name = getattr(function, "__name__", "function")

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def called_async(*args: Any, **kwargs: Any) -> Any:
            result = await function(*args, **kwargs)
            shorter = await bound.ashorter(str(result), name)
            return result if shorter is None else shorter

        return called_async  # type: ignore[return-value]

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        shorter = bound.shorter(str(result), name)
        return result if shorter is None else shorter

    return called  # type: ignore[return-value]


class _Bound:
    """Where outputs are kept, and how long they may be."""

    def __init__(self, source: Source, max_tokens: int) -> None:
        self._source = source
        self._bound = ResultBound(max_tokens)

    def shorter(self, text: str, name: str) -> str | None:
        """The ends of *text*, once the whole is kept; None where it is short enough."""
        session = self._session()
        return drive(self._shortened(text, name, session), lambda step: step(session))

    async def ashorter(self, text: str, name: str) -> str | None:
        """`shorter`, without blocking the event loop."""
        session = self._session().as_async()
        return await adrive(self._shortened(text, name, session), lambda step: step(session))

    def _shortened(self, text: str, name: str, session: Session | AsyncSession) -> Procedure[str | None]:
        """The output stays whole where the memory fails: a tool has run, and what it said must not be lost."""
        return surviving(self._bound.shortened(text, name, session.memory.counter), None, partial(told, session))

    def _session(self) -> Session:
        source = self._source
        if not isinstance(source, (TieredChatMemory, Session)):
            source = source()
        return source.session if isinstance(source, TieredChatMemory) else source


def _bounded_tool(tool: BaseTool, bound: _Bound) -> BaseTool:
    return _BoundedFunction(tool, bound) if isinstance(tool, FunctionTool) else _BoundedTool(tool, bound)


class _Bounding:
    """What both kinds do with an output."""

    _tool: AsyncBaseTool
    _bound: _Bound

    def call(self, *args: Any, **kwargs: Any) -> ToolOutput:
        """The tool's output, bounded."""
        output = self._tool.call(*args, **kwargs)
        return self._kept(output, self._bound.shorter(output.content, output.tool_name))

    async def acall(self, *args: Any, **kwargs: Any) -> ToolOutput:
        """The tool's output, bounded."""
        output = await self._tool.acall(*args, **kwargs)
        return self._kept(output, await self._bound.ashorter(output.content, output.tool_name))

    def _kept(self, output: ToolOutput, shorter: str | None) -> ToolOutput:
        if shorter is None:
            return output
        beside = [block for block in output.blocks if not isinstance(block, TextBlock)]
        return output.model_copy(update={"blocks": [TextBlock(text=shorter), *beside]})


class _BoundedTool(_Bounding, AsyncBaseTool):
    """Any tool, with its outputs bounded."""

    def __init__(self, tool: BaseTool, bound: _Bound) -> None:
        self._tool = as_async_tool(tool)
        self._bound = bound

    @property
    def metadata(self) -> ToolMetadata:
        """As of the tool."""
        return self._tool.metadata


class _BoundedFunction(_Bounding, FunctionTool):
    """A FunctionTool, with its outputs bounded: agents ask a tool whether it is one, and whether it wants a Context."""

    def __init__(self, tool: FunctionTool, bound: _Bound) -> None:
        vars(self).update(vars(tool))
        self._tool = tool
        self._bound = bound
