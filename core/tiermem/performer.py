"""Performs effects: the database, the embedder, the summariser, and threads for those who must not be blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tiermem.flows.effects import Ask, Compute, Effect, Embed, Read, Transact
from tiermem.providers import calls
from tiermem.providers.embedders import Embedder
from tiermem.storage.database import Database


class Performer:
    """The actor of one memory."""

    def __init__(self, database: Database, embedder: Embedder, embedder_timeout: float | None = None) -> None:
        self._database = database
        self._embedder = embedder
        self._embedder_timeout = embedder_timeout
        self._threads = calls.Threads()

    @property
    def target(self) -> str:
        """The file, ":memory:" or URL that was opened."""
        return self._database.target

    @property
    def closed(self) -> bool:
        """True after `close`."""
        return self._database.closed

    def act(self, effect: Effect) -> Any:
        """The result of *effect*, in this thread."""
        if isinstance(effect, Transact):
            return self._database.write(effect.body)
        if isinstance(effect, Read):
            return self._database.read(effect.body)
        if isinstance(effect, Compute):
            return effect.body()
        if isinstance(effect, Ask):
            return calls.call(effect.summarizer, effect.messages, effect.scope, effect.timeout)
        return calls.call(self._embedding(effect), list(effect.texts), effect.scope, self._embedder_timeout)

    async def aact(self, effect: Effect) -> Any:
        """The result of *effect*; database and computing run in threads, and a cancelled write is seen to its end."""
        if isinstance(effect, Ask):
            return await calls.acall(effect.summarizer, effect.messages, effect.scope, effect.timeout)
        future = asyncio.wrap_future(self._threads.start(self.act, effect))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if isinstance(effect, Transact):
                await asyncio.wait([future])  # the outcome is known before the caller goes on
            raise

    def close(self) -> None:
        """End the threads and close the database."""
        self._threads.close()
        self._database.close()

    def _embedding(self, effect: Embed) -> Callable[[list[str]], Any]:
        if effect.query:
            return lambda texts: [self._embedder.embed_query(texts[0])]
        return self._embedder.embed
