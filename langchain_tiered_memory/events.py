"""What a memory did, told to LangChain: callback handlers' `on_custom_event`, `astream_events`, LangGraph's writers.

The classes of this package do it by themselves wherever LangChain is running something. Who calls a session on their
own, as inside a node, a tool or a middleware, does it around these calls, and around nothing else::

    with telling(writer=runtime.stream_writer):  # or: async with
        session.context(...)

The name of an event is "tiermem.compacted" and so on, its data is a plain dictionary (`Event.as_dict`). A writer is
given ``{"name": ..., "data": ...}``. Nothing is a message, so nothing reaches ``stream_mode="messages"``.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from types import FrameType
from typing import Any

from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
from langchain_core.callbacks.base import BaseCallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config

from tiermem.events import Event, collecting

_log = logging.getLogger(__name__)
_telling: ContextVar[bool] = ContextVar("tiermem_telling", default=False)
_early: ContextVar[tuple[Event, ...]] = ContextVar("tiermem_early", default=())


class telling(AbstractContextManager[None]):  # noqa: N801  # it is used like a function
    """Tells what memories do inside, when it ends: by ``with``, or by ``async with`` where an event loop runs.

    Inside another one it does nothing, for that one tells. Where nothing is running and there is no *writer*, nobody is
    told. What a handler or writer raises goes to the log, for the memory's work is done.

    Args:
        callbacks: of the run that it belongs to (`run_manager.get_child()`); by default those of the run that is
            going on here, as LangChain and LangGraph know it.
        writer: is given each event too, for example a LangGraph `runtime.stream_writer`.
    """

    def __init__(
        self, callbacks: BaseCallbackManager | None = None, writer: Callable[[Any], object] | None = None
    ) -> None:
        self._callbacks = callbacks
        self._writer = writer
        self._early = False

    @classmethod
    def early(cls) -> telling:
        """For what a classic chain asks of its memory before its run begins: told with what it asks for at the end.

        What anybody else asks for outside of a run is told to nobody: the next run may be somebody else's.
        """
        made = cls()
        made._early = any(_calls(frame, _CHAINS, _ASKING) for frame in _callers())
        return made

    def __enter__(self) -> None:
        self._config = None if _telling.get() else self._found()
        self._idle = _telling.get() or not (self._config or self._writer or self._early)
        if self._idle:
            return
        self._token = _telling.set(True)
        self._collected = collecting()
        self._told = self._collected.__enter__()

    def __exit__(self, *_: object) -> None:
        for event in self._ended():
            self._write(event)
            if self._config is not None:
                try:
                    dispatch_custom_event(event.name, event.as_dict(), config=self._config)
                except Exception as error:  # noqa: BLE001  # see _lost
                    _lost(event, error)

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        for event in self._ended():
            self._write(event)
            if self._config is not None:
                try:
                    await adispatch_custom_event(event.name, event.as_dict(), config=self._config)
                except Exception as error:  # noqa: BLE001  # see _lost
                    _lost(event, error)

    def _found(self) -> RunnableConfig | None:
        if self._callbacks is not None:
            return {"callbacks": self._callbacks}
        return _asking_run() or var_child_runnable_config.get()

    def _ended(self) -> Sequence[Event]:
        if self._idle:
            return ()
        self._collected.__exit__(None, None, None)
        _telling.reset(self._token)
        if self._early and self._config is None:
            _early.set(tuple(self._told))
            return ()
        before = _early.get()
        if before:
            _early.set(())
        return [*before, *self._told]

    def _write(self, event: Event) -> None:
        if self._writer is None:
            return
        try:
            self._writer({"name": event.name, "data": event.as_dict()})
        except Exception as error:  # noqa: BLE001  # see _lost
            _lost(event, error)


def _lost(event: Event, error: Exception) -> None:
    """Code of others failed, or no run is going on: `dispatch_custom_event` says that by a RuntimeError."""
    level = logging.DEBUG if isinstance(error, RuntimeError) else logging.WARNING
    _log.log(level, "not told: %s", event, exc_info=error)


# --- the run that asks, where LangChain hands it to nobody

_DEPTH = 12  # callers looked at: our own, a wrapper or two, and LangChain's
_HISTORY, _CHAINS = "langchain_core.runnables.history", "langchain_classic.chains.base"
_EXIT = frozenset({"_exit_history", "_aexit_history"})
_PREPARING = frozenset({"prep_outputs", "aprep_outputs"})
_ASKING = frozenset({"prep_inputs", "aprep_inputs"})


def _asking_run() -> RunnableConfig | None:
    """The config of the `RunnableWithMessageHistory` or classic chain that stores a turn through us now.

    Both call a history or memory outside of the context in which they run, so that no run seems to be going on; a chain
    asks for the memory's variables before it has one. Their own frames are the only place that knows it.
    """
    for frame in _callers():
        if _calls(frame, _HISTORY, _EXIT):
            found: RunnableConfig | None = frame.f_locals.get("config")
            return found
        if _calls(frame, _CHAINS, _PREPARING) and frame.f_back is not None:
            manager = frame.f_back.f_locals.get("run_manager")
            return None if manager is None else {"callbacks": manager.get_child()}
    return None


def _callers() -> Iterator[FrameType]:
    frame = inspect.currentframe()
    for _ in range(_DEPTH):
        frame = frame.f_back if frame else None
        if frame is None:
            return
        yield frame


def _calls(frame: FrameType, module: str, names: Container[str]) -> bool:
    return frame.f_globals.get("__name__") == module and frame.f_code.co_name in names
