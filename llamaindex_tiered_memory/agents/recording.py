"""What a run writes into the session and reads of it, which may fail: the run has its messages, and goes on.

Rule 1: what could not be put is held by the process, and put in its order before anything else of the session is.
Rule 2: a view is made of a session that has everything; else the model is sent what the framework has.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llama_index.core.base.llms.types import ChatMessage

from llamaindex_tiered_memory.agents.run import RunNote, RunPrompt, prompt_of
from llamaindex_tiered_memory.converted import copied
from llamaindex_tiered_memory.memory.memory import TieredChatMemory
from tiermem.agents.surviving import ON_PURPOSE, told
from tiermem.agents.view import ViewRequest

RUNS = 64


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of a run with their ids, and the names of tools by the calls that they answer."""

    messages: list[ChatMessage]
    ids: Sequence[str] = ()
    names: Mapping[str, str] | None = None


class HeldBatches:
    """Batches that could not be put, by session, in order."""

    def __init__(self) -> None:
        self._batches: dict[Any, list[Batch]] = {}
        self._lock = threading.Lock()

    def take(self, memory: TieredChatMemory) -> list[Batch]:
        """What is held; the caller puts it, or holds it again."""
        with self._lock:
            return self._batches.pop(_place(memory), [])

    def hold(self, memory: TieredChatMemory, batches: Sequence[Batch]) -> None:
        """Holds *batches*, before those that came in the meantime."""
        with self._lock:
            if batches:
                self._batches[_place(memory)] = [*batches, *self._batches.get(_place(memory), ())]


class Beginnings:
    """What a model was sent of the conversation when a run began, by run; of the newest 64."""

    def __init__(self) -> None:
        self._messages: OrderedDict[str, list[ChatMessage]] = OrderedDict()

    def note(self, run: str, messages: Sequence[ChatMessage]) -> None:
        """Holds *messages*."""
        self._messages[run] = list(messages)
        while len(self._messages) > RUNS:
            self._messages.popitem(last=False)

    def begun(self, run: str) -> list[ChatMessage] | None:
        """The conversation that a run began with; agents may write into the last message. None: it is not held."""
        held = self._messages.get(run)
        return [*held[:-1], copied(held[-1])] if held else None

    def so_far(self, run: str, scratchpad: Sequence[ChatMessage], otherwise: Sequence[ChatMessage] = ()) -> list[Any]:
        """The conversation and the run; *otherwise* stands for a conversation that another process began."""
        return [*self._messages.get(run, otherwise), *scratchpad]


HELD, BEGINNINGS = HeldBatches(), Beginnings()


async def recorded(memory: TieredChatMemory, *batches: Batch) -> bool:
    """Puts what is held and then *batches*; False where the session failed, which is told, and the rest is held."""
    waiting = [*HELD.take(memory), *batches]
    while waiting:
        try:
            await memory.aput_messages(waiting[0].messages, waiting[0].ids, waiting[0].names)
        except BaseException as error:
            HELD.hold(memory, waiting)
            if not isinstance(error, Exception) or isinstance(error, ON_PURPOSE):
                raise
            told(memory.opened, error)
            return False
        waiting.pop(0)
    return True


async def surviving_prompt(
    memory: TieredChatMemory, note: RunNote, request: ViewRequest, otherwise: RunPrompt
) -> RunPrompt:
    """`prompt_of`; *otherwise*, where the session lacks something or cannot be read.

    Raises:
        BudgetTooSmall: what must be shown does not fit.
    """
    if not await recorded(memory):
        return otherwise
    try:
        return await prompt_of(memory, note, request)
    except ON_PURPOSE:
        raise
    except Exception as error:  # noqa: BLE001  # whatever an archive raises, the framework has the messages
        told(memory.opened, error)
        return otherwise


def _place(memory: TieredChatMemory) -> tuple[Any, Any]:
    core = memory.opened.memory
    return (core if core.path == ":memory:" else core.path), memory.opened.scope
