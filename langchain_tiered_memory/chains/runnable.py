"""Which messages of a finished chain call are new: for `RunnableWithMessageHistory` (RWMH).

With a list as input RWMH reads the history when a call starts and again when it ends, cuts ``len(second reading)``
messages off the front of what the model was given, and adds the rest. When the history changed in between (a parallel
call, a compaction, another process), that cuts off the user's message or adds old ones a second time. LangChain offers
no name for a call that both readings could share: contexts, tasks and threads all differ between them.

So the second reading is answered with an empty list: nothing is cut off, and the front is taken off here, by comparing
with what was handed out when calls started. The two readings are told apart by the function that asks.
Rejected: one object per call with a frozen reading (a cached object, which LangChain's own tutorials use, still loses
messages), marks in the messages (they would reach the model and break `==`), freezing while calls are open (a model
that raises never closes its call).
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Sequence
from contextvars import ContextVar
from hashlib import blake2b
from threading import Lock
from typing import Literal

from langchain_core.messages import BaseMessage, ToolMessage

MAX_OPEN = 1024  # readings remembered at most; a model that raises leaves its own behind
_MODULE = "langchain_core.runnables.history"
_ENTER = frozenset({"_enter_history", "_aenter_history"})
_EXIT = frozenset({"_exit_history", "_aexit_history"})
_DEPTH = 3  # callers looked at: RWMH itself, or through one wrapper around our history

_leaving: ContextVar[int] = ContextVar("tiermem_leaving", default=0)


def asked_by() -> Literal["enter", "exit", ""]:
    """Whether the method that called this one was called by RWMH when a call starts, when it ends, or by others."""
    frame = inspect.currentframe()
    frame = frame.f_back and frame.f_back.f_back if frame else None
    for _ in range(_DEPTH):
        if frame is None:
            return ""
        if frame.f_globals.get("__name__") == _MODULE and frame.f_code.co_name in _ENTER | _EXIT:
            return "enter" if frame.f_code.co_name in _ENTER else "exit"
        frame = frame.f_back
    return ""


class Readings:
    """What one history object handed out to calls that have not ended yet."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[int, bytes], int] = OrderedDict()
        self._lock = Lock()

    def opened(self, messages: Sequence[BaseMessage]) -> None:
        """A call starts with *messages*."""
        key = len(messages), _digest(list(map(_key, messages)))
        with self._lock:
            self._open[key] = self._open.pop(key, 0) + 1
            while len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)

    def leaving(self) -> None:
        """The call that runs in this context reads for the second time; what it adds starts with its reading."""
        _leaving.set(id(self))

    def new(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """The messages of a call that ends without those handed out when it started.

        Parallel calls may have readings of several lengths open. The longest that the messages start with is taken,
        if it leaves something that a caller can have said; an answer alone is not that.
        """
        if _leaving.get() != id(self):
            return list(messages)
        _leaving.set(0)
        keys = list(map(_key, messages))
        with self._lock:
            fitting = self._fitting(keys)
            length = next((n for n in fitting if _said(messages[n:])), fitting[0] if fitting else self._last())
            self._close((length, _digest(keys[:length])))
        return _without_echo(messages[:length], messages[length:])

    def _fitting(self, keys: Sequence[bytes]) -> list[int]:
        """The lengths of open readings that messages with these *keys* start with, the longest first."""
        running, done, fitting = blake2b(digest_size=16), 0, list[int]()
        for length in sorted({length for length, _ in self._open if length <= len(keys)}):
            running.update(b"".join(keys[done:length]))
            done = length
            if (length, running.digest()) in self._open:
                fitting.insert(0, length)
        return fitting

    def _last(self) -> int:
        """The chain changed what it was given beyond recognition: the newest reading is the likeliest."""
        return next(reversed(self._open))[0] if self._open else 0

    def _close(self, key: tuple[int, bytes]) -> None:
        left = self._open.get(key, 0) - 1
        if left > 0:
            self._open[key] = left
        else:
            self._open.pop(key, None)


def _said(rest: Sequence[BaseMessage]) -> bool:
    return bool(rest) and not rest[0].type.lower().startswith("ai")


def _without_echo(handed_out: Sequence[BaseMessage], rest: Sequence[BaseMessage]) -> list[BaseMessage]:
    """*rest* without a second copy of what the chain was given: agents return their whole state, not only what is new.

    The history counts as repeated only when all of it and all of the input stand there again, in order.
    """
    before, after = [_key(message) for message in handed_out], [_key(message) for message in rest]
    for length in range(1, len(rest) - len(before)):
        end = 2 * length + len(before)
        if before and after[length:end] == before + after[:length]:
            return [*rest[:length], *rest[end:]]
    return list(rest)


def _digest(keys: Sequence[bytes]) -> bytes:
    """Stands for messages with these *keys*, in order."""
    return blake2b(b"".join(keys), digest_size=16).digest()


def _key(message: BaseMessage) -> bytes:
    """Type and text only: LangChain rewrites image blocks while it traces a call, and agents give ids in place."""
    text = message.content if isinstance(message.content, str) else message.text
    answers = message.tool_call_id if isinstance(message, ToolMessage) else ""
    return f"{message.type}\0{text}\0{answers}\0".encode("utf-8", "surrogatepass")
