"""A talk of which any call may be cancelled at any moment, and the plain lists that say what must be there then."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from tests.faults.worker import length, message
from tiermem import Memory, Session
from tiermem.errors import InvalidBranch, UnknownReference

Call = Callable[[], Awaitable[Any]]
OPTIONS: dict[str, Any] = {"counter": length, "pre_rot_threshold": 800, "keep_recent_count": 2, "index_batch": 4}
USER = "ann"


class Talk:
    """Two conversations of one user, documents and items.

    Args:
        memory: where they are kept.
        seed: of what is done, to what, and when it is cancelled.
    """

    def __init__(self, memory: Memory, seed: int) -> None:
        self.memory = memory
        self.chance = random.Random(seed)
        self.said: list[str] = []  # ids in the order in which they were acknowledged or found to be stored
        self.usual: dict[str, float] = {}  # seconds of each verb when it is left alone
        self.cancelled: dict[str, int] = {}
        self.tried: list[str] = []  # what the last step adds
        self.taken = set[str]()  # what was to be erased or forgotten, whether that was cancelled or not
        self.forks = self.documents = self.number = self.refused = 0

    @property
    def session(self) -> Session:
        return self.memory.session("s", USER)

    async def step(self, verb: str | None = None, *, cancel: bool) -> None:
        """Do *verb*, one drawn by lot where none is named, to its end or until it is cancelled."""
        verb = verb or self.chance.choice(sorted(VERBS))
        begun = VERBS[verb](self)
        if not cancel:
            start = perf_counter()
            await self._done(begun)
            self.usual[verb] = perf_counter() - start
            return
        task = asyncio.ensure_future(self._done(begun))
        await asyncio.sleep(self.chance.random() * self.usual.get(verb, 0.01))
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            self.cancelled[verb] = self.cancelled.get(verb, 0) + 1

    def check(self) -> None:
        """All that was acknowledged stands there once, in order; what was cancelled is there whole or not at all.

        Raises:
            AssertionError: it is not so.
        """
        stored = {one.sequence: str(one.id) for one in self.session.messages()}
        new = [one for one in stored.values() if one in self.tried]
        assert new in ([], self.tried), f"half of {self.tried}: {new}"
        self.said += new
        self.tried = []
        wanted = {n: one for n, one in enumerate(self.said, 1) if one not in self.taken or n in stored}
        assert stored == wanted, "something lost, twice or in another order"

    async def _done(self, begun: Call) -> None:
        try:
            await begun()
        except (UnknownReference, InvalidBranch):  # nothing has that number yet, or it cannot be taken back
            self.refused += 1

    def some(self) -> str:
        """A message that is there, by its reference; the first one where there is none."""
        return f"m{self.chance.randint(1, max(1, len(self.said)))}"

    def add(self) -> Call:
        count = self.chance.choice((1, 1, 3))
        texts = [message(self.number + n, "c") for n in range(count)]
        self.number += count
        self.tried = [str(one.id) for one in texts]
        return lambda: self.session.as_async().add(texts)

    def fork(self) -> Call:
        self.forks += 1
        return lambda: self.session.as_async().fork(None, f"fork {self.forks}")

    def document(self) -> Call:
        self.documents += 1
        text, source = f"The pump of hall {self.documents} needs oil. " * 60, f"d{self.documents}"
        return lambda: self.memory.knowledge(USER).as_async().add_documents(text, source=source)

    def taking(self) -> str:
        """`some`, which may not be there afterwards."""
        chosen = self.some()
        self.taken.update(self.said[int(chosen[1:]) - 1 :][:1])
        return chosen

    def item(self) -> Call:
        key = f"k{self.chance.randint(1, 5)}"
        return lambda: self.memory.items(USER).as_async().put(("notes",), key, {"text": f"{key} is said twice. " * 20})


def _of(call: Callable[[Any, Talk], Awaitable[Any]]) -> Callable[[Talk], Call]:
    """A verb of the session."""
    return lambda talk: lambda: call(talk.session.as_async(), talk)


VERBS: dict[str, Callable[[Talk], Call]] = {
    "add": Talk.add,
    "add again": Talk.add,
    "document": Talk.document,
    "erase": _of(lambda session, talk: session.erase(talk.taking())),
    "fork": Talk.fork,
    "item": Talk.item,
    "manage": _of(lambda session, _: session.manage_context()),
    "restore": _of(lambda session, talk: session.restore(talk.some())),
    "forget": _of(lambda session, talk: session.forget(talk.taking())),
    "undo": _of(lambda session, talk: session.undo(talk.chance.randint(1, 9))),
    "index": _of(lambda session, _: session.index()),
    "context": _of(lambda session, _: session.context("pool of service", 400)),
    "recall": _of(lambda session, _: session.recall("pool of service", 300, within="user")),
    "search": _of(lambda session, _: session.search("timeout of service 3", 5)),
    "note": _of(lambda _, talk: talk.memory.notes(USER).as_async().keep(f"Hall {talk.number} has oil.")),
    "sleep": _of(lambda _, talk: talk.memory.life(USER).as_async().sleep(seconds=1)),
}
