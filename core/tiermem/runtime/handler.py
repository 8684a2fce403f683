"""Performs effects: the database, the embedder, the summariser, and threads for those who must not be blocked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from tiermem.events import Listeners
from tiermem.flows.effects import Call, Compute, Effect, Embed, Read, Summarize, Tell, Transact, Wake
from tiermem.providers import calls
from tiermem.providers.embedders import Embedder
from tiermem.runtime.background import Follower
from tiermem.settings import Scope
from tiermem.storage.database import Database


class Direct:
    """Performs effects in the thread that asks. It knows no memory, so the thread in the background may hold it."""

    def __init__(
        self, database: Database, embedder: Embedder, listeners: Listeners, embedder_timeout: float | None = None
    ) -> None:
        self.database = database
        self.listeners = listeners
        self._embedder = embedder
        self._embedder_timeout = embedder_timeout

    def act(self, effect: Effect) -> Any:
        """The result of *effect*; `Wake` is for a `Performer` only and does nothing."""
        if isinstance(effect, Transact):
            return self._transacted(effect)
        if isinstance(effect, Read):
            return self.database.read(effect.body)
        if isinstance(effect, Compute):
            return effect.body()
        if isinstance(effect, (Summarize, Call, Embed)):
            return self._called(effect)
        if isinstance(effect, Tell):
            self.listeners.tell(effect.kind, effect.scope, effect.fields)
        return None

    def _transacted(self, effect: Transact) -> Any:
        result = self.database.write(effect.body)
        for told in effect.telling(result) if effect.telling is not None else ():
            self.listeners.tell(told.kind, told.scope, told.fields)
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


class Performer:
    """The actor of one memory.

    Args:
        direct: performs the effects.
        step: one step of what `Wake` asks for; see `Follower`.
    """

    def __init__(self, direct: Direct, step: Callable[[Scope], bool | None]) -> None:
        self._direct = direct
        self._database = direct.database
        self._follower = Follower(step)
        self._threads = calls.Threads()

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
            return None if self.read_only else self._follower.wake(effect.scope)
        return self._direct.act(effect)

    async def aact(self, effect: Effect) -> Any:
        """The result of *effect*; code of the user's that is async runs on the event loop, other one in a thread."""
        if isinstance(effect, Summarize):
            return await calls.acall(effect.summarizer, effect.messages, effect.scope, effect.timeout)
        if isinstance(effect, Call):
            return await calls.acall(effect.afunction, effect.argument, effect.scope, effect.timeout)
        return self.act(effect)

    def start(self, function: Callable[[Any], Any], argument: Any) -> Future[Any]:
        """Run `function(argument)` in one of a few threads, with the caller's context variables."""
        return self._threads.start(function, argument)

    def close(self) -> None:
        """End the threads and close the database."""
        self._follower.close()
        self._threads.close()
        self._database.close()
