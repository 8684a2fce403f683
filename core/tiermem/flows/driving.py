"""Drives a generator that asks for what it needs: gives it each answer, or raises in it what went wrong.

`drive` and `adrive` differ by their awaits, so whatever is written as a generator behaves alike in sync and async.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

Wanted = TypeVar("Wanted")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Ended(Generic[Result]):
    result: Result


def drive(generator: Generator[Wanted, Any, Result], perform: Callable[[Wanted], Any]) -> Result:
    """What *generator* returns; *perform* answers each of its yields.

    Any error of *perform*, a cancellation too, is raised inside the generator, which decides what it means.
    """
    wanted = _advance(partial(next, generator))
    while not isinstance(wanted, _Ended):
        try:
            step = partial(generator.send, perform(wanted))
        except BaseException as error:  # noqa: BLE001  # raised again inside the generator
            step = partial(generator.throw, error)
        wanted = _advance(step)
    result: Result = wanted.result
    return result


async def adrive(
    generator: Generator[Wanted, Any, Result], aperform: Callable[[Wanted], Awaitable[Any]], *, aside: bool = False
) -> Result:
    """`drive` with awaits; *aside*: the generator itself computes long, so each of its steps runs in a thread."""
    wanted = await _advance_async(partial(next, generator), aside)
    while not isinstance(wanted, _Ended):
        try:
            step = partial(generator.send, await aperform(wanted))
        except BaseException as error:  # noqa: BLE001  # raised again inside the generator
            step = partial(generator.throw, error)
        wanted = await _advance_async(step, aside)
    result: Result = wanted.result
    return result


@dataclass(frozen=True, slots=True)
class Performing(Generic[Wanted]):
    """How what a generator wants is performed for `adrive_in_stretches`.

    Args:
        perform: does it, in the thread that asks.
        aperform: awaits it, where it is `awaited`: something that runs on the event loop itself.
        awaited: whether it is.
        seen_to_its_end: whether a caller that is cancelled waits for it.
        start: runs a function of one argument in another thread.
    """

    perform: Callable[[Wanted], Any]
    aperform: Callable[[Wanted], Awaitable[Any]]
    awaited: Callable[[Wanted], bool]
    seen_to_its_end: Callable[[Wanted], bool]
    start: Callable[[Callable[[Any], Any], Any], Future[Any]]


async def adrive_in_stretches(generator: Generator[Wanted, Any, Result], performing: Performing[Wanted]) -> Result:
    """`adrive`, without blocking the loop: all that need not be awaited there is done in another thread, one thing
    after the other, with the generator's own steps between. Changing threads costs more than most of what is wanted.

    The first step is done here, for it looks at the caller's arguments. A caller that is cancelled meanwhile goes on
    at once, but for what is seen to its end; the generator is told in its thread.
    """
    wanted = _advance(partial(next, generator))
    while not isinstance(wanted, _Ended):
        if performing.awaited(wanted):
            try:
                step = partial(generator.send, await performing.aperform(wanted))
            except BaseException as error:  # noqa: BLE001  # raised again inside the generator
                step = partial(generator.throw, error)
            wanted = _advance(step)
        else:
            wanted = await _Stretch(generator, performing).gone(wanted)
    result: Result = wanted.result
    return result


class _Stretch(Generic[Wanted]):
    """A part of a generator's way that one thread goes, up to what must be awaited on the loop."""

    def __init__(self, generator: Generator[Wanted, Any, Any], performing: Performing[Wanted]) -> None:
        self._generator = generator
        self._performing = performing
        self._lock = threading.Lock()
        self._left = False  # by a caller that was cancelled
        self._under_way: Wanted | None = None

    async def gone(self, wanted: Wanted) -> Wanted | _Ended[Any]:
        """What is wanted at its end."""
        future = asyncio.wrap_future(self._performing.start(self._go, wanted))
        try:
            reached: Wanted | _Ended[Any] = await asyncio.shield(future)
        except asyncio.CancelledError:
            future.add_done_callback(_seen)
            with self._lock:
                self._left = True
                under_way = self._under_way
            if under_way is not None and self._performing.seen_to_its_end(under_way):
                await asyncio.wait([future])  # the outcome is known before the caller goes on
            raise
        return reached

    def _go(self, wanted: Wanted | _Ended[Any]) -> Wanted | _Ended[Any]:
        while not isinstance(wanted, _Ended) and not self._performing.awaited(wanted):
            try:
                self._begin(wanted)
                step = partial(self._generator.send, self._performing.perform(wanted))
            except BaseException as error:  # noqa: BLE001  # raised again inside the generator
                step = partial(self._generator.throw, error)
            wanted = _advance(step)
        return wanted

    def _begin(self, wanted: Wanted) -> None:
        with self._lock:
            left, self._left = self._left, False
            self._under_way = None if left else wanted
        if left:
            raise asyncio.CancelledError


def _seen(future: asyncio.Future[Any]) -> None:
    """Takes note of what a thread came to that nobody waits for any more, or the loop would log that nobody did."""
    if not future.cancelled():
        future.exception()


async def _advance_async(step: Callable[[], Wanted], aside: bool) -> Wanted | _Ended[Any]:
    return await asyncio.to_thread(_advance, step) if aside else _advance(step)


def _advance(step: Callable[[], Wanted]) -> Wanted | _Ended[Any]:
    """What the generator wants next, or its end: StopIteration itself cannot leave a thread through a future."""
    try:
        return step()
    except StopIteration as stop:
        return _Ended(stop.value)
