"""Anthropic's memory tool over a user's items: its files lie in the same database as everything else of the user.

    from tiermem.tools.anthropic_memory import memory_tool

    client.beta.messages.run_tools(model=…, messages=…, tools=[memory_tool(memory.items("anna"))])

A file is an item under the path ("memories", …), so it is exported, erased and found (`items.search`) with the rest,
and passes the redactor first. Each command is one transaction: two agents that write at once lose nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol, overload

from tiermem.errors import InvalidNamespace, MissingExtra, TiermemError
from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.items import flow
from tiermem.items.item import Item, Put, Search
from tiermem.items.items import AsyncItems, Items
from tiermem.redaction.walking import value_of
from tiermem.settings import Scope
from tiermem.tools import memory_files
from tiermem.tools.memory_files import ROOT, FileRefused, Place

try:
    from anthropic.lib.tools import (
        BetaAbstractMemoryTool,
        BetaAsyncAbstractMemoryTool,
        BetaFunctionToolResultType,
        ToolError,
    )
except ImportError as error:
    raise MissingExtra("Anthropic's memory tool needs their SDK: pip install 'tiermem[anthropic]'") from error

TEXT = "text"  # the field of an item that holds the file
_WRITTEN = ("file_text", "new_str", "insert_text")  # what a model writes into a file
MOST = 2**62


class _MemoryCommand(Protocol):
    def model_dump(self, *, warnings: bool) -> dict[str, Any]: ...


class MemoryFiles(BetaAbstractMemoryTool):
    """The tool, for clients that do not wait. Use `memory_tool`."""

    def __init__(self, items: Items, path: Sequence[str] = (ROOT,), **options: Any) -> None:
        super().__init__(**options)
        self._items, self._path = items, tuple(path)

    def call(self, input: object) -> BetaFunctionToolResultType:  # the SDK's name
        """Do the command *input*, as a model wrote it."""
        _refuse_flags(input)
        return super().call(input)

    def _answer(self, command: _MemoryCommand) -> str:
        items = self._items
        try:
            return items.memory.drive(
                _answered(items.memory.wiring[0], items.scope, self._path, command.model_dump(warnings=False))
            )
        except (FileRefused, TiermemError) as error:
            raise ToolError(_told(error)) from error

    view = create = str_replace = insert = delete = rename = _answer

    def clear_all_memory(self) -> str:
        """Delete all files."""
        items = self._items
        return items.memory.drive(_cleared(items.memory.wiring[0], items.scope, self._path))


class AsyncMemoryFiles(BetaAsyncAbstractMemoryTool):
    """The tool, for clients that wait. Use `memory_tool`."""

    def __init__(self, items: AsyncItems, path: Sequence[str] = (ROOT,), **options: Any) -> None:
        super().__init__(**options)
        self._items, self._path = items, tuple(path)

    async def call(self, input: object) -> BetaFunctionToolResultType:  # the SDK's name
        """Do the command *input*, as a model wrote it."""
        _refuse_flags(input)
        return await super().call(input)

    async def _answer(self, command: _MemoryCommand) -> str:
        items = self._items
        try:
            return await items.memory.drive_async(
                _answered(items.memory.wiring[0], items.scope, self._path, command.model_dump(warnings=False))
            )
        except (FileRefused, TiermemError) as error:
            raise ToolError(_told(error)) from error

    view = create = str_replace = insert = delete = rename = _answer

    async def clear_all_memory(self) -> str:
        """Delete all files."""
        items = self._items
        return await items.memory.drive_async(_cleared(items.memory.wiring[0], items.scope, self._path))


@overload
def memory_tool(items: Items, path: Sequence[str] = ..., **options: Any) -> MemoryFiles: ...
@overload
def memory_tool(items: AsyncItems, path: Sequence[str] = ..., **options: Any) -> AsyncMemoryFiles: ...
def memory_tool(items: Items | AsyncItems, path: Sequence[str] = (ROOT,), **options: Any) -> Any:
    """Anthropic's memory tool over *items* of a user (`memory.items("anna")`, or those of an `AsyncMemory`).

    Args:
        items: whose files they are; no path that a model writes leads to another user's.
        path: under which they lie.
        options: those of the SDK's class (`cache_control`).
    """
    return (AsyncMemoryFiles if isinstance(items, AsyncItems) else MemoryFiles)(items, path, **options)  # type: ignore[arg-type]


def _refuse_flags(asked: object) -> None:
    try:
        memory_files.refuse_flags(asked)
    except FileRefused as error:
        raise ToolError(_told(error)) from error


def _told(error: Exception) -> str:
    return "The path is too long." if isinstance(error, InvalidNamespace) else str(error)


def _answered(core: Core, scope: Scope, path: tuple[str, ...], asked: Mapping[str, Any]) -> Flow[str]:
    """What a command answers; what it changes is kept when it does."""
    if asked.get("command") == "view":
        (items,) = yield from flow.batch(core, scope, [Search(path, limit=MOST)], None)
        return memory_files.shown(_files(items, path), asked)
    if core.redactor is not None:
        private = {name: asked[name] for name in _WRITTEN if isinstance(asked.get(name), str)}
        asked = {**asked, **value_of(private, core.redactor)}
    answer: str = yield from flow.edited(core, scope, path, partial(_decided, path, asked))
    return answer


def _decided(path: tuple[str, ...], asked: Mapping[str, Any], items: list[Item]) -> tuple[list[Put], str]:
    changes, answer = memory_files.decided(_files(items, path), asked)
    return [_put(path, place, text) for place, text in changes.items()], answer


def _cleared(core: Core, scope: Scope, path: tuple[str, ...]) -> Flow[str]:
    def decide(items: list[Item]) -> tuple[list[Put], str]:
        return [
            Put(one.path, one.key, None) for one in items
        ], f"Deleted {len(items)} file{'s' if len(items) != 1 else ''}."

    answer: str = yield from flow.edited(core, scope, path, decide)
    return answer


def _files(items: list[Item], path: tuple[str, ...]) -> dict[Place, str]:
    return {(*one.path[len(path) :], one.key): str(one.value.get(TEXT, "")) for one in items}


def _put(path: tuple[str, ...], place: Place, text: str | None) -> Put:
    return Put((*path, *place[:-1]), place[-1], None if text is None else {TEXT: text})
