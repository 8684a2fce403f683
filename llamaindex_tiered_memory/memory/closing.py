"""Who uses a memory that was opened by its path, so that it is closed when the last of them is.

Rule: objects of one process that name the same database share one open memory. Closing one of them ends that one, and
not the others; and who handed over `memory=` closes it himself.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Self
from weakref import WeakKeyDictionary, WeakValueDictionary

from tiermem import Memory, Session
from tiermem.errors import Closed

_closed: WeakValueDictionary[int, Any] = WeakValueDictionary()  # models take no attribute that is no field
_users: WeakKeyDictionary[Memory, WeakValueDictionary[int, Any]] = WeakKeyDictionary()
_lock = threading.Lock()


def hold(memory: Memory, user: Closing) -> None:
    """*user* opened *memory*, or shares it."""
    with _lock:
        _users.setdefault(memory, WeakValueDictionary())[id(user)] = user


def hold_too(memory: Memory, user: Closing) -> None:
    """*user* was made of another one that uses *memory*: it is held if that one holds it."""
    if _users.get(memory):
        hold(memory, user)


def _let_go(user: Closing) -> None:
    with _lock:
        for memory, users in list(_users.items()):
            if users.get(id(user)) is user:
                del users[id(user)]
                if not users:
                    memory.close()


class Closing:
    """What can be closed, and used in a `with` statement."""

    @property
    def closed(self) -> bool:
        """True after `close`, also while others have the database open."""
        return _closed.get(id(self)) is self

    def close(self) -> None:
        """Close this object, and the database, unless another one of this package uses it too, or `memory=` was given.

        All that was put is safe already. What uses a closed one raises Closed. Closing twice does nothing.
        """
        _closed[id(self)] = self
        _let_go(self)

    def refuse_closed(self) -> None:
        """Raises Closed after `close`."""
        if self.closed:
            raise Closed(f"this {type(self).__name__} was closed")

    async def aclose(self) -> None:
        """`close`, without blocking the event loop."""
        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class OnSession(Closing):
    """What stands on one session, which nobody reaches through it once it is closed."""

    _opened: Session

    @property
    def session(self) -> Session:
        """The core's session: restore, expand, explain, search, stats, verify.

        Raises:
            Closed: this object was closed.
        """
        self.refuse_closed()
        return self._opened

    @property
    def opened(self) -> Session:
        """The same, also after `close`: what a dump, or what is held for later, is known by."""
        return self._opened
