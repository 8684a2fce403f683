"""Performs effects: the database, the embedder, the summariser, and threads for those who must not be blocked."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple

from tiermem.events import Listeners
from tiermem.flows.effects import (
    Await,
    Call,
    Compute,
    Effect,
    Embed,
    Flow,
    Read,
    Scrub,
    Scrubbed,
    Summarize,
    Tell,
    Transact,
    Wake,
)
from tiermem.providers import calls
from tiermem.providers.embedders import Embedder
from tiermem.runtime.background import AGAIN, JOIN, Follower
from tiermem.runtime.loops import Tasks, awaited, waited
from tiermem.settings import Scope
from tiermem.storage.connecting.snapshot import Store


class Direct:
    """Performs effects in the thread that asks. It knows no memory, so the thread in the background may hold it."""

    def __init__(
        self, database: Store, embedder: Embedder, listeners: Listeners, embedder_timeout: float | None = None
    ) -> None:
        self.database = database
        self.listeners = listeners
        self._embedder = embedder
        self._embedder_timeout = embedder_timeout
        self.embedding: Callable[[], Callable[[Scope], None] | None] = lambda: None  # who makes vectors, held weakly

    def act(self, effect: Effect) -> Any:
        """The result of *effect*; of `Wake` only what is for the vectors is heard."""
        if isinstance(effect, Transact):
            return self._transacted(effect)
        if isinstance(effect, Read):
            return self.database.read(effect.body, effect.brief)
        if isinstance(effect, Compute):
            return effect.body()
        if isinstance(effect, (Summarize, Call, Embed)):
            return self._called(effect)
        if isinstance(effect, Scrub):
            emptied = self.database.scrub(vacuum=effect.vacuum)
            return Scrubbed(emptied, effect.vacuum, server=self.database.dialect != "sqlite")
        if isinstance(effect, Tell):
            self.listeners.tell(effect.kind, effect.scope, effect.fields, effect.words)
        if isinstance(effect, Wake) and effect.embed and (wake := self.embedding()) is not None:
            wake(effect.scope)
        return None

    def _transacted(self, effect: Transact) -> Any:
        result = self.database.write(effect.body, brief=effect.brief)
        for told in effect.telling(result) if effect.telling is not None else ():
            self.listeners.tell(told.kind, told.scope, told.fields, told.words)
        return result

    def _called(self, effect: Summarize | Call | Embed) -> Any:
        if isinstance(effect, Summarize):
            return calls.call(effect.summarizer, effect.messages, effect.scope, effect.timeout)
        if isinstance(effect, Call):
            return calls.call(effect.function, effect.argument, effect.scope, effect.timeout)
        texts, name = list(effect.texts), self._embedder.name
        return calls.call(self._embedding(effect), texts, effect.scope, self._embedder_timeout, embedder=name)

    def _embedding(self, effect: Embed) -> Callable[[list[str]], Any]:
        if effect.query:
            return lambda texts: [self._embedder.embed_query(texts[0])]
        return self._embedder.embed


class Steps(NamedTuple):
    """What the background of a memory does for a scope.

    Args:
        keep: one step of managing and indexing words; also told whether it may ask the summariser.
        embed: one step of embedding; see `Follower`.
        extract: one step of asking the extractor; see `Follower`.
        sleep: one step of the sleep of a user; see `Follower`.
        describe: one step of describing media; see `Follower`.
        manage: the managing alone, for the event loop to which the summariser belongs; None where it belongs to none.
        aextract: the same, for the event loop to which the extractor belongs; None where it belongs to none.
        adescribe: the same, of who describes media.
    """

    keep: Callable[[Scope, bool], bool | None]
    embed: Callable[[Scope], bool | None]
    extract: Callable[[Scope], bool | None]
    sleep: Callable[[Scope], bool | None]
    describe: Callable[[Scope], bool | None]
    manage: Callable[[Scope], Flow[bool | None]] | None = None
    aextract: Callable[[Scope], Flow[bool | None]] | None = None
    adescribe: Callable[[Scope], Flow[bool | None]] | None = None


class Performer:
    """The actor of one memory.

    Args:
        direct: performs the effects.
        steps: what `Wake` asks for.
        connections: to the database, at most.
    """

    def __init__(self, direct: Direct, steps: Steps, connections: int) -> None:
        self._direct = direct
        self._database = direct.database
        self._loops = Tasks(steps.manage, weakref.ref(self))
        self._upkeep = Follower(partial(_kept, steps.keep, self._loops), "tiermem-upkeep")
        self._loops.then = weakref.WeakMethod(self._upkeep.wake)
        self._follower = Follower(steps.embed)
        self._extractor = Follower(steps.extract, "tiermem-extractor")
        self._sleeper = Follower(steps.sleep, "tiermem-sleeper")
        self._describer = Follower(steps.describe, "tiermem-describer")
        self._extracting = Tasks(steps.aextract, weakref.ref(self), AGAIN)
        self._describing = Tasks(steps.adescribe, weakref.ref(self), AGAIN)
        direct.embedding = weakref.WeakMethod(self._follower.wake)
        self._threads = calls.Threads(connections)

    @property
    def target(self) -> str:
        """The file, ":memory:" or URL that was opened."""
        return self._database.target

    @property
    def name(self) -> str:
        """The same without a password."""
        return self._database.name

    @property
    def read_only(self) -> bool:
        """True where nothing can be written."""
        return self._database.read_only

    @property
    def closed(self) -> bool:
        """True after `close`."""
        return self._database.closed

    @property
    def listeners(self) -> Listeners:
        """Those who are told of events."""
        return self._direct.listeners

    def act(self, effect: Effect) -> Any:
        """The result of *effect*, in this thread."""
        if isinstance(effect, Wake):
            return self._wake(effect)
        if isinstance(effect, Await):
            return waited(effect, self._busy)
        return self._direct.act(effect)

    def _wake(self, effect: Wake) -> None:
        if self.read_only:
            return
        if effect.extract:
            self._extractor.wake(effect.scope)
            return
        for asked, follower in ((effect.sleep, self._sleeper), (effect.describe, self._describer)):
            if asked:
                follower.wake(effect.scope)
                return
        self._loops.leave(effect.scope)
        (self._follower if effect.embed else self._upkeep).wake(effect.scope)

    def _busy(self, scope: Scope | None, *, blocking: bool = True) -> bool:
        tasks = (self._loops, self._extracting, self._describing)
        threads = (self._upkeep, self._follower, self._extractor, self._sleeper, self._describer)
        return any(one.busy(scope, blocking=blocking) for one in tasks) or any(one.busy(scope) for one in threads)

    async def finish(self) -> None:
        """Let what the running loop does for the background come to its end, for at most `JOIN` seconds."""
        await self._loops.finish(JOIN)
        await self._extracting.finish(JOIN)
        await self._describing.finish(JOIN)

    async def aact(self, effect: Effect) -> Any:
        """The result of *effect*; code of the user's that is async runs on the event loop, other one in a thread.

        Of the background only what may belong to the loop is done on it, and waiting blocks nothing.
        """
        if isinstance(effect, Summarize):
            return await calls.acall(effect.summarizer, effect.messages, effect.scope, effect.timeout)
        if isinstance(effect, Call):
            return await calls.acall(effect.afunction, effect.argument, effect.scope, effect.timeout)
        if isinstance(effect, Wake) and effect.sleep:
            return self._wake(effect)
        if isinstance(effect, Wake):
            loops = self._describing if effect.describe else self._extracting if effect.extract else self._loops
            return None if self.read_only or loops.wake(effect.scope) else self._wake(effect)
        if isinstance(effect, Await):
            return await awaited(effect, partial(self._busy, blocking=False))
        return self.act(effect)

    def start(self, function: Callable[[Any], Any], argument: Any) -> Future[Any]:
        """Run `function(argument)` in one of a few threads, with the caller's context variables."""
        return self._threads.start(function, argument)

    def close(self) -> None:
        """End the threads and close the database."""
        self._loops.close()
        self._extracting.close()
        self._describing.close()
        self._upkeep.close()
        self._follower.close()
        self._extractor.close()
        self._sleeper.close()
        self._describer.close()
        self._threads.close()
        self._database.close()


def _kept(keep: Callable[[Scope, bool], bool | None], loops: Tasks, scope: Scope) -> bool | None:
    """One step for *scope*; what a loop manages, it leaves to the loop."""
    manages = loops.taken(scope)  # before the step: who leaves it again meanwhile is seen to by the next one
    more = keep(scope, manages)
    if manages and more is not False:
        loops.leave(scope)
    return more
