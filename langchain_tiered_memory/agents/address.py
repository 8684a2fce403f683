"""Whose memory a running agent has: the user, the thread, and for a sub-agent an address space of its own (SPEC B).

LangGraph names where an agent runs by the graphs around it, as "node:task|node:task"; a task has a new id in each turn.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_config

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.settings import MAX_NAME_BYTES

Namespace: TypeAlias = str | tuple[str, str]
SessionOf: TypeAlias = str | Callable[[Any], str] | None
NamespaceOf: TypeAlias = Namespace | Callable[[Any], Namespace]
CHECKPOINTER = "__pregel_checkpointer"  # where LangGraph hands it to nodes; its name for it is private
_in_ram: WeakKeyDictionary[InMemorySaver, str] = WeakKeyDictionary()
_turn = threading.Lock()
STEPS = 4_096  # that are remembered: of those under way


class Siblings:
    """Which task of a node was the first in its step, so that those beside it (`Send`, a task called twice) differ."""

    def __init__(self) -> None:
        self._first: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self._turn = threading.Lock()

    def first(self, name: str, step: tuple[object, ...], task: str) -> bool:
        """Whether *task* is the first that came with that name in that step."""
        with self._turn:
            known = self._first.setdefault((name, *step), task)
            if len(self._first) > STEPS:
                self._first.popitem(last=False)
        return known == task


def session_of(given: SessionOf, runtime: Any, siblings: Siblings) -> str:
    """The session of the agent that runs now: what the caller says, else the thread; "" where nothing names one.

    An agent that runs inside a node of another graph has the session "thread|node", in each turn the same; a text that
    the caller gave stands as it is. Where several tasks of that node run in one step, all but the first have one of
    their own, and so has a sub-agent for each call of a tool. A callable decides for itself.

    Raises:
        InvalidSettings: the callable returned no name.
    """
    if callable(given):
        return _named(given(runtime), "session_id")
    own, around = given or thread_name(_configured("thread_id")), _around()
    if not (own and around):
        return own
    nodes = [part if _calls_tools(part) else part.partition(":")[0] for part in around]
    name = own if given and not any(map(_calls_tools, around)) else _beside(own, "|".join(nodes))
    if siblings.first(name, _step(around), "|".join(around)):
        return name
    return _beside(own, "|".join(around))


def _around() -> Sequence[str]:
    """The graphs around this one, from the outermost; none for an agent that nobody else runs."""
    return str(_configured("checkpoint_ns") or "").split("|")[:-1]


def _calls_tools(part: str) -> bool:
    return part.startswith("tools:")  # the node of `create_agent` and `ToolNode`: one task a call


def _step(around: Sequence[str]) -> tuple[object, ...]:
    """The checkpoints of the graphs around this one: the same for all tasks of a step."""
    checkpoints = get_config().get("configurable", {}).get("checkpoint_map") or {}
    return tuple(checkpoints.get("|".join(around[:depth])) for depth in range(len(around)))


def keeper() -> str:
    """What keeps the state of this thread from run to run; "" where nothing does, or where a graph around it runs.

    A checkpointer in RAM is another one after a restart; of any other the class is enough, which may be used sync and
    async.
    """
    saver = get_config().get("configurable", {}).get(CHECKPOINTER)
    if saver is None or isinstance(saver, bool) or _around():
        return ""
    name = type(saver).__name__.removeprefix("Async")
    if not isinstance(saver, InMemorySaver):
        return name
    with _turn:
        return f"{name} {_in_ram.setdefault(saver, uuid.uuid4().hex)}"


def running() -> bool:
    """Whether this is called inside of a run; LangGraph raises RuntimeError where it has no config to give."""
    try:
        get_config()
    except RuntimeError:
        return False
    return True


def replayed() -> bool:
    """Whether the caller named the checkpoint to go on from; LangGraph says so in the metadata alone."""
    return bool(get_config().get("metadata", {}).get("checkpoint_id"))


def _beside(own: str, inside: str) -> str:
    """The name of a sub-agent's session; where it would be too long a digest stands for the graphs around it."""
    name = f"{own}|{inside}"
    if len(name.encode("utf-8", "surrogatepass")) <= MAX_NAME_BYTES:
        return name
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    cut = own.encode("utf-8", "surrogatepass")[: MAX_NAME_BYTES - len(digest) - 1].decode("utf-8", "ignore")
    return f"{cut}|{digest}"


def namespace_of(given: NamespaceOf, runtime: Any) -> Namespace:
    """The user, or (tenant, user), whose memory this is.

    Raises:
        InvalidSettings: the callable returned neither.
    """
    if not callable(given):
        return given
    found = given(runtime)
    return found if isinstance(found, tuple) else _named(found, "namespace")


def _named(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidSettings(f"{what}= returned {brief_repr(value)}; it must return a non-empty string")
    return value


def thread_name(thread_id: object) -> str:
    """The session of that thread: a thread may have any name (5, a UUID), a session's is text; "" where there is none.

    Checkpointers write names in the same way.
    """
    return "" if thread_id is None else str(thread_id)


def _configured(name: str) -> Any:
    return get_config().get("configurable", {}).get(name)
