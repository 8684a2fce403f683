"""The background of those who have an event loop: their summariser may belong to it, so it is asked there.

Rule: a task is held until it ends, which `close` makes it do; a loop that ends takes its tasks with it, and what they
left undone is due for whoever adds next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic, sleep

from tiermem.errors import Closed
from tiermem.flows.effects import AsyncActor, Await, Flow, arun
from tiermem.settings import Scope

SHORTEST, LONGEST = 0.0005, 0.02  # seconds between two looks at what is waited for


class Tasks:
    """One task for each scope whose window a loop manages.

    Args:
        flow: what a task does; None where the thread in the background may do it.
        actor: gives who performs it, whom only tasks hold that run.
        later: seconds after which a scope is seen to again whose flow came to None; None: it is not. A flow that comes
            to True is gone on with at once.
    """

    def __init__(
        self,
        flow: Callable[[Scope], Flow[bool | None]] | None,
        actor: Callable[[], AsyncActor | None],
        later: float | None = None,
    ) -> None:
        self._flow = flow
        self._actor = actor
        self._later = later
        # Names the scope to the thread in the background, which has steps that hold this object.
        self.then: Callable[[], Callable[[Scope], None] | None] = lambda: None
        self._tasks: dict[Scope, asyncio.Task[None]] = {}
        self._again: set[Scope] = set()
        self._blocking: set[Scope] = set()  # what callers without a loop left to the thread in the background
        self._closed = False

    def leave(self, scope: Scope) -> None:
        """Let the thread in the background manage *scope*, unless a loop is at it."""
        if self._flow is not None and not self._lives(scope):
            self._blocking.add(scope)

    def taken(self, scope: Scope) -> bool:
        """Whether the thread may manage *scope* once: nothing belongs to a loop, or a caller without one left it. What
        a loop left it is words to index, never its window: the summariser would be asked outside of its loop."""
        if self._flow is None:
            return True
        left = scope in self._blocking
        self._blocking.discard(scope)
        return left

    def wake(self, scope: Scope) -> bool:
        """Whether the loop that runs here will see to *scope*, and soon."""
        if self._flow is None or self._closed:
            return self._closed
        self._blocking.discard(scope)
        if self._lives(scope):
            self._again.add(scope)
        else:
            self._tasks[scope] = asyncio.get_running_loop().create_task(self._see_to(scope, self._flow))
        return True

    def busy(self, scope: Scope | None, *, blocking: bool) -> bool:
        """Whether a task for *scope*, or any, runs; one that *blocking* callers keep from running is not waited for."""
        mine = asyncio._get_running_loop() if blocking else None  # noqa: SLF001  # the public one raises where none runs
        live = [known for known in list(self._tasks) if (scope is None or known == scope) and self._lives(known)]
        return any(task.get_loop() is not mine for known in live if (task := self._tasks.get(known)) is not None)

    async def finish(self, seconds: float) -> None:
        """Let the tasks of the running loop come to their end, for at most *seconds*."""
        mine = [task for task in self._tasks.values() if task.get_loop() is asyncio.get_running_loop()]
        if mine:
            await asyncio.wait(mine, timeout=seconds)

    def close(self) -> None:
        """Cancel what runs."""
        self._closed = True
        for task in list(self._tasks.values()):
            loop = task.get_loop()
            if not task.done() and not loop.is_closed():
                loop.call_soon_threadsafe(task.cancel)

    def _lives(self, scope: Scope) -> bool:
        task = self._tasks.get(scope)
        return task is not None and not task.done() and task.get_loop().is_running()

    async def _see_to(self, scope: Scope, flow: Callable[[Scope], Flow[bool | None]]) -> None:
        actor, again = self._actor(), True
        try:
            while again and actor is not None:
                self._again.discard(scope)
                more = await arun(flow(scope), actor)
                again = bool(more) or scope in self._again
                if more is None and not again and self._later is not None:
                    asyncio.get_running_loop().call_later(self._later, self.wake, scope)
        except (Closed, SystemExit):  # the user's code asks to end, but only itself is its to end
            return
        finally:
            if self._tasks.get(scope) is asyncio.current_task():
                del self._tasks[scope]
        if (then := self.then()) is not None:
            then(scope)


def waited(effect: Await, busy: Callable[[Scope | None], bool]) -> bool:
    """The result of *effect*, for which this thread sleeps."""
    end, pause = monotonic() + effect.seconds, SHORTEST
    while not (reached := effect.reached(busy)) and (left := end - monotonic()) > 0:
        sleep(min(pause, left))
        pause = min(2 * pause, LONGEST)
    return reached


async def awaited(effect: Await, busy: Callable[[Scope | None], bool]) -> bool:
    """The result of *effect*, while the loop goes on."""
    end, pause = monotonic() + effect.seconds, SHORTEST
    while not (reached := effect.reached(busy)) and (left := end - monotonic()) > 0:
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST)
    return reached
