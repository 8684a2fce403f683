"""What the classes of this package do with a session, written once for sync and async.

A procedure is a generator that yields steps: functions of a session. `run` gives each the `Session`, `arun` the
`AsyncSession`, whose verbs have the same names.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, TypeVar

from langchain_tiered_memory.convert import given_id
from langchain_tiered_memory.events import telling
from tiermem import AsyncSession, Memory, Message, Session
from tiermem.agents.adding import adding as add
from tiermem.agents.view import Procedure, Step
from tiermem.errors import InvalidMessage
from tiermem.flows.driving import adrive, drive

__all__ = ["WAITING", "Procedure", "Step", "Waiting", "adding", "arun", "delivering", "run"]

T = TypeVar("T")


def run(procedure: Procedure[T], session: Session) -> T:
    """Runs *procedure* on a session; an error of a step is raised inside the procedure. Events go to LangChain."""
    with telling():
        return drive(procedure, lambda step: step(session))


async def arun(procedure: Procedure[T], session: AsyncSession) -> T:
    """`run` for an async session."""
    async with telling():
        return await adrive(procedure, lambda step: step(session))


class Waiting:
    """Messages that could not be stored when LangChain gave no way to say so, in order, by database and session.

    They live as long as the process, also when the memory is closed and opened again in between; every later call on
    the session tries them again.
    """

    def __init__(self) -> None:
        self._messages: dict[tuple[Any, Any], list[Message]] = {}
        self._lock = threading.Lock()

    def put(self, memory: Memory, scope: Any, messages: Sequence[Message]) -> None:
        """Keeps *messages* in front of those that came to wait in the meantime."""
        with self._lock:
            if waiting := [*messages, *self._messages.get(_place(memory, scope), ())]:
                self._messages[_place(memory, scope)] = waiting

    def look(self, memory: Memory, scope: Any) -> list[Message]:
        """What waits, and goes on waiting."""
        with self._lock:
            return list(self._messages.get(_place(memory, scope), ()))

    def take(self, memory: Memory, scope: Any) -> list[Message]:
        """What waits; the caller stores it or puts it back."""
        with self._lock:
            return self._messages.pop(_place(memory, scope), [])


def _place(memory: Memory, scope: Any) -> tuple[Any, Any]:
    return memory if memory.path == ":memory:" else memory.path, scope


WAITING = Waiting()


def delivering(messages: Sequence[Message], memory: Memory, scope: Any, *, keep: bool) -> Procedure[list[Message]]:
    """Stores what waits and then *messages*, together. When that fails the error is raised, and with *keep* they wait.

    A message that the core refuses for good is not kept: no later attempt could mend it.
    """
    waiting = WAITING.take(memory, scope)
    if not waiting and not messages:
        return []
    try:
        return (yield from adding([*waiting, *messages]))
    except InvalidMessage:
        WAITING.put(memory, scope, waiting)
        raise
    except BaseException:
        WAITING.put(memory, scope, [*waiting, *messages] if keep else waiting)
        raise


def adding(messages: Sequence[Message]) -> Procedure[list[Message]]:
    """Stores *messages* in one piece, each under an id that is free: LangChain delivers changed ones under old ids."""
    return add(messages, given_id)
