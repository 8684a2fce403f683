"""Calling the user's own code: with a time limit, in any world, and never able to wait for itself."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tiermem.errors import Reentrant, described
from tiermem.settings import Scope

MOST_ABANDONED = 8  # calls given up that may still hang before further ones are refused at once

THREADS = 8  # for async callers of one memory, at least: writes of a file are one at a time anyway

# Whose code runs: the scopes that wait for it, and the names of embedders.
_inside: contextvars.ContextVar[frozenset[Scope | str]] = contextvars.ContextVar("tiermem_inside", default=frozenset())
_abandoned: set[Future[Any]] = set()  # given up by those who waited for them, and not ended yet
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandoned.clear)


def refuse_reentry(scope: Scope) -> None:
    """Raise Reentrant when the running code was called by tiermem on behalf of *scope*."""
    if scope in _inside.get():
        raise Reentrant("a summariser, compactor or embedder called back into the session that waits for it")


def refuse_waiting() -> None:
    """Raise Reentrant when the running code was called by tiermem, maybe by what it would wait for."""
    if _inside.get():
        raise Reentrant("a summariser, compactor or embedder waits for the background, which waits for it")


def asynchronous(function: Callable[..., Any] | None) -> bool:
    """Whether an async caller awaits *function* itself, on their event loop, as `acall` does."""
    if function is None:
        return False
    given = (function, getattr(function, "acall", None), getattr(function, "__call__", None))  # noqa: B004  # an object
    return any(map(inspect.iscoroutinefunction, given))


def refuse_recursion(embedder: str) -> None:
    """Raise Reentrant when the running code was called as that *embedder*, which a search would ask again."""
    if embedder in _inside.get():
        raise Reentrant("an embedder searched by itself: it would be asked again, without an end")


def call(
    function: Callable[..., Any], argument: Any, scope: Scope, timeout: float | None, *, embedder: str = ""
) -> Any:
    """The result of `function(argument)`, sync or async, at most *timeout* seconds later; *embedder* is its name.

    Raises:
        TimeoutError: it took longer (its thread is left behind; at most `MOST_ABANDONED` at a time).
        Exception: whatever it raised; RuntimeError for what is no Exception, such as SystemExit.
    """
    marks: frozenset[Scope | str] = frozenset((scope, embedder) if embedder else (scope,))
    if timeout is None:
        return _marked(function, argument, marks)
    future = _in_thread(function, argument, marks)
    try:
        return result(future, timeout)
    finally:
        _leave(future)


def result(future: Future[Any], seconds: float) -> Any:
    """The result of *future*, at most *seconds* later.

    Raises:
        TimeoutError: it took longer.
    """
    try:
        return future.result(min(seconds, threading.TIMEOUT_MAX))
    except TimeoutError as error:
        raise error if future.done() else TimeoutError(f"no answer within {seconds:g} s") from None


async def acall(function: Callable[..., Any], argument: Any, scope: Scope, timeout: float | None) -> Any:
    """`call` without blocking the event loop; an async function, or an object's `acall`, runs on the loop itself."""
    twin = getattr(function, "acall", None)
    function = twin if inspect.iscoroutinefunction(twin) else function
    if not inspect.iscoroutinefunction(function) and not inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  # an object whose __call__ is async
    ):
        future = _in_thread(function, argument, frozenset({scope}))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), timeout)
        finally:
            _leave(future)
    token = _inside.set(_inside.get() | {scope})
    try:
        return await asyncio.wait_for(function(argument), timeout)
    finally:
        _inside.reset(token)


def _in_thread(function: Callable[..., Any], argument: Any, marks: frozenset[Scope | str]) -> Future[Any]:
    if len(_abandoned) >= MOST_ABANDONED:
        raise TimeoutError(f"{MOST_ABANDONED} earlier calls still hang")
    return _started(function, argument, marks)


def started(function: Callable[..., Any], argument: Any, scope: Scope | None) -> Future[Any]:
    """Run `function(argument)` in a thread of its own; from within, it may not write to *scope*."""
    return _started(function, argument, frozenset() if scope is None else frozenset({scope}))


def _started(function: Callable[..., Any], argument: Any, marks: frozenset[Scope | str]) -> Future[Any]:
    """Run in a daemon thread of its own: a hanging one must not keep the process from ending."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()  # so that nobody can cancel it: it ends when the function does
    context = contextvars.copy_context()

    def body() -> None:
        try:
            answer = context.run(_marked, function, argument, marks)
        except Exception as error:  # noqa: BLE001  # handed to the waiting thread
            future.set_exception(error)
        except BaseException as error:  # noqa: BLE001  # the user's code asks to end, but only its own thread is its to end
            future.set_exception(RuntimeError(described(error)))
        else:
            future.set_result(answer)

    threading.Thread(target=body, name="tiermem-call", daemon=True).start()
    return future


def _leave(future: Future[Any]) -> None:
    """Remember a call that was given up until it ends after all."""
    if not future.done():
        _abandoned.add(future)
        future.add_done_callback(_abandoned.discard)


def _marked(function: Callable[..., Any], argument: Any, marks: frozenset[Scope | str]) -> Any:
    token = _inside.set(_inside.get() | marks)
    try:
        answer = function(argument)
        return asyncio.run(_awaited(answer)) if inspect.isawaitable(answer) else answer
    finally:
        _inside.reset(token)


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


class Threads:
    """A few threads for those who must not be blocked, started on first use; a fork starts its own.

    Args:
        connections: to the database at once: as many threads have use for one, where a server is far away.
    """

    def __init__(self, connections: int = 0) -> None:
        self._most = max(THREADS, connections)
        self._pool: ThreadPoolExecutor | None = None
        self._pid = 0

    def start(self, function: Callable[[Any], Any], argument: Any) -> Future[Any]:
        """Run `function(argument)` with the caller's context variables."""
        if self._pool is None or self._pid != os.getpid():
            self._pool = ThreadPoolExecutor(self._most, thread_name_prefix="tiermem")
            self._pid = os.getpid()
        return self._pool.submit(contextvars.copy_context().run, function, argument)

    def close(self) -> None:
        """Let the threads end; what runs is seen to its end."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)
            self._pool = None
