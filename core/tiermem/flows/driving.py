"""Drives a generator that asks for what it needs: gives it each answer, or raises in it what went wrong.

`drive` and `adrive` differ by their awaits, so whatever is written as a generator behaves alike in sync and async.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
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


async def _advance_async(step: Callable[[], Wanted], aside: bool) -> Wanted | _Ended[Any]:
    return await asyncio.to_thread(_advance, step) if aside else _advance(step)


def _advance(step: Callable[[], Wanted]) -> Wanted | _Ended[Any]:
    """What the generator wants next, or its end: StopIteration itself cannot leave a thread through a future."""
    try:
        return step()
    except StopIteration as stop:
        return _Ended(stop.value)
