"""What the classes of this package do with a session, written once for sync and async.

A procedure is a generator that yields steps: functions of a session. `run` gives each the `Session`, `arun` the
`AsyncSession`, whose verbs have the same names.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from langchain_tiered_memory.convert import derived, given_id
from langchain_tiered_memory.events import telling
from tiermem import AsyncSession, Memory, Message, Session, Shown
from tiermem.errors import IdConflict, InvalidMessage, UnknownReference
from tiermem.flows.driving import adrive, drive

MANY = 32  # messages from which on it is quicker to ask at once whether any is known
T = TypeVar("T")
Step: TypeAlias = Callable[[Any], Any]
Procedure: TypeAlias = Generator[Step, Any, T]


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
    """Stores *messages* in one piece.

    An id that LangChain gave may be taken by other words (an agent's updated answer), or by the same words in a part
    of the session that was cleared. The message then goes under an id of its own, so that nothing said is missing.
    """
    if len(messages) >= MANY and not (yield lambda session: session.stats()).hidden:
        try:
            return list((yield lambda session: session.add(messages)))  # what is equal is not stored twice
        except IdConflict:
            pass  # and what is not, is looked at one by one
    free = yield from _freed(messages)
    try:
        added: list[Message] = yield lambda session: session.add(free)
    except IdConflict:  # another process took an id in between
        free = yield from _freed(messages)
        added = yield lambda session: session.add(free)
    return added


def _freed(messages: Sequence[Message]) -> Procedure[list[Message]]:
    taken: dict[str, bytes] = {}
    free = []
    for message in messages:
        one = (yield from _free(message, taken)) if given_id(message) else message
        taken[one.id] = one.sha256
        free.append(one)
    return free


def _free(message: Message, taken: Mapping[str, bytes]) -> Procedure[Message]:
    """*message* under the first id that is free, or under which exactly this message is stored and shown."""
    while True:
        if message.id in taken:
            same, salt = taken[message.id] == message.sha256, ""
        else:
            stored = yield from _stored(message.id)
            if stored is None:
                return message
            salt = f"m{stored.sequence}"
            same = stored.sha256 == message.sha256 and not (yield from _hidden(salt))
        if same:
            return message
        message = derived(message, salt)


def _stored(message_id: str) -> Procedure[Message | None]:
    try:
        original = yield lambda session: session.expand(message_id)
    except UnknownReference:
        return None
    return next((message for message in original.messages if message.id == message_id), None)


def _hidden(reference: str) -> Procedure[bool]:
    explanation = yield lambda session: session.explain(reference)
    return bool(explanation.shown is Shown.HIDDEN)
